//! `std::sync`, for programs under exploration.

mod arc;
pub mod atomic;
mod barrier;
mod condvar;
pub mod mpsc;
mod mutex;
mod once;
mod rwlock;

pub use arc::{Arc, Weak};
pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use mutex::{Mutex, MutexGuard};
pub use once::{LazyLock, Once, OnceLock, OnceState};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use crate::explore::runtime::{Op, Word, is_exploring, step_at};
use std::fmt;
use std::ops::Deref;
use std::panic::Location;

/// Wraps what a lock gives as std does.
fn lock_result<G>(poisoned: bool, guard: G) -> LockResult<G> {
    if poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
}

/// Shows a lock and what it guards, if that is to be had at once. Those are steps.
fn show_lock<G>(
    mut shown: fmt::DebugStruct<'_, '_>,
    word: &Word,
    look: impl FnOnce(&'static Location<'static>) -> TryLockResult<G>,
) -> fmt::Result
where
    G: Deref<Target: fmt::Debug>,
{
    if is_exploring() {
        let (poisoned, guard) = match look(word.created()) {
            Ok(guard) => (false, Some(guard)),
            Err(TryLockError::Poisoned(error)) => (true, Some(error.into_inner())),
            Err(TryLockError::WouldBlock) => {
                (step_at(word.created(), word, Op::IsPoisoned) != 0, None)
            }
        };
        match guard {
            Some(guard) => shown.field("data", &&*guard),
            None => shown.field("data", &format_args!("<locked>")),
        };
        shown.field("poisoned", &poisoned);
    }
    shown.finish_non_exhaustive()
}
