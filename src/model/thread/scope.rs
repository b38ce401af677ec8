//! `std::thread::scope`, for programs under exploration.

use super::{JoinHandle, Result, Thread, start};
use crate::explore::runtime::{State, wait_in, with_current};
use std::borrow::Cow;
use std::cell::RefCell;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// A scope that threads may borrow from.
pub struct Scope<'scope, 'env: 'scope> {
    threads: RefCell<Vec<u8>>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

// SAFETY: the list is only touched by modelled threads, of which one runs at a time.
unsafe impl Sync for Scope<'_, '_> {}

/// A thread of a scope.
pub struct ScopedJoinHandle<'scope, T> {
    handle: JoinHandle<T>,
    scope: PhantomData<&'scope ()>,
}

/// Runs `f` with a scope, and returns when the closure of every thread of the scope has. As in std,
/// a thread that nobody joins may then still be dropping its thread-locals.
///
/// # Panics
/// When `f` does, or when a thread of the scope did and nobody joined it.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let scope = Scope { threads: RefCell::new(Vec::new()), scope: PhantomData, env: PhantomData };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    let mut panicked = false;
    let mut next = 0;
    // Threads of the scope may start further ones.
    loop {
        let Some(number) = scope.threads.borrow().get(next).copied() else { break };
        next += 1;
        if !with_current(|runtime| runtime.has_returned(number)) {
            wait_in(State::Returning(number));
        }
        with_current(|runtime| runtime.comes_after(number));
        panicked |= with_current(|runtime| runtime.pass_panic_on(number));
    }
    match result {
        Err(panic) => resume_unwind(panic),
        Ok(_) if panicked => panic!("a scoped thread panicked"),
        Ok(value) => value,
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread that may borrow from outside the scope.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.start(None, 0, f)
    }

    #[track_caller]
    fn start<F, T>(
        &'scope self,
        name: Option<Cow<'static, str>>,
        stack_size: usize,
        f: F,
    ) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        // SAFETY: `scope` does not return before the thread's closure has, after which the thread
        // borrows nothing, and what it borrows lives as long as the scope: where an execution ends before, neither the thread nor the scope's
        // owner runs again, and their stacks are kept as they are.
        let handle = unsafe { start(name, stack_size, f) };
        self.threads.borrow_mut().push(handle.thread.number());
        ScopedJoinHandle { handle, scope: PhantomData }
    }
}

impl super::Builder {
    /// Starts the thread in a scope.
    ///
    /// # Errors
    /// Never; std's may.
    #[track_caller]
    pub fn spawn_scoped<'scope, F, T>(
        self,
        scope: &'scope Scope<'scope, '_>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Ok(scope.start(self.name.map(Cow::Owned), self.stack_size, f))
    }
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits until the thread has ended.
    ///
    /// # Errors
    /// With the thread's panic.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.handle.join()
    }

    /// Has the thread's closure returned? A step, as [`JoinHandle::is_finished`].
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        self.handle.thread()
    }
}
