//! All interleavings of a program at once: its states and the steps between them.
//!
//! This is what the two places draw in which a person steps through a race: the page and the
//! terminal player. It is filled from the explorer's graph of states, or from its unfolding;
//! nothing here runs a program.

use super::words;
use crate::report::capital;
use crate::trace::{Object, Place, Step, Thread, ThreadId, Trace, Waiting};
use std::borrow::Cow;

/// The states of a program and the steps that lead from one to the next. State 0 is the start.
///
/// It has no cycles: every step brings the program nearer to its end.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// How many threads, how many increments: `2x1`; or under which memory. Names the graph in
    /// links.
    pub shape: String,
    /// The same for people.
    pub label: String,
    /// What the command that shows it has to be told besides the program: `--threads 2 --increments 1`.
    pub arguments: String,
    /// Do the memory orderings matter?
    pub orders: bool,
    /// The threads, indexed by [`ThreadId`].
    pub threads: Vec<Thread>,
    /// The objects, indexed by [`ObjectId`](crate::trace::ObjectId).
    pub objects: Vec<Object>,
    /// The states.
    pub states: Vec<State>,
    /// The outcomes, numbered as [`State::outcome`] has them.
    pub outcomes: Vec<Ending>,
    /// What the player is after.
    pub aim: Aim,
    /// Where executions are counted and not interleavings: the way to each that is easiest to read.
    pub executions: Option<Vec<Vec<usize>>>,
}

/// What the player is after, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aim {
    /// `Goal: lose an update.`
    pub goal: Cow<'static, str>,
    /// `In how many of them is an update lost?`
    pub question: &'static str,
    /// `4 of 6 interleavings lose an update.`
    pub found: &'static str,
    /// `an update is lost`
    pub harm: &'static str,
    /// `nothing is lost`
    pub safe: &'static str,
}

impl Aim {
    /// The game of the counters.
    pub const LOSE_AN_UPDATE: Aim = Aim {
        goal: Cow::Borrowed("lose an update"),
        question: "is an update lost",
        found: "lose an update",
        harm: "an update is lost",
        safe: "nothing is lost",
    };
    /// The game of plain numbers.
    pub const RACE: Aim = Aim {
        goal: Cow::Borrowed("make two accesses race"),
        question: "do two accesses race",
        found: "have two accesses that race",
        harm: "two accesses race",
        safe: "no two accesses race",
    };

    /// The game of a race of the catalogue.
    pub fn reach(forbidden: &'static str) -> Aim {
        let question = "does what must not be happen";
        let found = "end in what must not be";
        let goal = format!("bring about what must not be ({forbidden})").into();
        Aim { goal, question, found, harm: forbidden, safe: "that may be" }
    }
}

impl Default for Aim {
    fn default() -> Self {
        Aim::LOSE_AN_UPDATE
    }
}

/// A state of the program.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What the objects hold, as it is shown.
    pub values: Vec<String>,
    /// How many interleavings go on from here; 1 where the program has ended.
    pub total: u128,
    /// What can happen next, in schedule order.
    pub moves: Vec<Move>,
    /// Who cannot go, and why: `waits for mutex m, held by A`.
    pub blocked: Vec<Blocked>,
    /// How the program ended, where it has.
    pub outcome: Option<usize>,
    /// A way to get here, for graphs whose states are partial executions: indices in the steps of
    /// its moves are into these. Empty for other graphs.
    pub steps: Vec<Step>,
}

/// A thread that cannot go.
#[derive(Clone, Debug)]
pub struct Blocked {
    /// Who.
    pub thread: ThreadId,
    /// Why: `waits for mutex m, held by A`.
    pub why: String,
    /// Where in the source it waits; `None` when it waits for ever.
    pub place: Option<Place>,
}

/// A step that can be taken.
#[derive(Clone, Debug)]
pub struct Move {
    /// The step.
    pub step: Step,
    /// The state it leads to.
    pub next: usize,
}

/// One of the outcomes.
#[derive(Clone, Debug)]
pub struct Ending {
    /// In words: `returned 1`, `data race on count: …`.
    pub text: String,
    /// In few words: `returned 1`, `data race`.
    pub short: String,
    /// Has an update been lost?
    pub lost: bool,
    /// Who waits, where nobody can go on.
    pub waiting: Vec<Waiting>,
}

impl Ending {
    /// As a sentence: `It returned 1.`
    pub(super) fn sentence(&self) -> String {
        match self.text.starts_with("returned") {
            true => format!("It {}.", self.text),
            false => format!("{}.", capital(&self.text)),
        }
    }
}

impl Graph {
    /// The threads that can be chosen: those that have a step somewhere.
    pub fn players(&self) -> Vec<ThreadId> {
        let goes = |id: &ThreadId| {
            let mut moves = self.states.iter().flat_map(|state| &state.moves);
            moves.any(|step| step.step.thread == *id)
        };
        self.threads.iter().map(|thread| thread.id).filter(goes).collect()
    }

    /// What those are who can be chosen: threads, or tasks.
    pub fn kind(&self) -> &'static str {
        let is_task = |id: &ThreadId| self.threads[id.index()].task;
        if self.players().iter().all(is_task) { "task" } else { "thread" }
    }

    /// The thread's letter, and its name where it has one of its own.
    pub fn name(&self, id: ThreadId) -> String {
        words::thread_name(&self.threads, id)
    }

    /// What a move does, in the words of the pictures.
    pub fn text(&self, step: &Step) -> String {
        words::step_text(&self.objects, step, self.orders)
    }

    /// The trace of the moves taken: at each state, which of its moves.
    ///
    /// # Panics
    /// When a state has no such move.
    pub fn trace(&self, path: &[usize]) -> Trace {
        let mut state = 0;
        let mut steps: Vec<Step> = Vec::with_capacity(path.len());
        for &choice in path {
            let taken = &self.states[state].moves[choice];
            steps.push(renumbered(taken.step.clone(), &self.states[state].steps, &steps));
            state = taken.next;
        }
        let ending = match self.states[state].outcome {
            Some(outcome) => self.outcomes[outcome].text.clone(),
            None => "still runs".into(),
        };
        Trace {
            threads: self.threads.clone(),
            objects: self.objects.clone(),
            steps,
            ending,
            waiting: Vec::new(),
        }
    }

    /// How many interleavings end in each outcome.
    pub fn counts(&self) -> Vec<u128> {
        (0..self.outcomes.len()).map(|outcome| self.ways(outcome)[0]).collect()
    }

    /// For each state: how many interleavings lead from it to the outcome.
    fn ways(&self, outcome: usize) -> Vec<u128> {
        let mut ways = vec![None; self.states.len()];
        self.ways_from(0, outcome, &mut ways);
        ways.into_iter().map(Option::unwrap_or_default).collect()
    }

    fn ways_from(&self, state: usize, outcome: usize, ways: &mut [Option<u128>]) -> u128 {
        if let Some(known) = ways[state] {
            return known;
        }
        let here = &self.states[state];
        let count = match here.outcome {
            Some(end) => u128::from(end == outcome),
            None => here.moves.iter().map(|m| self.ways_from(m.next, outcome, ways)).sum(),
        };
        ways[state] = Some(count);
        count
    }

    /// The interleaving with this number, from 1 in schedule order: at each state, which of its
    /// moves. `None`: there are fewer.
    pub fn path(&self, number: u128) -> Option<Vec<usize>> {
        let mut rest = number.checked_sub(1).filter(|rest| *rest < self.states[0].total)?;
        let mut state = 0;
        let mut path = Vec::new();
        while self.states[state].outcome.is_none() {
            let moves = &self.states[state].moves;
            let mut choice = 0;
            while rest >= self.states[moves[choice].next].total {
                rest -= self.states[moves[choice].next].total;
                choice += 1;
            }
            path.push(choice);
            state = moves[choice].next;
        }
        Some(path)
    }

    /// The number of the interleaving that takes these moves; of the first that begins with them.
    pub fn number(&self, path: &[usize]) -> u128 {
        let mut state = 0;
        let mut number = 1;
        for &choice in path {
            let moves = &self.states[state].moves;
            number += moves[..choice].iter().map(|m| self.states[m.next].total).sum::<u128>();
            state = moves[choice].next;
        }
        number
    }

    /// The steps that lead to a state, for graphs whose states are partial executions.
    pub(super) fn trace_to(&self, state: usize) -> Trace {
        Trace {
            threads: self.threads.clone(),
            objects: self.objects.clone(),
            steps: self.states[state].steps.clone(),
            ending: String::new(),
            waiting: Vec::new(),
        }
    }
}

/// The so-manieth step of its thread.
pub(super) fn nth_of_thread(steps: &[Step], index: usize) -> (ThreadId, usize) {
    let thread = steps[index].thread;
    (thread, steps[..index].iter().filter(|step| step.thread == thread).count())
}

/// The step with the numbers that other steps have on another way to the same state.
fn renumbered(mut step: Step, old: &[Step], new: &[Step]) -> Step {
    let number = |index: usize| {
        let name = nth_of_thread(old, index);
        (0..new.len()).find(|&i| nth_of_thread(new, i) == name).unwrap_or(index)
    };
    step.after.iter_mut().for_each(|before| *before = number(*before));
    step.stale = step.stale.map(|write| write.map(number));
    step.behind = step.behind.map(|write| write.map(number));
    step
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, racy_graph};

    #[test]
    fn the_shortest_way_to_lose_is_two_reads_and_two_writes() {
        assert_eq!(racy_graph(2, 1).shortest_loss(), Some(4));
        assert_eq!(racy_graph(3, 2).shortest_loss(), Some(4));
    }

    #[test]
    fn every_interleaving_has_its_number_and_every_number_its_interleaving() {
        let graph = racy_graph(2, 2);
        let total = graph.states[0].total;
        assert_eq!(total, 70);
        let mut before = String::new();
        for number in 1..=total {
            let path = graph.path(number).unwrap();
            assert_eq!(graph.number(&path), number);
            let schedule = graph.trace(&path).schedule();
            assert!(before < schedule, "{before} stands before {schedule}");
            before = schedule;
        }
        assert_eq!((graph.path(0), graph.path(71)), (None, None));
    }

    #[test]
    fn the_counts_are_those_of_the_table() {
        let counts = |threads, increments| {
            let graph = racy_graph(threads, increments);
            let texts = graph.outcomes.iter().map(|outcome| outcome.text.clone());
            let mut counts: Vec<_> = texts.zip(graph.counts()).collect();
            counts.sort();
            counts
        };
        let table = |all: &[(u64, u128)]| -> Vec<(String, u128)> {
            all.iter().map(|&(value, count)| (format!("returned {value}"), count)).collect()
        };
        assert_eq!(counts(2, 2), table(&[(2, 32), (3, 32), (4, 6)]));
        let known = [(2, 10_428), (3, 15_180), (4, 7_512), (5, 1_440), (6, 90)];
        assert_eq!(counts(3, 2), table(&known));
    }

    #[test]
    fn one_thread_alone_loses_nothing() {
        assert_eq!(racy_graph(1, 3).shortest_loss(), None);
    }

    #[test]
    fn a_path_through_the_graph_is_the_trace_of_its_schedule() {
        let graph = racy_graph(2, 1);
        assert_eq!(graph.states[0].total, 6);
        // A reads, B reads, A writes, B writes: the first of two, the second of two, …
        let trace = graph.trace(&[0, 1, 0, 0]);
        assert_eq!(trace.schedule(), "ABAB");
        assert_eq!(trace.ending(), "returned 1");
        assert_eq!(trace.lost_updates(), sample::racy("ABAB").lost_updates());
        assert_eq!(graph.trace(&[0]).ending(), "still runs");
    }
}
