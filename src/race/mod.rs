//! The catalogue: kinds of race besides the lost update, broken and cured side by side.
//!
//! Each race is one small program, generic over the [`Primitives`](crate::primitives::Primitives)
//! it is written in, with the orderings as parameters. Its *cases* run it with orderings that are
//! too weak and with the weakest that will do, so each cure is proved by its neighbours: this
//! strong passes, one weaker in any place ([`Race::weaker`]) fails.
//!
//! Under sequential consistency no case here fails: what goes wrong is what
//! [`Memory::Rc11`](crate::explore::Memory) adds. (The exception is the counter in
//! [`RELAXED_COUNTER`], whose load and store lose an update under every memory.)
//!
//! # Layout
//! - [`STORE_BUFFERING`]: two threads miss each other; only SeqCst cures it
//! - [`MESSAGE_PASSING`]: a flag arrives before the data; Release and Acquire cure it
//! - [`INDEPENDENT_READS`]: two readers disagree on what came first; only SeqCst cures it
//! - [`SPIN_LOCK`]: a lock that does not order what it protects; Acquire and Release cure it
//! - [`RELAXED_COUNTER`]: what Relaxed is enough for

mod independent_reads;
mod message_passing;
mod relaxed_counter;
mod spin_lock;
mod store_buffering;

pub use independent_reads::INDEPENDENT_READS;
pub use message_passing::MESSAGE_PASSING;
pub use relaxed_counter::RELAXED_COUNTER;
pub use spin_lock::SPIN_LOCK;
pub use store_buffering::STORE_BUFFERING;

use crate::explore::{ExploreError, Explorer};
use crate::report::{Failure, Grade, Report};
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

/// What a program of the catalogue returns: what it saw, as small numbers.
pub type Seen = Vec<u64>;

/// A race of the catalogue.
#[derive(Debug)]
pub struct Race {
    /// Its name on the command line: `store-buffering`.
    pub name: &'static str,
    /// A heading.
    pub title: &'static str,
    /// What goes wrong, and why, in a few sentences.
    pub story: &'static str,
    /// What the numbers are: `what A saw of y, what B saw of x`.
    pub seen: &'static str,
    /// Is this outcome one that must not be?
    pub is_forbidden: fn(&[u64]) -> bool,
    /// What it means when it is.
    pub forbidden: &'static str,
    /// The program with orderings too weak and just strong enough.
    pub cases: &'static [Case],
    /// Where its source is, from the root of the repository.
    pub path: &'static str,
    /// Its source, as it is compiled.
    pub source: &'static str,
}

/// One choice of orderings.
#[derive(Debug)]
pub struct Case {
    /// The orderings in words: `Release, Acquire`.
    pub name: &'static str,
    /// Do they keep the forbidden outcome away?
    pub holds: bool,
    /// Which of the race's programs it is, where there are several.
    pub program: &'static str,
    /// The orderings of its accesses, in the order of its source.
    pub accesses: &'static [Ordering],
    /// Its fences, where it has any; `None`: a fence that is left out.
    pub fences: &'static [Option<Ordering>],
    /// The program on real threads.
    pub on_threads: fn() -> Seen,
    /// The program under the explorer.
    pub model: fn() -> Seen,
}

/// Every race of the catalogue.
pub const CATALOGUE: &[&Race] =
    &[&MESSAGE_PASSING, &STORE_BUFFERING, &INDEPENDENT_READS, &SPIN_LOCK, &RELAXED_COUNTER];

impl Race {
    /// The race with this name.
    ///
    /// # Examples
    /// ```
    /// use racelab::race::Race;
    ///
    /// assert_eq!(Race::named("store-buffering").unwrap().cases.len(), 8);
    /// assert!(Race::named("nothing").is_none());
    /// ```
    pub fn named(name: &str) -> Option<&'static Race> {
        CATALOGUE.iter().copied().find(|race| race.name == name)
    }

    /// The cases that are weaker than this one in a single place, by a single step: they prove that
    /// a cure is the weakest of its kind.
    ///
    /// # Examples
    /// ```
    /// use racelab::race::MESSAGE_PASSING;
    ///
    /// let cure = MESSAGE_PASSING.cases.iter().find(|case| case.holds).unwrap();
    /// let weaker: Vec<_> = MESSAGE_PASSING.weaker(cure).map(|case| case.name).collect();
    /// assert_eq!(weaker, ["Release store, Relaxed load", "Relaxed store, Acquire load"]);
    /// ```
    pub fn weaker(&self, cure: &'static Case) -> impl Iterator<Item = &'static Case> {
        self.cases.iter().filter(|case| case.is_one_weaker(cure))
    }

    /// Explores one of its cases, with the outcomes graded.
    ///
    /// # Errors
    /// When it cannot be explored at all.
    pub fn check(&self, case: &Case, explorer: &Explorer) -> Result<Report<Seen>, ExploreError> {
        let report = explorer.try_explore(case.model)?;
        let races = |failure: &Failure| matches!(failure, Failure::DataRace { .. });
        Ok(report.forbidden(|seen| (self.is_forbidden)(seen), self.forbidden).failure(
            Grade::Forbidden,
            races,
            "undefined behaviour: anything may come of it",
        ))
    }
}

impl Case {
    /// Is one place of this case one step weaker than in the other, and the rest the same?
    fn is_one_weaker(&self, other: &Case) -> bool {
        let same_program = self.program == other.program;
        let accesses = self.accesses.iter().zip(other.accesses).filter(|(a, b)| a != b);
        let accesses = accesses.map(|(a, b)| is_step_down(*b, *a));
        let fences = self.fences.iter().zip(other.fences).filter(|(a, b)| a != b);
        let fences = fences.map(|(a, b)| is_fence_step_down(*b, *a));
        let steps: Vec<bool> = accesses.chain(fences).collect();
        same_program && steps == [true]
    }
}

/// From an access's ordering to the next weaker one.
fn is_step_down(from: Ordering, to: Ordering) -> bool {
    matches!(
        (from, to),
        (SeqCst, Acquire | Release | AcqRel)
            | (AcqRel, Acquire | Release)
            | (Acquire | Release, Relaxed)
    )
}

/// The same for fences; the weakest is none.
fn is_fence_step_down(from: Option<Ordering>, to: Option<Ordering>) -> bool {
    matches!(
        (from, to),
        (Some(SeqCst), Some(AcqRel))
            | (Some(AcqRel), Some(Acquire | Release))
            | (Some(Acquire | Release), None)
    )
}

/// A case: its name, whether it holds, and a call whose family of primitives is filled in.
macro_rules! case {
    ($name:literal, $holds:literal, $program:ident($accesses:expr)) => {
        $crate::race::case!($name, $holds, $program($accesses; []))
    };
    ($name:literal, $holds:literal, $program:ident($accesses:expr; $fences:expr)) => {
        $crate::race::Case {
            name: $name,
            holds: $holds,
            program: stringify!($program),
            accesses: &$accesses,
            fences: &$fences,
            on_threads: || $program::<$crate::primitives::Std>($accesses, $fences),
            model: || $program::<$crate::primitives::Model>($accesses, $fences),
        }
    };
}
use case;
