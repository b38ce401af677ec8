//! Threads that are left where they are: their execution has ended, or the explorer has refused what
//! they asked for.
//!
//! No code of the program runs after its execution has ended. After a deadlock nothing true could be
//! said to it: a lock that is held cannot be given to a `Drop`, and a join that waits for a thread
//! that is stuck cannot return. So the threads that are left never run again. What they own is leaked,
//! and so are their stacks: other code may go on borrowing from them, as it may from the stack of a
//! thread that is blocked for ever.

use super::{CURRENT, Runtime};
use crate::explore::ExploreError;

/// Leaves every thread that has not ended.
///
/// # Safety
/// `rt` is the current runtime, no thread runs, and none will in this execution.
pub(super) unsafe fn leave(rt: *mut Runtime) {
    // SAFETY: by the caller's promise, nobody else uses the coroutines.
    unsafe {
        let live = (*rt).live;
        for thread in (0..64).filter(|thread| live & (1 << thread) != 0) {
            let coroutine = (*(*rt).coroutines.of(thread)).take();
            // Neither dropped, which would unwind the thread, nor its stack used again.
            std::mem::forget(coroutine);
            (*rt).left += 1;
        }
        (*rt).live = 0;
        (*rt).asking = 0;
    }
}

/// Stops the running thread, which will be left. Its execution ends: an error has been noted.
#[cold]
pub(super) fn for_good() -> ! {
    let rt = CURRENT.get();
    // SAFETY: a thread of the program runs, so there is a runtime and a yielder of the thread's. No
    // reference to the runtime is alive: who calls holds none, since this does not return.
    unsafe {
        debug_assert!((*rt).error.is_some());
        let thread = usize::from((*rt).current);
        let yielder = (&(*rt).threads)[thread].yielder;
        loop {
            (*yielder).suspend(());
        }
    }
}

impl Runtime {
    /// The program does what cannot be explored: its execution ends at the running thread's next
    /// stop, and that thread does not go on.
    #[cold]
    pub(super) fn refuse(&mut self, error: ExploreError) {
        self.error.get_or_insert(error);
        // Nothing is repeated any more, so no thread goes on by itself.
        self.script.clear();
    }
}
