//! Results that are not values.

use crate::trace::{Place, Trace, Waiting};
use std::fmt;

/// One of the two accesses of a data race.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RacingAccess {
    /// The thread's letter.
    pub thread: char,
    /// Did it write?
    pub writes: bool,
    /// Where in the source.
    pub place: Place,
}

/// Why an execution has no value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Failure {
    /// A thread panicked and nobody took the error (or the main thread did).
    Panic {
        /// The thread's letter.
        thread: char,
        /// The panic's message.
        message: String,
        /// Where it panicked.
        place: Option<Place>,
    },
    /// Threads wait for each other and none can go on.
    Deadlock {
        /// Who waits for what, and who holds it.
        waiting: Vec<Waiting>,
    },
    /// Two plain accesses, at least one a write, and nothing orders them: undefined behaviour.
    DataRace {
        /// The object's name.
        object: String,
        /// One access.
        first: RacingAccess,
        /// The other.
        second: RacingAccess,
    },
    /// The execution did not end within the step limit, or could not end any more.
    StepLimit {
        /// The limit, in steps; `None` if every thread that was left spun, and none could change
        /// what they looked at.
        limit: Option<usize>,
        /// The places that the last steps went round and round.
        looping: Vec<Place>,
    },
    /// The program did something else when the same schedule was run again.
    Nondeterministic {
        /// The first step that differs, from 1.
        step: usize,
        /// What the first run did there.
        expected: String,
        /// What the second run did.
        found: String,
    },
}

impl Failure {
    /// The first data race of a trace, if it has one.
    pub(crate) fn data_race(trace: &Trace) -> Option<Failure> {
        let race = trace.data_races().into_iter().next()?;
        let access = |nth: usize| {
            let step = &trace.steps()[nth];
            let (thread, writes) = (step.thread.letter(), step.writes_value());
            RacingAccess { thread, writes, place: step.place.clone() }
        };
        let object = trace.steps()[race.first].object.map(|id| trace.object(id).name.to_string());
        let object = object.unwrap_or_default();
        Some(Failure::DataRace { object, first: access(race.first), second: access(race.second) })
    }

    /// The failure's name in JSON and in tables: `panic`, `deadlock`, `data race`, …
    pub fn name(&self) -> &'static str {
        match self {
            Failure::Panic { .. } => "panic",
            Failure::Deadlock { .. } => "deadlock",
            Failure::DataRace { .. } => "data race",
            Failure::StepLimit { .. } => "step limit",
            Failure::Nondeterministic { .. } => "nondeterministic",
        }
    }
}

impl fmt::Display for RacingAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.writes { "writes" } else { "reads" };
        write!(f, "{} {verb} at {}", self.thread, self.place)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Panic { thread, message, place } => {
                write!(f, "thread {thread} panicked: {message}")?;
                match place {
                    Some(place) => write!(f, " ({place})"),
                    None => Ok(()),
                }
            }
            Failure::Deadlock { waiting } => {
                write!(f, "deadlock: ")?;
                for (i, waiting) in waiting.iter().enumerate() {
                    let separator = if i == 0 { "" } else { "; " };
                    write!(f, "{separator}{waiting}")?;
                }
                Ok(())
            }
            Failure::DataRace { object, first, second } => {
                write!(f, "data race on {object}: {first}, {second}, and nothing orders them")
            }
            Failure::StepLimit { limit, looping } => {
                match limit {
                    Some(limit) => write!(f, "did not end within {limit} steps")?,
                    None => f.write_str("does not end: all that are left spin")?,
                }
                for (i, place) in looping.iter().enumerate() {
                    let separator = if i == 0 { "; the last steps go round " } else { ", " };
                    write!(f, "{separator}{place}")?;
                }
                Ok(())
            }
            Failure::Nondeterministic { step, expected, found } => write!(
                f,
                "the program is not deterministic: at step {step} the same schedule first did \
                 {expected}, then {found}; take clocks, random numbers, addresses and outside \
                 state out of the closure, and join all threads before the last clone of an `Arc` is \
                 dropped if dropping its value takes steps (a channel's end): which thread is last is \
                 not a step of the model"
            ),
        }
    }
}
