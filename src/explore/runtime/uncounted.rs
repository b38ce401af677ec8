//! Values that are dropped with their last reference, where counting references is no step.
//!
//! Which thread comes last is then not explored. That is no matter as long as dropping the value can be
//! told by nobody; where it takes a step or waits, the exploration begins anew, with counting.

use super::{Runtime, Thread, is_exploring, with_current};
use crate::explore::Finer;

/// A value is being dropped by the running thread.
pub(crate) struct Uncounted {
    /// What would show that the thread has taken a step or has waited: the steps it has asked for, and
    /// the threads it has joined.
    before: Option<(u32, u64)>,
}

impl Uncounted {
    pub(crate) fn begin() -> Self {
        Uncounted { before: is_exploring().then(|| with_current(|runtime| runtime.uncounted(1))) }
    }
}

impl Drop for Uncounted {
    fn drop(&mut self) {
        if let Some(before) = self.before.filter(|_| is_exploring()) {
            with_current(|runtime| {
                if runtime.uncounted(-1) != before {
                    runtime.needs(Finer::COUNTS);
                }
            });
        }
    }
}

impl Runtime {
    fn uncounted(&mut self, more: i32) -> (u32, u64) {
        let current = usize::from(self.current);
        let thread = &mut self.threads[current];
        thread.uncounted = thread.uncounted.wrapping_add_signed(more);
        (thread.asked, thread.joined)
    }

    /// The execution has ended: is somebody left in the middle of dropping such a value? Then it waits
    /// there.
    pub(super) fn is_left_uncounted(&self) -> bool {
        let left =
            |(thread, number): (&Thread, u32)| thread.uncounted > 0 && self.live & 1 << number != 0;
        self.threads.iter().zip(0..).any(left)
    }
}
