//! Loom: every step is loom's, and every step is recorded.
//!
//! # Layout
//! - this file: the family
//! - `log`: who did what, in which order; `tag`: what ties an object to its execution
//! - `threads`: spawning, waiting, joining; `stop`: ending before the time
//! - `atomic`, `cell`, `mutex`, `condvar`, `channel`, `once`: the primitives; `point`: what locks,
//!   condition variables and channels stand on
//!
//! # Limitations
//! - loom runs at most 5 threads (`MAX_THREADS`), main included, on stacks of 32 KiB.
//! - `SeqCst` accesses are treated as `AcqRel`, in every [mode](crate::loom::LoomMode): where loads and
//!   stores are loom's own, a stale read under `SeqCst` may be a false alarm.
//! - `notify_one` wakes the thread that has waited longest; that it may wake any other is not
//!   explored, and the report is then not called complete.
//! - A weak compare-exchange never fails for no reason.

mod atomic;
mod cell;
mod channel;
mod condvar;
pub(crate) mod log;
mod mutex;
mod once;
mod point;
pub(crate) mod stop;
mod tag;
pub(crate) mod threads;

use super::Primitives;
use std::sync::atomic::Ordering;

pub use atomic::{LoomBool, LoomI32, LoomI64, LoomU8, LoomU32, LoomU64, LoomUsize};
pub use cell::LoomCell;
pub use channel::{LoomReceiver, LoomSender};
pub use condvar::LoomCondvar;
pub use mutex::{LoomGuard, LoomMutex};
pub use once::LoomOnce;
pub use threads::LoomJoinHandle;

/// The family of primitives that loom schedules, for [`explore_with_loom`](crate::explore_with_loom).
#[derive(Clone, Copy, Debug, Default)]
pub struct Loom;

impl Primitives for Loom {
    type AtomicBool = LoomBool;
    type AtomicU8 = LoomU8;
    type AtomicU32 = LoomU32;
    type AtomicU64 = LoomU64;
    type AtomicUsize = LoomUsize;
    type AtomicI32 = LoomI32;
    type AtomicI64 = LoomI64;
    type Mutex<T: Send + 'static> = LoomMutex<T>;
    type Condvar = LoomCondvar;
    type OnceLock<T: Send + Sync + 'static> = LoomOnce<T>;
    type UnsafeCell<T: Send + 'static> = LoomCell<T>;
    type Sender<T: Send + 'static> = LoomSender<T>;
    type Receiver<T: Send + 'static> = LoomReceiver<T>;
    type JoinHandle<T: Send + 'static> = LoomJoinHandle<T>;

    #[track_caller]
    fn spawn<T: Send + 'static>(
        name: &'static str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> Self::JoinHandle<T> {
        threads::spawn(name, body)
    }

    fn yield_now() {
        threads::yield_now();
    }

    #[track_caller]
    fn fence(order: Ordering) {
        atomic::fence(order);
    }

    #[track_caller]
    fn channel<T: Send + 'static>(
        name: &'static str,
        capacity: Option<usize>,
    ) -> (Self::Sender<T>, Self::Receiver<T>) {
        channel::channel(name, capacity)
    }

    fn thread_index() -> usize {
        threads::index()
    }

    fn operation<R>(body: impl FnOnce() -> R) -> R {
        log::operation(body)
    }
}
