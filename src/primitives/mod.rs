//! The words a concurrent program is written in.
//!
//! A program that is generic over [`Primitives`] is written once and runs three ways: on real
//! threads ([`Std`]), under loom (`Loom`) and under racelab's explorer (`Model`). It is
//! monomorphised, so on [`Std`] the words cost nothing.
//!
//! ```
//! use racelab::primitives::{AtomicInteger, JoinHandle, Primitives, Std};
//! use std::sync::{Arc, atomic::Ordering::Relaxed};
//!
//! fn two_increments<P: Primitives>() -> u64 {
//!     let count = Arc::new(P::AtomicU64::named("count", 0));
//!     let other = Arc::clone(&count);
//!     let thread = P::spawn("A", move || { other.fetch_add(1, Relaxed); });
//!     count.fetch_add(1, Relaxed);
//!     thread.join();
//!     count.load(Relaxed)
//! }
//! assert_eq!(two_increments::<Std>(), 2);
//! ```
//!
//! # Layout
//! - this file: the traits, each with its contract
//! - `std`: real threads; `loom`: loom; `model`: racelab's explorer
//! - `tasks`: the words for tasks that share a thread, of those families that have any
//! - `weakened`: a program of `model`'s with one ordering, fence, signal or lock taken away
//!
//! `#[track_caller]` stands on every method that is a step, so that the step knows the line of the
//! program that asked for it.

pub mod loom;
mod model;
mod std;
mod tasks;
mod weakened;

pub use self::loom::Loom;
pub use self::model::{Model, ModelSender};
pub use self::std::Std;
pub use self::tasks::{Cell, LocalFuture, Lock, Task, Tasks};
pub use self::weakened::{Change, Watched, Weakening, weakened, weakenings};

use ::std::ops::DerefMut;
use ::std::sync::atomic::Ordering;

/// A family of primitives: everything a concurrent program needs, for one scheduler.
///
/// Each family is a unit struct, so that `#[derive(Default)]` on a program's types works.
pub trait Primitives: Default + Copy + Send + Sync + Sized + 'static {
    /// An atomic truth value.
    type AtomicBool: AtomicBool;
    /// An atomic integer.
    type AtomicU8: AtomicInteger<Value = u8>;
    /// An atomic integer.
    type AtomicU32: AtomicInteger<Value = u32>;
    /// An atomic integer.
    type AtomicU64: AtomicInteger<Value = u64>;
    /// An atomic integer.
    type AtomicUsize: AtomicInteger<Value = usize>;
    /// An atomic integer.
    type AtomicI32: AtomicInteger<Value = i32>;
    /// An atomic integer.
    type AtomicI64: AtomicInteger<Value = i64>;
    /// A mutual-exclusion lock.
    type Mutex<T: Send + 'static>: Mutex<T>;
    /// A condition variable, for this family's mutexes.
    type Condvar: Condvar<Self>;
    /// A value that is made once.
    type OnceLock<T: Send + Sync + 'static>: OnceLock<T>;
    /// A plain cell that several threads can reach.
    type UnsafeCell<T: Send + 'static>: UnsafeCell<T>;
    /// The sending half of a channel.
    type Sender<T: Send + 'static>: Sender<T>;
    /// The receiving half of a channel.
    type Receiver<T: Send + 'static>: Receiver<T>;
    /// A spawned thread.
    type JoinHandle<T: Send + 'static>: JoinHandle<T>;

    /// Starts a thread. `name` heads its column in pictures.
    #[track_caller]
    fn spawn<T: Send + 'static>(
        name: &'static str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> Self::JoinHandle<T>;

    /// Lets another thread go first. In a model this is the only fair way to spin.
    #[track_caller]
    fn yield_now();

    /// An atomic fence.
    #[track_caller]
    fn fence(order: Ordering);

    /// A channel. `capacity` `None`: unbounded; `Some(n)`: `n ≥ 1` messages, then senders wait.
    #[track_caller]
    fn channel<T: Send + 'static>(
        name: &'static str,
        capacity: Option<usize>,
    ) -> (Self::Sender<T>, Self::Receiver<T>);

    /// A small number that tells the running threads apart and is the same in every replay.
    fn thread_index() -> usize;

    /// What each of so many threads calls first, so that on real threads they begin at the same time:
    /// one that is done before the next one has started meets nobody. A model tries every order
    /// anyway, and there it does nothing.
    fn start_line(threads: usize) -> impl Fn() + Clone + Send + 'static {
        let _ = threads;
        || ()
    }

    /// Runs `body` as one operation: a lost update needs its read and its write in the same one.
    fn operation<R>(body: impl FnOnce() -> R) -> R {
        body()
    }
}

/// An atomic integer. Arithmetic wraps around, as in std.
pub trait AtomicInteger: Send + Sync + Default + 'static {
    /// The integer it holds.
    type Value: Copy + 'static;

    /// A new atomic, named for pictures.
    #[track_caller]
    fn named(name: &'static str, value: Self::Value) -> Self;
    /// Reads.
    #[track_caller]
    fn load(&self, order: Ordering) -> Self::Value;
    /// Writes.
    #[track_caller]
    fn store(&self, value: Self::Value, order: Ordering);
    /// Writes and returns what was there, in one step.
    #[track_caller]
    fn swap(&self, value: Self::Value, order: Ordering) -> Self::Value;
    /// Adds and returns what was there, in one step.
    #[track_caller]
    fn fetch_add(&self, value: Self::Value, order: Ordering) -> Self::Value;
    /// Subtracts and returns what was there, in one step.
    #[track_caller]
    fn fetch_sub(&self, value: Self::Value, order: Ordering) -> Self::Value;
    /// Bitwise or; returns what was there.
    #[track_caller]
    fn fetch_or(&self, value: Self::Value, order: Ordering) -> Self::Value;
    /// Bitwise and; returns what was there.
    #[track_caller]
    fn fetch_and(&self, value: Self::Value, order: Ordering) -> Self::Value;
    /// The larger of the two; returns what was there.
    #[track_caller]
    fn fetch_max(&self, value: Self::Value, order: Ordering) -> Self::Value;
    /// Writes `new` if `current` is there. `Ok` and `Err` carry what was there.
    #[track_caller]
    fn compare_exchange(
        &self,
        current: Self::Value,
        new: Self::Value,
        success: Ordering,
        failure: Ordering,
    ) -> Result<Self::Value, Self::Value>;
    /// As [`compare_exchange`](AtomicInteger::compare_exchange), but may fail although `current`
    /// was there.
    #[track_caller]
    fn compare_exchange_weak(
        &self,
        current: Self::Value,
        new: Self::Value,
        success: Ordering,
        failure: Ordering,
    ) -> Result<Self::Value, Self::Value>;
}

/// An atomic truth value.
pub trait AtomicBool: Send + Sync + Default + 'static {
    /// A new atomic, named for pictures.
    #[track_caller]
    fn named(name: &'static str, value: bool) -> Self;
    /// Reads.
    #[track_caller]
    fn load(&self, order: Ordering) -> bool;
    /// Writes.
    #[track_caller]
    fn store(&self, value: bool, order: Ordering);
    /// Writes and returns what was there, in one step.
    #[track_caller]
    fn swap(&self, value: bool, order: Ordering) -> bool;
    /// Writes `new` if `current` is there. `Ok` and `Err` carry what was there.
    #[track_caller]
    fn compare_exchange(
        &self,
        current: bool,
        new: bool,
        success: Ordering,
        failure: Ordering,
    ) -> Result<bool, bool>;
}

/// A mutual-exclusion lock. A panic while it is held does not poison it.
pub trait Mutex<T>: Send + Sync {
    /// Gives access to the value, and gives the lock back when dropped.
    type Guard<'a>: DerefMut<Target = T>
    where
        Self: 'a;

    /// A new lock, named for pictures.
    #[track_caller]
    fn named(name: &'static str, value: T) -> Self;
    /// Waits until the lock is free and takes it.
    #[track_caller]
    fn lock(&self) -> Self::Guard<'_>;
    /// Takes the lock if it is free.
    #[track_caller]
    fn try_lock(&self) -> Option<Self::Guard<'_>>;
}

/// A condition variable. Waiting releases the mutex and sleeps, in one step, then takes the mutex
/// again; it may wake for no reason, so wait in a loop.
pub trait Condvar<P: Primitives>: Send + Sync + Default {
    /// A new condition variable, named for pictures.
    #[track_caller]
    fn named(name: &'static str) -> Self;
    /// Waits to be notified.
    #[track_caller]
    fn wait<'a, T: Send + 'static>(&self, guard: &mut <P::Mutex<T> as Mutex<T>>::Guard<'a>)
    where
        P::Mutex<T>: 'a;
    /// Wakes one waiter, if there is one.
    #[track_caller]
    fn notify_one(&self);
    /// Wakes all waiters.
    #[track_caller]
    fn notify_all(&self);
}

/// A value that is made once, by whoever needs it first; whoever comes meanwhile waits for it.
pub trait OnceLock<T>: Send + Sync + Default {
    /// The value; `make` makes it if nobody has.
    #[track_caller]
    fn get_or_init(&self, make: impl FnOnce() -> T) -> &T;
}

/// A plain cell that several threads can reach. Its accesses are steps; two that conflict and are
/// not ordered by synchronisation are a data race, which the models report.
///
/// It is not `Sync`: a type that shares one has to say so itself, with `unsafe impl Sync`, and that
/// promise is what the unsafe counter breaks.
pub trait UnsafeCell<T>: Send {
    /// A new cell, named for pictures.
    #[track_caller]
    fn named(name: &'static str, value: T) -> Self;
    /// Reads: `f` gets a pointer it may read through.
    #[track_caller]
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R;
    /// Writes: `f` gets a pointer it may write through.
    #[track_caller]
    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R;
}

/// The sending half of a channel. When the last sender is dropped the channel closes.
pub trait Sender<T>: Clone + Send + Sync {
    /// Sends, waiting while a bounded channel is full. Gives the message back when the receiver is
    /// gone.
    #[track_caller]
    fn send(&self, message: T) -> Result<(), T>;
}

/// The receiving half of a channel.
pub trait Receiver<T>: Send {
    /// Waits for a message. `None` when the channel is empty and every sender is gone.
    #[track_caller]
    fn receive(&self) -> Option<T>;
}

/// A spawned thread.
pub trait JoinHandle<T>: Send + Sync {
    /// Waits until the thread has ended.
    ///
    /// # Panics
    /// With the thread's panic, when it panicked.
    #[track_caller]
    fn join(self) -> T;
}
