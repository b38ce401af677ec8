//! Load, then store: no data race, and it loses updates all the same.
//!
//! # What goes wrong
//! Each access is atomic, so there is no data race, nothing is undefined, and the compiler has
//! nothing to complain about. The pair is not atomic: between the read and the write another
//! thread can read the same number, and then both write the same sum.
//!
//! | step | thread A | thread B | count |
//! |---|---|---|---|
//! | 1 | reads 0 | | 0 |
//! | 2 | | reads 0 | 0 |
//! | 3 | writes 1 | | 1 |
//! | 4 | | writes 1 | 1 |
//!
//! Step 4 overwrote step 3, because thread B had read at step 2. Two increments, and the count is
//! 1: a *lost update*. Of the 6 orders of these four steps, 4 lose. Data race and race condition
//! are different things \[1\]: Rust's types rule out the first, nothing rules out the second.
//!
//! However often two threads increment (twice each at least), the count can end at 2 \[2\].
//!
//! # Orderings
//! `Relaxed` throughout, and no other ordering would help: an ordering says what *other* memory is
//! visible along with a value. It does not make two steps one.
//! [`SeqCstPairCounter`](super::wrong::SeqCstPairCounter) is this counter with the strongest
//! ordering there is, and loses in the same 4 orders.
//!
//! # Trade-offs
//! For counting, none: [`AtomicCounter`](super::AtomicCounter) is the same size and right. The pair
//! is correct where a *single* thread writes and any number read, and there it is the cheapest
//! there is: a load and a store, nothing locked \[3\].
//!
//! # Sources
//! 1. The Rustonomicon, [Data Races and Race Conditions][nomicon]
//! 2. Allen B. Downey, [The Little Book of Semaphores][semaphores], "Concurrent updates"
//! 3. Mara Bos, [Rust Atomics and Locks][bos], chapter 2, "Example: Progress Reporting"
//!
//! [nomicon]: https://doc.rust-lang.org/nomicon/races.html
//! [semaphores]: https://greenteapress.com/wp/semaphores/
//! [bos]: https://marabos.nl/atomics/atomics.html

use super::Counter;
use crate::primitives::{AtomicInteger, Primitives, Std};
use std::sync::atomic::Ordering::Relaxed;

/// A counter that reads and writes in two steps.
///
/// # Examples
/// On a single thread nothing comes between the two.
/// ```
/// use racelab::counter::{Counter, RacyCounter};
///
/// let counter = RacyCounter::new();
/// counter.increment();
/// counter.increment();
/// assert_eq!(counter.get(), 2);
/// ```
pub struct RacyCounter<P: Primitives = Std> {
    value: P::AtomicU64,
}

impl RacyCounter {
    /// A counter at zero, on real threads.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Primitives> RacyCounter<P> {
    /// A counter at `value`.
    pub fn starting_at(value: u64) -> Self {
        RacyCounter { value: P::AtomicU64::named("count", value) }
    }
}

impl<P: Primitives> Default for RacyCounter<P> {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl<P: Primitives> Counter for RacyCounter<P> {
    fn increment(&self) {
        let seen = self.value.load(Relaxed); // read
        let next = seen.wrapping_add(1);
        self.value.store(next, Relaxed); // write: overwrites whatever came between
    }

    fn get(&self) -> u64 {
        self.value.load(Relaxed)
    }
}
