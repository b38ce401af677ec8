//! Loom: every step is loom's, and every step is recorded.
//!
//! # Layout
//! - this file: the family and its three modes
//! - `log`: who did what, in which order; `tag`: what ties an object to its execution
//! - `threads`: spawning, waiting, joining; `stop`: ending before the time
//! - `atomic`, `cell`, `mutex`, `condvar`, `channel`, `once`: the primitives; `point`: what locks,
//!   condition variables and channels stand on
//!
//! # Limitations
//! - loom runs at most 5 threads (`MAX_THREADS`), main included, on stacks of 32 KiB.
//! - `SeqCst` accesses are treated as `AcqRel`, in every mode: in [`Plain`] and [`Gated`] a stale
//!   read under `SeqCst` may be a false alarm.
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
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::atomic::Ordering;

pub use atomic::{LoomBool, LoomI32, LoomI64, LoomU8, LoomU32, LoomU64, LoomUsize};
pub use cell::LoomCell;
pub use channel::{LoomReceiver, LoomSender};
pub use condvar::LoomCondvar;
pub use mutex::{LoomGuard, LoomMutex};
pub use once::LoomOnce;
pub use threads::LoomJoinHandle;

/// The family of primitives that loom schedules, for [`explore_with_loom`](crate::explore_with_loom):
/// [`LoomIn`] its usual mode, [`Interleavings`].
pub type Loom = LoomIn<Interleavings>;

/// The family of primitives that loom schedules, in one of three modes.
///
/// The mode says what a load and a store are to loom: [`Interleavings`], [`Gated`] or [`Plain`].
#[derive(Clone, Copy, Debug, Default)]
pub struct LoomIn<M>(PhantomData<M>);

/// How [`LoomIn`] performs loads and stores.
pub trait Mode: sealed::Sealed + Default + Copy + Debug + Send + Sync + 'static {
    /// Loads and stores are read-modify-writes.
    #[doc(hidden)]
    const EXACT: bool;
    /// Every thread passes the start gate.
    #[doc(hidden)]
    const GATE: bool;
}

/// Loads are `fetch_add(0)`, stores are `swap`, each with the ordering asked for: a
/// read-modify-write sees the newest value, so what loom visits is exactly the interleavings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interleavings;

/// Real loads and stores, and a start gate: each thread does a read-modify-write before its first
/// access, which brings back executions that loom misses without it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gated;

/// Real loads and stores and nothing else: loom as it comes. It misses executions, because it
/// remembers one last access of an object, and a thread's own load hides another's racing load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Mode for Interleavings {
    const EXACT: bool = true;
    const GATE: bool = false;
}

impl Mode for Gated {
    const EXACT: bool = false;
    const GATE: bool = true;
}

impl Mode for Plain {
    const EXACT: bool = false;
    const GATE: bool = false;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Interleavings {}
    impl Sealed for super::Gated {}
    impl Sealed for super::Plain {}
}

impl<M: Mode> Primitives for LoomIn<M> {
    type AtomicBool = LoomBool<M>;
    type AtomicU8 = LoomU8<M>;
    type AtomicU32 = LoomU32<M>;
    type AtomicU64 = LoomU64<M>;
    type AtomicUsize = LoomUsize<M>;
    type AtomicI32 = LoomI32<M>;
    type AtomicI64 = LoomI64<M>;
    type Mutex<T: Send + 'static> = LoomMutex<T>;
    type Condvar = LoomCondvar<M>;
    type OnceLock<T: Send + Sync + 'static> = LoomOnce<T>;
    type UnsafeCell<T: Send + 'static> = LoomCell<T, M>;
    type Sender<T: Send + 'static> = LoomSender<T>;
    type Receiver<T: Send + 'static> = LoomReceiver<T>;
    type JoinHandle<T: Send + 'static> = LoomJoinHandle<T>;

    #[track_caller]
    fn spawn<T: Send + 'static>(
        name: &'static str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> Self::JoinHandle<T> {
        threads::spawn::<M, T>(name, body)
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
        Self::index()
    }

    fn operation<R>(body: impl FnOnce() -> R) -> R {
        log::operation(body)
    }
}
