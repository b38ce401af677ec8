//! Futures and tasks, for programs under exploration.
//!
//! A thread of the model runs a future with [`block_on`]; several threads are several executors. On
//! one thread [`spawn`] and [`run`] start *tasks*: each has a column of the picture, an `.await` that
//! takes time gives the thread away (a step, `await`) and takes it again (a step, `goes on`), and
//! between two awaits no other task of the thread goes on.
//!
//! ```
//! use racelab::model::{cell::Cell, future::{pause, run}};
//! use std::rc::Rc;
//!
//! // Two requests on one thread: read, await, write.
//! let report = racelab::explore(|| {
//!     let count = Rc::new(Cell::named("count", 0));
//!     let request = |count: Rc<Cell<u32>>| async move {
//!         let seen = count.get();
//!         pause().await;
//!         count.set(seen + 1);
//!     };
//!     run(vec![
//!         ("A", Box::pin(request(Rc::clone(&count)))),
//!         ("B", Box::pin(request(Rc::clone(&count)))),
//!     ]);
//!     count.get()
//! });
//! assert_eq!(report.interleavings(), Some(6));
//! assert_eq!(report.outcome(&1).unwrap().interleavings(), Some(4));
//! ```
//!
//! # Limitations
//! - What tasks of one thread tell each other need not be the model's: a `Cell` will do. It is not in
//!   the picture, though; the model's [`Cell`](super::cell::Cell) is.
//! - A `thread_local!` of the model is a task's own.
//!
//! # Layout
//! - this file: running futures
//! - `executor`: the thread that tasks share; `task`: the tasks
//! - `pause`: what takes time; `mutex`: a lock to await

mod executor;
mod mutex;
mod pause;
mod task;

pub use mutex::{Lock, Mutex, MutexGuard};
pub use pause::{Pause, pause};
pub use task::{Task, spawn};

use crate::explore::runtime::with_current;
use executor::{Executor, Place, Signal};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Runs a future on this thread until it is ready. To wake it from another thread is a step, and so is
/// going on.
///
/// Tasks that it [spawns](spawn) share the thread with it. Those that are left when it is ready are
/// cancelled. A future that is pending and that nobody wakes is a deadlock, found like any other.
///
/// # Examples
/// ```
/// use racelab::model::future::block_on;
///
/// let report = racelab::explore(|| block_on(async { 1 + async { 1 }.await }));
/// assert!(report.outcome(&2).is_some());
/// ```
///
/// # Panics
/// Outside an exploration.
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let task = with_current(|runtime| runtime.current_thread());
    let place = Location::caller();
    let executor = Executor::held_by(task);
    let _entered = executor.enter();
    let _main = Main { executor: &executor, task, place };
    let waker = Waker::from(Arc::new(Signal { executor: Arc::clone(&executor), task }));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        executor.wait(task, place);
    }
}

/// Cancels the tasks that are left when the main one is over, however it ends.
struct Main<'a> {
    executor: &'a Executor,
    task: u8,
    place: Place,
}

impl Drop for Main<'_> {
    fn drop(&mut self) {
        self.executor.close(self.task, self.place);
    }
}

/// Runs tasks on one thread, each under its name, until all have ended, and all that they have
/// [started](spawn); returns what they return. This thread only waits for them, so it is in nobody's way and in no picture.
///
/// # Panics
/// When a task has panicked; outside an exploration.
#[track_caller]
pub fn run<T: 'static>(tasks: Vec<(&'static str, LocalFuture<T>)>) -> Vec<T> {
    let (executor, place) = (Executor::free(), Location::caller());
    let start = |(name, future)| Task::start(Arc::clone(&executor), name, place, future);
    let tasks: Vec<_> = tasks.into_iter().map(start).collect();
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.join()); // not in a closure, which has a place of its own
    }
    executor.wait_for_children(with_current(|runtime| runtime.current_thread()));
    results
}

/// A future that stays on its thread.
pub type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;
