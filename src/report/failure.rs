//! Results that are not values.

use crate::trace::{Besides, Claim, Place, Trace, Waiting, racing_steps};
use std::fmt;

/// One of the two accesses of a data race.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RacingAccess {
    /// The thread's letter.
    pub thread: char,
    /// Did it write?
    pub writes: bool,
    /// Did it free the object?
    pub frees: bool,
    /// Where in the source; of an object that was freed, where it was made.
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
    /// Two plain accesses, at least one a write, and nothing orders them, or an object is used while
    /// or after it was freed, or taken: undefined behaviour.
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
    pub(crate) fn data_race(trace: &Trace, besides: Besides<'_>) -> Option<Failure> {
        let access = |nth: usize| {
            let step = &trace.steps()[nth];
            let (thread, writes) = (step.thread.letter(), step.writes_value());
            RacingAccess { thread, writes, frees: false, place: step.place.clone() }
        };
        let name = |nth: usize| {
            let object = trace.steps()[nth].object;
            object.map(|id| trace.object(id).name.to_string()).unwrap_or_default()
        };
        if let Some(race) = trace.data_races().into_iter().next() {
            let (first, second) = (access(race.first), access(race.second));
            return Some(Failure::DataRace { object: name(race.first), first, second });
        }
        let claimed = racing_steps(trace.steps(), besides).claimed.into_iter();
        let race = |(step, nth): (usize, usize)| {
            let claim = &besides.claims[nth];
            Failure::race_of(
                trace.objects()[claim.object as usize].name.to_string(),
                access(step),
                claim.into(),
            )
        };
        claimed.map(race).min()
    }

    /// The data race of two accesses, that of the first thread first.
    pub(crate) fn race_of(object: String, one: RacingAccess, other: RacingAccess) -> Failure {
        let (first, second) = if other.thread < one.thread { (other, one) } else { (one, other) };
        Failure::DataRace { object, first, second }
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

impl From<&Claim> for RacingAccess {
    fn from(claim: &Claim) -> Self {
        let Claim { thread, frees, place, .. } = *claim;
        RacingAccess { thread: thread.letter(), writes: true, frees, place: place.into() }
    }
}

impl fmt::Display for RacingAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.writes { "writes" } else { "reads" };
        match self.frees {
            true => write!(f, "{} frees it (made at {})", self.thread, self.place),
            false => write!(f, "{} {verb} at {}", self.thread, self.place),
        }
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
                let why = match first.frees || second.frees {
                    true => "nothing lets the one end before the other begins",
                    false => "nothing orders them",
                };
                write!(f, "data race on {object}: {first}, {second}, and {why}")
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
