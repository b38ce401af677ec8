//! A place where loom may switch.
//!
//! It is a read lock of loom's `RwLock` that nobody ever takes for writing. Taking it lets loom
//! switch and learns what others published; giving it back publishes. What is guarded by it is
//! plain data, since only one modelled thread runs at a time, and waiting is
//! [`threads::wait`](super::threads::wait). loom's own mutex is not used, because a panic while it
//! is held poisons it, which ends the exploration, and because it does not say who waits for whom;
//! its condition variable and channel neither.

use super::log;
use ::loom::sync::{RwLock, RwLockReadGuard};

/// A place where loom may switch, and that carries what was published there.
pub(super) struct Point(RwLock<()>);

impl Point {
    pub(super) fn new() -> Point {
        Point(RwLock::new(()))
    }

    /// Lets loom switch, and learns what was published here. Dropping the guard publishes.
    pub(super) fn pass(&self) -> RwLockReadGuard<'_, ()> {
        log::uninterrupted(|| self.0.read().expect("a read lock is never poisoned"))
    }

    /// The same without publishing: for one who looked and found that it has to wait.
    pub(super) fn look(&self) {
        std::mem::forget(self.pass());
    }
}
