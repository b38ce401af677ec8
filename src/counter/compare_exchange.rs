//! Write only if nobody came between: a compare-exchange loop.
//!
//! # Why it cannot lose
//! It reads, computes, and then writes *on one condition*: that the atomic still holds what was
//! read. Checking and writing are a single step. If another thread has written meanwhile, the
//! write does not happen; the thread learns the new value and tries again. So every write that
//! does happen was computed from the value it replaces.
//!
//! The number alone is compared, not its history: if it had gone from 5 to 6 and back to 5, the
//! exchange would succeed. For a counter that is right, since 5 plus 1 is 6 however the 5 came
//! about. (For pointers it is the famous ABA problem \[1\].)
//!
//! # Orderings
//! `Relaxed` three times. The success ordering and the failure ordering say what other memory
//! becomes visible, and the count guards none; atomicity is the exchange's own. The first `load`
//! may even be out of date: it is a guess, and the exchange checks it.
//!
//! `compare_exchange_weak` may fail although the value was as expected: on machines that build it
//! from a linked load and a conditional store, an interrupt in between is enough \[2\]. In a loop
//! that costs one more turn and saves a loop within the loop, so on such machines it is the better
//! choice. Here it would only double the interleavings to look at: to fail for no reason is an
//! alternative of the step, and the turn after it does what the one before would have done.
//!
//! # Trade-offs
//! The general form of the atomic cure: any function of the old value, not only a sum (a ceiling,
//! a saturating count, a maximum). It is lock-free: if one thread fails, another has succeeded
//! \[3\]. It is not wait-free: under contention threads repeat their work, and nothing bounds how
//! often an unlucky one does. For plain addition
//! [`AtomicCounter`](super::AtomicCounter) is never worse. The same idea one floor up, between
//! servers, is called *optimistic locking*: `UPDATE … WHERE version = 5`.
//!
//! # Sources
//! 1. Maged M. Michael, [Hazard pointers][hazard], IEEE Transactions on Parallel and Distributed
//!    Systems 15(6), 2004, on the ABA problem
//! 2. The standard library on [`compare_exchange_weak`][weak]
//! 3. Maurice Herlihy, [Wait-free synchronization][herlihy], ACM Transactions on Programming
//!    Languages and Systems 13(1), 1991
//!
//! [hazard]: https://doi.org/10.1109/TPDS.2004.8
//! [weak]: std::sync::atomic::AtomicU64::compare_exchange_weak
//! [herlihy]: https://doi.org/10.1145/114005.102808

use super::Counter;
use crate::primitives::{AtomicInteger, Primitives, Std};
use std::sync::atomic::Ordering::Relaxed;

/// A counter that writes only what it computed from the value it replaces.
///
/// # Examples
/// ```
/// use racelab::counter::{CompareExchangeCounter, Counter};
/// use std::thread;
///
/// let counter = CompareExchangeCounter::new();
/// thread::scope(|scope| {
///     scope.spawn(|| counter.increment());
///     scope.spawn(|| counter.increment());
/// });
/// assert_eq!(counter.get(), 2);
/// ```
pub struct CompareExchangeCounter<P: Primitives = Std> {
    value: P::AtomicU64,
}

impl CompareExchangeCounter {
    /// A counter at zero, on real threads.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Primitives> CompareExchangeCounter<P> {
    /// A counter at `value`.
    pub fn starting_at(value: u64) -> Self {
        CompareExchangeCounter { value: P::AtomicU64::named("count", value) }
    }
}

impl<P: Primitives> Default for CompareExchangeCounter<P> {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl<P: Primitives> Counter for CompareExchangeCounter<P> {
    fn increment(&self) {
        let mut seen = self.value.load(Relaxed); // read: a guess
        loop {
            let next = seen.wrapping_add(1);
            // write, if nobody came between
            match self.value.compare_exchange(seen, next, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(now) => seen = now, // somebody did: start again from there
            }
        }
    }

    fn get(&self) -> u64 {
        self.value.load(Relaxed)
    }
}
