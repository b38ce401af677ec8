//! Traces made by hand, for the tests of the pictures.

use super::graph::{Ending, Graph, Move, State};
use crate::trace::{
    Action, Object, ObjectId, ObjectKind, Place, Step, Thread, ThreadId, Trace, Value, Waiting,
};
use std::borrow::Cow;
use std::collections::HashMap;

/// A trace in the making.
pub(super) struct Sample(Trace);

impl Sample {
    /// A main thread and one thread for each name.
    pub fn new(names: &[&'static str]) -> Self {
        let all = ["main"].iter().chain(names).enumerate();
        let thread = |(i, name): (usize, &&'static str)| Thread {
            id: ThreadId(i as u8),
            name: (!name.is_empty()).then_some(Cow::Borrowed(*name)),
            task: false,
        };
        Sample(Trace {
            threads: all.map(thread).collect(),
            objects: Vec::new(),
            steps: Vec::new(),
            ending: String::new(),
            waiting: Vec::new(),
        })
    }

    pub fn object(mut self, name: &'static str, kind: ObjectKind, initial: Option<u64>) -> Self {
        let initial = initial.map(Value::Unsigned);
        self.0.objects.push(Object { name: name.into(), kind, initial });
        self
    }

    /// A step on an object: `read` and `written` as the action has them.
    pub fn step(
        mut self,
        letter: char,
        action: Action,
        object: u32,
        read: Option<u64>,
        written: Option<u64>,
        line: u32,
    ) -> Self {
        self.0.steps.push(Step {
            thread: ThreadId::from_letter(letter).unwrap(),
            action,
            object: Some(ObjectId(object)),
            mutex: None,
            order: None,
            read: read.map(Value::Unsigned),
            written: written.map(Value::Unsigned),
            choice: None,
            place: place(line),
            operation: 0,
            after: Vec::new(),
            alone: false,
            stale: None,
            behind: None,
        });
        self
    }

    pub fn load(self, letter: char, object: u32, value: u64) -> Self {
        self.step(letter, Action::Load, object, Some(value), None, 27)
    }

    pub fn store(self, letter: char, object: u32, value: u64) -> Self {
        self.step(letter, Action::Store, object, None, Some(value), 28)
    }

    pub fn fetch_add(self, letter: char, object: u32, seen: u64) -> Self {
        self.step(letter, Action::FetchAdd, object, Some(seen), Some(seen + 1), 30)
    }

    pub fn lock(self, letter: char, object: u32, line: u32) -> Self {
        self.step(letter, Action::Lock, object, None, None, line)
    }

    pub fn unlock(self, letter: char, object: u32, line: u32) -> Self {
        self.step(letter, Action::Unlock, object, None, None, line)
    }

    /// Changes the last step.
    pub fn with(mut self, change: impl FnOnce(&mut Step)) -> Self {
        change(self.0.steps.last_mut().unwrap());
        self
    }

    pub fn waits(mut self, letter: char, what: &str, line: u32, holder: (char, u32)) -> Self {
        self.0.waiting.push(Waiting {
            thread: ThreadId::from_letter(letter).unwrap(),
            what: what.into(),
            place: place(line),
            holder: Some((ThreadId::from_letter(holder.0).unwrap(), place(holder.1))),
        });
        self
    }

    pub fn ends(mut self, ending: &str) -> Trace {
        self.0.ending = ending.into();
        self.0
    }
}

fn place(line: u32) -> Place {
    Place { file: "src/counter/sample.rs".into(), line, column: 9 }
}

/// The racy counter under a schedule, one increment after the other in each thread.
pub(super) fn racy(schedule: &str) -> Trace {
    let last = schedule.chars().max().unwrap();
    let names: Vec<&'static str> =
        ["A", "B", "C", "D", "E"].into_iter().filter(|n| n.chars().all(|c| c <= last)).collect();
    let mut sample = Sample::new(&names).object("count", ObjectKind::Atomic, Some(0));
    let mut seen = [None; 5];
    let mut done = [0; 5];
    let mut count = 0;
    for letter in schedule.chars() {
        let thread = letter as usize - 'A' as usize;
        let operation = done[thread];
        sample = match seen[thread].take() {
            None => {
                seen[thread] = Some(count);
                sample.load(letter, 0, count)
            }
            Some(value) => {
                count = value + 1;
                done[thread] += 1;
                sample.store(letter, 0, count)
            }
        }
        .with(|step| step.operation = operation);
    }
    sample.ends(&format!("returned {count}"))
}

/// Two mutexes taken in opposite orders.
pub(super) fn deadlock() -> Trace {
    Sample::new(&["A", "B"])
        .object("left", ObjectKind::Mutex, None)
        .object("right", ObjectKind::Mutex, None)
        .lock('A', 0, 10)
        .lock('B', 1, 20)
        .waits('A', "mutex right", 11, ('B', 20))
        .waits('B', "mutex left", 21, ('A', 10))
        .ends("deadlocked")
}

/// A mutex counter in which B has to wait.
pub(super) fn mutex() -> Trace {
    Sample::new(&["A", "B"])
        .object("count", ObjectKind::Mutex, None)
        .object("x", ObjectKind::Cell, Some(0))
        .lock('A', 0, 10)
        .step('A', Action::CellRead, 1, Some(0), None, 11)
        .step('A', Action::CellWrite, 1, None, Some(1), 11)
        .unlock('A', 0, 10)
        .lock('B', 0, 10)
        .step('B', Action::CellRead, 1, Some(1), None, 11)
        .step('B', Action::CellWrite, 1, None, Some(2), 11)
        .unlock('B', 0, 10)
        .ends("returned 2")
}

/// A message read before the flag says that it is there, in a weak memory.
pub(super) fn stale() -> Trace {
    use std::sync::atomic::Ordering::Relaxed;
    Sample::new(&["A", "B"])
        .object("data", ObjectKind::Atomic, Some(0))
        .object("ready", ObjectKind::Atomic, Some(0))
        .store('A', 0, 42)
        .with(|step| step.order = Some(Relaxed))
        .store('A', 1, 1)
        .with(|step| step.order = Some(Relaxed))
        .load('B', 1, 1)
        .with(|step| step.order = Some(Relaxed))
        .load('B', 0, 0)
        .with(|step| {
            step.order = Some(Relaxed);
            step.stale = Some(None);
        })
        .ends("returned (1, 0)")
}

/// A consumer sleeps on a condition variable until the producer has put something there.
pub(super) fn condvar() -> Trace {
    Sample::new(&["producer", "consumer"])
        .object("m", ObjectKind::Mutex, None)
        .object("full", ObjectKind::Condvar, None)
        .lock('B', 0, 10)
        .step('B', Action::Wait, 1, None, None, 11)
        .with(|step| step.mutex = Some(ObjectId(0)))
        .lock('A', 0, 20)
        .step('A', Action::NotifyOne, 1, None, None, 21)
        .unlock('A', 0, 20)
        .step('B', Action::Reacquire, 0, None, None, 11)
        .with(|step| step.after = vec![3])
        .unlock('B', 0, 10)
        .ends("returned 1")
}

/// Every interleaving of racy increments: what the explorer's state graph looks like.
pub(super) fn racy_graph(threads: usize, increments: u32) -> Graph {
    let mut trace = racy(&"ABCDE"[..threads]);
    trace.ending.clear();
    let mut graph = Graph {
        shape: format!("{threads}x{increments}"),
        threads: trace.threads.clone(),
        objects: trace.objects.clone(),
        ..Graph::default()
    };
    let start = RacyState { count: 0, threads: vec![(0, None); threads] };
    visit(&mut graph, &mut HashMap::new(), start, increments, &trace.steps[0]);
    let best = u64::from(increments) * threads as u64;
    for outcome in &mut graph.outcomes {
        outcome.lost = outcome.text != format!("returned {best}");
    }
    graph
}

/// The count, and for each thread its increments done and what it has read.
#[derive(Clone, PartialEq, Eq, Hash)]
struct RacyState {
    count: u64,
    threads: Vec<(u32, Option<u64>)>,
}

fn visit(
    graph: &mut Graph,
    known: &mut HashMap<RacyState, usize>,
    state: RacyState,
    increments: u32,
    template: &Step,
) -> usize {
    if let Some(&number) = known.get(&state) {
        return number;
    }
    let number = graph.states.len();
    known.insert(state.clone(), number);
    graph.states.push(State { values: vec![state.count.to_string()], ..State::default() });
    let mut moves = Vec::new();
    for (thread, &(done, seen)) in state.threads.iter().enumerate() {
        if done == increments {
            continue;
        }
        let mut step =
            Step { thread: ThreadId(thread as u8 + 1), operation: done, ..template.clone() };
        let mut after = state.clone();
        match seen {
            None => {
                step.read = Some(Value::Unsigned(state.count));
                after.threads[thread].1 = Some(state.count);
            }
            Some(seen) => {
                step.action = Action::Store;
                step.read = None;
                step.written = Some(Value::Unsigned(seen + 1));
                after.count = seen + 1;
                after.threads[thread] = (done + 1, None);
            }
        }
        let next = visit(graph, known, after, increments, template);
        moves.push(Move { step, next });
    }
    if moves.is_empty() {
        let text = format!("returned {}", state.count);
        let outcome = graph.outcomes.iter().position(|outcome| outcome.text == text);
        let outcome = outcome.unwrap_or_else(|| {
            graph.outcomes.push(Ending {
                short: text.clone(),
                text,
                lost: false,
                waiting: Vec::new(),
            });
            graph.outcomes.len() - 1
        });
        graph.states[number].outcome = Some(outcome);
    }
    let below: u128 = moves.iter().map(|taken| graph.states[taken.next].total).sum();
    graph.states[number].total = below.max(1);
    graph.states[number].moves = moves;
    number
}
