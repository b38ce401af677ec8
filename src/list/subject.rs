//! A program, chosen and sized: ready to be run.

use super::{Entry, Graded, Outcome, Run, Size, Variant};
use crate::explore::{ExploreError, Explorer, StateGraph, Unfolding};
use crate::loom::{LoomError, LoomExplorer};
use crate::report::{Failure, Grade, Report, counted};
use crate::trace::Trace;
use std::fmt;

/// One variant of one entry, at one size.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Which entry.
    pub entry: &'static Entry,
    /// Which of its variants.
    pub variant: &'static Variant,
    /// How large.
    pub size: Size,
}

/// Why a variant cannot be run somewhere.
const NOT_HERE: &str = "the variant cannot be run there: ask its `runs` first";

impl Subject {
    /// The same at another size.
    #[must_use]
    pub fn sized(self, size: Size) -> Self {
        Subject { size, ..self }
    }

    /// Can the explorer run it?
    pub fn is_modelled(&self) -> bool {
        self.variant.runs.model.is_some()
    }

    /// Runs the program under exploration.
    ///
    /// # Panics
    /// When it is not [modelled](Subject::is_modelled).
    pub fn run(&self) -> Outcome {
        self.run_as(self.variant.runs.model.expect(NOT_HERE))
    }

    /// Runs the program on real threads.
    ///
    /// # Panics
    /// When it cannot be run there.
    pub fn run_on_threads(&self) -> Outcome {
        self.run_as(self.variant.runs.threads.expect(NOT_HERE))
    }

    /// Runs the program as one of its variant's [runs](crate::list::Runs) does.
    pub fn run_as(&self, run: Run) -> Outcome {
        run(self.size).named(self.entry.outcome)
    }

    /// What is thought of an ending.
    pub fn grade(&self, ending: Result<&Outcome, &Failure>) -> Graded {
        (self.entry.grade)(ending.map(Outcome::numbers), self.size)
    }

    /// Must it not end like this?
    pub fn is_forbidden(&self, ending: Result<&Outcome, &Failure>) -> bool {
        self.grade(ending).0 == Grade::Forbidden
    }

    /// A report on this program, with its outcomes graded.
    #[must_use]
    pub fn graded(&self, mut report: Report<Outcome>) -> Report<Outcome> {
        for outcome in &mut report.outcomes {
            let (grade, why) = self.grade(outcome.result());
            outcome.grade = Some((grade, why.to_owned()));
        }
        report
    }

    /// Explores it, with the outcomes graded.
    ///
    /// # Examples
    /// ```
    /// use racelab::{explore::Explorer, list};
    ///
    /// let racy = list::find("racy").unwrap().subject();
    /// let report = racy.check(&Explorer::new())?;
    /// assert_eq!(report.outcome(&1.into()).unwrap().description(), Some("an update was lost"));
    /// # Ok::<(), racelab::explore::ExploreError>(())
    /// ```
    ///
    /// # Errors
    /// When it cannot be explored at all.
    ///
    /// # Panics
    /// When it is not [modelled](Subject::is_modelled).
    pub fn check(&self, explorer: &Explorer) -> Result<Report<Outcome>, ExploreError> {
        Ok(self.graded(self.explore(explorer)?))
    }

    /// As [`check`](Subject::check), with the outcomes as they came.
    ///
    /// # Errors
    /// When it cannot be explored at all.
    ///
    /// # Panics
    /// When it is not [modelled](Subject::is_modelled).
    pub fn explore(&self, explorer: &Explorer) -> Result<Report<Outcome>, ExploreError> {
        explorer.try_explore(|| self.run())
    }

    /// Runs one of its schedules again.
    ///
    /// # Errors
    /// When the schedule is not one of the program's.
    ///
    /// # Panics
    /// When it is not [modelled](Subject::is_modelled).
    pub fn replay(&self, explorer: &Explorer, schedule: &str) -> Result<Trace, ExploreError> {
        explorer.try_replay(schedule, || self.run())
    }

    /// Its states.
    ///
    /// # Errors
    /// Those of [`StateGraph::build`].
    ///
    /// # Panics
    /// When it is not [modelled](Subject::is_modelled).
    pub fn states(&self, explorer: &Explorer) -> Result<StateGraph<Outcome>, ExploreError> {
        StateGraph::build(explorer, || self.run())
    }

    /// Its partial executions.
    ///
    /// # Errors
    /// Those of [`Unfolding::build`].
    ///
    /// # Panics
    /// When it is not [modelled](Subject::is_modelled).
    pub fn unfold(&self, explorer: &Explorer) -> Result<Unfolding<Outcome>, ExploreError> {
        Unfolding::build(explorer, || self.run())
    }

    /// What loom makes of it.
    ///
    /// # Errors
    /// When loom cannot explore it.
    ///
    /// # Panics
    /// When loom [cannot run it](crate::list::Runs::loom).
    pub fn explore_with_loom(&self, loom: &LoomExplorer) -> Result<Report<Outcome>, LoomError> {
        let (subject, run) = (*self, self.variant.runs.loom.expect(NOT_HERE));
        loom.try_explore(move || subject.run_as(run))
    }

    /// Its size in words: `3 threads × 2 increments`; empty where it has none.
    pub fn size_in_words(&self) -> String {
        let counts = self.entry.parameters.iter().zip(self.size);
        let counts = counts.map(|(parameter, n)| counted(n as u128, parameter.one));
        counts.collect::<Vec<_>>().join(" × ")
    }

    /// One of the numbers of its size, by its parameter's name; `None`: there is no such parameter.
    pub fn parameter(&self, name: &str) -> Option<usize> {
        let at = self.entry.parameters.iter().position(|parameter| parameter.name == name)?;
        Some(self.size[at])
    }

    /// What it is, with its size: `racy: 3 threads × 2 increments`, `spin-lock: Relaxed`.
    pub fn title(&self) -> String {
        match (self.size_in_words(), self.entry.variants.len()) {
            (size, _) if size.is_empty() => self.to_string(),
            (size, 1) => format!("{self}: {size}"),
            (size, _) => format!("{self}, {size}"),
        }
    }
}

/// The entry's name, and the variant's where there are several: `spin-lock: Relaxed`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry.name)?;
        match self.entry.variants.len() {
            1 => Ok(()),
            _ => write!(f, ": {}", self.variant.name),
        }
    }
}
