//! The few words that tasks need: futures that share one thread, as JavaScript's do.
//!
//! A program that is generic over [`Tasks`] is written once and runs two ways: on a real executor of
//! one thread (smol's, for [`Std`](super::Std)) and under racelab's explorer
//! ([`Model`](super::Model)). loom has no tasks.
//!
//! ```
//! use racelab::primitives::{Cell, Std, Tasks};
//! use std::rc::Rc;
//!
//! async fn increment<P: Tasks>(count: Rc<P::Cell<u64>>) {
//!     let seen = count.get();
//!     P::pause().await; // a request, a timer: others go on
//!     count.set(seen + 1);
//! }
//!
//! fn two<P: Tasks>() -> u64 {
//!     let count = Rc::new(P::Cell::named("count", 0));
//!     let (a, b) = (Rc::clone(&count), Rc::clone(&count));
//!     P::run(vec![("A", Box::pin(increment::<P>(a))), ("B", Box::pin(increment::<P>(b)))]);
//!     count.get()
//! }
//! assert_eq!(two::<Std>(), 1, "an increment is lost, every time");
//! ```
//!
//! # Layout
//! - this file: the traits, each with its contract
//! - `model`: racelab's explorer; `std`: a real executor

mod model;
mod std;

pub use crate::model::future::LocalFuture;

use super::Primitives;
use ::std::ops::DerefMut;

/// A family whose tasks share one thread: between two awaits no other task goes on.
pub trait Tasks: Primitives {
    /// A value that the tasks of one thread share.
    type Cell<T: Copy + 'static>: Cell<T>;
    /// A lock that is awaited.
    type Lock<T: 'static>: Lock<T>;
    /// A task that was started: a future of what it returns. Dropping it cancels the task.
    type Task<T: 'static>: Task<T>;
    /// Something that takes time.
    type Pause: Future<Output = ()> + Unpin + 'static;

    /// Runs tasks on this thread, each under its name, until all have ended, and all that they have
    /// started; returns what they return. They begin in this order, unless the explorer tries another.
    #[track_caller]
    fn run<T: 'static>(tasks: Vec<(&'static str, LocalFuture<T>)>) -> Vec<T>;

    /// Starts a task on the thread of the task that runs; it begins when that one awaits.
    ///
    /// # Panics
    /// Outside a task.
    #[track_caller]
    fn start<T: 'static>(
        name: &'static str,
        task: impl Future<Output = T> + 'static,
    ) -> Self::Task<T>;

    /// Something that takes time: a request, a timer. Others go on meanwhile.
    #[track_caller]
    fn pause() -> Self::Pause;
}

/// A value that the tasks of one thread share: std's `Cell`, with each access a step.
pub trait Cell<T> {
    /// A new one, named for pictures.
    #[track_caller]
    fn named(name: &'static str, value: T) -> Self;
    /// Reads.
    #[track_caller]
    fn get(&self) -> T;
    /// Writes.
    #[track_caller]
    fn set(&self, value: T);
}

/// A lock that is awaited: whoever waits for it lets others go on.
pub trait Lock<T> {
    /// Gives access to the value, and gives the lock back when dropped.
    type Guard<'a>: DerefMut<Target = T>
    where
        Self: 'a;

    /// A new lock, named for pictures.
    #[track_caller]
    fn named(name: &'static str, value: T) -> Self;
    /// Waits until the lock is free and takes it.
    #[track_caller]
    fn lock(&self) -> impl Future<Output = Self::Guard<'_>>;
}

/// A task that was started. Awaiting it panics when the task has panicked or was cancelled.
pub trait Task<T>: Future<Output = T> + Unpin + 'static {
    /// Cancels the task: it is dropped at its await.
    #[track_caller]
    fn cancel(self);
    /// Lets it run although nobody waits for it.
    fn detach(self);
}
