//! Threads that are left where they are: their execution has ended, or the explorer has refused what
//! they asked for.
//!
//! No code of the program runs after its execution has ended. After a deadlock nothing true could be
//! said to it: a lock that is held cannot be given to a `Drop`, and a join that waits for a thread
//! that is stuck cannot return. So the threads that are left never run again, as if each were blocked
//! for ever. What they own is leaked, and their frames stay where they are (see
//! [`stacks`](super::stacks)).

use super::{CURRENT, Runtime, thread_at};
use crate::explore::ExploreError;
use std::cell::Cell;
use std::mem::MaybeUninit;

thread_local! {
    /// Have threads been left on this OS thread?
    static HAS_LEFT: Cell<bool> = const { Cell::new(false) };
}

/// Has an execution on this OS thread left threads?
pub(crate) fn has_left() -> bool {
    HAS_LEFT.get()
}

/// Leaves every thread that has not ended.
///
/// # Safety
/// `rt` is the current runtime, no thread runs, and none will in this execution.
pub(super) unsafe fn leave(rt: *mut Runtime) {
    HAS_LEFT.set(true);
    // SAFETY: by the caller's promise, nobody else uses the coroutines.
    unsafe {
        let live = (*rt).live;
        for thread in (0..64).filter(|thread| live & (1 << thread) != 0) {
            let Some(mut coroutine) = (*(*rt).coroutines.of(thread)).take() else { continue };
            // Without a coroutine the thread cannot be resumed, and nothing unwinds it. The frames
            // on its stack are not given up by this: `below` never touches them.
            coroutine.force_reset();
            let stack = coroutine.into_stack();
            let floor = stack.floor();
            let below = stack.below(thread_at(rt, thread).mark);
            let lost = match &below {
                Some(below) => below.floor().abs_diff(floor),
                None => thread_at(rt, thread).stack_bytes,
            };
            (*rt).left_bytes += lost as u64;
            (*rt).stacks.extend(below);
        }
        (*rt).left += 1;
        (*rt).live = 0;
        (*rt).asking = 0;
    }
}

/// How deep the stack is here: a mark for what a thread uses of it that may be about to stop.
#[inline(always)]
pub(super) fn depth() -> usize {
    let here = MaybeUninit::<u8>::uninit();
    (&raw const here).addr()
}

/// Stops the running thread for good if it has used up its stack: the explorer's own code needs some.
///
/// # Safety
/// `rt` is the current runtime, no reference to it is alive, and a thread runs.
#[inline(always)]
pub(super) unsafe fn check(rt: *mut Runtime) {
    // SAFETY: by the caller's promise.
    unsafe {
        if depth() < (*rt).floor {
            used_up(rt);
        }
    }
}

#[cold]
unsafe fn used_up(rt: *mut Runtime) -> ! {
    // SAFETY: by the caller's promise.
    unsafe {
        (*rt).overflow();
        thread_at(rt, (*rt).current).mark = depth();
        stop(rt)
    }
}

/// Stops the running thread, which will be left: its execution is being given up.
#[cold]
pub(super) fn for_good() -> ! {
    let rt = CURRENT.get();
    // SAFETY: a thread of the program runs. No reference to the runtime is alive: who calls holds
    // none, since this does not return.
    unsafe {
        thread_at(rt, (*rt).current).mark = depth();
        stop(rt)
    }
}

/// # Safety
/// `rt` is the current runtime, no reference to it is alive, and a thread runs.
pub(super) unsafe fn stop(rt: *mut Runtime) -> ! {
    // SAFETY: by the caller's promise; the yielder is that of the running coroutine.
    unsafe {
        debug_assert!((*rt).given_up);
        let yielder = thread_at(rt, (*rt).current).yielder;
        loop {
            (*yielder).suspend(());
        }
    }
}

impl Runtime {
    /// Has the execution ended because of an error or an overflow?
    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up
    }

    /// The program does what cannot be explored: its execution ends at the running thread's next
    /// stop, and that thread does not go on.
    #[cold]
    pub(super) fn refuse(&mut self, error: ExploreError) {
        self.error.get_or_insert(error);
        self.given_up = true;
        // Nothing is repeated any more, so no thread goes on by itself.
        self.script.clear();
    }
}
