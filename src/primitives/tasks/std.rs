//! Tasks on a real executor of one thread: smol's.

use super::{Cell, LocalFuture, Lock, Task, Tasks};
use crate::primitives::Std;
use async_executor::LocalExecutor;
use futures_lite::future;
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

thread_local! {
    /// The executor whose tasks run on this thread.
    static CURRENT: RefCell<Option<Rc<LocalExecutor<'static>>>> = const { RefCell::new(None) };
}

impl Tasks for Std {
    type Cell<T: Copy + 'static> = std::cell::Cell<T>;
    type Lock<T: 'static> = async_lock::Mutex<T>;
    type Task<T: 'static> = async_executor::Task<T>;
    type Pause = Pause;

    fn run<T: 'static>(tasks: Vec<(&'static str, LocalFuture<T>)>) -> Vec<T> {
        let executor = Rc::new(LocalExecutor::new());
        let before = CURRENT.replace(Some(Rc::clone(&executor)));
        let tasks: Vec<_> = tasks.into_iter().map(|(_, task)| executor.spawn(task)).collect();
        let all = async {
            let mut results = Vec::with_capacity(tasks.len());
            for task in tasks {
                results.push(task.await);
            }
            results
        };
        let results = future::block_on(executor.run(all));
        while !executor.is_empty() {
            future::block_on(executor.tick());
        }
        CURRENT.set(before);
        results
    }

    fn start<T: 'static>(
        _name: &'static str,
        task: impl Future<Output = T> + 'static,
    ) -> Self::Task<T> {
        let executor = CURRENT.with_borrow(Clone::clone);
        executor.expect("only a task can start another: use `run` first").spawn(task)
    }

    fn pause() -> Pause {
        Pause(false)
    }
}

/// Pending once: the task goes to the end of the executor's queue.
#[derive(Debug)]
pub struct Pause(bool);

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<T: Copy + 'static> Cell<T> for std::cell::Cell<T> {
    fn named(_name: &'static str, value: T) -> Self {
        Self::new(value)
    }
    #[inline]
    fn get(&self) -> T {
        self.get()
    }
    #[inline]
    fn set(&self, value: T) {
        self.set(value);
    }
}

impl<T: 'static> Lock<T> for async_lock::Mutex<T> {
    type Guard<'a> = async_lock::MutexGuard<'a, T>;

    fn named(_name: &'static str, value: T) -> Self {
        Self::new(value)
    }
    fn lock(&self) -> impl Future<Output = Self::Guard<'_>> {
        self.lock()
    }
}

impl<T: 'static> Task<T> for async_executor::Task<T> {
    fn cancel(self) {
        drop(self);
    }
    fn detach(self) {
        self.detach();
    }
}
