//! The matrix: every race, and by what means it can be cured.
//!
//! Nothing in it is said by hand: each ✓ and each ✗ is what the explorer finds, and each ✗ has the
//! ending that proves it.
//!
//! # Layout
//! - this file: what the explorer found; `table`: how it is shown

mod table;

use super::{Entry, Means, Outcome, PARTS, Subject};
use crate::explore::{ExploreError, Explorer, Memory};
use crate::report::Grade;

/// What the explorer found of every variant that tries something.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The races, in the list's order.
    pub rows: Vec<Row>,
}

/// A race, and what was tried against it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The entry's name; `counter` for all the counters together.
    pub race: &'static str,
    /// What was tried.
    pub trials: Vec<Trial>,
}

/// One variant, and what came of it.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Its number among the variants of its race, from 1.
    pub number: usize,
    /// Its name.
    pub name: &'static str,
    /// By what means it tries to cure.
    pub means: Means,
    /// What was found.
    pub found: Found,
}

/// What was found of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing that Rust's orderings allow ends as it must not.
    Holds,
    /// This does.
    Fails {
        /// The memory under which it does: interleavings first.
        memory: Memory,
        /// A schedule that ends so.
        schedule: String,
        /// How it ends: `count = 1`, `deadlock`.
        ending: String,
        /// What is wrong with that.
        why: String,
    },
    /// It runs on real threads only, so nothing is proved.
    Unproved,
}

impl Matrix {
    /// What the signs say.
    pub const LEGEND: &str = "Each number is a variant of the race: `check NAME --variant 3`; the \
        counters are numbered as `list` gives them. ✓: nothing that Rust's orderings allow ends as \
        it must not. ✗: something does, and the explorer has found it. ·: it runs on real threads \
        only, so nothing is proved.";

    /// How a proof can be looked at.
    pub const REPLAY: &str = "Each can be drawn, with the schedule that stands before it: `replay NAME \
        SCHEDULE --variant 3`, and `--memory rc11` where it says so.";

    /// Explores every variant, under both memories. It takes a few seconds.
    ///
    /// # Examples
    /// ```
    /// use racelab::list::{Found, Matrix};
    ///
    /// let matrix = Matrix::prove()?;
    /// println!("{matrix}");
    /// let race = matrix.rows.iter().find(|row| row.race == "check-then-act").unwrap();
    /// assert!(matches!(race.trials[0].found, Found::Fails { .. }), "check twice");
    /// # Ok::<(), racelab::explore::ExploreError>(())
    /// ```
    ///
    /// # Errors
    /// When one cannot be explored.
    pub fn prove() -> Result<Matrix, ExploreError> {
        let mut rows = Vec::new();
        for part in PARTS {
            let rowed = |entries: &[&'static Entry], race| {
                let subjects = entries.iter().flat_map(|entry| entry.subjects());
                let trials = (1..).zip(subjects).filter_map(|(number, subject)| {
                    let means = subject.variant.means?;
                    let name = subject.variant.name;
                    Some(find(subject).map(|found| Trial { number, name, means, found }))
                });
                trials.collect::<Result<_, _>>().map(|trials| Row { race, trials })
            };
            if part.side_by_side {
                rows.push(rowed(part.entries, part.entry)?);
            } else {
                for entry in part.entries {
                    rows.push(rowed(&[entry], entry.name)?);
                }
            }
        }
        Ok(Matrix { rows })
    }
}

/// Interleavings first: they are easier to follow than what else Rust's orderings allow.
fn find(subject: Subject) -> Result<Found, ExploreError> {
    if !subject.is_modelled() {
        return Ok(Found::Unproved);
    }
    for memory in [Memory::SequentiallyConsistent, Memory::Rc11] {
        let report = subject.check(&Explorer::new().memory(memory).prove_up_to(0))?;
        report.assert_complete();
        if let Some(outcome) = report.graded(Grade::Forbidden).next() {
            let ending =
                outcome.result().map_or_else(|failure| failure.name().to_owned(), Outcome::words);
            let schedule = outcome.example().schedule().to_string();
            let why = outcome.description().unwrap_or_default().to_owned();
            return Ok(Found::Fails { memory, schedule, ending, why });
        }
    }
    Ok(Found::Holds)
}
