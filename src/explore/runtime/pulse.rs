//! Signs of life of an OS thread that runs a program, for a watchdog on another one.

use std::panic::Location;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

/// What an OS thread that explores shows of itself. Written by that thread alone.
pub(crate) struct Pulse {
    /// The number of the execution; 0 while no program runs.
    execution: AtomicU64,
    steps: AtomicU32,
    thread: AtomicU8,
    /// Where the thread took a step when it was last switched to, or where it was started.
    place: AtomicPtr<Location<'static>>,
}

thread_local! {
    static PULSE: Pulse = const {
        Pulse {
            execution: AtomicU64::new(0),
            steps: AtomicU32::new(0),
            thread: AtomicU8::new(0),
            place: AtomicPtr::new(null_mut()),
        }
    };
}

/// The pulse of this OS thread. It lives as long as the thread.
pub(crate) fn pulse() -> *const Pulse {
    PULSE.with(std::ptr::from_ref)
}

/// Where the main thread is started, which is nowhere in the program.
pub(super) fn beginning() -> &'static Location<'static> {
    Location::caller()
}

/// An execution begins.
pub(super) fn begins(execution: u64) {
    PULSE.with(|pulse| pulse.execution.store(execution, Relaxed));
}

/// No program runs any more.
pub(super) fn ends() {
    begins(0);
}

/// A program's thread goes on, behind the step at this place.
#[inline(always)]
pub(super) fn goes_on(thread: u8, place: &'static Location<'static>, steps: u32) {
    PULSE.with(|pulse| {
        pulse.steps.store(steps, Relaxed);
        pulse.thread.store(thread, Relaxed);
        pulse.place.store(std::ptr::from_ref(place).cast_mut(), Relaxed);
    });
}

/// The thread that runs has taken another step.
#[inline(always)]
pub(super) fn steps(steps: u32) {
    PULSE.with(|pulse| pulse.steps.store(steps, Relaxed));
}

impl Pulse {
    /// What changes with every step; `None` while no program runs.
    pub(crate) fn beat(&self) -> Option<(u64, u32, u8)> {
        let execution = self.execution.load(Relaxed);
        let beat = (execution, self.steps.load(Relaxed), self.thread.load(Relaxed));
        (execution != 0).then_some(beat)
    }

    /// Who runs, and where its last step was, or its start; `None` for the start of the main thread.
    pub(crate) fn last_seen(&self) -> (u8, Option<&'static Location<'static>>) {
        // SAFETY: the pointer came from a reference that is valid for ever.
        let place = unsafe { self.place.load(Relaxed).as_ref() };
        (self.thread.load(Relaxed), place.filter(|&place| place != beginning()))
    }
}
