//! Every partial execution of a program, under either memory.
//!
//! A [`StateGraph`](super::StateGraph) asks what the objects hold; here two runs are in the same
//! state only if they have come there by the same execution so far: the same steps of each thread,
//! each read from the same store, the stores of each object in the same order. There are more of
//! those, and each knows more: which load has missed which store, which accesses race.
//!
//! ```
//! use racelab::explore::{Explorer, Memory, Unfolding};
//! use racelab::model::{sync::atomic::{AtomicU32, Ordering::Relaxed}, thread};
//! use std::sync::Arc;
//!
//! let program = || {
//!     let x = Arc::new(AtomicU32::new(0));
//!     let theirs = Arc::clone(&x);
//!     let thread = thread::spawn(move || theirs.store(1, Relaxed));
//!     let seen = x.load(Relaxed);
//!     thread.join().unwrap();
//!     seen
//! };
//! let unfolding = Unfolding::build(&Explorer::new().memory(Memory::Rc11), program)?;
//! assert_eq!(unfolding.executions().count(), 2);
//! # Ok::<(), racelab::explore::ExploreError>(())
//! ```
//!
//! Under [`Memory::Rc11`](crate::explore::Memory) the ended states are the executions that an
//! exploration runs, each once (where plain accesses race, their order is told apart here and not
//! there).

use super::Blocked;
use super::unfold::unfold;
use crate::explore::apart::apart;
use crate::explore::runtime::is_exploring;
use crate::explore::{ExploreError, Explorer};
use crate::report::Failure;
use crate::trace::{Object, Step, Thread};
use std::fmt::Debug;

/// The partial executions of a program and the steps between them. State 0 is the start.
#[derive(Clone, Debug)]
pub struct Unfolding<T> {
    pub(super) threads: Vec<Thread>,
    pub(super) objects: Vec<Object>,
    pub(super) states: Vec<Partial>,
    pub(super) outcomes: Vec<Result<T, Failure>>,
}

/// A partial execution.
#[derive(Clone, Debug)]
pub struct Partial {
    /// A way to get here: its steps, with indices into themselves.
    pub steps: Vec<Step>,
    /// What the objects hold, as pictures show it.
    pub values: Vec<String>,
    /// What can happen next, in schedule order, and the state it leads to. Indices in a step are
    /// into `steps`.
    pub moves: Vec<(Step, usize)>,
    /// Who cannot go, and why.
    pub blocked: Vec<Blocked>,
    /// How the program has ended, as an index into [`Unfolding::outcomes`].
    pub outcome: Option<usize>,
}

impl<T> Unfolding<T> {
    /// Makes the unfolding of `program`.
    ///
    /// Of the settings, `memory`, `max_steps`, `max_states`, `timeout` and `stack_size` count.
    ///
    /// # Errors
    /// When the program cannot be explored, or has more partial executions than the settings allow.
    pub fn build<F>(settings: &Explorer, program: F) -> Result<Self, ExploreError>
    where
        F: Fn() -> T + Send + Sync,
        T: Clone + Ord + Debug + Send,
    {
        if is_exploring() {
            return Err(ExploreError::Nested);
        }
        apart(settings, || settings.as_fine_as_needed(|settings| unfold(settings, &program)))?
    }

    /// The threads, indexed by [`ThreadId`](crate::trace::ThreadId).
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// The objects, indexed by [`ObjectId`](crate::trace::ObjectId).
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The partial executions.
    pub fn states(&self) -> &[Partial] {
        &self.states
    }

    /// How the program can end: values in their order, then failures.
    pub fn outcomes(&self) -> &[Result<T, Failure>] {
        &self.outcomes
    }

    /// The executions: the states in which the program has ended.
    pub fn executions(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.states.len()).filter(|&state| self.states[state].outcome.is_some())
    }
}
