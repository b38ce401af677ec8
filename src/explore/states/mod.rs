//! The states of a program, and the steps that lead from one to the next.
//!
//! Interleavings are many, states are few: two threads that increment a racy counter twenty times
//! each have 107,507,208,733,336,176,461,620 interleavings and 426,317 states. On the graph of
//! states the interleavings are the paths from the start to an end, so they can be counted, numbered
//! and asked for by number without running them, and so can those that end in each value.
//!
//! ```
//! use racelab::explore::{Explorer, StateGraph};
//! use racelab::model::{operation, sync::atomic::{AtomicU64, Ordering::Relaxed}, thread};
//! use std::sync::Arc;
//!
//! // Two threads, ten racy increments each.
//! let graph = StateGraph::build(&Explorer::new(), || {
//!     let count = Arc::new(AtomicU64::new(0));
//!     let increment = |count: &AtomicU64| count.store(count.load(Relaxed) + 1, Relaxed);
//!     let threads: Vec<_> = (0..2)
//!         .map(|_| {
//!             let count = Arc::clone(&count);
//!             thread::spawn(move || (0..10).for_each(|_| operation(|| increment(&count))))
//!         })
//!         .collect();
//!     threads.into_iter().for_each(|thread| thread.join().unwrap());
//!     count.load(Relaxed)
//! })?;
//! assert_eq!(graph.interleavings(), Some(137_846_528_820));
//! assert_eq!(graph.census()[0].result, Ok(&2)); // the least possible count
//! let schedule = graph.schedule(100_000_000_000).unwrap();
//! assert_eq!(graph.rank(&schedule)?, Some(100_000_000_000));
//! # Ok::<(), racelab::explore::ExploreError>(())
//! ```
//!
//! # What a state is
//! Two executions are in the same state when each thread stands before the same step having learnt
//! the same, and each object holds the same. What a thread has learnt in an
//! [`operation`](crate::model::operation) that returns nothing is forgotten when it ends: *a program
//! is declared as threads × operations, and locals do not outlive their operation*. A thread
//! without that mark forgets nothing; its graph is as right, and larger.
//!
//! Only what can be compared is compared: a number behind a lock, in a cell or in a message by its
//! value, anything else by who left it there knowing what. That can tell states apart which are the
//! same; it never merges two that are not.
//!
//! # How it is made
//! By running the program, over and over, each time where there is a step left that has not been
//! taken. There is no second semantics: a step does here what it does in every exploration.
//!
//! # Limitations
//! - A data race is not an outcome here: it depends on the way to a state, not on the state. What
//!   plain cells hold is what they would hold if each access were one step.
//! - Sequential consistency only.
//!
//! # Layout
//! - this file: the graph and what can be asked of it
//! - `build`: making it, run after run; `arrive`: coming to a state, known or new; `look`: what is to be
//!   seen there
//! - `number`: an interleaving's number, and the interleaving with a number
//! - `census`: how many interleavings end in each value, and the shortest way to one
//! - `unfolding`: every partial execution, under either memory; `unfold`: how they are found, `known`:
//!   by what they are known
//! - `objects`: the objects of all executions; `tables`: what states share

mod arrive;
mod build;
mod census;
mod known;
mod look;
mod number;
mod objects;
mod tables;
mod unfold;
mod unfolding;

pub use census::Count;
pub use unfolding::{Partial, Unfolding};

use super::apart::apart;
use super::runtime::is_exploring;
use super::{ExploreError, Explorer};
use crate::report::Failure;
use crate::trace::{Object, Place, Step, Thread, ThreadId};
use std::fmt::Debug;

/// The states of a program and the steps between them. State 0 is the start.
///
/// It has no cycles: every step brings each execution nearer to its end.
#[derive(Clone, Debug)]
pub struct StateGraph<T> {
    threads: Vec<Thread>,
    objects: Vec<Object>,
    nodes: Vec<Node>,
    moves: Vec<Arc>,
    /// The different steps; moves share them.
    steps: Vec<Step>,
    /// What the objects hold, by object; states share them.
    values: Vec<Vec<String>>,
    /// Why threads cannot go; states share them.
    blocked: Vec<Vec<Blocked>>,
    outcomes: Vec<Result<T, Failure>>,
    /// How many interleavings go on from each state.
    totals: Vec<Option<u128>>,
    /// The states, each behind all those it leads to.
    order: Vec<u32>,
    executions: u64,
}

/// A state.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Its moves begin here and end where those of the next state begin.
    first_move: u32,
    moves: u32,
    values: u32,
    blocked: u32,
    /// `u32::MAX`: the program goes on.
    outcome: u32,
}

/// A step from one state to another.
#[derive(Clone, Copy, Debug)]
struct Arc {
    thread: u8,
    choice: u32,
    step: u32,
    next: u32,
}

/// No state, no outcome.
const NONE: u32 = u32::MAX;

/// One state of a [`StateGraph`].
pub struct State<'g, T> {
    graph: &'g StateGraph<T>,
    number: usize,
}

/// A step that can be taken in a state.
pub struct Move<'g> {
    /// The step, with its values. What it comes after is not in it: that depends on the way here.
    pub step: &'g Step,
    /// The number of the state it leads to.
    pub next: usize,
}

/// A thread that cannot go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Who.
    pub thread: ThreadId,
    /// Why: `waits for mutex m, held by A`.
    pub why: String,
    /// Where in the source it waits.
    pub place: Place,
}

impl<T> StateGraph<T> {
    /// Makes the graph of all states of `program`.
    ///
    /// Of the settings, `max_steps`, `max_states`, `timeout` and `stack_size` count.
    ///
    /// # Errors
    /// When the program cannot be explored, when it has more states than the settings allow, or
    /// when what it does depends on something it was declared to forget.
    pub fn build<F>(settings: &Explorer, program: F) -> Result<Self, ExploreError>
    where
        F: Fn() -> T + Send + Sync,
        T: Clone + Ord + Debug + Send,
    {
        if is_exploring() {
            return Err(ExploreError::Nested);
        }
        apart(settings, || settings.as_fine_as_needed(|settings| build::build(settings, &program)))?
    }

    /// The threads, indexed by [`ThreadId`].
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// The objects, indexed by [`ObjectId`](crate::trace::ObjectId).
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// How many states there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: every program has a first state.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many executions it took to find them all.
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// A state, by its number.
    ///
    /// # Panics
    /// When there is no such state.
    pub fn state(&self, number: usize) -> State<'_, T> {
        assert!(number < self.nodes.len(), "there are {} states", self.nodes.len());
        State { graph: self, number }
    }

    /// The states, by number.
    pub fn states(&self) -> impl Iterator<Item = State<'_, T>> {
        (0..self.nodes.len()).map(|number| State { graph: self, number })
    }

    /// How the program can end: values in their order, then failures.
    pub fn outcomes(&self) -> &[Result<T, Failure>] {
        &self.outcomes
    }

    /// How many interleavings there are; `None` when the number does not fit 128 bits.
    pub fn interleavings(&self) -> Option<u128> {
        self.totals[0]
    }

    fn moves_of(&self, state: u32) -> &[Arc] {
        let node = &self.nodes[state as usize];
        &self.moves[node.first_move as usize..][..node.moves as usize]
    }
}

impl<'g, T> State<'g, T> {
    fn node(&self) -> &'g Node {
        &self.graph.nodes[self.number]
    }

    /// What the objects hold, as pictures show it: a value, the letters of a lock's holders or
    /// `free`, the number of messages in a channel, `–` where there is nothing to show.
    pub fn values(&self) -> &'g [String] {
        &self.graph.values[self.node().values as usize]
    }

    /// How many interleavings go on from here, 1 where the program has ended; `None` when the
    /// number does not fit 128 bits.
    pub fn total(&self) -> Option<u128> {
        self.graph.totals[self.number]
    }

    /// What can happen next, in schedule order: by the thread's letter, then by alternative.
    pub fn moves(&self) -> impl Iterator<Item = Move<'g>> + use<'g, T> {
        let graph = self.graph;
        let moves = graph.moves_of(self.number as u32).iter();
        moves.map(|arc| Move { step: &graph.steps[arc.step as usize], next: arc.next as usize })
    }

    /// Who cannot go, and why.
    pub fn blocked(&self) -> &'g [Blocked] {
        &self.graph.blocked[self.node().blocked as usize]
    }

    /// How the program has ended, as an index into [`StateGraph::outcomes`]; `None`: it goes on.
    pub fn outcome(&self) -> Option<usize> {
        (self.node().outcome != NONE).then_some(self.node().outcome as usize)
    }
}
