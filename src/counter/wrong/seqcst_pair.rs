//! Wrong: `SeqCst` on the load and on the store.
//!
//! # What goes wrong
//! "It is a concurrency bug, so the ordering must be too weak." But the loss of
//! [`RacyCounter`](crate::counter::RacyCounter) needs no weak memory: it happens in a plain
//! interleaving, where everybody sees every write at once. `SeqCst` promises exactly such
//! interleavings \[1\], so it leaves the loss where it was: the same 4 of the 6 orders.
//!
//! # Orderings
//! `SeqCst` twice, which orders every pair of steps and merges none of them. What is missing is
//! *atomicity of the pair*, and no ordering has it to give. One read-modify-write with `Relaxed`
//! does what two accesses with `SeqCst` cannot: [`AtomicCounter`](crate::counter::AtomicCounter).
//!
//! # Trade-offs
//! Worse than the racy counter: as wrong, and slower, since a `SeqCst` store drains the store
//! buffer (on x86-64, an `xchg`).
//!
//! # Sources
//! 1. Leslie Lamport, [How to make a multiprocessor computer that correctly executes multiprocess
//!    programs][lamport], IEEE Transactions on Computers C-28(9), 1979
//!
//! [lamport]: https://doi.org/10.1109/TC.1979.1675439

use crate::counter::Counter;
use crate::primitives::{AtomicInteger, Primitives, Std};
use std::sync::atomic::Ordering::SeqCst;

/// A counter that reads and writes in two steps, in the strongest ordering. It loses updates.
///
/// # Examples
/// On a single thread it is exact, like all of them.
/// ```
/// use racelab::counter::{Counter, wrong::SeqCstPairCounter};
///
/// let counter = SeqCstPairCounter::new();
/// counter.increment();
/// assert_eq!(counter.get(), 1);
/// ```
pub struct SeqCstPairCounter<P: Primitives = Std> {
    value: P::AtomicU64,
}

impl SeqCstPairCounter {
    /// A counter at zero, on real threads.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Primitives> SeqCstPairCounter<P> {
    /// A counter at `value`.
    pub fn starting_at(value: u64) -> Self {
        SeqCstPairCounter { value: P::AtomicU64::named("count", value) }
    }
}

impl<P: Primitives> Default for SeqCstPairCounter<P> {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl<P: Primitives> Counter for SeqCstPairCounter<P> {
    fn increment(&self) {
        let seen = self.value.load(SeqCst); // read
        let next = seen.wrapping_add(1);
        self.value.store(next, SeqCst); // write: overwrites whatever came between
    }

    fn get(&self) -> u64 {
        self.value.load(SeqCst)
    }
}
