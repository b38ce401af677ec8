//! Marks and choices that std has no words for.

use crate::explore::runtime::{Bits, Op, step_with, with_current};
use std::sync::atomic::Ordering::Relaxed;

/// A free choice: returns `0`, `1`, …, `alternatives - 1`, and the explorer tries each.
///
/// Use it for whatever may or may not happen: a crash, a lost message, a stale read.
///
/// ```
/// let report = racelab::explore(|| racelab::model::choose(3));
/// assert_eq!(report.outcomes().len(), 3);
/// ```
///
/// # Panics
/// When `alternatives` is 0 or more than `u32::MAX`, and outside an exploration.
#[track_caller]
pub fn choose(alternatives: usize) -> usize {
    assert!(alternatives > 0, "choose(0) leaves nothing to choose from");
    assert!(
        u32::try_from(alternatives).is_ok(),
        "choose({alternatives}) leaves too much to choose from: {} at most",
        u32::MAX
    );
    let order = (Relaxed, Relaxed);
    step_with(None, None, Bits::Opaque, Op::Choose, order, alternatives as u64, 0) as usize
}

/// Runs `body` as one operation of this thread.
///
/// A lost update is a write that overwrites what its own operation never read; programs without
/// this mark count as one operation a thread.
///
/// # States
/// An operation that returns nothing (a type without a size) declares that its thread forgets what
/// it has learnt in it: [`StateGraph`](crate::explore::StateGraph) then takes two executions for
/// being in the same state although the thread had read different values on the way. A `body` that
/// carries what it read out in a variable it has captured breaks that promise.
pub fn operation<R>(body: impl FnOnce() -> R) -> R {
    with_current(|runtime| runtime.begin_operation());
    let result = body();
    with_current(|runtime| runtime.end_operation(size_of::<R>() > 0));
    result
}
