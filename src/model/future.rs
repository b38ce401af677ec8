//! Futures, for programs under exploration: a place to run them, and a lock to await.
//!
//! A thread of the model runs a future with [`block_on`]; several threads are several executors.

mod mutex;

pub use mutex::{Lock, Mutex, MutexGuard};

use crate::explore::runtime::{Bits, Op, Word, step};
use crate::trace::ObjectKind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Wake, Waker};

/// The token that waking gives and waiting takes: one of its own, so that the thread's own token
/// keeps its meaning for the program.
struct Signal {
    word: Word,
}

impl Wake for Signal {
    #[track_caller]
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    #[track_caller]
    fn wake_by_ref(self: &Arc<Self>) {
        step(&self.word, Bits::Opaque, Op::Unpark, Relaxed, 0, 0);
    }
}

/// Runs a future on this thread until it is ready. Waking it is a step, and so is going on.
///
/// A future that is pending and that nobody wakes is a deadlock, found like any other.
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
    let signal = Arc::new(Signal { word: Word::registered(ObjectKind::Park, 0, None) });
    let waker = Waker::from(Arc::clone(&signal));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        step(&signal.word, Bits::Opaque, Op::Park, Relaxed, 0, 0);
    }
}
