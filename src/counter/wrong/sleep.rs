//! Wrong: sleep until nobody is busy.
//!
//! # What goes wrong
//! A flag says that somebody is counting; whoever finds it set sleeps a little and looks again. It
//! reads like a lock and lacks the one thing that makes a lock: *looking and taking in a single
//! step*. Two threads that look before either has set the flag are both inside, and from there on
//! it is [`RacyCounter`](crate::counter::RacyCounter) again. The guard has the very race that it
//! was put there to prevent.
//!
//! The sleep makes it look cured. While one thread is away, the other works undisturbed, so small
//! tests pass; what was a bug in every run is now a bug in some, on the day with traffic. Sleeping
//! longer makes it rarer and never impossible, and a sleep may always end later than asked \[1\].
//!
//! Only on real threads: in a model there is no time, and a sleep is no step.
//!
//! # Orderings
//! As in a correct lock: `Release` when the flag is cleared, `Acquire` when it is seen clear. They
//! make one thread's count visible to the next one inside. They do not keep a second one out; a
//! `compare_exchange` on the flag would, and that is a spin lock \[2\].
//!
//! # Trade-offs
//! Wrong, and slow when it matters: under contention a thread sleeps tens of microseconds for an
//! addition of a nanosecond. Time is not a lock.
//!
//! # Sources
//! 1. The standard library on [`sleep`](std::thread::sleep)
//! 2. Mara Bos, [Rust Atomics and Locks][bos], chapter 4, "Building Our Own Spin Lock"
//!
//! [bos]: https://marabos.nl/atomics/building-spinlock.html

use crate::counter::Counter;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::thread;
use std::time::Duration;

/// How long a thread asks to sleep. The system adds its own delay on top.
const PAUSE: Duration = Duration::from_micros(1);

/// A counter that sleeps while another thread is busy with it. It loses updates.
///
/// # Examples
/// On a single thread it is exact, like all of them.
/// ```
/// use racelab::counter::{Counter, wrong::SleepCounter};
///
/// let counter = SleepCounter::new();
/// counter.increment();
/// assert_eq!(counter.get(), 1);
/// ```
#[derive(Default)]
pub struct SleepCounter {
    busy: AtomicBool,
    value: AtomicU64,
}

impl SleepCounter {
    /// A counter at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// A counter at `value`.
    pub fn starting_at(value: u64) -> Self {
        SleepCounter { busy: AtomicBool::new(false), value: AtomicU64::new(value) }
    }
}

impl Counter for SleepCounter {
    fn increment(&self) {
        while self.busy.load(Acquire) {
            thread::sleep(PAUSE);
        }
        self.busy.store(true, Relaxed); // too late: another thread may have looked meanwhile
        let seen = self.value.load(Relaxed); // read
        let next = seen.wrapping_add(1);
        self.value.store(next, Relaxed); // write: overwrites whatever came between
        self.busy.store(false, Release);
    }

    fn get(&self) -> u64 {
        self.value.load(Relaxed)
    }
}
