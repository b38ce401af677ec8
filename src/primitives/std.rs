//! Real threads: std's atomics, parking_lot's locks, crossbeam's channels.
//!
//! Nothing is recorded and nothing is added; each method is the primitive it names.

use super::{
    AtomicBool, AtomicInteger, Condvar, JoinHandle, Mutex, OnceLock, Primitives, Receiver, Sender,
    UnsafeCell,
};
use crossbeam::channel;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicUsize, Ordering};

/// The family of real primitives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Std;

impl Primitives for Std {
    type AtomicBool = atomic::AtomicBool;
    type AtomicU8 = atomic::AtomicU8;
    type AtomicU32 = atomic::AtomicU32;
    type AtomicU64 = atomic::AtomicU64;
    type AtomicUsize = atomic::AtomicUsize;
    type AtomicI32 = atomic::AtomicI32;
    type AtomicI64 = atomic::AtomicI64;
    type Mutex<T: Send + 'static> = parking_lot::Mutex<T>;
    type Condvar = parking_lot::Condvar;
    type OnceLock<T: Send + Sync + 'static> = std::sync::OnceLock<T>;
    type UnsafeCell<T: Send + 'static> = std::cell::UnsafeCell<T>;
    type Sender<T: Send + 'static> = channel::Sender<T>;
    type Receiver<T: Send + 'static> = channel::Receiver<T>;
    type JoinHandle<T: Send + 'static> = std::thread::JoinHandle<T>;

    fn spawn<T: Send + 'static>(
        name: &'static str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> Self::JoinHandle<T> {
        // Boxed, so that what std makes of a thread's body is compiled once and not for each body.
        let body: Box<dyn FnOnce() -> T + Send> = Box::new(body);
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .expect("the operating system refused a new thread")
    }

    #[inline]
    fn yield_now() {
        std::thread::yield_now();
    }

    #[inline]
    fn fence(order: Ordering) {
        atomic::fence(order);
    }

    fn channel<T: Send + 'static>(
        _name: &'static str,
        capacity: Option<usize>,
    ) -> (Self::Sender<T>, Self::Receiver<T>) {
        match capacity {
            None => channel::unbounded(),
            Some(capacity) => channel::bounded(capacity),
        }
    }

    /// It spins, because a sleeping thread would wake tens of microseconds late; after a while it
    /// gives way, because with fewer cores than threads the others need this one.
    ///
    /// Whoever comes last goes on at once, and the others only when they have seen it, some hundred
    /// nanoseconds later. That is longer than most of what could meet here, so each waits a little,
    /// and every time another little: now and then they are even.
    ///
    /// # Orderings
    /// `Relaxed`: the threads agree on a number and read nothing else by it, and the programs that
    /// begin here are about orderings, which it must not lend them.
    fn start_line(threads: usize) -> impl Fn() + Clone + Send + 'static {
        static STARTS: AtomicUsize = AtomicUsize::new(0);
        let start = STARTS.fetch_add(1, Ordering::Relaxed);
        let arrived = Arc::new(AtomicUsize::new(0));
        move || {
            let nth = arrived.fetch_add(1, Ordering::Relaxed);
            let mut turns = 0u32;
            while arrived.load(Ordering::Relaxed) < threads {
                turns += 1;
                if turns < 1_000 { std::hint::spin_loop() } else { std::thread::yield_now() }
            }
            for turn in 0..uneven(start, nth) {
                std::hint::black_box(turn);
            }
        }
    }

    #[inline]
    fn thread_index() -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local!(static INDEX: usize = NEXT.fetch_add(1, Ordering::Relaxed));
        INDEX.with(|index| *index)
    }
}

/// A number below 512, as good as drawn: how long a thread waits at a start line that it has already
/// passed. (The mixing is that of SplitMix64; a single multiplication would keep the threads of one
/// start always equally far apart.)
fn uneven(start: usize, nth: usize) -> usize {
    let mut mixed = (start as u64 * 16 + nth as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed >> 55) as usize
}

macro_rules! atomic_integer {
    ($($atomic:ident $integer:ident),*) => {$(
        impl AtomicInteger for atomic::$atomic {
            type Value = $integer;

            #[inline]
            fn named(_name: &'static str, value: $integer) -> Self {
                Self::new(value)
            }
            #[inline]
            fn load(&self, order: Ordering) -> $integer {
                self.load(order)
            }
            #[inline]
            fn store(&self, value: $integer, order: Ordering) {
                self.store(value, order);
            }
            #[inline]
            fn swap(&self, value: $integer, order: Ordering) -> $integer {
                self.swap(value, order)
            }
            #[inline]
            fn fetch_add(&self, value: $integer, order: Ordering) -> $integer {
                self.fetch_add(value, order)
            }
            #[inline]
            fn fetch_sub(&self, value: $integer, order: Ordering) -> $integer {
                self.fetch_sub(value, order)
            }
            #[inline]
            fn fetch_or(&self, value: $integer, order: Ordering) -> $integer {
                self.fetch_or(value, order)
            }
            #[inline]
            fn fetch_and(&self, value: $integer, order: Ordering) -> $integer {
                self.fetch_and(value, order)
            }
            #[inline]
            fn fetch_max(&self, value: $integer, order: Ordering) -> $integer {
                self.fetch_max(value, order)
            }
            #[inline]
            fn compare_exchange(
                &self,
                current: $integer,
                new: $integer,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$integer, $integer> {
                self.compare_exchange(current, new, success, failure)
            }
            #[inline]
            fn compare_exchange_weak(
                &self,
                current: $integer,
                new: $integer,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$integer, $integer> {
                self.compare_exchange_weak(current, new, success, failure)
            }
        }
    )*};
}

atomic_integer!(AtomicU8 u8, AtomicU32 u32, AtomicU64 u64, AtomicUsize usize, AtomicI32 i32, AtomicI64 i64);

impl AtomicBool for atomic::AtomicBool {
    #[inline]
    fn named(_name: &'static str, value: bool) -> Self {
        Self::new(value)
    }
    #[inline]
    fn load(&self, order: Ordering) -> bool {
        self.load(order)
    }
    #[inline]
    fn store(&self, value: bool, order: Ordering) {
        self.store(value, order);
    }
    #[inline]
    fn swap(&self, value: bool, order: Ordering) -> bool {
        self.swap(value, order)
    }
    #[inline]
    fn compare_exchange(
        &self,
        current: bool,
        new: bool,
        success: Ordering,
        failure: Ordering,
    ) -> Result<bool, bool> {
        self.compare_exchange(current, new, success, failure)
    }
}

impl<T: Send + 'static> Mutex<T> for parking_lot::Mutex<T> {
    type Guard<'a> = parking_lot::MutexGuard<'a, T>;

    #[inline]
    fn named(_name: &'static str, value: T) -> Self {
        Self::new(value)
    }
    #[inline]
    fn lock(&self) -> Self::Guard<'_> {
        self.lock()
    }
    #[inline]
    fn try_lock(&self) -> Option<Self::Guard<'_>> {
        self.try_lock()
    }
}

impl Condvar<Std> for parking_lot::Condvar {
    fn named(_name: &'static str) -> Self {
        Self::new()
    }
    fn wait<'a, T: Send + 'static>(&self, guard: &mut parking_lot::MutexGuard<'a, T>)
    where
        parking_lot::Mutex<T>: 'a,
    {
        self.wait(guard);
    }
    fn notify_one(&self) {
        self.notify_one();
    }
    fn notify_all(&self) {
        self.notify_all();
    }
}

impl<T: Send + Sync + 'static> OnceLock<T> for std::sync::OnceLock<T> {
    #[inline]
    fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        self.get_or_init(make)
    }
}

impl<T: Send + 'static> UnsafeCell<T> for std::cell::UnsafeCell<T> {
    #[inline]
    fn named(_name: &'static str, value: T) -> Self {
        Self::new(value)
    }
    #[inline]
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.get())
    }
    #[inline]
    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.get())
    }
}

impl<T: Send + 'static> Sender<T> for channel::Sender<T> {
    #[inline]
    fn send(&self, message: T) -> Result<(), T> {
        self.send(message).map_err(|error| error.0)
    }
}

impl<T: Send + 'static> Receiver<T> for channel::Receiver<T> {
    #[inline]
    fn receive(&self) -> Option<T> {
        self.recv().ok()
    }
}

impl<T: Send + 'static> JoinHandle<T> for std::thread::JoinHandle<T> {
    fn join(self) -> T {
        self.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

#[cfg(test)]
mod tests {
    use super::uneven;

    #[test]
    fn now_the_one_and_now_the_other_waits_longer() {
        let first = (0..1_000).filter(|&start| uneven(start, 0) < uneven(start, 1)).count();
        assert!((300..700).contains(&first), "{first}");
        let close = |&start: &usize| uneven(start, 0).abs_diff(uneven(start, 1)) < 32;
        assert!((0..1_000).filter(close).count() > 50, "sometimes they are nearly even");
    }
}
