//! `std::sync::RwLock`, for programs under exploration.

use super::{lock_result, show_lock};
use crate::explore::runtime::effect::lock;
use crate::explore::runtime::{
    Becomes, Bits, Op, Word, claimed, content_of, found, is_over, place_of, step, step_at,
    step_value_at, with_current,
};
use crate::trace::ObjectKind;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{LockResult, TryLockError, TryLockResult};
use std::thread::panicking;

/// A read-write lock: many readers or one writer. Nobody is preferred: the explorer tries all.
///
/// As with std's, readers wait while a writer waits, even if others read: a thread that reads again
/// what it reads already may so wait for a writer who waits for it, and that deadlock is found. Where a
/// program can tell (a reader waits for others, or only tries), a writer that finds the lock taken takes
/// a step to queue for it.
pub struct RwLock<T: ?Sized> {
    /// Who has it, and whether it is poisoned.
    word: Word,
    value: UnsafeCell<T>,
}

// SAFETY: as std's: readers share the value, a writer has it alone.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}

impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

impl<T> RwLock<T> {
    /// A new lock.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        RwLock { word: Word::new(ObjectKind::RwLock, 0), value: UnsafeCell::new(value) }
    }

    /// The value, which nobody else can reach.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing.
    #[track_caller]
    pub fn into_inner(self) -> LockResult<T> {
        claimed(&self.word, Becomes::Gone, Location::caller());
        let poisoned = lock::is_poisoned(self.word.get());
        lock_result(poisoned, self.value.into_inner())
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until no writer holds the lock and takes it for reading.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let place = Location::caller();
        self.read_result(step_at(place, &self.word, Op::ReadLock), place)
    }

    /// Takes the lock for reading if no writer holds it.
    ///
    /// # Errors
    /// When one does, or when a thread panicked while it held the lock for writing.
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        self.try_read_at(Location::caller())
    }

    fn try_read_at(
        &self,
        place: &'static Location<'static>,
    ) -> TryLockResult<RwLockReadGuard<'_, T>> {
        match step_at(place, &self.word, Op::TryReadLock) {
            0 => Err(TryLockError::WouldBlock),
            taken => self.read_result(taken, place).map_err(TryLockError::Poisoned),
        }
    }

    /// Waits until nobody holds the lock and takes it for writing.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing.
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let place = Location::caller();
        let queues = with_current(|runtime| runtime.finer.writers_wait);
        let op = if queues { Op::WriteLock } else { Op::Lock };
        self.write_result(step_at(place, &self.word, op), place)
    }

    /// Takes the lock for writing if nobody holds it.
    ///
    /// # Errors
    /// When somebody does, or when a thread panicked while it held the lock for writing.
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let place = Location::caller();
        match step_at(place, &self.word, Op::TryLock) {
            0 => Err(TryLockError::WouldBlock),
            taken => self.write_result(taken, place).map_err(TryLockError::Poisoned),
        }
    }

    /// Has a thread panicked while it held the lock for writing? A step.
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        step(&self.word, Bits::Opaque, Op::IsPoisoned, Relaxed, 0, 0) != 0
    }

    /// Forgets that a thread panicked. A step.
    #[track_caller]
    pub fn clear_poison(&self) {
        step(&self.word, Bits::Opaque, Op::ClearPoison, Relaxed, 0, 0);
    }

    /// The value, which nobody else can reach.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock for writing.
    #[track_caller]
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        claimed(&self.word, Becomes::Itself, Location::caller());
        let poisoned = lock::is_poisoned(self.word.get());
        // SAFETY: the lock is borrowed exclusively.
        lock_result(poisoned, unsafe { &mut *self.place() })
    }

    /// Where what it guards is.
    fn place(&self) -> *mut T {
        place_of(&self.word, self.value.get())
    }

    fn read_result(
        &self,
        taken: u64,
        place: &'static Location<'static>,
    ) -> LockResult<RwLockReadGuard<'_, T>> {
        found(|| content_of(self.place()));
        let guard = RwLockReadGuard { lock: self, place, unsent: PhantomData };
        lock_result(taken == lock::TAKEN_POISONED, guard)
    }

    fn write_result(
        &self,
        taken: u64,
        place: &'static Location<'static>,
    ) -> LockResult<RwLockWriteGuard<'_, T>> {
        found(|| content_of(self.place()));
        let unwinding = panicking();
        let guard = RwLockWriteGuard { lock: self, place, unwinding, unsent: PhantomData };
        lock_result(taken == lock::TAKEN_POISONED, guard)
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        RwLock::new(value)
    }
}

/// As std's: takes the lock to look, if no writer has it, and gives it back. Those are steps.
impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_lock(f.debug_struct("RwLock"), &self.word, |place| self.try_read_at(place))
    }
}

/// Shared access to a value; gives the lock back when dropped.
///
/// As std's, it may be shared with other threads, and stays with the one that took the lock:
/// ```
/// fn is_shared<T: Sync>() {}
/// is_shared::<racelab::model::sync::RwLockReadGuard<'static, u32>>();
/// ```
/// ```compile_fail,E0277
/// fn is_sent<T: Send>() {}
/// is_sent::<racelab::model::sync::RwLockReadGuard<'static, u32>>();
/// ```
#[must_use = "if unused the lock is given back at once"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    place: &'static Location<'static>,
    /// As std's: given back by the thread that took it.
    unsent: PhantomData<*const ()>,
}

/// Exclusive access to a value; gives the lock back when dropped.
///
/// As std's, it may be shared with other threads, and stays with the one that took the lock:
/// ```
/// fn is_shared<T: Sync>() {}
/// is_shared::<racelab::model::sync::RwLockWriteGuard<'static, u32>>();
/// ```
/// ```compile_fail,E0277
/// fn is_sent<T: Send>() {}
/// is_sent::<racelab::model::sync::RwLockWriteGuard<'static, u32>>();
/// ```
#[must_use = "if unused the lock is given back at once"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    place: &'static Location<'static>,
    unwinding: bool,
    /// As std's: given back by the thread that took it.
    unsent: PhantomData<*const ()>,
}

// SAFETY: as std's: a shared guard only gives shared access to the value.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard exists, so no writer holds the lock.
        unsafe { &*self.lock.place() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard exists, so this thread alone holds the lock.
        unsafe { &*self.lock.place() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed exclusively.
        unsafe { &mut *self.lock.place() }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Keeps the lock for reading: no writer comes in between, but other readers may. One step.
    #[track_caller]
    pub fn downgrade(guard: Self) -> RwLockReadGuard<'a, T> {
        let guard = ManuallyDrop::new(guard);
        let (lock, place) = (guard.lock, Location::caller());
        let (bits, content) = content_of(lock.place());
        step_value_at(place, &lock.word, Op::Downgrade, bits, (content, 0));
        RwLockReadGuard { lock, place, unsent: PhantomData }
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
        let poison = if !self.unwinding && panicking() { lock::POISON } else { 0 };
        let (bits, content) = content_of(self.lock.place());
        step_value_at(self.place, &self.lock.word, Op::Unlock, bits, (content, poison));
    }
}

macro_rules! shown_as_their_value {
    ($($guard:ident)*) => {$(
        impl<T: ?Sized + fmt::Debug> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    )*};
}

shown_as_their_value!(RwLockReadGuard RwLockWriteGuard);
