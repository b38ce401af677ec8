//! How far the explorer may go, and what stopped it.

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

/// An explorer with these limits, where they are given.
pub fn explorer(max_steps: usize, max_states: Option<u64>) -> Explorer {
    let explorer = Explorer::new().max_steps(max_steps);
    match max_states {
        Some(states) => explorer.max_states(states as usize),
        None => explorer,
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
