//! Load, then store: no data race, and it loses updates all the same.

use super::Counter;
use crate::primitives::{AtomicInteger, Primitives, Std};
use std::sync::atomic::Ordering::Relaxed;

/// A counter that reads and writes in two steps.
pub struct RacyCounter<P: Primitives = Std> {
    value: P::AtomicU64,
}

impl RacyCounter {
    /// A counter at zero, on real threads.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Primitives> Default for RacyCounter<P> {
    fn default() -> Self {
        RacyCounter { value: P::AtomicU64::named("count", 0) }
    }
}

impl<P: Primitives> Counter for RacyCounter<P> {
    fn increment(&self) {
        let seen = self.value.load(Relaxed); // read
        self.value.store(seen + 1, Relaxed); // write: overwrites whatever came between
    }

    fn get(&self) -> u64 {
        self.value.load(Relaxed)
    }
}
