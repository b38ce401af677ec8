//! Tasks: futures that share a thread.

use super::executor::{Executor, Place, Signal, current, waits_at};
use crate::explore::runtime::{is_over, with_current};
use crate::model::thread::{self, JoinHandle};
use std::fmt;
use std::marker::PhantomData;
use std::panic::{Location, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Starts a task on the thread of the one that runs, under a name for pictures. It begins when that
/// one awaits, or later.
///
/// # Panics
/// Outside a task.
#[track_caller]
pub fn spawn<T: 'static>(name: &'static str, future: impl Future<Output = T> + 'static) -> Task<T> {
    Task::start(current(), name, Location::caller(), future)
}

/// A task that was spawned: await it for what it returns.
///
/// A task whose `Task` is dropped is cancelled, as smol's is: it goes no further than the `.await` at
/// which it waits, and its future is dropped there. [`detach`](Task::detach) lets it run.
///
/// # Panics
/// Awaiting it panics when the task has panicked or was cancelled.
#[must_use = "a task whose handle is dropped is cancelled; `detach` lets it run"]
pub struct Task<T> {
    executor: Arc<Executor>,
    number: u8,
    thread: Option<JoinHandle<Option<T>>>,
    awaited_at: Place,
    detached: bool,
    /// Only tasks of its thread can ask whether it has ended.
    stays: PhantomData<Rc<()>>,
}

impl<T> Task<T> {
    /// Starts a task.
    #[track_caller]
    pub(super) fn start(
        executor: Arc<Executor>,
        name: &'static str,
        place: Place,
        future: impl Future<Output = T> + 'static,
    ) -> Self
    where
        T: 'static,
    {
        let theirs = Arc::clone(&executor);
        let body = move || {
            let task = with_current(|runtime| runtime.current_thread());
            theirs.start(task, place);
            let _entered = theirs.enter();
            let _running = Running { executor: &theirs, task, place };
            // Polled in a function of its own, so that the future is gone before the task ends.
            poll_to_the_end(&theirs, task, place, future)
        };
        // SAFETY: all modelled threads run on one OS thread. What the future is made of goes to no
        // other thread of the program either: a task runs on that of its executor, and so does
        // whoever gets what it returns.
        let thread = unsafe { thread::start_here(name, body) };
        let number = thread.thread().number();
        with_current(|runtime| runtime.note_task(number));
        executor.add(number);
        Task {
            executor,
            number,
            thread: Some(thread),
            awaited_at: place,
            detached: false,
            stays: PhantomData,
        }
    }

    /// Lets the task run although nobody waits for it.
    pub fn detach(mut self) {
        self.detached = true;
    }

    /// Cancels the task: it is dropped at its await.
    #[track_caller]
    pub fn cancel(self) {
        self.executor.cancel(self.number);
    }

    /// Waits, as a thread that is not one of its tasks, until it has ended.
    #[track_caller]
    pub(super) fn join(mut self) -> T {
        self.detached = true;
        self.take()
    }

    /// What it returned, once it has ended.
    #[track_caller]
    fn take(&mut self) -> T {
        let thread = self.thread.take().expect("a task that is done is not polled again");
        match thread.join() {
            Ok(value) => value.expect("the task was cancelled: it returns nothing"),
            Err(panic) => resume_unwind(panic),
        }
    }
}

/// Runs a task's future; `None` if the task was cancelled before it was done.
fn poll_to_the_end<F: Future>(
    executor: &Arc<Executor>,
    task: u8,
    place: Place,
    future: F,
) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Signal { executor: Arc::clone(executor), task }));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if executor.is_cancelled(task) {
            return None;
        }
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return Some(value),
            Poll::Pending if executor.is_cancelled(task) => return None,
            Poll::Pending => executor.wait(task, place),
        }
    }
}

/// Gives the thread away for good when the task is over, however it ends.
struct Running<'a> {
    executor: &'a Executor,
    task: u8,
    place: Place,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.executor.end(self.task, self.place);
    }
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        if self.executor.has_ended(self.number) {
            return Poll::Ready(self.take());
        }
        waits_at(self.awaited_at);
        self.executor.note_joiner(self.number, context.waker());
        Poll::Pending
    }
}

impl<T> Unpin for Task<T> {}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if !self.detached && self.thread.is_some() && !is_over() {
            self.executor.cancel(self.number);
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").finish_non_exhaustive()
    }
}
