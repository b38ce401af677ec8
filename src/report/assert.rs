//! Assertions for tests: a failing one shows the drawn counterexample.

use super::display::NO_STEPS;
use super::{Grade, Outcome, Report};
use std::fmt::Debug;

impl<T: Debug> Report<T> {
    /// Asserts that no outcome is forbidden: neither a declared value nor an undeclared failure.
    ///
    /// # Panics
    /// When one is, with the verdict and the drawn counterexample in the message; or when no thread
    /// took a step that the explorer could have seen.
    #[track_caller]
    pub fn assert_none_forbidden(&self) {
        self.assert_steps();
        let forbidden = self.graded(Grade::Forbidden);
        if let Some(outcome) = forbidden.min_by_key(|outcome| !outcome.has_example) {
            self.fail("a forbidden outcome", outcome);
        }
    }

    /// Asserts that every outcome is a value that satisfies `holds`.
    ///
    /// # Panics
    /// When a value does not, or an execution failed, with the drawn counterexample; or when no thread
    /// took a step that the explorer could have seen.
    #[track_caller]
    pub fn assert_always(&self, holds: impl Fn(&T) -> bool) {
        self.assert_steps();
        let broken = |outcome: &&Outcome<T>| !outcome.result.as_ref().is_ok_and(&holds);
        let broken = self.outcomes.iter().filter(broken);
        if let Some(outcome) = broken.min_by_key(|outcome| !outcome.has_example) {
            self.fail("an outcome that should never be", outcome);
        }
    }

    /// Asserts that every interleaving was covered.
    ///
    /// # Panics
    /// When the exploration was stopped early, or no thread took a step that it could have seen.
    #[track_caller]
    pub fn assert_complete(&self) {
        self.assert_steps();
        assert!(self.complete, "the exploration is not complete:\n{self}");
    }

    /// What was not seen cannot be asserted.
    #[track_caller]
    fn assert_steps(&self) {
        assert!(!self.takes_no_steps(), "{NO_STEPS}");
    }

    #[track_caller]
    fn fail(&self, what: &str, outcome: &Outcome<T>) -> ! {
        let picture = crate::diagram::timeline(&outcome.example);
        panic!("{what}: {outcome}\n\n{picture}\n{self}schedule: {}", outcome.example.schedule());
    }
}

impl<T: Debug + PartialEq> Report<T> {
    /// Asserts that the program returned exactly these values, in any order, and never failed.
    ///
    /// # Panics
    /// When a value is missing or an outcome is not among them, or when no thread took a step that the
    /// explorer could have seen.
    #[track_caller]
    pub fn assert_outcomes(&self, values: &[T]) {
        if let Some(missing) = values.iter().find(|value| self.outcome(value).is_none()) {
            panic!("no interleaving returns {missing:?}:\n{self}");
        }
        self.assert_always(|value| values.contains(value));
    }
}
