//! `std::sync::Mutex`, for programs under exploration.

use super::{lock_result, show_lock};
use crate::explore::runtime::effect::lock;
use crate::explore::runtime::{
    Becomes, Bits, Guarded, Op, Word, claimed, content_of, found, is_over, place_of, step, step_at,
    step_value_at,
};
use crate::trace::ObjectKind;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::needs_drop;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{LockResult, TryLockError, TryLockResult};
use std::thread::panicking;

/// A mutual-exclusion lock. Taking it is a step, waiting for it is not; giving it back is a step, and
/// so is asking whether it is poisoned.
pub struct Mutex<T: ?Sized> {
    /// Who has it, and whether it is poisoned.
    pub(super) word: Word,
    /// How often a value that may own something elsewhere was lent out to be written.
    writes: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: as std's: the lock lets one thread at a time reach the value.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}

impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

impl<T> Mutex<T> {
    /// A new lock.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Mutex {
            word: Word::new(ObjectKind::Mutex, 0),
            writes: AtomicU32::new(0),
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
            writes: AtomicU32::new(0),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, which nobody else can reach.
    ///
    /// # Errors
    /// When a thread panicked while it held the lock.
    #[track_caller]
    pub fn into_inner(self) -> LockResult<T> {
        claimed(&self.word, Becomes::Gone, Location::caller());
        let poisoned = lock::is_poisoned(self.word.get());
        lock_result(poisoned, self.value.into_inner())
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
        let taken = step(&self.word, Bits::Opaque, Op::Lock, Relaxed, 0, 0);
        lock_result(taken == lock::TAKEN_POISONED, self.guard_at(Location::caller()))
    }

    /// As [`lock`](Self::lock), asked for at `place`.
    pub(crate) fn lock_at(
        &self,
        place: &'static Location<'static>,
    ) -> LockResult<MutexGuard<'_, T>> {
        let taken = step_at(place, &self.word, Op::Lock);
        lock_result(taken == lock::TAKEN_POISONED, self.guard_at(place))
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
        match step_at(place, &self.word, Op::TryLock) {
            0 => Err(TryLockError::WouldBlock),
            taken => lock_result(taken == lock::TAKEN_POISONED, self.guard_at(place))
                .map_err(TryLockError::Poisoned),
        }
    }

    /// Has a thread panicked while it held the lock? A step.
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
    /// When a thread panicked while it held the lock.
    #[track_caller]
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        claimed(&self.word, Becomes::Itself, Location::caller());
        let poisoned = lock::is_poisoned(self.word.get());
        // SAFETY: the lock is borrowed exclusively.
        lock_result(poisoned, unsafe { &mut *self.place() })
    }

    /// What it guards, to see whether that changes.
    pub(super) fn guarded(&self) -> Guarded
    where
        T: Sized,
    {
        Guarded::new(self.place(), &self.writes)
    }

    #[inline]
    fn guard_at(&self, place: &'static Location<'static>) -> MutexGuard<'_, T> {
        found(|| self.content());
        MutexGuard { lock: self, place, unwinding: panicking(), unsent: PhantomData }
    }

    /// Where what it guards is.
    fn place(&self) -> *mut T {
        place_of(&self.word, self.value.get())
    }

    /// What it guards, where that can be compared by its bits.
    pub(super) fn content(&self) -> (Bits, u64) {
        content_of(self.place())
    }
}

/// Access to a locked value; gives the lock back when dropped.
///
/// As std's, it may be shared with other threads, and stays with the one that took the lock:
/// ```
/// fn is_shared<T: Sync>() {}
/// is_shared::<racelab::model::sync::MutexGuard<'static, u32>>();
/// ```
/// ```compile_fail,E0277
/// fn is_sent<T: Send>() {}
/// is_sent::<racelab::model::sync::MutexGuard<'static, u32>>();
/// ```
#[must_use = "if unused the lock is given back at once"]
pub struct MutexGuard<'a, T: ?Sized> {
    pub(super) lock: &'a Mutex<T>,
    /// `Drop` has no caller of its own: giving back carries the line of the taking.
    place: &'static Location<'static>,
    unwinding: bool,
    /// As std's: given back by the thread that took it.
    unsent: PhantomData<*const ()>,
}

// SAFETY: as std's: a shared guard only gives shared access to the value.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard exists, so this thread holds the lock.
        unsafe { &*self.lock.place() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        if needs_drop::<T>() {
            let writes = &self.lock.writes;
            writes.store(writes.load(Relaxed).wrapping_add(1), Relaxed);
        }
        // SAFETY: as above, and the guard is borrowed exclusively.
        unsafe { &mut *self.lock.place() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if is_over() {
            return;
        }
        let poison = if !self.unwinding && panicking() { lock::POISON } else { 0 };
        let (bits, content) = self.lock.content();
        step_value_at(self.place, &self.lock.word, Op::Unlock, bits, (content, poison));
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

/// As std's: takes the lock to look, if it is free, and gives it back. Those are steps.
impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_lock(f.debug_struct("Mutex"), &self.word, |place| self.try_lock_at(place))
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
