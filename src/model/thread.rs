//! `std::thread`, for programs under exploration.
//!
//! Spawning and joining are not steps: they touch nothing that another thread could see change.
//! A spawned thread starts after all its parent did before, and a join returns after all the thread
//! did.

mod park;
mod scope;

pub use park::{Thread, ThreadId, park, park_timeout};
pub use scope::{Scope, ScopedJoinHandle, scope};
pub use std::thread::{AccessError, Result, panicking};

use crate::explore::Finer;
use crate::explore::runtime::{
    self, Bits, Op, State, Word, step_ordered_at, wait_in, wait_to_spin, with_current,
};
use smallbox::smallbox;
use std::borrow::Cow;
use std::io;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::Ordering::{self, Relaxed, Release};
use std::time::Duration;

/// Starts a thread.
///
/// # Panics
/// Outside an exploration.
#[track_caller]
pub fn spawn<T, F>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    // SAFETY: the closure and its result own what they use.
    unsafe { start(None, 0, f) }
}

/// Starts a thread whose name costs nothing.
#[track_caller]
pub(crate) fn spawn_named<T, F>(name: &'static str, f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    // SAFETY: the closure and its result own what they use.
    unsafe { start(Some(Cow::Borrowed(name)), 0, f) }
}

/// Starts a task: a thread of the model that shares a thread of the program with others.
///
/// # Safety
/// What `f` and its result are made of stays on the program's thread that they come from.
#[track_caller]
pub(in crate::model) unsafe fn start_here<T, F>(name: &'static str, f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    // SAFETY: the closure and its result own what they use.
    unsafe { start(Some(Cow::Borrowed(name)), 0, f) }
}

/// A thread to be, with a name.
#[derive(Debug, Default)]
pub struct Builder {
    name: Option<String>,
    stack_size: usize,
}

impl Builder {
    /// A thread without a name.
    pub fn new() -> Self {
        Builder::default()
    }

    /// Names the thread; the name heads its column in pictures.
    #[must_use]
    pub fn name(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// Gives the thread a stack of this size, if that is more than `Explorer::stack_size` gives to
    /// every thread.
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// Never; std's may.
    #[track_caller]
    pub fn spawn<T, F>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        // SAFETY: the closure and its result own what they use.
        Ok(unsafe { start(self.name.map(Cow::Owned), self.stack_size, f) })
    }
}

/// Starts a thread.
///
/// # Safety
/// What `f` and its result borrow must outlive the thread.
#[track_caller]
unsafe fn start<T, F>(name: Option<Cow<'static, str>>, stack_size: usize, f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T,
{
    let (leave, left) = oneshot::channel();
    let place = Location::caller();
    let mut parts = Some((f, leave));
    let body = move || {
        let (f, leave) = parts.take().expect("a thread runs once");
        let result = catch_unwind(AssertUnwindSafe(f));
        if let Err(payload) = &result {
            runtime::note_panic(payload.as_ref());
        }
        // Nobody wants it if the handle is gone.
        let _ = leave.send(result);
        returns(place);
    };
    // SAFETY: by the caller's promise.
    let number = unsafe { runtime::spawn_thread(name.clone(), stack_size, smallbox!(body)) };
    JoinHandle { left, thread: Thread::new(number, name) }
}

/// A thread's closure has returned.
fn returns(place: &'static Location<'static>) {
    if with_current(|runtime| runtime.finer.ends) {
        let me = with_current(|runtime| runtime.current_thread());
        end_step(me, Op::Store, Release, place);
    }
    with_current(|runtime| runtime.returns());
}

/// A step on a thread's end.
fn end_step(thread: u8, op: Op, order: Ordering, place: &'static Location<'static>) -> u64 {
    let end: *const Word = with_current(|runtime| runtime.end_of(thread));
    // SAFETY: the runtime's, which outlives the execution this thread is part of.
    step_ordered_at(place, unsafe { &*end }, Bits::Bool, op, order, (1, 0))
}

/// A spawned thread.
pub struct JoinHandle<T> {
    /// What the thread leaves for whoever joins it.
    left: oneshot::Receiver<Result<T>>,
    thread: Thread,
}

// SAFETY: a shared handle gives access to the number and the name only; what the thread leaves is
// taken by `join`, which owns the handle.
unsafe impl<T> Sync for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// Waits until the thread has ended.
    ///
    /// # Errors
    /// With the thread's panic.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        let number = self.thread.number();
        wait_for_end(number);
        let result = self.left.try_recv().expect("a thread that has ended has left something");
        if result.is_err() {
            with_current(|runtime| runtime.panic_taken(number));
        }
        result
    }

    /// Has the thread's closure returned? A step, and where a program asks, so is each thread's end.
    /// As in std, what the thread has done need not be seen yet: [`join`](Self::join) orders that.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        let number = self.thread.number();
        runtime::needs(Finer::ENDS);
        end_step(number, Op::Load, Relaxed, Location::caller()) != 0
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }
}

impl<T> std::fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// Waits until a thread has ended; what it did comes before whatever this thread does next.
#[inline(always)]
#[track_caller]
pub(in crate::model) fn wait_for_end(number: u8) {
    if !with_current(|runtime| runtime.has_finished(number)) {
        wait_in(State::Joining(number));
    }
    with_current(|runtime| runtime.comes_after(number));
}

/// Lets others go first: this thread goes on when something it has looked at has changed.
///
/// A loop that only looks and yields is explored once for each change, not once for each round. If
/// the thread has changed something itself since it last yielded, this does nothing.
#[inline(always)] // so that no frame of the model's own stands between two rounds
#[track_caller]
pub fn yield_now() {
    if stops_at_yield() {
        wait_to_spin();
    }
}

#[inline(never)] // what it counts must not be left in a register of whoever yields
fn stops_at_yield() -> bool {
    with_current(|runtime| runtime.stops_at_yield())
}

/// Time does not pass in a model: as [`yield_now`].
#[inline(always)] // as above
#[track_caller]
pub fn sleep(_duration: Duration) {
    yield_now();
}

/// The running thread.
///
/// # Panics
/// Outside an exploration.
pub fn current() -> Thread {
    park::current()
}

/// As std's; the models pretend to have as many cores as they need.
///
/// # Errors
/// Never.
pub fn available_parallelism() -> io::Result<std::num::NonZeroUsize> {
    Ok(std::num::NonZeroUsize::new(2).expect("two is not zero"))
}
