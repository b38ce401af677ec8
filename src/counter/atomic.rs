//! One step instead of two: `fetch_add`.
//!
//! # Why it cannot lose
//! A lost update needs a step of another thread between a read and a write. `fetch_add` reads and
//! writes in a single indivisible step, so there is no between. A read-modify-write always reads
//! the value that stands immediately before its own write in the order of all writes to that
//! atomic \[1\]: it cannot overwrite a write that it has not read, whatever its ordering.
//!
//! # Orderings
//! `Relaxed` is enough, for the increment and for the read. Atomicity comes from the
//! read-modify-write, not from the ordering; an ordering only says what *other* memory becomes
//! visible along with the count, and the count guards no other memory. A thread that joins the
//! incrementing threads first sees every increment, because `join` synchronises \[2\]. A thread
//! that does not join may read any count on the way, and a stronger ordering would not change that.
//! If the number announced something (`count == n` means "the data is ready"), the increment would
//! have to be `Release` and the read `Acquire`.
//!
//! # Trade-offs
//! The first choice for a number: no lock, no waiting for a thread that sleeps, and no way to
//! misuse it. Two limits. It does one operation on one word; more than a word, or a condition on
//! the value, needs [`CompareExchangeCounter`](super::CompareExchangeCounter) or a lock. And all
//! threads still fight for one cache line, so more cores do not make it faster; they make it
//! slower: that is what [`ShardedCounter`](super::ShardedCounter) is for.
//!
//! # Sources
//! 1. The C++ working draft, [atomics.order], "Atomic read-modify-write operations shall always
//!    read the last value"; Rust's atomics follow it ([std::sync::atomic](std::sync::atomic))
//! 2. Mara Bos, [Rust Atomics and Locks][bos], chapter 3, "Happens-Before"
//!
//! [atomics.order]: https://eel.is/c++draft/atomics.order
//! [bos]: https://marabos.nl/atomics/memory-ordering.html

use super::Counter;
use crate::primitives::{AtomicInteger, Primitives, Std};
use std::sync::atomic::Ordering::Relaxed;

/// A counter that reads, adds and writes in one step.
///
/// # Examples
/// ```
/// use racelab::counter::{AtomicCounter, Counter};
/// use std::thread;
///
/// let counter = AtomicCounter::new();
/// thread::scope(|scope| {
///     scope.spawn(|| counter.increment());
///     scope.spawn(|| counter.increment());
/// });
/// assert_eq!(counter.get(), 2);
/// ```
pub struct AtomicCounter<P: Primitives = Std> {
    value: P::AtomicU64,
}

impl AtomicCounter {
    /// A counter at zero, on real threads.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Primitives> AtomicCounter<P> {
    /// A counter at `value`.
    pub fn starting_at(value: u64) -> Self {
        AtomicCounter { value: P::AtomicU64::named("count", value) }
    }
}

impl<P: Primitives> Default for AtomicCounter<P> {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl<P: Primitives> Counter for AtomicCounter<P> {
    fn increment(&self) {
        self.value.fetch_add(1, Relaxed); // read and write, in one step; wraps around
    }

    fn get(&self) -> u64 {
        self.value.load(Relaxed)
    }
}
