//! What the explorer refuses.

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
    /// A `static` of the program holds a value that cannot be reset.
    StaticObject {
        /// What it is.
        kind: ObjectKind,
        /// Where it was made.
        place: Place,
    },
    /// The program has more threads than there are letters.
    TooManyThreads,
    /// An exploration was started inside a program under exploration.
    Nested,
    /// The schedule is not one of the program's.
    Schedule(String),
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
                let kind = format!("{kind:?}").to_lowercase();
                write!(
                    f,
                    "the static {kind} made at {place} cannot be reset for each execution (static \
                     atomics can): make it inside the closure, behind an Arc"
                )
            }
            ExploreError::TooManyThreads => write!(
                f,
                "the program starts more than {} threads; explore a smaller instance",
                ThreadId::MAX - 1
            ),
            ExploreError::Nested => {
                write!(f, "explore was called inside a program under exploration; call it outside")
            }
            ExploreError::Schedule(why) => write!(f, "{why}"),
        }
    }
}

impl std::error::Error for ExploreError {}
