//! The first execution is run twice: whatever lives outside the program, or differs from run to run,
//! shows at once.
//!
//! Steps that differ, and values that a step finds, are noticed wherever steps are repeated (see
//! `runtime::script`). What a program does with a clock or an outside counter may show in its outcome
//! alone, so the outcomes are held against each other too.

use super::ExploreError;
use super::exploration::Exploration;
use super::tally::Tally;
use super::workers::Worker;
use crate::report::Failure;
use std::fmt::Debug;

impl<E: Exploration, T: Ord + Debug> Worker<E, T> {
    /// Runs the first execution once; returns how it ended. The next run will repeat it. `None` if
    /// the exploration ends here.
    pub(super) fn first_run(
        &mut self,
        max_steps: u32,
        body: &mut dyn FnMut(),
        value: impl FnOnce() -> Option<T>,
    ) -> Result<Option<Tally<T>>, ExploreError> {
        let mut books = Tally::new();
        self.engine.execute(&mut self.runtime, max_steps, body, |execution| {
            books.enter(execution, value(), max_steps);
        });
        if let Some(error) = self.runtime.error.take() {
            return Err(error);
        }
        if books.stop {
            self.tally.merge(books);
            return Ok(None);
        }
        self.engine.again();
        Ok(Some(books))
    }

    /// Holds the second run of the first execution against the first one. False if they differ:
    /// that is the exploration's outcome then.
    pub(super) fn is_repeated(&mut self, first: &Tally<T>) -> bool {
        let (before, now) = (first.outcomes.keys().next(), self.tally.outcomes.keys().next());
        let (Some(before), Some(now)) = (before, now) else { return true };
        if before == now {
            return true;
        }
        let told = |result: &Result<T, Failure>| match result {
            Ok(value) => format!("return {value:?}"),
            Err(failure) => format!("end with {failure}"),
        };
        let step = self.runtime.steps as usize + 1;
        let (expected, found) = (told(before), told(now));
        self.tally.ends_as(Failure::Nondeterministic { step, expected, found });
        false
    }
}
