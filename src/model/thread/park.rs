//! Parking: a token a thread, which `unpark` gives and `park` takes.

use crate::explore::runtime::{Bits, Op, Word, must_be_under_way, step, with_current};
use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Takes a step on a thread's token; returns whether the token was there.
#[track_caller]
fn token_step(thread: u8, op: Op) -> bool {
    let token: *const Word = with_current(|runtime| runtime.token(thread));
    // SAFETY: the token is the runtime's, which outlives the execution this thread is part of.
    step(unsafe { &*token }, Bits::Opaque, op, Relaxed, 0, 0) == 1
}

/// Waits for the thread's token and takes it.
#[track_caller]
pub fn park() {
    token_step(with_current(|runtime| runtime.current_thread()), Op::Park);
}

/// Takes the thread's token if it is there; if not, the time-out passes, and others may go first as with
/// [`yield_now`](super::yield_now): a loop that only polls is not followed round after round.
#[inline(always)] // see `yield_now`
#[track_caller]
pub fn park_timeout(_timeout: Duration) {
    if !token_step(with_current(|runtime| runtime.current_thread()), Op::ParkTimeout) {
        super::yield_now();
    }
}

/// A handle to a thread.
#[derive(Clone)]
pub struct Thread {
    /// The execution it belongs to.
    execution: u64,
    number: u8,
    name: Option<Cow<'static, str>>,
}

/// Tells threads apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(u8);

impl Thread {
    /// A thread of the execution under way.
    pub(super) fn new(number: u8, name: Option<Cow<'static, str>>) -> Self {
        let execution = with_current(|runtime| runtime.execution_and_thread().0);
        Thread { execution, number, name }
    }

    /// Its number, if it belongs to the execution under way. A handle that was kept from another one
    /// is refused.
    pub(in crate::model) fn number(&self) -> u8 {
        must_be_under_way(self.execution);
        self.number
    }

    /// Gives the thread its token.
    #[track_caller]
    pub fn unpark(&self) {
        token_step(self.number(), Op::Unpark);
    }

    /// The thread's identity.
    pub fn id(&self) -> ThreadId {
        ThreadId(self.number)
    }

    /// The name it was spawned with.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("id", &self.id()).field("name", &self.name).finish()
    }
}

pub(super) fn current() -> Thread {
    let (number, name) = with_current(|runtime| runtime.current_name());
    Thread::new(number, name)
}
