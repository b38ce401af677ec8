//! Wrong: a lock around the read only.
//!
//! # What goes wrong
//! One lock, the same for all, and every read happens under it. But the lock is given back before
//! the write, and what was read is old news from that moment on: the next thread takes the lock,
//! reads the same number, and both write. A lock has to be held for as long as a decision depends
//! on what was read under it.
//!
//! With the number inside the lock the same mistake is one line away, and compiles:
//!
//! ```
//! use std::sync::Mutex;
//!
//! let count = Mutex::new(0);
//! let seen = *count.lock().unwrap(); // the guard is gone at the end of this line
//! *count.lock().unwrap() = seen + 1; // another lock, another moment
//! # assert_eq!(*count.lock().unwrap(), 1);
//! ```
//!
//! In a web handler it is `if (await stock(item) > 0) { await sell(item) }`, with each call a
//! transaction of its own.
//!
//! # Orderings
//! Giving the lock back publishes what was done *before* that. The write comes after, so nothing
//! orders it before the next thread's read.
//!
//! # Trade-offs
//! None: it costs what a lock costs and guards half of what matters.
//!
//! # Sources
//! 1. [CWE-367: Time-of-check Time-of-use (TOCTOU) Race Condition][cwe], the same mistake in files
//!
//! [cwe]: https://cwe.mitre.org/data/definitions/367.html

use crate::counter::Counter;
use crate::primitives::{AtomicInteger, Mutex, Primitives, Std};
use std::sync::atomic::Ordering::Relaxed;

/// A counter that reads under a lock and writes without it. It loses updates.
///
/// # Examples
/// On a single thread it is exact, like all of them.
/// ```
/// use racelab::counter::{Counter, wrong::LockTheReadCounter};
///
/// let counter = LockTheReadCounter::new();
/// counter.increment();
/// assert_eq!(counter.get(), 1);
/// ```
pub struct LockTheReadCounter<P: Primitives = Std> {
    lock: P::Mutex<()>,
    value: P::AtomicU64,
}

impl LockTheReadCounter {
    /// A counter at zero, on real threads.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Primitives> LockTheReadCounter<P> {
    /// A counter at `value`.
    pub fn starting_at(value: u64) -> Self {
        LockTheReadCounter {
            lock: P::Mutex::named("m", ()),
            value: P::AtomicU64::named("count", value),
        }
    }
}

impl<P: Primitives> Default for LockTheReadCounter<P> {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl<P: Primitives> Counter for LockTheReadCounter<P> {
    fn increment(&self) {
        let guard = self.lock.lock();
        let seen = self.value.load(Relaxed); // read
        drop(guard); // too early: from here on `seen` may be out of date
        let next = seen.wrapping_add(1);
        self.value.store(next, Relaxed); // write: overwrites whatever came between
    }

    fn get(&self) -> u64 {
        self.value.load(Relaxed)
    }
}
