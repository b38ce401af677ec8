//! Wrong: every thread locks, but each its own lock.
//!
//! # What goes wrong
//! A lock keeps out those who want *the same lock*. Here thread A holds A's lock and thread B holds
//! B's; neither ever waits, and both are between their read and their write at once. Nothing ties a
//! lock to the number it is meant to guard: that is an agreement, and all have to keep the same
//! one. In [`MutexCounter`](crate::counter::MutexCounter) the number is inside the lock and the
//! mistake cannot be written.
//!
//! It comes about honestly: a lock made inside the request handler, a lock in an object of which
//! every worker has its own copy, a lock in each server's memory while the number is in a database
//! that they share.
//!
//! # Orderings
//! The locks release and acquire, but each pairs only with itself, on one thread. Nothing that A
//! does synchronises with B.
//!
//! # Trade-offs
//! None: it costs what a lock costs and keeps nobody out.
//!
//! # Sources
//! 1. Mara Bos, [Rust Atomics and Locks][bos], chapter 1, "Locking: Mutexes and RwLocks"
//!
//! [bos]: https://marabos.nl/atomics/basics.html

use crate::counter::Counter;
use crate::primitives::{AtomicInteger, Mutex, Primitives, Std};
use std::sync::atomic::Ordering::Relaxed;

/// A counter with a lock for each thread. It loses updates.
///
/// # Examples
/// On a single thread it is exact, like all of them.
/// ```
/// use racelab::counter::{Counter, wrong::LockPerThreadCounter};
///
/// let counter = LockPerThreadCounter::new();
/// counter.increment();
/// assert_eq!(counter.get(), 1);
/// ```
pub struct LockPerThreadCounter<P: Primitives = Std> {
    locks: Box<[P::Mutex<()>]>,
    value: P::AtomicU64,
}

/// How the locks are called in pictures; any beyond these are all called `m`.
const NAMES: [&str; 8] = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"];

impl LockPerThreadCounter {
    /// A counter at zero with 8 locks, on real threads.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Primitives> LockPerThreadCounter<P> {
    /// A counter at `value`, with 8 locks.
    pub fn starting_at(value: u64) -> Self {
        Self::with_locks(NAMES.len(), value)
    }

    fn with_locks(locks: usize, value: u64) -> Self {
        let lock = |i: usize| P::Mutex::named(NAMES.get(i).copied().unwrap_or("m"), ());
        let value = P::AtomicU64::named("count", value);
        LockPerThreadCounter { locks: (0..locks.max(1)).map(lock).collect(), value }
    }
}

impl<P: Primitives> Default for LockPerThreadCounter<P> {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl<P: Primitives> Counter for LockPerThreadCounter<P> {
    fn increment(&self) {
        let mine = &self.locks[P::thread_index() % self.locks.len()];
        let _guard = mine.lock(); // keeps out who wants this lock: nobody
        let seen = self.value.load(Relaxed); // read
        let next = seen.wrapping_add(1);
        self.value.store(next, Relaxed); // write: overwrites whatever came between
    }

    fn get(&self) -> u64 {
        self.value.load(Relaxed)
    }

    fn for_threads(threads: usize) -> Self {
        Self::with_locks(threads, 0)
    }
}
