//! The verdict on a program.

use super::{Failure, Grade, Outcome};
use crate::explore::Left;
use std::time::Duration;

/// Which engine ran the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// racelab's own explorer.
    Explorer,
    /// loom.
    Loom,
}

impl Engine {
    /// The engine's name in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Explorer => "explorer",
            Engine::Loom => "loom",
        }
    }
}

/// Against which independent total the number of interleavings was held.
///
/// The sum over the executions proves that nothing is missing only when it equals a total that was
/// computed in another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Straight-line threads that never wait: the multinomial (Σ steps)! / Π (steps of a thread)!
    ClosedForm,
    /// Every interleaving was run, one by one.
    Enumeration,
    /// The paths through the graph of states were counted.
    States,
    /// Nothing: the count is a count.
    None,
}

impl Proof {
    /// The proof's name in JSON: `closed form`, `enumeration`, `states` or `none`.
    pub fn name(self) -> &'static str {
        match self {
            Proof::ClosedForm => "closed form",
            Proof::Enumeration => "enumeration",
            Proof::States => "states",
            Proof::None => "none",
        }
    }
}

/// How many of the program's interleavings an engine really visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Distinct interleavings that were run.
    pub visited: u128,
    /// All there are.
    pub total: u128,
}

/// What came out of a program, how often, and whether that is all.
///
/// `Display` prints it as a readable verdict.
#[derive(Clone, Debug)]
pub struct Report<T> {
    pub(crate) engine: Engine,
    pub(crate) executions: u64,
    /// Executions that turned out to repeat a class, or were cut short.
    pub(crate) redundant: u64,
    /// Distinct traces among the executions.
    pub(crate) traces: u64,
    pub(crate) interleavings: Option<u128>,
    pub(crate) coverage: Option<Coverage>,
    pub(crate) proof: Proof,
    pub(crate) complete: bool,
    /// A loop that counts its rounds was followed for some of them only, so it is not complete.
    pub(crate) loops_cut_after: Option<u32>,
    /// An estimate of the whole, in interleavings, when the exploration was stopped early.
    pub(crate) estimate: Option<f64>,
    pub(crate) elapsed: Duration,
    /// What executions that got stuck have cost.
    pub(crate) left: Left,
    /// Values first, in their order, then failures in theirs.
    pub(crate) outcomes: Vec<Outcome<T>>,
}

impl<T> Report<T> {
    /// The engine that ran the program.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// How many executions were run to their end.
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// How many executions were started that turned out redundant.
    pub fn redundant(&self) -> u64 {
        self.redundant
    }

    /// How many distinct traces the executions left.
    pub fn traces(&self) -> u64 {
        self.traces
    }

    /// How many interleavings the executions stand for; `None` where they could not be counted.
    pub fn interleavings(&self) -> Option<u128> {
        self.interleavings
    }

    /// How many of the program's interleavings were visited, where the total is known.
    pub fn coverage(&self) -> Option<Coverage> {
        self.coverage
    }

    /// Against which independent total [`interleavings`](Report::interleavings) was held.
    pub fn proof(&self) -> Proof {
        self.proof
    }

    /// Was every interleaving covered? False after a limit or a time-out stopped the exploration,
    /// and for an engine that is known to miss some.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Did no thread take a step, though the program went well? Then it shares nothing that the explorer
    /// could see, and this is no verdict on it: its `use` lines may still name std.
    pub fn takes_no_steps(&self) -> bool {
        let none =
            |outcome: &Outcome<T>| outcome.result.is_ok() && outcome.example.steps().is_empty();
        self.engine == Engine::Explorer && self.executions == 1 && self.outcomes.iter().all(none)
    }

    /// An estimate of the number of all interleavings, when the exploration was stopped early.
    pub fn estimate(&self) -> Option<f64> {
        self.estimate
    }

    /// How long it took.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// How many executions got stuck, or were given up, with threads that had not ended. Those are left
    /// where they are: what they own is never dropped.
    pub fn executions_left(&self) -> u64 {
        self.left.executions
    }

    /// How much memory the process has taken since the first of [them](Report::executions_left), in
    /// bytes. An exploration stops when it has become more than a gibibyte.
    pub fn bytes_left(&self) -> u64 {
        self.left.bytes
    }

    /// The distinct outcomes: values in their order, then failures.
    pub fn outcomes(&self) -> &[Outcome<T>] {
        &self.outcomes
    }

    /// The outcomes that are failures.
    pub fn failures(&self) -> impl Iterator<Item = &Outcome<T>> {
        self.outcomes.iter().filter(|outcome| outcome.result.is_err())
    }

    /// The outcomes with this grade.
    pub fn graded(&self, grade: Grade) -> impl Iterator<Item = &Outcome<T>> {
        self.outcomes.iter().filter(move |outcome| outcome.grade() == grade)
    }

    /// Declares the values that satisfy `which` acceptable, and says why.
    ///
    /// Of several declarations that fit a value the first one counts.
    #[must_use]
    pub fn acceptable(self, which: impl Fn(&T) -> bool, why: &str) -> Self {
        self.declare(Grade::Acceptable, which, why)
    }

    /// Declares the values that satisfy `which` interesting, and says why.
    #[must_use]
    pub fn interesting(self, which: impl Fn(&T) -> bool, why: &str) -> Self {
        self.declare(Grade::Interesting, which, why)
    }

    /// Declares the values that satisfy `which` forbidden, and says why.
    #[must_use]
    pub fn forbidden(self, which: impl Fn(&T) -> bool, why: &str) -> Self {
        self.declare(Grade::Forbidden, which, why)
    }

    /// Declares the failures that satisfy `which`, which are forbidden unless declared otherwise.
    #[must_use]
    pub fn failure(mut self, grade: Grade, which: impl Fn(&Failure) -> bool, why: &str) -> Self {
        for outcome in &mut self.outcomes {
            let fits = outcome.result.as_ref().is_err_and(&which);
            if fits && outcome.grade.is_none() {
                outcome.grade = Some((grade, why.to_owned()));
            }
        }
        self
    }

    fn declare(mut self, grade: Grade, which: impl Fn(&T) -> bool, why: &str) -> Self {
        for outcome in &mut self.outcomes {
            let fits = outcome.result.as_ref().is_ok_and(&which);
            if fits && outcome.grade.is_none() {
                outcome.grade = Some((grade, why.to_owned()));
            }
        }
        self
    }
}

impl<T: PartialEq> Report<T> {
    /// The outcome with this value.
    pub fn outcome(&self, value: &T) -> Option<&Outcome<T>> {
        self.outcomes.iter().find(|outcome| outcome.result.as_ref() == Ok(value))
    }
}
