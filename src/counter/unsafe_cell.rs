//! A plain number behind `UnsafeCell`: a data race.
//!
//! # What goes wrong
//! `count += 1` is two steps: read the number, write the number plus one. Here nothing keeps a
//! second thread out from between them. If thread B reads before thread A has written, both write
//! the same number and one increment is lost. That alone would be a *race condition*. But these
//! are also plain accesses to memory with nothing to order them, and that is a *data race*: in
//! Rust, undefined behaviour \[1\]. The compiler may assume that it never happens, so the program
//! is not merely wrong by a few counts; it has no meaning at all \[2\].
//!
//! # Safe Rust refuses
//! Sharing a plain number needs a lie, `unsafe impl Sync`. Without it the compiler says no:
//!
//! ```compile_fail,E0277
//! use std::{cell::UnsafeCell, thread};
//!
//! struct Count(UnsafeCell<u64>);
//!
//! let count = Count(UnsafeCell::new(0));
//! thread::scope(|scope| {
//!     scope.spawn(|| &count); // `UnsafeCell<u64>` cannot be shared between threads safely
//! });
//! ```
//!
//! The same lines with the promise added compile, and the promise is false:
//!
//! ```
//! use std::{cell::UnsafeCell, thread};
//!
//! struct Count(UnsafeCell<u64>);
//! unsafe impl Sync for Count {} // "I made sure that this is safe." Nobody did.
//!
//! let count = Count(UnsafeCell::new(0));
//! thread::scope(|scope| {
//!     scope.spawn(|| &count);
//! });
//! ```
//!
//! # Two steps, and volatile
//! The source says *read* and *write*, not `*p += 1`, so that a model can stop between the two. On
//! real threads both are volatile, or the compiler would fold a loop of increments into a single
//! addition and hide the loss (as it may, a data race being undefined). Volatile is not a cure: it
//! "has no bearing whatsoever" on threads \[3\]. Nor is a single machine instruction: `inc [mem]`
//! without the `lock` prefix still reads and writes in two steps that another core can come
//! between \[4\]; only on a single core would it hold.
//!
//! # Orderings
//! None. Plain accesses have no ordering and synchronise with nothing; that is the mistake.
//!
//! # Trade-offs
//! None worth having. Where it seems faster than [`AtomicCounter`](super::AtomicCounter), it is
//! faster at a wrong answer.
//!
//! # Sources
//! 1. The Rust Reference, [Behavior considered undefined][ub]
//! 2. Hans-J. Boehm, [How to miscompile programs with "benign" data races][benign], HotPar 2011
//! 3. The standard library on [`read_volatile`](std::ptr::read_volatile)
//! 4. Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3, "Locked Atomic
//!    Operations"
//!
//! [ub]: https://doc.rust-lang.org/reference/behavior-considered-undefined.html
//! [benign]: https://www.usenix.org/legacy/event/hotpar11/tech/final_files/Boehm.pdf

use super::Counter;
use crate::primitives::{Primitives, Std, UnsafeCell};

/// A counter whose number is plain memory, shared by a false promise.
///
/// # Examples
/// On a single thread nothing is wrong, which is why tests on a single thread find nothing.
/// ```
/// use racelab::counter::{Counter, UnsafeCounter};
///
/// let counter = UnsafeCounter::new();
/// counter.increment();
/// counter.increment();
/// assert_eq!(counter.get(), 2);
/// ```
pub struct UnsafeCounter<P: Primitives = Std> {
    value: P::UnsafeCell<u64>,
}

// SAFETY: there is no argument, and that is the lesson. `increment` and `get` reach the cell from
// any thread, with nothing to order them: two threads at once are a data race. The models report
// it; real threads lose updates. The type exists to be seen failing and nothing builds on it.
unsafe impl<P: Primitives> Sync for UnsafeCounter<P> {}

impl UnsafeCounter {
    /// A counter at zero, on real threads.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Primitives> UnsafeCounter<P> {
    /// A counter at `value`.
    pub fn starting_at(value: u64) -> Self {
        UnsafeCounter { value: P::UnsafeCell::named("count", value) }
    }
}

impl<P: Primitives> Default for UnsafeCounter<P> {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl<P: Primitives> Counter for UnsafeCounter<P> {
    fn increment(&self) {
        // SAFETY: the pointer is valid and aligned for the cell's whole life. That no other thread
        // writes meanwhile is required too, and not true: see `unsafe impl Sync`.
        let seen = self.value.with(|value| unsafe { value.read_volatile() }); // read
        let next = seen.wrapping_add(1);
        // SAFETY: as above; and that no other thread reads or writes meanwhile is not true either.
        self.value.with_mut(|value| unsafe { value.write_volatile(next) }); // write
    }

    fn get(&self) -> u64 {
        // SAFETY: as in `increment`; sound once every incrementing thread has been joined.
        self.value.with(|value| unsafe { value.read_volatile() })
    }
}
