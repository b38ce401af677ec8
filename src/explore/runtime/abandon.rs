//! Unwinding what a deadlock or a step limit leaves behind.
//!
//! The stuck threads still own values, and those want to be dropped. Each thread, newest first, is
//! resumed with a panic of our own; meanwhile every step is inert: it changes nothing, blocks
//! nobody and poisons nothing. A thread that cannot be unwound (a loop that catches every panic)
//! is reset: its stack is reused, what it owned is leaked, and the reset is counted.

use super::run::resume;
use super::{Runtime, State, thread_at};

/// The panic that unwinds an abandoned thread.
pub(crate) struct Abandoned;

/// So many steps an abandoned thread may ask for before it is reset.
const PATIENCE: u32 = 1000;

/// Unwinds every thread that is left.
///
/// # Safety
/// `rt` is the current runtime and no reference to it is alive.
pub(super) unsafe fn abandon(rt: *mut Runtime) {
    // SAFETY: by the caller's promise.
    unsafe {
        (*rt).abandoning = true;
        let mut left: Vec<u8> = (0..64).filter(|t| (*rt).live & (1 << t) != 0).collect();
        left.reverse();
        // Threads that were already unwinding go first: until they are done, every other one would
        // seem to be panicking too.
        left.sort_by_key(|&t| !thread_at(rt, t).unwinding);
        for thread in left {
            resume(rt, thread);
            if let Some(mut coroutine) = (*(*rt).coroutines.of(thread)).take() {
                // It asked for too much and stopped again.
                // SAFETY: what is on its stack is leaked, never touched again: no other thread
                // runs the program's code with a borrow of it, since all are being abandoned.
                coroutine.force_reset();
                (*rt).resets += 1;
                (*rt).stacks.push(coroutine.into_stack());
                (*rt).live &= !(1 << thread);
            }
        }
        (*rt).asking = 0;
    }
}

/// As [`inert_step`], for the running thread: it had asked before its execution was given up.
#[cold]
pub(super) fn answer() -> u64 {
    let rt = super::CURRENT.get();
    // SAFETY: a thread runs, so there is a runtime; no reference to it is alive.
    unsafe { inert_step(rt, (*rt).current) }
}

/// A step asked for by a thread that is being abandoned.
///
/// # Safety
/// `rt` is the current runtime and no reference to it is alive.
pub(super) unsafe fn inert_step(rt: *mut Runtime, thread: u8) -> u64 {
    // SAFETY: by the caller's promise; the yielder is the running coroutine's.
    unsafe {
        let slot = thread_at(rt, thread);
        slot.abandoned_steps += 1;
        if slot.abandoned_steps > PATIENCE {
            slot.state = State::Asking;
            (*slot.yielder).suspend(());
        }
        if !std::thread::panicking() {
            std::panic::resume_unwind(Box::new(Abandoned));
        }
        // Asked for by a `Drop` during the unwinding: answered as if nobody else were there.
        let request = thread_at(rt, thread).request;
        let word = (*rt).word(&request);
        if request.enabled(word) { request.effect(word, thread, 0).result } else { 2 }
    }
}

/// Is the program's current thread being unwound because its execution was given up?
#[inline]
pub(crate) fn is_abandoning() -> bool {
    let rt = super::CURRENT.get();
    // SAFETY: a non-null pointer is the current runtime's; the read is a short one.
    !rt.is_null() && unsafe { (*rt).abandoning }
}
