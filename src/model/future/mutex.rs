//! A lock that is awaited.

use super::executor::waits_at;
use crate::explore::runtime::with_current;
use crate::model::sync;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::Pin;
use std::sync::{PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};

/// A mutual-exclusion lock whose guard may be held across an `.await`.
///
/// As tokio's, it is not poisoned by a panic; unlike tokio's, it keeps no queue: whoever waits is
/// woken and tries again, and any may come first. Each try to take it is a step, and so is giving it
/// back and waking each future that waits.
///
/// # Examples
/// The lock is given back between reading and writing, so an increment is lost:
/// ```
/// use racelab::model::{future::{Mutex, block_on}, thread};
/// use std::sync::Arc;
///
/// let report = racelab::explore(|| {
///     let count = Arc::new(Mutex::new(0));
///     let increment = |count: Arc<Mutex<u32>>| async move {
///         let seen = *count.lock().await;
///         *count.lock().await = seen + 1;
///     };
///     let other = thread::spawn({
///         let count = Arc::clone(&count);
///         move || block_on(increment(count))
///     });
///     block_on(increment(Arc::clone(&count)));
///     other.join().unwrap();
///     block_on(async { *count.lock().await })
/// });
/// assert!(report.outcome(&1).is_some());
/// ```
#[derive(Default)]
pub struct Mutex<T> {
    lock: sync::Mutex<T>,
    waiters: Waiters,
}

impl<T> Mutex<T> {
    /// A new lock.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Mutex { lock: sync::Mutex::new(value), waiters: Waiters::default() }
    }

    /// A new lock with a name for pictures.
    ///
    /// # Panics
    /// Outside an exploration.
    #[track_caller]
    pub fn named(name: &'static str, value: T) -> Self {
        Mutex { lock: sync::Mutex::named(name, value), waiters: Waiters::default() }
    }

    /// Waits until the lock is free and takes it, once awaited.
    #[track_caller]
    pub fn lock(&self) -> Lock<'_, T> {
        Lock { mutex: self, place: Location::caller() }
    }

    /// The value, which nobody else can reach.
    pub fn into_inner(self) -> T {
        self.lock.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

/// The future of [`Mutex::lock`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct Lock<'a, T> {
    mutex: &'a Mutex<T>,
    place: &'static Location<'static>,
}

impl<'a, T> Future for Lock<'a, T> {
    type Output = MutexGuard<'a, T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<MutexGuard<'a, T>> {
        let Lock { mutex, place } = *self;
        let inner = match mutex.lock.try_lock_at(place) {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                // Nobody can give it back in between: no step has been asked for.
                mutex.waiters.add(context);
                waits_at(place);
                return Poll::Pending;
            }
        };
        Poll::Ready(MutexGuard { inner: Some(inner), waiters: &mutex.waiters })
    }
}

impl<T> fmt::Debug for Lock<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").finish_non_exhaustive()
    }
}

/// Access to a locked value; gives the lock back when dropped.
#[must_use = "if unused the lock is given back at once"]
pub struct MutexGuard<'a, T> {
    /// `None` only while it is being dropped: the lock is given back before anybody is woken.
    inner: Option<sync::MutexGuard<'a, T>>,
    waiters: &'a Waiters,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner.as_ref().expect("held until dropped")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("held until dropped")
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.inner = None;
        self.waiters.wake();
    }
}

impl<T: fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The futures that wait for the lock, by thread.
///
/// The explorer does not see this list, so what it says must follow from the order of steps that it
/// does see. Every taking and every giving back of a lock is ordered with each other and with every
/// failed try; only failed tries are not ordered among themselves. So all that wait are woken: in a
/// queue it would matter who came first.
#[derive(Default)]
struct Waiters {
    // std's own lock: never held across a step, so never waited for.
    wakers: std::sync::Mutex<BTreeMap<u8, Vec<Waker>>>,
}

impl Waiters {
    /// The future that is being polled waits.
    fn add(&self, context: &Context<'_>) {
        let thread = with_current(|runtime| runtime.current_thread());
        let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        let own = wakers.entry(thread).or_default();
        if !own.iter().any(|waker| waker.will_wake(context.waker())) {
            own.push(context.waker().clone());
        }
    }

    /// The lock is free: one step for each that waits.
    fn wake(&self) {
        let wakers = {
            let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *wakers)
        };
        wakers.into_values().flatten().for_each(Waker::wake);
    }
}
