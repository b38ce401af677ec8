//! `std::sync::Condvar`, for programs under exploration.

use super::{MutexGuard, lock_result};
use crate::explore::runtime::effect::lock;
use crate::explore::runtime::{Bits, Op, Standing, Word, found, polls, step, step_with};
use crate::trace::ObjectKind;
use std::sync::LockResult;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A condition variable.
///
/// A wait is two steps: release the mutex and fall asleep; take the mutex again. `notify_one` may
/// wake any waiter, and the explorer tries each; a wait with a time-out may time out at any moment,
/// which is a step of its own. Nobody wakes for no reason.
pub struct Condvar {
    word: Word,
}

/// Did a wait end by its time-out?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Did it?
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// A new condition variable.
    #[track_caller]
    pub const fn new() -> Self {
        Condvar { word: Word::new(ObjectKind::Condvar, 0) }
    }

    /// A new condition variable with a name for pictures.
    ///
    /// # Panics
    /// Outside an exploration.
    #[track_caller]
    pub fn named(name: &'static str) -> Self {
        Condvar { word: Word::registered(ObjectKind::Condvar, 0, Some(name)) }
    }

    /// Waits to be notified.
    ///
    /// # Errors
    /// When a thread panicked while it held the mutex.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let (_, poisoned) = self.sleep(&guard, false);
        lock_result(poisoned, guard)
    }

    /// Waits while `condition` holds.
    ///
    /// # Errors
    /// When a thread panicked while it held the mutex.
    #[track_caller]
    pub fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<MutexGuard<'a, T>> {
        while condition(&mut guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Waits to be notified, or for the time-out, which may come at any moment.
    ///
    /// A loop that does nothing else is not followed round after round: where the thread and what the
    /// mutex guards are as they were a round ago, and nobody has noticed the round, the time-out comes
    /// again only once another thread has changed what the mutex guards.
    ///
    /// # Errors
    /// When a thread panicked while it held the mutex.
    #[inline(always)] // the frame that counts is that of whoever waits
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        _timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        polls(&Standing::here(), guard.lock.guarded());
        let (timed_out, poisoned) = self.sleep(&guard, true);
        lock_result(poisoned, (guard, WaitTimeoutResult(timed_out)))
    }

    /// Waits while `condition` holds, until the time-out.
    ///
    /// # Errors
    /// When a thread panicked while it held the mutex.
    #[track_caller]
    pub fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        loop {
            if !condition(&mut guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            let (again, result) = self.wait_timeout(guard, timeout)?;
            guard = again;
            if result.timed_out() {
                let still = condition(&mut guard);
                return Ok((guard, WaitTimeoutResult(still)));
            }
        }
    }

    /// Wakes one waiter, if there is one.
    #[track_caller]
    pub fn notify_one(&self) {
        step(&self.word, Bits::Opaque, Op::NotifyOne, Relaxed, 0, 0);
    }

    /// Wakes all waiters.
    #[track_caller]
    pub fn notify_all(&self) {
        step(&self.word, Bits::Opaque, Op::NotifyAll, Relaxed, 0, 0);
    }

    /// Releases the mutex, sleeps, and takes it again; returns whether the time-out was taken, and
    /// whether the mutex is poisoned.
    #[track_caller]
    pub(crate) fn sleep<T: ?Sized>(
        &self,
        guard: &MutexGuard<'_, T>,
        may_time_out: bool,
    ) -> (bool, bool) {
        let mutex = Some(&guard.lock.word);
        let order = (Relaxed, Relaxed);
        let may_time_out = u64::from(may_time_out);
        let (bits, content) = guard.lock.content();
        let result =
            step_with(Some(&self.word), mutex, bits, Op::Wait, order, may_time_out, content);
        found(|| guard.lock.content());
        (result & lock::TIMED_OUT != 0, result & lock::TAKEN_POISONED == lock::TAKEN_POISONED)
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Condvar::new()
    }
}
