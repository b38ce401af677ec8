//! Happens-before, and the plain accesses that it leaves unordered: data races.
//!
//! A step happens before the next one of its thread, before what waited for it (a spawn, a join),
//! and before a step that synchronises with it: locks, channels and the like with those who had
//! the same object before, an acquiring access with the releasing one whose value it reads, or with
//! one that is carried on through read-modify-writes (C++20 §6.9.2.2, which Rust adopts). `Relaxed`
//! accesses order nothing by themselves. A notify wakes and orders nothing: the mutex does.
//!
//! Two accesses of a cell by different threads, at least one a write, *race* when neither happens
//! before the other. That is the same for every interleaving of a class.

use super::{Action, Mode, Step, Trace};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Release, SeqCst};

/// How many steps of each thread are known to have happened.
type Clock = Vec<u32>;

fn join(clock: &mut Clock, other: &Clock) {
    clock.resize(clock.len().max(other.len()), 0);
    clock.iter_mut().zip(other).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
}

/// What has to be known of a step.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    pub thread: usize,
    pub action: Action,
    pub object: Option<u32>,
    /// The mutex of a wait, which gives it back.
    pub mutex: Option<u32>,
    /// The ordering that counts: of a compare-exchange that failed, the one for failure.
    pub order: Option<Ordering>,
    /// For a read of an older store: which step's.
    pub stale: Option<Option<usize>>,
    /// Does it write, but not become the newest?
    pub is_late: bool,
}

impl From<&Step> for Event {
    fn from(step: &Step) -> Self {
        Event {
            thread: step.thread.index(),
            action: step.action,
            object: step.object.map(|id| id.0),
            mutex: step.mutex.map(|id| id.0),
            order: step.order,
            stale: step.stale,
            is_late: step.stale.or(step.behind).is_some(),
        }
    }
}

/// What one thread knows.
#[derive(Clone, Default)]
struct Known {
    now: Clock,
    /// What relaxed reads have brought: known after an acquire fence.
    pending: Clock,
    /// What it knew at its last release fence: relaxed writes publish this.
    fenced: Clock,
}

/// What an object hands on to whoever synchronises with it.
#[derive(Clone, Default)]
struct Published {
    /// From everyone who used it.
    all: Clock,
    /// From those who had it alone: all that the readers of a read-write lock may learn.
    by_writers: Clock,
    /// The newest write, for those that hold a value.
    newest: Option<usize>,
}

/// Plain accesses of one object by one thread at one place, all reads or all writes.
struct Kind<P> {
    thread: usize,
    writes: bool,
    place: P,
    /// Those so far.
    accesses: Vec<usize>,
}

/// The pairs of plain accesses that nothing orders, each with the earlier one first: of all pairs
/// that differ in no thread and no place, the first. In a long execution there would be no end of them.
///
/// `after` calls back with the steps that had to come before one for another reason than an object.
pub(crate) fn racing<P: PartialEq>(
    count: usize,
    event: impl Fn(usize) -> Event,
    after: impl Fn(usize, &mut dyn FnMut(usize)),
    place: impl Fn(usize) -> P,
) -> Vec<(usize, usize)> {
    let plain = |nth: &usize| event(*nth).action.is_plain_access();
    let accesses: Vec<usize> = (0..count).filter(plain).collect();
    if accesses.is_empty() {
        return Vec::new();
    }
    let clocks = clocks(count, &event, after);
    let mut kinds: HashMap<Option<u32>, Vec<Kind<P>>> = HashMap::new();
    let mut met = HashSet::new();
    let mut pairs = Vec::new();
    for later in accesses {
        let Event { thread, object, action, .. } = event(later);
        let (writes, place) = (action.mode() == Some(Mode::Write), place(later));
        let kinds = kinds.entry(object).or_default();
        let same = |k: &Kind<P>| k.thread == thread && k.writes == writes && k.place == place;
        let own = kinds.iter().position(same).unwrap_or(kinds.len());
        for (other, kind) in kinds.iter().enumerate() {
            let conflict = kind.thread != thread && (kind.writes || writes);
            if !conflict || met.contains(&(object, other, own)) {
                continue;
            }
            // A step's own clock counts itself, so it is known to the later one if that has it; and
            // whoever knows a thread's step knows those before.
            let known = |&earlier: &usize| {
                clocks[later].get(kind.thread) >= clocks[earlier].get(kind.thread)
            };
            if let Some(&earlier) = kind.accesses.get(kind.accesses.partition_point(known)) {
                met.insert((object, other, own));
                pairs.push((earlier, later));
            }
        }
        match kinds.get_mut(own) {
            Some(kind) => kind.accesses.push(later),
            None => kinds.push(Kind { thread, writes, place, accesses: vec![later] }),
        }
    }
    pairs.sort_unstable_by_key(|&(earlier, later)| (later, earlier));
    pairs
}

/// The same for recorded steps.
pub(crate) fn racing_steps(steps: &[Step]) -> Vec<(usize, usize)> {
    let after = |nth: usize, each: &mut dyn FnMut(usize)| {
        steps[nth].after.iter().for_each(|&before| each(before));
    };
    racing(steps.len(), |nth| Event::from(&steps[nth]), after, |nth| &steps[nth].place)
}

/// For each step: what its thread knows once it is done, itself included.
fn clocks(
    count: usize,
    event: impl Fn(usize) -> Event,
    after: impl Fn(usize, &mut dyn FnMut(usize)),
) -> Vec<Clock> {
    let mut threads: Vec<Known> = Vec::new();
    let mut objects: HashMap<u32, Published> = HashMap::new();
    // What a read of each write would learn.
    let mut released: Vec<Clock> = vec![Clock::new(); count];
    let mut clocks: Vec<Clock> = Vec::with_capacity(count);
    for nth in 0..count {
        let this = event(nth);
        let me = this.thread;
        threads.resize_with(threads.len().max(me + 1), Known::default);
        let known = &mut threads[me];
        after(nth, &mut |before| {
            if !matches!(event(before).action, Action::NotifyOne | Action::NotifyAll) {
                join(&mut known.now, &clocks[before]);
            }
        });
        known.now.resize(known.now.len().max(me + 1), 0);
        known.now[me] += 1;
        if let Some(object) = this.object {
            let object = objects.entry(object).or_default();
            match this.action.is_atomic_access() {
                true => access(nth, this, known, object, &mut released),
                false => synchronise(this.action, known, object),
            }
        } else if this.action == Action::Fence {
            fence(this.order, known);
        }
        if let (Action::Wait, Some(mutex)) = (this.action, this.mutex) {
            join(&mut objects.entry(mutex).or_default().all, &known.now);
        }
        clocks.push(known.now.clone());
    }
    clocks
}

/// A step on an atomic.
fn access(
    nth: usize,
    this: Event,
    known: &mut Known,
    object: &mut Published,
    released: &mut [Clock],
) {
    let writes = this.action.writes_value();
    let source = match this.action {
        Action::Store => None, // it starts anew
        _ => this.stale.unwrap_or(object.newest),
    };
    let learnt = source.map(|write| released[write].clone()).unwrap_or_default();
    join(&mut known.pending, &learnt);
    if acquires(this.order) {
        join(&mut known.now, &learnt);
    }
    if writes {
        released[nth] = learnt;
        join(&mut released[nth], if releases(this.order) { &known.now } else { &known.fenced });
        if !this.is_late {
            object.newest = Some(nth);
        }
    }
}

/// A step on an object that keeps its own order.
///
/// Who learns, learns from all who left something and on whom it depends: a reader of a read-write
/// lock does not depend on other readers.
fn synchronise(action: Action, known: &mut Known, object: &mut Published) {
    let (learns, leaves) = action.learns_and_leaves();
    let alone = action.mode() == Some(Mode::Write);
    if learns {
        let shares = action.mode() == Some(Mode::Share);
        join(&mut known.now, if shares { &object.by_writers } else { &object.all });
    }
    if leaves {
        join(&mut object.all, &known.now);
        if alone {
            join(&mut object.by_writers, &known.now);
        }
    }
}

fn fence(order: Option<Ordering>, known: &mut Known) {
    if acquires(order) {
        let pending = std::mem::take(&mut known.pending);
        join(&mut known.now, &pending);
    }
    if releases(order) {
        known.fenced = known.now.clone();
    }
}

fn acquires(order: Option<Ordering>) -> bool {
    matches!(order, Some(Acquire | AcqRel | SeqCst))
}

fn releases(order: Option<Ordering>) -> bool {
    matches!(order, Some(Release | AcqRel | SeqCst))
}

/// Two plain accesses of one cell, at least one a write, that nothing orders. Steps are indices
/// into [`Trace::steps`]; what is shown counts from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataRace {
    /// The access of the thread whose letter comes first.
    pub first: usize,
    /// The other.
    pub second: usize,
    text: String,
}

impl fmt::Display for DataRace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Trace {
    /// The data races of the execution, in the order of threads and places. Of those between the same
    /// two places in the same two threads it is the first.
    pub fn data_races(&self) -> Vec<DataRace> {
        let steps = &self.steps;
        let key = |nth: usize| {
            let step = &steps[nth];
            (step.thread.letter(), step.writes_value(), &step.place)
        };
        let mut races: Vec<_> = racing_steps(steps)
            .into_iter()
            .map(|(a, b)| if key(b).0 < key(a).0 { (b, a) } else { (a, b) })
            .collect();
        races.sort_by_key(|&(first, second)| (steps[first].object, key(first), key(second)));
        let race =
            |(first, second)| DataRace { first, second, text: self.race_text(first, second) };
        races.into_iter().map(race).collect()
    }

    fn race_text(&self, first: usize, second: usize) -> String {
        let name = self.steps[first].object.map(|id| self.object(id).name.as_ref());
        let name = name.unwrap_or_default();
        let does = |nth: usize, what: &str| {
            let step = &self.steps[nth];
            let verb = if step.writes_value() { "writes" } else { "reads" };
            format!("{} {verb} {what}", step.thread)
        };
        format!(
            "step {} races with step {}: {}, {}, and nothing orders the two",
            first + 1,
            second + 1,
            does(first, name),
            does(second, "it")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three threads that read and write two cells under one lock, or without it, as a number says.
    fn events(mut number: u64) -> Vec<Event> {
        let mut events = Vec::new();
        for _ in 0..18 {
            number = number.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let thread = (number >> 33) as usize % 3;
            let cell = (number >> 40) as u32 % 2;
            let action = [Action::CellRead, Action::CellWrite][(number >> 45) as usize % 2];
            let event = |action, object| Event {
                thread,
                action,
                object: Some(object),
                mutex: None,
                order: None,
                stale: None,
                is_late: false,
            };
            match (number >> 50) % 3 {
                0 => events.push(event(action, cell)),
                _ => events.extend([
                    event(Action::Lock, 2),
                    event(action, cell),
                    event(Action::Unlock, 2),
                ]),
            }
        }
        events
    }

    #[test]
    fn of_the_races_at_the_same_places_the_first_is_named_and_no_other() {
        let place = |nth: usize| nth % 4;
        let mut met = 0;
        for number in 0..500 {
            let events = events(number);
            let clocks = clocks(events.len(), |nth| events[nth], |_, _| ());
            let mut kinds = HashSet::new();
            let mut first = Vec::new();
            for later in 0..events.len() {
                for earlier in 0..later {
                    let (a, b) = (events[earlier], events[later]);
                    let plain = [a, b].iter().all(|e| e.object != Some(2));
                    let writes = [a, b].iter().any(|e| e.action == Action::CellWrite);
                    let known = clocks[later].get(a.thread) >= clocks[earlier].get(a.thread);
                    let kind = |nth: usize| (events[nth].thread, events[nth].action, place(nth));
                    let conflict = plain && writes && a.object == b.object && a.thread != b.thread;
                    if conflict && !known && kinds.insert((a.object, kind(earlier), kind(later))) {
                        first.push((earlier, later));
                    }
                }
            }
            met += first.len();
            let races = racing(events.len(), |nth| events[nth], |_, _| (), place);
            assert_eq!(races, first, "{number}");
        }
        assert!(met > 500, "{met}");
    }
}
