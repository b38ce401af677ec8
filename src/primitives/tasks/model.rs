//! Tasks under the explorer: those of [`model::future`](crate::model::future).

use super::{Cell, LocalFuture, Lock, Task, Tasks};
use crate::model::{cell, future};
use crate::primitives::Model;

impl Tasks for Model {
    type Cell<T: Copy + 'static> = cell::Cell<T>;
    type Lock<T: 'static> = future::Mutex<T>;
    type Task<T: 'static> = future::Task<T>;
    type Pause = future::Pause;

    #[track_caller]
    fn run<T: 'static>(tasks: Vec<(&'static str, LocalFuture<T>)>) -> Vec<T> {
        future::run(tasks)
    }

    #[track_caller]
    fn start<T: 'static>(
        name: &'static str,
        task: impl Future<Output = T> + 'static,
    ) -> Self::Task<T> {
        future::spawn(name, task)
    }

    #[track_caller]
    fn pause() -> Self::Pause {
        future::pause()
    }
}

impl<T: Copy> Cell<T> for cell::Cell<T> {
    #[track_caller]
    fn named(name: &'static str, value: T) -> Self {
        cell::Cell::named(name, value)
    }
    #[track_caller]
    fn get(&self) -> T {
        self.get()
    }
    #[track_caller]
    fn set(&self, value: T) {
        self.set(value);
    }
}

impl<T: 'static> Lock<T> for future::Mutex<T> {
    type Guard<'a> = future::MutexGuard<'a, T>;

    #[track_caller]
    fn named(name: &'static str, value: T) -> Self {
        future::Mutex::named(name, value)
    }
    #[track_caller]
    fn lock(&self) -> impl Future<Output = Self::Guard<'_>> {
        self.lock()
    }
}

impl<T: 'static> Task<T> for future::Task<T> {
    #[track_caller]
    fn cancel(self) {
        self.cancel();
    }
    fn detach(self) {
        self.detach();
    }
}
