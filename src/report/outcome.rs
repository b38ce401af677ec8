//! One result of a program, with its counts and an example.

use super::Failure;
use crate::trace::Trace;

/// What the caller thinks of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The program is meant to end like this.
    Acceptable,
    /// Allowed, but worth a look.
    Interesting,
    /// The program must never end like this.
    Forbidden,
}

impl Grade {
    /// The grade's name in JSON and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Grade::Acceptable => "acceptable",
            Grade::Interesting => "interesting",
            Grade::Forbidden => "forbidden",
        }
    }
}

/// What the program returned (or how it failed), how often, and one example.
#[derive(Clone, Debug)]
pub struct Outcome<T> {
    pub(crate) result: Result<T, Failure>,
    pub(crate) executions: u64,
    pub(crate) interleavings: Option<u128>,
    pub(crate) example: Trace,
    pub(crate) has_example: bool,
    pub(crate) grade: Option<(Grade, String)>,
}

impl<T> Outcome<T> {
    /// What the program returned, or why it did not.
    pub fn result(&self) -> Result<&T, &Failure> {
        self.result.as_ref()
    }

    /// How many executions ended like this.
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// How many interleavings end like this; `None` where they could not be counted.
    pub fn interleavings(&self) -> Option<u128> {
        self.interleavings
    }

    /// The execution with the fewest switches among those that ended like this.
    ///
    /// Where [`has_example`](Outcome::has_example) is false its steps are not there, only how it ended.
    pub fn example(&self) -> &Trace {
        &self.example
    }

    /// Were the steps of the example kept?
    ///
    /// All examples of a report have a million steps together, or a few more: those with the fewest
    /// switches are kept. Only programs with many outcomes and very long executions come that far.
    pub fn has_example(&self) -> bool {
        self.has_example
    }

    /// The outcome's grade. An ungraded value is acceptable, an ungraded failure forbidden.
    pub fn grade(&self) -> Grade {
        match (&self.grade, &self.result) {
            (Some((grade, _)), _) => *grade,
            (None, Ok(_)) => Grade::Acceptable,
            (None, Err(_)) => Grade::Forbidden,
        }
    }

    /// The line of prose that came with the grade.
    pub fn description(&self) -> Option<&str> {
        self.grade.as_ref().map(|(_, prose)| prose.as_str())
    }
}
