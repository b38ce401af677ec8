//! The axioms, taken literally: every reads-from and every modification order is tried, and the
//! formulas of the paper are computed with matrices. Slow, and as plain as the paper. Only the release
//! sequence is that of C++20: read-modify-writes alone continue it.

use crate::program::{Instruction, LOCATIONS, Name, Program, Shape};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

const MOST: usize = 16;

/// A relation over at most [`MOST`] events: for each, a set of others.
#[derive(Clone, Copy, Default, PartialEq)]
struct Relation([u16; MOST]);

impl Relation {
    fn of(events: usize, holds: impl Fn(usize, usize) -> bool) -> Relation {
        let mut relation = Relation::default();
        for a in 0..events {
            for b in 0..events {
                relation.0[a] |= u16::from(holds(a, b)) << b;
            }
        }
        relation
    }

    fn has(&self, a: usize, b: usize) -> bool {
        self.0[a] >> b & 1 == 1
    }

    fn or(mut self, other: Relation) -> Relation {
        self.0.iter_mut().zip(other.0).for_each(|(row, other)| *row |= other);
        self
    }

    fn then(self, other: Relation) -> Relation {
        let mut result = Relation::default();
        for a in 0..MOST {
            for b in (0..MOST).filter(|&b| self.has(a, b)) {
                result.0[a] |= other.0[b];
            }
        }
        result
    }

    fn or_nothing(self) -> Relation {
        self.or(Relation::of(MOST, |a, b| a == b))
    }

    fn repeated(self) -> Relation {
        let mut all = self;
        loop {
            let more = all.or(all.then(self));
            if more == all {
                return all;
            }
            all = more;
        }
    }

    fn is_irreflexive(&self) -> bool {
        (0..MOST).all(|a| !self.has(a, a))
    }

    fn is_acyclic(self) -> bool {
        self.repeated().is_irreflexive()
    }
}

#[derive(Clone, Copy)]
struct Event {
    name: Name,
    instruction: Option<Instruction>,
    location: Option<u32>,
    reads: bool,
    writes: bool,
    order: Option<Ordering>,
}

/// All consistent graphs of a program.
pub fn graphs(program: &Program) -> BTreeSet<Shape> {
    let mut found = BTreeSet::new();
    let exchanges = program
        .iter()
        .flatten()
        .filter(|i| matches!(i, Instruction::CompareExchange { .. }))
        .count();
    for succeeds in 0..1u32 << exchanges {
        let events = events(program, succeeds);
        assert!(events.len() <= MOST, "the program is too large for the reference");
        let mut reads_from = vec![None; events.len()];
        each_reads_from(&events, 0, &mut reads_from, &mut |reads_from| {
            each_order(&events, 0, &mut Vec::new(), &mut |order| {
                if is_consistent(&events, reads_from, order) {
                    found.insert(shape(program, &events, reads_from, order));
                }
            });
        });
    }
    found
}

fn events(program: &Program, succeeds: u32) -> Vec<Event> {
    let initial = |location| Event {
        name: None,
        instruction: None,
        location: Some(location),
        reads: false,
        writes: true,
        order: None,
    };
    let mut events: Vec<Event> = (0..LOCATIONS).map(initial).collect();
    let mut exchange = 0;
    for (t, thread) in program.iter().enumerate() {
        for (i, &instruction) in thread.iter().enumerate() {
            let (location, reads, writes, order) = match instruction {
                Instruction::Load(location, order) => (Some(location), true, false, order),
                Instruction::Store(location, _, order) => (Some(location), false, true, order),
                Instruction::Add(location, _, order) | Instruction::Swap(location, _, order) => {
                    (Some(location), true, true, order)
                }
                Instruction::CompareExchange { location, orders, .. } => {
                    let writes = succeeds >> exchange & 1 == 1;
                    exchange += 1;
                    (Some(location), true, writes, if writes { orders.0 } else { orders.1 })
                }
                Instruction::Fence(order) => (None, false, false, order),
            };
            let (name, order) = (Some((t as u8, i as u32)), Some(order));
            let instruction = Some(instruction);
            events.push(Event { name, instruction, location, reads, writes, order });
        }
    }
    events
}

fn each_reads_from(
    events: &[Event],
    at: usize,
    reads_from: &mut Vec<Option<usize>>,
    done: &mut impl FnMut(&[Option<usize>]),
) {
    if at == events.len() {
        return done(reads_from);
    }
    if !events[at].reads {
        reads_from[at] = None;
        return each_reads_from(events, at + 1, reads_from, done);
    }
    for write in 0..events.len() {
        let fits = events[write].writes && events[write].location == events[at].location;
        if fits && write != at {
            reads_from[at] = Some(write);
            each_reads_from(events, at + 1, reads_from, done);
        }
    }
}

/// Calls `done` with every modification order of the locations from `location` on.
fn each_order(
    events: &[Event],
    location: u32,
    orders: &mut Vec<Vec<usize>>,
    done: &mut impl FnMut(&[Vec<usize>]),
) {
    if location == LOCATIONS {
        return done(orders);
    }
    let writes: Vec<usize> = (LOCATIONS as usize..events.len())
        .filter(|&e| events[e].writes && events[e].location == Some(location))
        .collect();
    let mut order = vec![location as usize];
    permute(&writes, &mut order, &mut |order| {
        orders.push(order.to_vec());
        each_order(events, location + 1, orders, done);
        orders.pop();
    });
}

fn permute(left: &[usize], order: &mut Vec<usize>, done: &mut impl FnMut(&[usize])) {
    if left.is_empty() {
        return done(order);
    }
    for &next in left {
        order.push(next);
        let left: Vec<_> = left.iter().copied().filter(|&other| other != next).collect();
        permute(&left, order, done);
        order.pop();
    }
}

/// Is there an interleaving that explains a graph: can all its edges be lined up?
pub fn is_sequentially_consistent(program: &Program, shape: &Shape) -> bool {
    let mut names = Vec::new();
    for (thread, instructions) in program.iter().enumerate() {
        names.extend((0..instructions.len()).map(|index| (thread, index)));
    }
    // An initial write is in no list, and before all that are.
    let place = |location: u32, write: Name| {
        let order = &shape.order[location as usize];
        order.iter().position(|&w| w == write).map_or(0, |place| place + 1)
    };
    let edge = |a: (usize, usize), b: (usize, usize)| {
        let name = |(thread, index): (usize, usize)| Some((thread as u8, index as u32));
        let reads = |(thread, index): (usize, usize)| shape.reads[thread][index];
        let location = |(thread, index): (usize, usize)| program[thread][index].location();
        let program_order = a.0 == b.0 && a.1 < b.1;
        let reads_from = reads(b) == Some(name(a));
        let Some(same) = location(a).filter(|_| location(a) == location(b)) else {
            return program_order;
        };
        let newer = |than: usize| shape.writes[b.0][b.1] && than < place(same, name(b));
        let modification_order = shape.writes[a.0][a.1] && newer(place(same, name(a)));
        let from_read = a != b && reads(a).is_some_and(|write| newer(place(same, write)));
        program_order || reads_from || modification_order || from_read
    };
    Relation::of(names.len(), |a, b| edge(names[a], names[b])).is_acyclic()
}

fn is_consistent(events: &[Event], reads_from: &[Option<usize>], orders: &[Vec<usize>]) -> bool {
    let n = events.len();
    let one = |e: usize| &events[e];
    let thread = |e: usize| one(e).name.map(|(thread, _)| thread);
    let index = |e: usize| one(e).name.map(|(_, index)| index);
    let sb = Relation::of(n, |a, b| match (thread(a), thread(b)) {
        (None, Some(_)) => true,
        (Some(s), Some(t)) => s == t && index(a) < index(b),
        _ => false,
    });
    let rf = Relation::of(n, |a, b| reads_from[b] == Some(a));
    if !sb.or(rf).is_acyclic() || !values_fit(events, reads_from, sb.or(rf)) {
        return false;
    }
    let place = |e: usize| {
        let location = one(e).location? as usize;
        orders[location].iter().position(|&w| w == e)
    };
    let same_location =
        |a: usize, b: usize| one(a).location.is_some() && one(a).location == one(b).location;
    let mo = Relation::of(n, |a, b| {
        same_location(a, b) && place(a).zip(place(b)).is_some_and(|(a, b)| a < b)
    });
    let rb = Relation::of(n, |a, b| a != b && reads_from[a].is_some_and(|w| mo.has(w, b)));
    let rmw = |e: usize| one(e).reads && one(e).writes;
    // Atomicity: nothing between a read-modify-write and the write it reads.
    if (0..n).any(|e| rmw(e) && (0..n).any(|between| rb.has(e, between) && mo.has(between, e))) {
        return false;
    }
    let eco = rf.or(mo).or(rb).repeated();
    if !eco.is_irreflexive() {
        return false;
    }

    use Ordering::*;
    let set = |holds: &dyn Fn(usize) -> bool| Relation::of(n, |a, b| a == b && holds(a));
    let any_write = set(&|e| one(e).writes);
    let atomic_read = set(&|e| one(e).reads);
    let is_fence = |e: usize| matches!(one(e).instruction, Some(Instruction::Fence(_)));
    let fence = set(&is_fence);
    let release = set(&|e| matches!(one(e).order, Some(Release | AcqRel | SeqCst)));
    let acquire = set(&|e| matches!(one(e).order, Some(Acquire | AcqRel | SeqCst)));
    let is_sc = |e: usize| one(e).order == Some(SeqCst);
    let (sc, sc_fence) = (set(&is_sc), set(&|e| is_sc(e) && is_fence(e)));
    let sb_other = Relation::of(n, |a, b| sb.has(a, b) && !same_location(a, b));

    let passed_on = rf.then(set(&rmw)).repeated().or_nothing();
    let rs = any_write.then(passed_on);
    let sw = release
        .then(fence.then(sb).or_nothing())
        .then(rs)
        .then(rf)
        .then(atomic_read)
        .then(sb.then(fence).or_nothing())
        .then(acquire);
    let hb = sb.or(sw).repeated();
    if !hb.then(eco.or_nothing()).is_irreflexive() {
        return false;
    }
    let hb_same = Relation::of(n, |a, b| hb.has(a, b) && same_location(a, b));
    let scb = sb.or(sb_other.then(hb).then(sb_other)).or(hb_same).or(mo).or(rb);
    let from = sc.or(sc_fence.then(hb.or_nothing()));
    let to = sc.or(hb.or_nothing().then(sc_fence));
    let psc_base = from.then(scb).then(to);
    let psc_fence = sc_fence.then(hb.or(hb.then(eco).then(hb))).then(sc_fence);
    psc_base.or(psc_fence).is_acyclic()
}

/// Does every compare-exchange that writes find what it expects, and every strong one that fails
/// something else?
fn values_fit(events: &[Event], reads_from: &[Option<usize>], causes: Relation) -> bool {
    let mut order: Vec<usize> = (0..events.len()).collect();
    let causes = causes.repeated();
    order.sort_by_key(|&e| (0..events.len()).filter(|&before| causes.has(before, e)).count());
    let mut value = vec![0; events.len()];
    for e in order {
        let read = reads_from[e].map_or(0, |write| value[write]);
        value[e] = match events[e].instruction {
            Some(Instruction::Store(_, value, _) | Instruction::Swap(_, value, _)) => value,
            Some(Instruction::Add(_, n, _)) => read + n,
            Some(Instruction::CompareExchange { expected, new, weak, .. }) => {
                if events[e].writes && read != expected
                    || !events[e].writes && !weak && read == expected
                {
                    return false;
                }
                new
            }
            _ => 0,
        };
    }
    true
}

fn shape(
    program: &Program,
    events: &[Event],
    reads_from: &[Option<usize>],
    orders: &[Vec<usize>],
) -> Shape {
    let mut reads: Vec<_> = program.iter().map(|thread| vec![None; thread.len()]).collect();
    let mut writes: Vec<_> = program.iter().map(|thread| vec![false; thread.len()]).collect();
    for (e, event) in events.iter().enumerate() {
        if let Some((thread, index)) = event.name {
            reads[thread as usize][index as usize] = reads_from[e].map(|w| events[w].name);
            writes[thread as usize][index as usize] = event.writes;
        }
    }
    let names = |order: &Vec<usize>| order[1..].iter().map(|&w| events[w].name).collect();
    Shape { reads, writes, order: orders.iter().map(names).collect() }
}
