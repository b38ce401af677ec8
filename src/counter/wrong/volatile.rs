//! Wrong: volatile.
//!
//! # What goes wrong
//! Volatile tells the compiler that an access must happen as written: not removed, not merged, not
//! moved past other volatile accesses. It exists for device registers. It says nothing about other
//! threads: a volatile access is not atomic and synchronises with nothing, so this is a data race
//! like [`UnsafeCounter`](crate::counter::UnsafeCounter)'s, and two steps besides \[1\].
//!
//! The word comes from Java and C#, where `volatile` does order memory. Even there `count++` on a
//! volatile field is a read and a write, and loses \[2\].
//!
//! Only on real threads: what volatile changes is what the compiler may do, and a model has no
//! compiler to restrain.
//!
//! # Orderings
//! None. Volatile is not an ordering.
//!
//! # Trade-offs
//! None for threads. For memory that a device reads or writes, volatile is the tool.
//!
//! # Sources
//! 1. The standard library on [`read_volatile`](std::ptr::read_volatile)
//! 2. The Java Language Specification, [8.3.1.4 volatile Fields][jls], and 15.14.2 on `++`
//!
//! [jls]: https://docs.oracle.com/javase/specs/jls/se21/html/jls-8.html#jls-8.3.1.4

use crate::counter::Counter;
use std::cell::UnsafeCell;

/// A counter in volatile memory. It is a data race, and it loses updates.
///
/// # Examples
/// On a single thread it is exact, like all of them.
/// ```
/// use racelab::counter::{Counter, wrong::VolatileCounter};
///
/// let counter = VolatileCounter::new();
/// counter.increment();
/// assert_eq!(counter.get(), 1);
/// ```
#[derive(Default)]
pub struct VolatileCounter {
    value: UnsafeCell<u64>,
}

// SAFETY: there is no argument; believing that `volatile` is one is the mistake on show. Two
// threads at once are a data race. The type exists to be seen failing and nothing builds on it.
unsafe impl Sync for VolatileCounter {}

impl VolatileCounter {
    /// A counter at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// A counter at `value`.
    pub fn starting_at(value: u64) -> Self {
        VolatileCounter { value: UnsafeCell::new(value) }
    }
}

impl Counter for VolatileCounter {
    fn increment(&self) {
        let value = self.value.get();
        // SAFETY: the pointer is valid and aligned; that no other thread writes is not true.
        let seen = unsafe { value.read_volatile() }; // read
        let next = seen.wrapping_add(1);
        // SAFETY: as above; that no other thread reads or writes is not true.
        unsafe { value.write_volatile(next) }; // write: overwrites whatever came between
    }

    fn get(&self) -> u64 {
        // SAFETY: as in `increment`; sound once every incrementing thread has been joined.
        unsafe { self.value.get().read_volatile() }
    }
}
