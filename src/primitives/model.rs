//! racelab's explorer: the types of [`model`](crate::model), as a family.

mod guard;

pub use guard::Guard;

use super::weakened::{self, Woken};
use super::{
    AtomicBool, AtomicInteger, Condvar, JoinHandle, Mutex, OnceLock, Primitives, Receiver, Sender,
    UnsafeCell,
};
use crate::explore::runtime::with_current;
use crate::model::{self, cell, sync, sync::atomic, sync::mpsc, thread};
use guard::taken;
use std::sync::atomic::Ordering;

/// The family of the explorer's primitives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Model;

impl Primitives for Model {
    type AtomicBool = atomic::AtomicBool;
    type AtomicU8 = atomic::AtomicU8;
    type AtomicU32 = atomic::AtomicU32;
    type AtomicU64 = atomic::AtomicU64;
    type AtomicUsize = atomic::AtomicUsize;
    type AtomicI32 = atomic::AtomicI32;
    type AtomicI64 = atomic::AtomicI64;
    type Mutex<T: Send + 'static> = sync::Mutex<T>;
    type Condvar = sync::Condvar;
    type OnceLock<T: Send + Sync + 'static> = sync::OnceLock<T>;
    type UnsafeCell<T: Send + 'static> = cell::UnsafeCell<T>;
    type Sender<T: Send + 'static> = ModelSender<T>;
    type Receiver<T: Send + 'static> = mpsc::Receiver<T>;
    type JoinHandle<T: Send + 'static> = thread::JoinHandle<T>;

    #[track_caller]
    fn spawn<T: Send + 'static>(
        name: &'static str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> Self::JoinHandle<T> {
        thread::spawn_named(name, body)
    }

    #[inline]
    #[track_caller]
    fn yield_now() {
        thread::yield_now();
    }

    #[inline]
    #[track_caller]
    fn fence(order: Ordering) {
        if let Some(order) = weakened::fence(order) {
            atomic::fence(order);
        }
    }

    #[track_caller]
    fn channel<T: Send + 'static>(
        name: &'static str,
        capacity: Option<usize>,
    ) -> (Self::Sender<T>, Self::Receiver<T>) {
        match capacity {
            None => {
                let (sender, receiver) = mpsc::named_channel(Some(name));
                (ModelSender::Unbounded(sender), receiver)
            }
            Some(capacity) => {
                let (sender, receiver) = mpsc::named_sync_channel(Some(name), capacity);
                (ModelSender::Bounded(sender), receiver)
            }
        }
    }

    fn thread_index() -> usize {
        usize::from(with_current(|runtime| runtime.current_thread()))
    }

    fn operation<R>(body: impl FnOnce() -> R) -> R {
        model::operation(body)
    }
}

macro_rules! atomic_integer {
    ($($atomic:ident $integer:ident),*) => {$(
        impl AtomicInteger for atomic::$atomic {
            type Value = $integer;

            #[track_caller]
            fn named(name: &'static str, value: $integer) -> Self {
                Self::named(name, value)
            }
            #[inline]
            #[track_caller]
            fn load(&self, order: Ordering) -> $integer {
                self.load(weakened::load(order))
            }
            #[inline]
            #[track_caller]
            fn store(&self, value: $integer, order: Ordering) {
                self.store(value, weakened::store(order));
            }
            #[inline]
            #[track_caller]
            fn swap(&self, value: $integer, order: Ordering) -> $integer {
                self.swap(value, weakened::update(order))
            }
            #[inline]
            #[track_caller]
            fn fetch_add(&self, value: $integer, order: Ordering) -> $integer {
                self.fetch_add(value, weakened::update(order))
            }
            #[inline]
            #[track_caller]
            fn fetch_sub(&self, value: $integer, order: Ordering) -> $integer {
                self.fetch_sub(value, weakened::update(order))
            }
            #[inline]
            #[track_caller]
            fn fetch_or(&self, value: $integer, order: Ordering) -> $integer {
                self.fetch_or(value, weakened::update(order))
            }
            #[inline]
            #[track_caller]
            fn fetch_and(&self, value: $integer, order: Ordering) -> $integer {
                self.fetch_and(value, weakened::update(order))
            }
            #[inline]
            #[track_caller]
            fn fetch_max(&self, value: $integer, order: Ordering) -> $integer {
                self.fetch_max(value, weakened::update(order))
            }
            #[inline]
            #[track_caller]
            fn compare_exchange(
                &self,
                current: $integer,
                new: $integer,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$integer, $integer> {
                let success = weakened::update(success);
                let failure = weakened::failure(failure);
                weakened::exchanged(self.compare_exchange(current, new, success, failure), current)
            }
            #[inline]
            #[track_caller]
            fn compare_exchange_weak(
                &self,
                current: $integer,
                new: $integer,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$integer, $integer> {
                let success = weakened::update(success);
                let failure = weakened::failure(failure);
                weakened::exchanged(self.compare_exchange_weak(current, new, success, failure), current)
            }
        }
    )*};
}

atomic_integer!(AtomicU8 u8, AtomicU32 u32, AtomicU64 u64, AtomicUsize usize, AtomicI32 i32, AtomicI64 i64);

impl AtomicBool for atomic::AtomicBool {
    #[track_caller]
    fn named(name: &'static str, value: bool) -> Self {
        Self::named(name, value)
    }
    #[inline]
    #[track_caller]
    fn load(&self, order: Ordering) -> bool {
        self.load(weakened::load(order))
    }
    #[inline]
    #[track_caller]
    fn store(&self, value: bool, order: Ordering) {
        self.store(value, weakened::store(order));
    }
    #[inline]
    #[track_caller]
    fn swap(&self, value: bool, order: Ordering) -> bool {
        self.swap(value, weakened::update(order))
    }
    #[inline]
    #[track_caller]
    fn compare_exchange(
        &self,
        current: bool,
        new: bool,
        success: Ordering,
        failure: Ordering,
    ) -> Result<bool, bool> {
        let success = weakened::update(success);
        let failure = weakened::failure(failure);
        weakened::exchanged(self.compare_exchange(current, new, success, failure), current)
    }
}

impl<T: Send + 'static> Mutex<T> for sync::Mutex<T> {
    type Guard<'a> = Guard<'a, T>;

    #[track_caller]
    fn named(name: &'static str, value: T) -> Self {
        sync::Mutex::named(name, value)
    }
    #[inline]
    #[track_caller]
    fn lock(&self) -> Self::Guard<'_> {
        Guard::new(self, taken(self.lock()))
    }
    #[inline]
    #[track_caller]
    fn try_lock(&self) -> Option<Self::Guard<'_>> {
        match self.try_lock() {
            Ok(guard) => Some(Guard::new(self, guard)),
            Err(sync::TryLockError::Poisoned(poisoned)) => {
                Some(Guard::new(self, poisoned.into_inner()))
            }
            Err(sync::TryLockError::WouldBlock) => None,
        }
    }
}

impl Condvar<Model> for sync::Condvar {
    #[track_caller]
    fn named(name: &'static str) -> Self {
        sync::Condvar::named(name)
    }
    #[inline]
    #[track_caller]
    fn wait<'a, T: Send + 'static>(&self, guard: &mut Guard<'a, T>)
    where
        sync::Mutex<T>: 'a,
    {
        guard.sleep_on(self);
    }
    #[inline]
    #[track_caller]
    fn notify_one(&self) {
        wake(self, weakened::signal(Woken::One));
    }
    #[inline]
    #[track_caller]
    fn notify_all(&self) {
        wake(self, weakened::signal(Woken::All));
    }
}

#[inline]
#[track_caller]
fn wake(condvar: &sync::Condvar, woken: Woken) {
    match woken {
        Woken::Nobody => {}
        Woken::One => condvar.notify_one(),
        Woken::All => condvar.notify_all(),
    }
}

impl<T: Send + Sync + 'static> OnceLock<T> for sync::OnceLock<T> {
    #[inline]
    #[track_caller]
    fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        self.get_or_init(make)
    }
}

impl<T: Send + 'static> UnsafeCell<T> for cell::UnsafeCell<T> {
    #[track_caller]
    fn named(name: &'static str, value: T) -> Self {
        cell::UnsafeCell::named(name, value)
    }
    #[inline]
    #[track_caller]
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        self.with(f)
    }
    #[inline]
    #[track_caller]
    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        self.with_mut(f)
    }
}

/// The sending half of a modelled channel, bounded or not.
pub enum ModelSender<T> {
    /// Never waits.
    Unbounded(mpsc::Sender<T>),
    /// Waits while the channel is full.
    Bounded(mpsc::SyncSender<T>),
}

impl<T> Clone for ModelSender<T> {
    fn clone(&self) -> Self {
        match self {
            ModelSender::Unbounded(sender) => ModelSender::Unbounded(sender.clone()),
            ModelSender::Bounded(sender) => ModelSender::Bounded(sender.clone()),
        }
    }
}

impl<T: Send + 'static> Sender<T> for ModelSender<T> {
    #[inline]
    #[track_caller]
    fn send(&self, message: T) -> Result<(), T> {
        match self {
            ModelSender::Unbounded(sender) => sender.send(message),
            ModelSender::Bounded(sender) => sender.send(message),
        }
        .map_err(|error| error.0)
    }
}

impl<T: Send + 'static> Receiver<T> for mpsc::Receiver<T> {
    #[inline]
    #[track_caller]
    fn receive(&self) -> Option<T> {
        self.recv().ok()
    }
}

impl<T: Send + 'static> JoinHandle<T> for thread::JoinHandle<T> {
    #[inline]
    #[track_caller]
    fn join(self) -> T {
        self.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
