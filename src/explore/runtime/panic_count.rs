//! Each modelled thread takes its panics along.
//!
//! std counts the panics under way for each OS thread: `thread::panicking` asks that count, and so
//! does every lock that may be poisoned. Modelled threads share an OS thread, so one that is stopped in
//! the middle of its unwinding (in a `Drop` that takes a step) would make all others seem to panic,
//! and one that is left there would do so for ever. So the count is switched with the threads: what
//! a thread has under way is put down when it stops, and taken up again before it goes on.
//!
//! The count cannot be written, but a panic counts on the OS thread that raises it and is counted off
//! on the one that catches it. So there are some unwindings in store, coroutines that are stopped in
//! the middle of one: going on with an unwinding to its end takes 1 off the count of the OS thread that
//! does it, and starting one again adds 1.

use super::thread::Thread;
use super::{Runtime, thread_at};

/// Before the thread goes on: takes up what it has under way.
#[cold]
pub(super) fn take_up(thread: &mut Thread) {
    store::take_up(std::mem::take(&mut thread.panics_under_way));
}

/// When the thread has stopped, with panics under way: puts them down.
///
/// # Safety
/// `rt` is the current runtime and no reference to it is alive.
#[cold]
pub(super) unsafe fn put_down(rt: *mut Runtime, thread: u8) {
    // SAFETY: by the caller's promise.
    unsafe {
        (*rt).panics_put_down = true;
        thread_at(rt, thread).panics_under_way = store::put_down();
    }
}

#[cfg(unix)]
mod store {
    use corosensei::stack::DefaultStack;
    use corosensei::{Coroutine, CoroutineResult, Yielder};
    use std::convert::Infallible;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::{Mutex, PoisonError};

    /// A coroutine that raises a panic and catches it, over and over, and stops in between.
    struct Unwinding(Coroutine<(), (), Infallible>);

    // SAFETY: all that is on its stack is the panic of `raise`, a box of nothing, and what the unwinder
    // keeps of it there. Neither is tied to an OS thread: what counts is where it is raised and
    // caught, and each is a function of its own, which finds its OS thread's count anew.
    unsafe impl Send for Unwinding {}

    /// Those that are stopped while they unwind. They are never dropped.
    static STORE: Mutex<Vec<Unwinding>> = Mutex::new(Vec::new());

    /// Those that are stopped while they do not.
    static RESTING: Mutex<Vec<Unwinding>> = Mutex::new(Vec::new());

    /// Its `Drop` stops the coroutine, in the middle of the unwinding.
    struct Stops<'a>(&'a Yielder<(), ()>);

    impl Drop for Stops<'_> {
        fn drop(&mut self) {
            self.0.suspend(());
        }
    }

    #[inline(never)]
    fn raise(yielder: &Yielder<(), ()>) {
        let _stops = Stops(yielder);
        // Raised like this it calls no hook.
        resume_unwind(Box::new(()));
    }

    impl Unwinding {
        fn new() -> Self {
            let stack = DefaultStack::new(64 << 10).expect("there is memory for a small stack");
            Unwinding(Coroutine::with_stack(stack, |yielder, ()| {
                loop {
                    let _ = catch_unwind(AssertUnwindSafe(|| raise(yielder)));
                    yielder.suspend(());
                }
            }))
        }

        /// Raises the panic, or goes on with its unwinding and catches it.
        fn go_on(&mut self) {
            match self.0.resume(()) {
                CoroutineResult::Yield(()) => {}
                CoroutineResult::Return(never) => match never {},
            }
        }
    }

    fn pop(from: &Mutex<Vec<Unwinding>>) -> Option<Unwinding> {
        from.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn push(to: &Mutex<Vec<Unwinding>>, unwinding: Unwinding) {
        to.lock().unwrap_or_else(PoisonError::into_inner).push(unwinding);
    }

    /// Adds this many panics to the OS thread's count.
    pub(super) fn take_up(count: u32) {
        for _ in 0..count {
            let mut unwinding = pop(&RESTING).unwrap_or_else(Unwinding::new);
            unwinding.go_on();
            push(&STORE, unwinding);
        }
    }

    /// Takes all panics off the OS thread's count, and says how many there were.
    pub(super) fn put_down() -> u32 {
        let mut count = 0;
        while std::thread::panicking() {
            let mut unwinding = pop(&STORE).unwrap_or_else(|| {
                // Raised on an OS thread that ends, so it counts for nobody.
                let raised = std::thread::spawn(|| {
                    let mut unwinding = Unwinding::new();
                    unwinding.go_on();
                    unwinding
                });
                raised.join().expect("the panic is not caught there")
            });
            unwinding.go_on();
            push(&RESTING, unwinding);
            count += 1;
        }
        count
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::thread::panicking;

        #[test]
        fn a_count_is_put_down_and_taken_up_in_the_middle_of_unwindings() {
            struct InDrop(u32);
            impl Drop for InDrop {
                fn drop(&mut self) {
                    // The panics under way, this one included.
                    if self.0 > 1 {
                        let deeper = InDrop(self.0 - 1);
                        let caught = catch_unwind(AssertUnwindSafe(|| {
                            let _deeper = deeper;
                            resume_unwind(Box::new(1));
                        }));
                        assert!(caught.is_err());
                    } else {
                        assert!(panicking());
                        let count = put_down();
                        assert!(count == 3 && !panicking(), "{count}");
                        assert_eq!(put_down(), 0);
                        // Another thread's, which goes on meanwhile.
                        take_up(1);
                        assert!(panicking());
                        assert_eq!(put_down(), 1);
                        take_up(count);
                        assert!(panicking());
                    }
                }
            }
            let caught = catch_unwind(|| {
                let _in_drop = InDrop(3);
                resume_unwind(Box::new(2));
            });
            assert!(caught.unwrap_err().is::<i32>() && !panicking());
        }
    }
}

/// Elsewhere an unwinding cannot go on on another OS thread than its own: there all modelled threads
/// share one count.
#[cfg(not(unix))]
mod store {
    pub(super) fn take_up(_: u32) {}

    pub(super) fn put_down() -> u32 {
        0
    }
}
