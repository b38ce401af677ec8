//! Small programs on atomics, and their exploration under RC11 by the memory model alone.

use racelab::explore::rc11::{EventId, Graph, INIT, Op, Pending, Search, Step, Turn};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

/// One instruction; what it reads is its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    Load(u32, Ordering),
    Store(u32, u64, Ordering),
    Add(u32, u64, Ordering),
    Swap(u32, u64, Ordering),
    CompareExchange {
        location: u32,
        expected: u64,
        new: u64,
        orders: (Ordering, Ordering),
        weak: bool,
    },
    Fence(Ordering),
}

impl Instruction {
    pub fn location(&self) -> Option<u32> {
        self.op().location()
    }
}

impl Instruction {
    /// One operation of a litmus test, by its words.
    fn parse(words: &[&str]) -> Instruction {
        let number = |at: usize| words[at].parse().unwrap_or_else(|_| panic!("{words:?}"));
        let last = order(words[words.len() - 1]);
        match words[0] {
            "load" => Instruction::Load(location(words[2]), last),
            "store" => Instruction::Store(location(words[1]), number(2), last),
            "add" => Instruction::Add(location(words[2]), number(3), last),
            "swap" => Instruction::Swap(location(words[2]), number(3), last),
            "cas" | "casw" => Instruction::CompareExchange {
                location: location(words[2]),
                expected: number(3),
                new: number(4),
                orders: (order(words[5]), last),
                weak: words[0] == "casw",
            },
            "fence" => Instruction::Fence(last),
            _ => panic!("unknown operation {words:?}"),
        }
    }
}

impl Step for Instruction {
    fn op(&self) -> Op {
        use Instruction::*;
        match *self {
            Load(location, order) => Op::Load { location, order },
            Store(location, value, order) => Op::Store { location, value, order },
            Add(location, _, order) | Swap(location, _, order) => {
                Op::Update { location, order, failure: order, weak: false }
            }
            CompareExchange { location, orders: (order, failure), weak, .. } => {
                Op::Update { location, order, failure, weak }
            }
            Fence(order) => Op::Fence { order },
        }
    }

    fn update(&self, read: u64) -> Option<u64> {
        match *self {
            Instruction::Add(_, n, _) => Some(read + n),
            Instruction::Swap(_, value, _) => Some(value),
            Instruction::CompareExchange { expected, new, .. } => (read == expected).then_some(new),
            _ => None,
        }
    }
}

pub type Program = Vec<Vec<Instruction>>;

/// An event of any graph of a program: thread and place in it; `None` is an initial write.
pub type Name = Option<(u8, u32)>;

/// What makes a graph: who reads from whom (and whether it writes), and modification order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    pub reads: Vec<Vec<Option<Name>>>,
    pub writes: Vec<Vec<bool>>,
    pub order: Vec<Vec<Name>>,
}

/// What an exploration found.
pub struct Found {
    /// Each graph, with the value each instruction read and the last value of each location.
    pub graphs: BTreeMap<Shape, (Vec<Vec<u64>>, Vec<u64>)>,
    pub completed: u64,
    pub cut: u64,
}

pub const LOCATIONS: u32 = 4;

/// Completes every consistent graph of a program.
pub fn explore(program: &Program) -> Found {
    let mut found = Found { graphs: BTreeMap::new(), completed: 0, cut: 0 };
    let search = explore_each(program, |graph| {
        found.graphs.insert(shape(program, graph), end(program, graph));
    });
    (found.completed, found.cut) = (search.completed(), search.cut());
    found
}

/// Shows every consistent graph of a program, once it is complete.
pub fn explore_each(program: &Program, mut show: impl FnMut(&Graph)) -> Search<Instruction> {
    let mut search = Search::default();
    loop {
        let mut at = vec![0; program.len()];
        loop {
            let pending: Vec<_> = at
                .iter()
                .zip(program)
                .map(|(&at, thread): (&usize, _)| {
                    thread.get(at).map_or(Pending::Gone, |&i| Pending::Ready(i))
                })
                .collect();
            match search.next(&pending) {
                Turn::Step(id) => at[search.graph().event(id).thread as usize] += 1,
                Turn::Cut => break,
                Turn::Complete => {
                    show(search.graph());
                    break;
                }
            }
        }
        if !search.backtrack() {
            return search;
        }
    }
}

fn shape(program: &Program, graph: &Graph) -> Shape {
    let name = |id: EventId| (id != INIT).then(|| (graph.event(id).thread, graph.event(id).index));
    let mut reads: Vec<_> = program.iter().map(|thread| vec![None; thread.len()]).collect();
    let mut writes: Vec<_> = program.iter().map(|thread| vec![false; thread.len()]).collect();
    for event in graph.events() {
        reads[event.thread as usize][event.index as usize] = event.reads.map(name);
        writes[event.thread as usize][event.index as usize] = event.written.is_some();
    }
    let order = |location| graph.modification_order(location).iter().map(|&w| name(w)).collect();
    Shape { reads, writes, order: (0..LOCATIONS).map(order).collect() }
}

fn end(program: &Program, graph: &Graph) -> (Vec<Vec<u64>>, Vec<u64>) {
    let mut read: Vec<_> = program.iter().map(|thread| vec![0; thread.len()]).collect();
    for event in graph.events() {
        read[event.thread as usize][event.index as usize] = event.read;
    }
    (read, (0..LOCATIONS).map(|location| graph.last_value(location)).collect())
}

/// A litmus test of the file: a program, what to look at, and the outcomes allowed.
pub struct Litmus {
    pub name: &'static str,
    pub program: Program,
    /// How many consistent graphs there are.
    pub graphs: u64,
    /// Which register (thread and instruction) or, without one, which location.
    observe: Vec<Result<(usize, usize), u32>>,
    pub allowed: BTreeSet<Vec<u64>>,
    pub sc: BTreeSet<Vec<u64>>,
}

impl Litmus {
    /// All tests of the file.
    pub fn all() -> Vec<Litmus> {
        let (_, tests) =
            include_str!("rc20.txt").split_once("\n\n").expect("it begins with comments");
        tests.split("\n\n").map(Litmus::parse).collect()
    }

    fn parse(test: &'static str) -> Litmus {
        let mut lines = test.lines().map(str::trim);
        let (name, graphs) = lines.next().and_then(|line| line.split_once(' ')).expect("a name");
        let threads: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with('=')).collect();
        let observed = test.lines().find_map(|line| line.trim().strip_prefix("= "));
        let mut registers = Vec::new();
        let mut program = Program::new();
        for (t, thread) in threads.iter().enumerate() {
            program.push(Vec::new());
            for (i, operation) in thread.split("; ").enumerate() {
                let words: Vec<&str> = operation.split(' ').collect();
                program[t].push(Instruction::parse(&words));
                if !matches!(words[0], "store" | "fence") {
                    registers.push((format!("{t}:{}", words[1]), (t, i)));
                }
            }
        }
        // A register that is written twice keeps the later value.
        let register = |name: &str| registers.iter().rev().find(|(known, _)| known == name);
        let observed = observed.expect("something to observe").split(' ');
        let observe =
            observed.map(|name| register(name).map(|r| r.1).ok_or_else(|| location(name)));
        let row = |row: &str| row.split(',').map(|value| value.parse().expect("a value")).collect();
        let (mut allowed, mut sc) = (BTreeSet::new(), BTreeSet::new());
        for outcome in lines.flat_map(|line| line.split(' ')) {
            let values: Vec<u64> = row(outcome.trim_end_matches(['*', '-']));
            sc.extend(outcome.contains('*').then(|| values.clone()));
            allowed.insert(values);
        }
        let (observe, graphs) = (observe.collect(), graphs.parse().expect("a number of graphs"));
        Litmus { name, program, graphs, observe, allowed, sc }
    }

    /// The outcome of one graph, as the file writes it.
    pub fn outcome(&self, (read, last): &(Vec<Vec<u64>>, Vec<u64>)) -> Vec<u64> {
        let value = |what: &Result<(usize, usize), u32>| match *what {
            Ok((thread, index)) => read[thread][index],
            Err(location) => last[location as usize],
        };
        self.observe.iter().map(value).collect()
    }
}

fn location(name: &str) -> u32 {
    "xyzw".find(name).unwrap_or_else(|| panic!("unknown location {name}")) as u32
}

fn order(name: &str) -> Ordering {
    match name {
        "rlx" => Ordering::Relaxed,
        "acq" => Ordering::Acquire,
        "rel" => Ordering::Release,
        "ar" => Ordering::AcqRel,
        "sc" => Ordering::SeqCst,
        other => panic!("unknown order {other}"),
    }
}
