//! `std::sync::Barrier`, for programs under exploration.

use crate::explore::runtime::{Bits, Op, State, Word, object_of, step, wait_in};
use crate::trace::ObjectKind;
use std::sync::atomic::Ordering::Relaxed;

/// A barrier: nobody goes on before all have arrived. Arriving is a step, waiting is not.
pub struct Barrier {
    word: Word,
    threads: u64,
}

/// Who was last to arrive?
#[derive(Clone, Copy, Debug)]
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Was this thread the last to arrive? (std does not say which one leads; here it is the last.)
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    /// A barrier for `threads` threads.
    #[track_caller]
    pub const fn new(threads: usize) -> Self {
        Barrier { word: Word::new(ObjectKind::Barrier, 0), threads: threads as u64 }
    }

    /// Arrives, and waits for the others.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        // As in std, a barrier for nobody lets everyone through.
        let threads = self.threads.max(1);
        let last = step(&self.word, Bits::Opaque, Op::Arrive, Relaxed, threads, 0) == 1;
        if !last {
            wait_in(State::AtBarrier(object_of(&self.word)));
        }
        BarrierWaitResult(last)
    }
}
