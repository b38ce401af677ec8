//! What the explorer refuses.

use super::finer::Finer;
use crate::trace::{ObjectKind, Place, ThreadId};
use std::fmt;

/// Why a program could not be explored or replayed. Each message names the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExploreError {
    /// An object of the program was made outside its closure.
    OutsideObject {
        /// What it is.
        kind: ObjectKind,
        /// Where it was made.
        place: Place,
    },
    /// A `static` of the program holds a value that cannot be made anew for each execution.
    StaticObject {
        /// What it is.
        kind: ObjectKind,
        /// Where it was made.
        place: Place,
    },
    /// A thread's handle was kept from another execution.
    OutsideThread,
    /// The program has more threads than there are letters, in all its executions together: a thread is
    /// the same in two of them if the same thread starts it as the same of its children.
    TooManyThreads,
    /// The program asks for what finer steps can tell: its exploration begins anew, and nobody gets to
    /// see this.
    #[doc(hidden)]
    Finer(Finer),
    /// An exploration was started inside a program under exploration.
    Nested,
    /// A thread has used up its stack.
    StackOverflow {
        /// Which thread.
        thread: ThreadId,
        /// The size of its stack in bytes.
        bytes: usize,
    },
    /// The stacks are too small for any program.
    StackSize {
        /// How many bytes each was to have.
        bytes: usize,
        /// How many it needs.
        least: usize,
    },
    /// The operating system does not give what an exploration needs.
    Unavailable {
        /// What there is none of.
        what: String,
        /// What the operating system says.
        why: String,
    },
    /// A checkpoint could not be read or written, or belongs to something else.
    Checkpoint(String),
    /// The schedule is not one of the program's.
    Schedule(String),
    /// The count of the interleavings differs from a total found another way: a fault of the explorer's,
    /// never a verdict on the program.
    Miscounted {
        /// What was counted.
        counted: u128,
        /// The other total.
        total: u128,
    },
    /// The program has more states than were to be looked at, or the time for it was over.
    TooManyStates {
        /// How many were found until then.
        found: usize,
    },
    /// An execution did not end, so the program has no graph of states.
    Endless {
        /// The limit it reached, in steps.
        limit: usize,
    },
    /// In a state that it had been in before, the program did something else than before.
    Forgotten {
        /// The step, from 1.
        step: usize,
    },
}

impl fmt::Display for ExploreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExploreError::OutsideObject { kind, place } => {
                let kind = format!("{kind:?}").to_lowercase();
                write!(
                    f,
                    "a modelled object ({kind}, made at {place}) lives outside the program: its \
                     state would leak from one execution into the next; make it inside the closure"
                )
            }
            ExploreError::StaticObject { kind, place } => {
                let name = format!("{kind:?}");
                let kind = name.to_lowercase();
                write!(
                    f,
                    "the value of the static {kind} made at {place} cannot be made anew for each \
                     execution: write `static _: LazyLock<{name}<_>> = LazyLock::new(|| …)`, or make \
                     it inside the closure, behind an Arc"
                )
            }
            ExploreError::OutsideThread => write!(
                f,
                "the handle of a thread was kept from another execution, in which the thread has \
                 ended: keep it inside the closure"
            ),
            ExploreError::TooManyThreads => write!(
                f,
                "the program starts more than {} different threads, in one execution or in all of \
                 them together (a thread is known by who starts it, and as which of its children): \
                 explore a smaller instance",
                ThreadId::MAX - 1
            ),
            ExploreError::Finer(finer) => write!(f, "the exploration has to begin anew: {finer:?}"),
            ExploreError::Nested => {
                write!(f, "explore was called inside a program under exploration; call it outside")
            }
            ExploreError::StackOverflow { thread, bytes } => {
                write!(f, "thread {thread} {}", used_up(*bytes))
            }
            ExploreError::StackSize { bytes, least } => write!(
                f,
                "a stack of {bytes} bytes is too small for any thread: give it {least} or more with \
                 Explorer::new().stack_size(bytes)"
            ),
            ExploreError::Unavailable { what, why } => write!(f, "there is {what}: {why}"),
            ExploreError::Checkpoint(why) => write!(f, "{why}"),
            ExploreError::Schedule(why) => write!(f, "{why}"),
            ExploreError::Miscounted { counted, total } => write!(
                f,
                "the explorer counted {counted} interleavings where another way of counting them gives \
                 {total}: that is a fault of racelab's and no verdict on the program; please report it \
                 with the program, and use Reduction::None meanwhile"
            ),
            ExploreError::TooManyStates { found } => write!(
                f,
                "the program has more states than could be looked at ({found} until here): explore \
                 a smaller instance, allow more with Explorer::max_states, or mark what its \
                 threads do with racelab::model::operation"
            ),
            ExploreError::Endless { limit } => write!(
                f,
                "an execution did not end within {limit} steps, so the states cannot all be looked \
                 at: bound the loop, or let it yield, or allow more with Explorer::max_steps"
            ),
            ExploreError::Forgotten { step } => write!(
                f,
                "at step {step} the program did something else than before in the same state: it \
                 is not deterministic, or it carries what it has read out of an operation that \
                 returns nothing"
            ),
        }
    }
}

impl std::error::Error for ExploreError {}

/// What a thread did that has overflowed a stack of so many bytes.
pub(super) fn used_up(bytes: usize) -> String {
    format!(
        "overflowed its stack of {bytes} bytes: give it more with Explorer::new().stack_size(bytes)"
    )
}
