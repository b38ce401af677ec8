//! Tasks under the explorer: those of [`model::future`](crate::model::future).

use super::{Cell, LocalFuture, Lock, Task, Tasks};
use crate::model::{cell::UnsafeCell, future};
use crate::primitives::Model;

impl Tasks for Model {
    type Cell<T: Copy + 'static> = ModelCell<T>;
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

/// A modelled cell for values that are copied in and out.
pub struct ModelCell<T>(UnsafeCell<T>);

impl<T: Copy> Cell<T> for ModelCell<T> {
    #[track_caller]
    fn named(name: &'static str, value: T) -> Self {
        ModelCell(UnsafeCell::named(name, value))
    }
    #[track_caller]
    fn get(&self) -> T {
        // SAFETY: all threads of the model run on one OS thread, and nobody has a reference into the
        // cell: values are copied. Tasks that did not share a thread would race, and be reported.
        self.0.with(|value| unsafe { *value })
    }
    #[track_caller]
    fn set(&self, value: T) {
        // SAFETY: as above.
        self.0.with_mut(|place| unsafe { *place = value });
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
