//! `std::sync::atomic::AtomicPtr`, for programs under exploration.

use super::{Ordering, check_load, check_store, load_part};
use crate::explore::runtime::{
    Becomes, Bits, Op, Word, address_of, claimed, failed, is_exploring, number_of, step_with,
};
use crate::trace::ObjectKind;
use std::fmt;
use std::panic::Location;

/// An atomic pointer.
pub struct AtomicPtr<T> {
    /// 0 for the initial address, since that is not known when a `static` is made; others by the
    /// number the execution gives them. Addresses differ from run to run, their numbers do not, and
    /// equal addresses have equal numbers, which is all that counts.
    word: Word,
    initial: *mut T,
}

// SAFETY: as std's: the pointer is only handed out, never followed.
unsafe impl<T> Send for AtomicPtr<T> {}
// SAFETY: as above; the word is made for sharing.
unsafe impl<T> Sync for AtomicPtr<T> {}

impl<T> AtomicPtr<T> {
    /// A new atomic. It can stand in a `static`, and starts anew in each execution.
    #[track_caller]
    pub const fn new(pointer: *mut T) -> Self {
        AtomicPtr { word: Word::new(ObjectKind::Atomic, 0), initial: pointer }
    }

    /// Reads.
    ///
    /// # Panics
    /// When `order` is `Release` or `AcqRel`, as in std.
    #[track_caller]
    pub fn load(&self, order: Ordering) -> *mut T {
        check_load(order);
        self.step(Op::Load, (order, order), 0, 0)
    }

    /// Writes.
    ///
    /// # Panics
    /// When `order` is `Acquire` or `AcqRel`, as in std.
    #[track_caller]
    pub fn store(&self, pointer: *mut T, order: Ordering) {
        check_store(order);
        self.step(Op::Store, (order, order), self.encode(pointer), 0);
    }

    /// Writes, and returns what was there.
    #[track_caller]
    pub fn swap(&self, pointer: *mut T, order: Ordering) -> *mut T {
        self.step(Op::Swap, (order, load_part(order)), self.encode(pointer), 0)
    }

    /// Writes `new` if `current` is there; `Ok` and `Err` carry what was there.
    ///
    /// # Errors
    /// With what was there instead.
    #[track_caller]
    pub fn compare_exchange(
        &self,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        self.exchange(Op::CompareExchange, current, new, success, failure)
    }

    /// As [`compare_exchange`](Self::compare_exchange), but it may fail for no reason: that is an
    /// alternative of the step, once for the same state in the same thread.
    ///
    /// # Errors
    /// With what was there instead.
    #[track_caller]
    pub fn compare_exchange_weak(
        &self,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        self.exchange(Op::CompareExchangeWeak, current, new, success, failure)
    }

    /// The pointer, which nobody else can reach.
    #[track_caller]
    pub fn into_inner(self) -> *mut T {
        claimed(&self.word, Becomes::Gone, Location::caller());
        self.decode(self.word.get())
    }

    /// The pointer, which nobody else can reach.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut *mut T {
        claimed(&self.word, Becomes::Another, Location::caller());
        self.initial = self.decode(self.word.get());
        *self.word.value_mut() = 0;
        &mut self.initial
    }

    /// Reads and tries to write what `f` makes of it, until that succeeds or `f` declines.
    ///
    /// # Errors
    /// With what was there when `f` declined.
    #[track_caller]
    pub fn fetch_update(
        &self,
        set_order: Ordering,
        fetch_order: Ordering,
        mut f: impl FnMut(*mut T) -> Option<*mut T>,
    ) -> Result<*mut T, *mut T> {
        let mut seen = self.load(fetch_order);
        while let Some(new) = f(seen) {
            match self.compare_exchange_weak(seen, new, set_order, fetch_order) {
                done @ Ok(_) => return done,
                Err(other) => seen = other,
            }
        }
        Err(seen)
    }

    #[track_caller]
    fn exchange(
        &self,
        op: Op,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        check_load(failure);
        let seen = self.step(op, (success, failure), self.encode(current), self.encode(new));
        if seen == current && !failed() { Ok(seen) } else { Err(seen) }
    }

    #[track_caller]
    fn step(&self, op: Op, orders: (Ordering, Ordering), a: u64, b: u64) -> *mut T {
        // Relative to anything but null the word says nothing about being null: not shown.
        let bits = if self.initial.is_null() { Bits::Pointer } else { Bits::Opaque };
        self.decode(step_with(Some(&self.word), None, bits, op, orders, a, b))
    }

    fn encode(&self, pointer: *mut T) -> u64 {
        match pointer == self.initial {
            true => 0,
            false => number_of(pointer.expose_provenance()),
        }
    }

    fn decode(&self, word: u64) -> *mut T {
        match word {
            0 => self.initial,
            number => std::ptr::with_exposed_provenance_mut(address_of(number)),
        }
    }
}

impl<T> fmt::Debug for AtomicPtr<T> {
    /// As std's: a relaxed load, which is a step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match is_exploring() {
            true => self.load(Ordering::Relaxed).fmt(f),
            false => f.write_str("AtomicPtr"),
        }
    }
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.load(Ordering::Relaxed), f)
    }
}

impl<T> From<*mut T> for AtomicPtr<T> {
    #[track_caller]
    fn from(pointer: *mut T) -> Self {
        AtomicPtr::new(pointer)
    }
}

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> Self {
        AtomicPtr::new(std::ptr::null_mut())
    }
}
