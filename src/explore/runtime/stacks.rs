//! Stacks for modelled threads, and what becomes of the stack of a thread that is left.
//!
//! A thread that has ended gives its stack back. One that is left does not: whatever it had on its
//! stack may be in use elsewhere (an OS thread of a scope of std's borrows from it, a future pinned on
//! it has entered itself in a list), and it stays valid as on the stack of a thread that is blocked
//! for ever. So its frames are kept for ever, and the next thread's stack begins right below them, in
//! room that was reserved for this. That costs what the frames take, one or two kibibytes.
//!
//! ```text
//! | overflow | guard ... reserved ... guard | stack | frames of threads that were left |
//! ^ start                                           ^ base                             ^ end
//! ```

#[cfg(not(unix))]
pub(super) use elsewhere::ThreadStack;
#[cfg(unix)]
pub(super) use mapped::{OVERFLOW, ThreadStack};

/// Below what a program may use: what the explorer itself needs on a thread's stack.
pub(super) const RESERVE: usize = 32 << 10;

#[cfg(unix)]
mod mapped {
    use super::RESERVE;
    use corosensei::stack::{Stack, StackPointer};
    use std::io;
    use std::ops::Range;

    /// Room to grow down for stacks whose threads are left: addresses only, until it is used.
    const ROOM: usize = 1 << 20;

    /// At the lowest end: the stack on which a thread is stopped that has used up its own.
    pub(in crate::explore::runtime) const OVERFLOW: usize = 16 << 10;

    /// So far below the mark of its last stop may a left thread's stack be in use: the mark is made
    /// in a function called by the one that then stopped.
    pub(super) const MARGIN: usize = 1024;

    fn page() -> usize {
        // SAFETY: a question without arguments that matter.
        unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
    }

    /// A stack with guard pages below it.
    pub(in crate::explore::runtime) struct ThreadStack {
        start: usize,
        /// Where it begins; it grows down from here.
        base: usize,
        /// Its lowest page that may be touched.
        open: usize,
        /// How far it reaches down from `base`, with the reserve.
        size: usize,
    }

    // SAFETY: from `open` down there are pages that nobody may touch, at least one, and between
    // `open` and `base` at least `size` bytes, of which the reserve alone is more than the least.
    unsafe impl Stack for ThreadStack {
        #[inline]
        fn base(&self) -> StackPointer {
            StackPointer::new(self.base).expect("no stack begins at address 0")
        }

        #[inline]
        fn limit(&self) -> StackPointer {
            StackPointer::new(self.open - page()).expect("no mapping begins at address 0")
        }
    }

    impl ThreadStack {
        /// A stack of which a program may use `bytes`.
        pub(in crate::explore::runtime) fn new(bytes: usize) -> io::Result<Self> {
            let size = bytes.checked_add(RESERVE);
            let length = size.and_then(|size| size.checked_add(OVERFLOW + 2 * page() + ROOM));
            let length = length.and_then(|length| length.checked_next_multiple_of(page()));
            let (Some(size), Some(length)) = (size, length) else {
                return Err(io::ErrorKind::OutOfMemory.into());
            };
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            // SAFETY: a new mapping, wherever there is room for it.
            let start =
                unsafe { libc::mmap(std::ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0) };
            if start == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            let start = start as usize;
            let base = start + length;
            let mut stack = ThreadStack { start, base, open: base, size };
            stack.open()?;
            Ok(stack)
        }

        /// How much of it a program may use.
        #[inline]
        pub(in crate::explore::runtime) fn bytes(&self) -> usize {
            self.size - RESERVE
        }

        /// The lowest address that a program may use.
        #[inline]
        pub(in crate::explore::runtime) fn floor(&self) -> usize {
            self.base - self.bytes()
        }

        /// The lowest end, and the guard pages above it up to where the stack may be touched.
        #[inline]
        pub(in crate::explore::runtime) fn guard(&self) -> Range<usize> {
            self.start..self.open
        }

        /// Makes all that belongs to the stack writable.
        fn open(&mut self) -> io::Result<()> {
            let lowest = (self.base - self.size) / page() * page();
            if lowest < self.open {
                let (access, more) = (libc::PROT_READ | libc::PROT_WRITE, self.open - lowest);
                // SAFETY: the pages lie in the stack's own mapping, and nobody uses them yet.
                if unsafe { libc::mprotect(lowest as *mut _, more, access) } != 0 {
                    return Err(io::Error::last_os_error());
                }
                self.open = lowest;
            }
            Ok(())
        }

        /// The stack that begins right below the frames of a thread that is left and has stopped
        /// with this mark; `None` where there is no room. The frames stay as they are for ever.
        pub(in crate::explore::runtime) fn below(mut self, mark: usize) -> Option<Self> {
            let base = mark.saturating_sub(MARGIN) / 64 * 64;
            let room = base.saturating_sub(self.start + OVERFLOW + page());
            if (self.open..self.base).contains(&base) && room >= self.size {
                self.base = base;
                if self.open().is_ok() {
                    return Some(self);
                }
            }
            std::mem::forget(self);
            None
        }
    }

    impl Drop for ThreadStack {
        fn drop(&mut self) {
            // Of a mapping with frames above the stack, the pages below them.
            let end = self.base / page() * page();
            // SAFETY: the pages are the stack's own, on which no thread runs, and hold no frame.
            unsafe { libc::munmap(self.start as *mut _, end - self.start) };
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::leave::depth;
    use super::mapped::{MARGIN, ThreadStack};
    use corosensei::{Coroutine, CoroutineResult};
    use std::cell::Cell;
    use std::hint::black_box;

    #[test]
    fn a_thread_that_has_stopped_needs_nothing_of_what_lies_below_its_mark() {
        #[inline(never)]
        fn note(mark: &Cell<usize>) {
            mark.set(depth());
        }
        let mut stack = ThreadStack::new(64 << 10).unwrap();
        let lowest = stack.guard().end;
        let mark = Cell::new(0);
        // SAFETY: what it borrows outlives it.
        let mut thread: Coroutine<(), (), u64, &mut ThreadStack> = unsafe {
            Coroutine::with_stack_unchecked(&mut stack, |yielder, ()| {
                let numbers: [u64; 64] = black_box(std::array::from_fn(|number| number as u64));
                note(&mark);
                yielder.suspend(());
                black_box(numbers).iter().sum()
            })
        };
        assert!(matches!(thread.resume(()), CoroutineResult::Yield(())));
        let next = (mark.get() - MARGIN) / 64 * 64;
        for address in (lowest..next).step_by(8) {
            // SAFETY: the address lies on the stack of the thread, which is about to show that it
            // does not need it.
            unsafe { (address as *mut u64).write_volatile(0xaaaa_aaaa_aaaa_aaaa) };
        }
        assert!(matches!(thread.resume(()), CoroutineResult::Return(2016)));
    }

    #[test]
    fn a_stack_begins_below_the_frames_that_stay_and_has_the_same_size() {
        let mut stack = ThreadStack::new(100_000).unwrap();
        let (mut marks, mut end) = (Vec::new(), stack.floor() + stack.bytes());
        // Until there is no room any more.
        loop {
            let floor = stack.floor();
            assert_eq!((stack.bytes(), floor + stack.bytes()), (100_000, end));
            // SAFETY: all this belongs to the stack.
            unsafe { (floor as *mut u8).write_bytes(1, stack.bytes()) };
            let mark = end - 3000;
            marks.push(mark);
            end = (mark - MARGIN) / 64 * 64;
            let Some(next) = stack.below(mark) else { break };
            stack = next;
        }
        assert!(marks.len() > 100, "{}", marks.len());
        for mark in marks {
            // SAFETY: the frames above the mark stay mapped for ever.
            assert_eq!(unsafe { *(mark as *const u8) }, 1);
        }
    }

    #[test]
    fn no_stack_is_larger_than_memory() {
        for bytes in [usize::MAX, usize::MAX / 2, 1 << 60] {
            assert!(ThreadStack::new(bytes).is_err());
        }
    }
}

/// Where stacks are the system library's own, nothing can begin below a frame: a stack whose thread
/// is left is lost as a whole.
#[cfg(not(unix))]
mod elsewhere {
    use super::RESERVE;
    use corosensei::stack::{DefaultStack, Stack, StackPointer};
    use std::io;

    pub(in crate::explore::runtime) struct ThreadStack {
        stack: DefaultStack,
        bytes: usize,
    }

    // SAFETY: it is the stack that it wraps.
    unsafe impl Stack for ThreadStack {
        fn base(&self) -> StackPointer {
            self.stack.base()
        }

        fn limit(&self) -> StackPointer {
            self.stack.limit()
        }

        #[cfg(windows)]
        fn teb_fields(&self) -> corosensei::stack::StackTebFields {
            self.stack.teb_fields()
        }

        #[cfg(windows)]
        fn update_teb_fields(&mut self, stack_limit: usize, guaranteed_stack_bytes: usize) {
            self.stack.update_teb_fields(stack_limit, guaranteed_stack_bytes);
        }
    }

    impl ThreadStack {
        pub(in crate::explore::runtime) fn new(bytes: usize) -> io::Result<Self> {
            // More than the address space: that would be a panic instead of an error.
            if bytes > isize::MAX as usize / 2 {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            Ok(ThreadStack { stack: DefaultStack::new(bytes + RESERVE)?, bytes })
        }

        #[inline]
        pub(in crate::explore::runtime) fn bytes(&self) -> usize {
            self.bytes
        }

        #[inline]
        pub(in crate::explore::runtime) fn floor(&self) -> usize {
            self.stack.base().get() - self.bytes
        }

        pub(in crate::explore::runtime) fn below(self, _mark: usize) -> Option<Self> {
            std::mem::forget(self);
            None
        }
    }
}
