//! `std::sync::RwLock`, for programs under exploration.

use super::mutex::poison;
use crate::explore::runtime::{
    Bits, Op, Word, content_of, is_over, is_unwinding, step, step_at, step_value_at,
};
use crate::trace::ObjectKind;
use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{LockResult, TryLockError, TryLockResult};

/// A read-write lock: many readers or one writer. Nobody is preferred: the explorer tries all.
pub struct RwLock<T: ?Sized> {
    word: Word,
    poisoned: Cell<bool>,
    value: UnsafeCell<T>,
}

// SAFETY: as std's: readers share the value, a writer has it alone. The poison flag is only
// written while a writer holds the lock.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}

impl<T> RwLock<T> {
    /// A new lock.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        RwLock {
            word: Word::new(ObjectKind::RwLock, 0),
            poisoned: Cell::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, which nobody else can reach.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing.
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.poisoned.get();
        poison(poisoned, self.value.into_inner())
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until no writer holds the lock and takes it for reading.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        step(&self.word, Bits::Opaque, Op::ReadLock, Relaxed, 0, 0);
        poison(self.poisoned.get(), self.read_guard())
    }

    /// Takes the lock for reading if no writer holds it.
    ///
    /// # Errors
    /// When one does, or when a thread panicked while it held the lock for writing.
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        if step(&self.word, Bits::Opaque, Op::TryReadLock, Relaxed, 0, 0) != 1 {
            return Err(TryLockError::WouldBlock);
        }
        poison(self.poisoned.get(), self.read_guard()).map_err(TryLockError::Poisoned)
    }

    /// Waits until nobody holds the lock and takes it for writing.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing.
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        step(&self.word, Bits::Opaque, Op::WriteLock, Relaxed, 0, 0);
        poison(self.poisoned.get(), self.write_guard())
    }

    /// Takes the lock for writing if nobody holds it.
    ///
    /// # Errors
    /// When somebody does, or when a thread panicked while it held the lock for writing.
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        if step(&self.word, Bits::Opaque, Op::TryWriteLock, Relaxed, 0, 0) != 1 {
            return Err(TryLockError::WouldBlock);
        }
        poison(self.poisoned.get(), self.write_guard()).map_err(TryLockError::Poisoned)
    }

    /// Has a thread panicked while it held the lock for writing?
    pub fn is_poisoned(&self) -> bool {
        self.poisoned.get()
    }

    /// The value, which nobody else can reach.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.poisoned.get();
        poison(poisoned, self.value.get_mut())
    }

    #[track_caller]
    fn read_guard(&self) -> RwLockReadGuard<'_, T> {
        RwLockReadGuard { lock: self, place: Location::caller() }
    }

    #[track_caller]
    fn write_guard(&self) -> RwLockWriteGuard<'_, T> {
        RwLockWriteGuard { lock: self, place: Location::caller(), unwinding: is_unwinding() }
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T: ?Sized> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwLock").field("poisoned", &self.poisoned.get()).finish_non_exhaustive()
    }
}

/// Shared access to a value; gives the lock back when dropped.
#[must_use = "if unused the lock is given back at once"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    place: &'static Location<'static>,
}

/// Exclusive access to a value; gives the lock back when dropped.
#[must_use = "if unused the lock is given back at once"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    place: &'static Location<'static>,
    unwinding: bool,
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard exists, so no writer holds the lock.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard exists, so this thread alone holds the lock.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed exclusively.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        if !is_over() {
            step_at(self.place, &self.lock.word, Op::ReadUnlock);
        }
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        if is_over() {
            return;
        }
        if !self.unwinding && is_unwinding() {
            self.lock.poisoned.set(true);
        }
        // What a panic leaves behind is not only its value: the lock is poisoned.
        let content = match self.lock.poisoned.get() {
            true => (Bits::Opaque, 0),
            false => content_of(self.lock.value.get()),
        };
        step_value_at(self.place, &self.lock.word, Op::Unlock, content);
    }
}
