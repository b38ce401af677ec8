//! Signs of life of an OS thread that runs a program, for a watchdog on another one.

use super::{NONE, Runtime, thread_at};
use std::panic::Location;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, Ordering::Relaxed};

/// What an OS thread that explores shows of itself. Written by that thread alone.
#[derive(Default)]
pub(crate) struct Pulse {
    /// Does a program run, and not the explorer?
    runs: AtomicBool,
    beats: AtomicU64,
    thread: AtomicU8,
    /// The thread's last step; null if it has taken none yet.
    place: AtomicPtr<Location<'static>>,
}

thread_local! {
    static PULSE: Pulse = const {
        Pulse {
            runs: AtomicBool::new(false),
            beats: AtomicU64::new(0),
            thread: AtomicU8::new(0),
            place: AtomicPtr::new(null_mut()),
        }
    };
}

/// The pulse of this OS thread. It lives as long as the thread.
pub(crate) fn pulse() -> *const Pulse {
    PULSE.with(std::ptr::from_ref)
}

/// A program's thread goes on.
///
/// # Safety
/// `rt` is the current runtime and no reference to it is alive.
#[inline(always)]
pub(super) unsafe fn beat(rt: *mut Runtime, thread: u8) {
    PULSE.with(|pulse| {
        // SAFETY: by the caller's promise.
        let slot = unsafe { thread_at(rt, thread) };
        let place = if slot.last_step == NONE { null_mut() } else { place_of(slot.request.place) };
        pulse.beats.store(pulse.beats.load(Relaxed).wrapping_add(1), Relaxed);
        pulse.thread.store(thread, Relaxed);
        pulse.place.store(place, Relaxed);
    });
}

fn place_of(location: &'static Location<'static>) -> *mut Location<'static> {
    std::ptr::from_ref(location).cast_mut()
}

/// A program runs on this OS thread from now on, or does no longer.
pub(super) fn runs(does: bool) {
    PULSE.with(|pulse| pulse.runs.store(does, Relaxed));
}

impl Pulse {
    /// A number that changes with every step; `None` while no program runs.
    pub(crate) fn beats(&self) -> Option<u64> {
        self.runs.load(Relaxed).then(|| self.beats.load(Relaxed))
    }

    /// Who runs, and where its last step was.
    pub(crate) fn last_step(&self) -> (u8, Option<&'static Location<'static>>) {
        // SAFETY: the pointer came from a reference that is valid for ever.
        (self.thread.load(Relaxed), unsafe { self.place.load(Relaxed).as_ref() })
    }
}
