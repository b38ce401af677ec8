//! A guard that can be weakened: see [`weakened`](mod@super::super::weakened).

use super::weakened;
use crate::model::sync;
use std::any::TypeId;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::ptr::NonNull;

/// Access to what a lock of the [`Model`](super::Model) family's guards.
pub struct Guard<'a, T: 'static> {
    lock: &'a sync::Mutex<T>,
    /// `None`: given back already, by a weakening of a lock that guards nothing itself.
    held: Option<sync::MutexGuard<'a, T>>,
    /// Where the lock was taken.
    place: &'static Location<'static>,
    /// How often what it guards was written, each time after it was read at least once.
    writes: u16,
    is_read: std::cell::Cell<bool>,
}

/// What a lock gives, whether or not somebody panicked with it.
pub(super) fn taken<G>(result: sync::LockResult<G>) -> G {
    result.unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn guards_nothing<T: 'static>() -> bool {
    TypeId::of::<T>() == TypeId::of::<()>()
}

impl<'a, T: 'static> Guard<'a, T> {
    #[inline]
    #[track_caller]
    pub(super) fn new(lock: &'a sync::Mutex<T>, held: sync::MutexGuard<'a, T>) -> Self {
        let held = (!guards_nothing::<T>() || weakened::keeps_lock()).then_some(held);
        let is_read = std::cell::Cell::new(false);
        Guard { lock, held, place: Location::caller(), writes: 0, is_read }
    }

    /// Gives the lock back and takes it again, before a write, where that is asked for.
    #[inline]
    fn before_write(&mut self) {
        if self.is_read.get() && self.held.is_some() {
            self.writes += 1;
            if weakened::splits_lock(self.place, self.writes) {
                self.held = None;
                self.held = Some(taken(self.lock.lock_at(self.place)));
            }
        }
    }

    /// Gives the lock back, sleeps, and takes it again.
    #[inline]
    #[track_caller]
    pub(super) fn sleep_on(&mut self, condvar: &sync::Condvar) {
        self.before_write();
        match &self.held {
            Some(held) => _ = condvar.sleep(held, false),
            None => _ = condvar.sleep(&taken(self.lock.lock_at(self.place)), false),
        }
    }
}

impl<T: 'static> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.is_read.set(true);
        match &self.held {
            Some(held) => held,
            // SAFETY: only locks of `()` are given back early, of which there is one everywhere.
            None => unsafe { NonNull::dangling().as_ref() },
        }
    }
}

impl<T: 'static> DerefMut for Guard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // What was read of it is not borrowed any more: this borrow is exclusive.
        self.before_write();
        self.is_read.set(true);
        match &mut self.held {
            Some(held) => held,
            // SAFETY: as above.
            None => unsafe { NonNull::dangling().as_mut() },
        }
    }
}
