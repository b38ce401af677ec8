//! `std::sync::Mutex`, for programs under exploration.

use crate::explore::runtime::{
    Bits, Op, Word, content_of, is_over, is_unwinding, step, step_at, step_value_at,
};
use crate::trace::ObjectKind;
use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// A mutual-exclusion lock. Taking it is a step, waiting for it is not; giving it back is a step.
pub struct Mutex<T: ?Sized> {
    pub(super) word: Word,
    poisoned: Cell<bool>,
    value: UnsafeCell<T>,
}

// SAFETY: as std's: the lock lets one thread at a time reach the value. The poison flag is only
// touched while it is held.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}

impl<T> Mutex<T> {
    /// A new lock.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Mutex {
            word: Word::new(ObjectKind::Mutex, 0),
            poisoned: Cell::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// A new lock with a name for pictures.
    ///
    /// # Panics
    /// Outside an exploration.
    #[track_caller]
    pub fn named(name: &'static str, value: T) -> Self {
        Mutex {
            word: Word::registered(ObjectKind::Mutex, 0, Some(name)),
            poisoned: Cell::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, which nobody else can reach.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock.
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.poisoned.get();
        poison(poisoned, self.value.into_inner())
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the lock is free and takes it.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        step(&self.word, Bits::Opaque, Op::Lock, Relaxed, 0, 0);
        poison(self.poisoned.get(), self.guard_at(Location::caller()))
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// When it is not, or when a thread panicked while it held the lock.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        self.try_lock_at(Location::caller())
    }

    /// As [`try_lock`](Self::try_lock), asked for at `place`.
    #[inline]
    pub(in crate::model) fn try_lock_at(
        &self,
        place: &'static Location<'static>,
    ) -> TryLockResult<MutexGuard<'_, T>> {
        if step_at(place, &self.word, Op::TryLock) != 1 {
            return Err(TryLockError::WouldBlock);
        }
        poison(self.poisoned.get(), self.guard_at(place)).map_err(TryLockError::Poisoned)
    }

    /// Has a thread panicked while it held the lock?
    pub fn is_poisoned(&self) -> bool {
        self.poisoned.get()
    }

    /// Forgets that a thread panicked.
    pub fn clear_poison(&self) {
        self.poisoned.set(false);
    }

    /// The value, which nobody else can reach.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.poisoned.get();
        poison(poisoned, self.value.get_mut())
    }

    #[inline]
    fn guard_at(&self, place: &'static Location<'static>) -> MutexGuard<'_, T> {
        MutexGuard { lock: self, place, unwinding: is_unwinding() }
    }

    /// What it guards, where that can be compared by its bits.
    pub(super) fn content(&self) -> (Bits, u64) {
        // What a panic leaves behind is not only a value: the lock is poisoned.
        match self.poisoned.get() {
            true => (Bits::Opaque, 0),
            false => content_of(self.value.get()),
        }
    }

    /// Is it poisoned, as a waiter that has taken it again finds it?
    pub(super) fn poison_of(&self) -> bool {
        self.poisoned.get()
    }
}

/// Wraps what a lock gives as std does.
pub(super) fn poison<G>(poisoned: bool, guard: G) -> LockResult<G> {
    if poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
}

/// Access to a locked value; gives the lock back when dropped.
#[must_use = "if unused the lock is given back at once"]
pub struct MutexGuard<'a, T: ?Sized> {
    pub(super) lock: &'a Mutex<T>,
    /// `Drop` has no caller of its own: giving back carries the line of the taking.
    place: &'static Location<'static>,
    unwinding: bool,
}

// SAFETY: as std's: a shared guard only gives shared access to the value.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard exists, so this thread holds the lock.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed exclusively.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if is_over() {
            return;
        }
        if !self.unwinding && is_unwinding() {
            self.lock.poisoned.set(true);
        }
        step_value_at(self.place, &self.lock.word, Op::Unlock, self.lock.content());
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking at the value would be a step.
        f.debug_struct("Mutex").field("poisoned", &self.poisoned.get()).finish_non_exhaustive()
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Mutex::new(value)
    }
}
