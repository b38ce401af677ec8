//! A lock: one thread at a time.
//!
//! # Why it cannot lose
//! The read and the write are still two steps, but both happen while the thread holds the lock,
//! and nobody else can hold it meanwhile. In the schedule of
//! [`RacyCounter`](super::RacyCounter)'s loss, thread B would have to read at step 2; it cannot,
//! it *waits* until A has written and given the lock back. The schedule is not made harmless, it
//! is made impossible \[1\]. The number is inside the lock, so no code can reach it without
//! locking: forgetting is a compile error.
//!
//! # Orderings
//! The lock brings its own: giving it back is a release, taking it an acquire, so whoever takes it
//! sees everything that the previous holder did. Without that pair the next holder could read an
//! old number in spite of the lock.
//!
//! # Trade-offs
//! The most general of the cures: it works for any data and any length of work, not only for a
//! number. The price: who holds the lock stops all others. A thread that is put to sleep while
//! holding it stops them for that long, and two locks taken in different orders can stop everyone
//! for good. Uncontended, it costs two atomic read-modify-writes where
//! [`AtomicCounter`](super::AtomicCounter) needs one.
//!
//! The lock is parking_lot's on real threads \[2\]: a byte, and a panic while it is held does not
//! poison it. For a number that is right, since a single addition leaves nothing half done.
//!
//! # Sources
//! 1. E. W. Dijkstra, [Solution of a problem in concurrent programming control][dijkstra],
//!    Communications of the ACM 8(9), 1965
//! 2. [parking_lot](https://docs.rs/parking_lot), "Features"
//!
//! [dijkstra]: https://doi.org/10.1145/365559.365617

use super::Counter;
use crate::primitives::{Mutex, Primitives, Std};

/// A counter behind a lock.
///
/// # Examples
/// ```
/// use racelab::counter::{Counter, MutexCounter};
/// use std::thread;
///
/// let counter = MutexCounter::new();
/// thread::scope(|scope| {
///     scope.spawn(|| counter.increment());
///     scope.spawn(|| counter.increment());
/// });
/// assert_eq!(counter.get(), 2);
/// ```
pub struct MutexCounter<P: Primitives = Std> {
    value: P::Mutex<u64>,
}

impl MutexCounter {
    /// A counter at zero, on real threads.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Primitives> MutexCounter<P> {
    /// A counter at `value`.
    pub fn starting_at(value: u64) -> Self {
        MutexCounter { value: P::Mutex::named("m", value) }
    }
}

impl<P: Primitives> Default for MutexCounter<P> {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl<P: Primitives> Counter for MutexCounter<P> {
    fn increment(&self) {
        let mut value = self.value.lock(); // wait for the lock, and take it
        *value = value.wrapping_add(1); // read and write: nobody can come between
    } // `value` goes out of scope and gives the lock back

    fn get(&self) -> u64 {
        *self.value.lock()
    }
}
