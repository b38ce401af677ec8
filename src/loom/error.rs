//! What loom cannot do, and the way out.

use std::error::Error;
use std::fmt;

/// Why loom could not explore a program. One line each, with the way out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LoomError {
    /// More threads than loom can hold.
    TooManyThreads {
        /// loom's limit, the main thread included.
        limit: usize,
    },
    /// An execution that has more points where loom may switch than was allowed.
    TooManyBranches {
        /// The limit that was set.
        limit: usize,
    },
    /// The program uses an object that was not made in this execution of it.
    MadeOutside {
        /// The object's name.
        object: String,
    },
    /// An object of the family `Loom` is used where nothing is being explored.
    UsedOutside {
        /// The object's name.
        object: String,
    },
    /// The program did something else when loom took it the same way again.
    Nondeterministic,
    /// An exploration was started inside the program of another.
    Nested,
    /// A thread that unwinds joined, in a destructor, a thread that had panicked.
    PanicWhileUnwinding,
    /// Another panic of loom's.
    Other {
        /// What loom said.
        message: String,
    },
}

impl LoomError {
    /// What a panic of loom's means.
    pub(crate) fn from_panic(message: &str) -> LoomError {
        if message.contains("maximum number of branches") {
            // The limit is known only where the exploration was started; it is filled in there.
            LoomError::TooManyBranches { limit: 0 }
        } else if message.contains("fully deterministic") {
            LoomError::Nondeterministic
        } else {
            LoomError::Other { message: message.trim().to_owned() }
        }
    }
}

impl fmt::Display for LoomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoomError::TooManyThreads { limit } => write!(
                f,
                "loom runs at most {limit} threads (MAX_THREADS), the main thread included: spawn \
                 {} or fewer, let the main thread do a share of the work, or use racelab's own \
                 explorer",
                limit - 1
            ),
            LoomError::TooManyBranches { limit } => write!(
                f,
                "an execution has more than {limit} points where loom may switch (max_branches): \
                 raise LoomExplorer::max_branches, make the program smaller, or put yield_now in \
                 the loop that spins"
            ),
            LoomError::MadeOutside { object } => write!(
                f,
                "`{object}` was made outside the program that loom runs: make it inside the \
                 closure, anew for each execution"
            ),
            LoomError::UsedOutside { object } => write!(
                f,
                "`{object}` belongs to the family `Loom` and nothing is being explored here: use \
                 it inside the closure given to explore_with_loom, or use the family `Std`"
            ),
            LoomError::Nondeterministic => write!(
                f,
                "the program is not deterministic, loom cannot take it the same way twice: take \
                 clocks, random numbers, hash maps and outside state out of the closure"
            ),
            LoomError::Nested => write!(
                f,
                "a program that loom runs cannot start another exploration: run them one after \
                 the other"
            ),
            LoomError::PanicWhileUnwinding => write!(
                f,
                "a destructor joins a panicked thread while its own thread unwinds, which would \
                 end the process: join before, or ignore the error there"
            ),
            LoomError::Other { message } => {
                let message = message.lines().next().unwrap_or_default();
                write!(
                    f,
                    "loom stopped: {message}; make the program smaller, or use racelab's own explorer"
                )
            }
        }
    }
}

impl Error for LoomError {}
