//! How far the explorer may go, and what stopped it.

use super::args::BoundArgs;
use racelab::Report;
use racelab::explore::Explorer;
use racelab::list::Subject;
use racelab::report::Failure;

/// So many steps are enough for any execution of a program of the list that ends.
///
/// The longest is that of a counter whose compare-exchange fails whenever it can: each of the other
/// threads' writes makes it try once more, so `threads` times `increments` writes cost `threads`
/// tries each.
fn steps(subject: &Subject) -> usize {
    let threads = subject.parameter("threads").unwrap_or(1);
    let increments = subject.parameter("increments").unwrap_or(1);
    10_000 + 4 * threads * threads * increments
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
        Bounds { steps: steps(subject), states }
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

    /// After how many steps an execution is cut.
    pub fn steps(self) -> usize {
        self.steps
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
