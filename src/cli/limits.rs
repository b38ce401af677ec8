//! How far the explorer may go, and what stopped it.

use super::args::BoundArgs;
use super::subject::Subject;
use racelab::Report;
use racelab::explore::Explorer;
use racelab::report::Failure;

/// So many steps are enough for any execution of a counter that ends.
///
/// The longest is a compare-exchange that fails whenever it can: each of the other threads' writes
/// makes it try once more, so `threads` times `increments` writes cost `threads` tries each.
pub fn steps(threads: u64, increments: u64) -> usize {
    (10_000 + 4 * threads * threads * increments) as usize
}

/// How large a program's executions and its states may become.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    steps: usize,
    states: usize,
}

impl Bounds {
    /// As many steps as the program needs, and this many states.
    pub fn of(subject: &Subject, states: usize) -> Self {
        let steps = match subject {
            Subject::Counter { threads, increments, .. } => {
                steps(*threads as u64, *increments as u64)
            }
            Subject::Case { .. } => steps(1, 1),
        };
        Bounds { steps, states }
    }

    /// As many as somebody has asked for.
    pub fn given(args: &BoundArgs, subject: &Subject) -> Self {
        Bounds::of(subject, args.max_states as usize).with_steps(args.max_steps)
    }

    /// With another number of steps, where one is given.
    pub fn with_steps(self, steps: Option<u64>) -> Self {
        Bounds { steps: steps.map_or(self.steps, |steps| steps as usize), ..self }
    }

    /// With no more states than these.
    pub fn at_most(self, states: usize) -> Self {
        Bounds { states: self.states.min(states), ..self }
    }

    /// An explorer that keeps to them.
    pub fn explorer(self) -> Explorer {
        Explorer::new().max_steps(self.steps).max_states(self.states)
    }
}

/// Is it the failure of an execution that was cut where the limit stands?
///
/// One that cannot end any more, since all that are left spin, is another matter.
pub fn is_cut(failure: &Failure) -> bool {
    matches!(failure, Failure::StepLimit { limit: Some(_), .. })
}

/// Was an execution cut where the limit stands? Then nothing was explored behind it.
pub fn was_cut<T>(report: &Report<T>) -> bool {
    report.failures().any(|outcome| outcome.result().err().is_some_and(is_cut))
}
