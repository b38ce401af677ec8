//! Stack overflow in a modelled thread: a failure of the program, after which its exploration ends.
//!
//! Who asks for a step with less than the reserve left is stopped there, like a thread whose
//! execution has ended: it never goes on. The explorer's own code so never runs out of stack.
//!
//! Where a program recurses without taking steps it meets the guard pages. It is then stopped in the
//! middle of whatever it was doing, and that is sound if nobody can tell the difference to a thread
//! that the operating system has ceased to run: what the thread owns, locks and borrows included, is
//! never given back, and neither its stack nor its OS thread's thread-locals, some of which may be
//! half written, are touched again. So the exploration goes on (to show its results) on another OS
//! thread, and this one waits for ever. What could be told is a lock of the C library's that is never
//! given back: the next `malloc` would hang. Where the overflow has happened outside the
//! executable's own code, or the executable contains the C library, or the platform's registers are
//! not known here, the process says which thread it was and what to do, and exits.

use super::Runtime;
use crate::explore::ExploreError;
use crate::trace::ThreadId;
use std::cell::Cell;

thread_local! {
    /// Has a thread of a program been stopped on this OS thread in the middle of its own code?
    static SPOILT: Cell<bool> = const { Cell::new(false) };
}

/// Must no more of a program's code run on this OS thread, not even the destructors of its
/// thread-locals?
pub(crate) fn is_spoilt() -> bool {
    SPOILT.get()
}

#[cfg(unix)]
pub(super) use unix::install;

#[cfg(not(unix))]
pub(super) fn install() {}

impl Runtime {
    /// The thread that has overflowed its stack in this execution, and how many bytes it had.
    pub(crate) fn overflowed(&self) -> Option<(ThreadId, usize)> {
        let thread = self.overflowed?;
        Some((ThreadId(thread), self.threads[usize::from(thread)].stack_bytes))
    }

    /// Why the program cannot be looked at any further, if so.
    pub(crate) fn take_error(&mut self) -> Option<ExploreError> {
        let overflow = self.overflowed();
        let overflow =
            overflow.map(|(thread, bytes)| ExploreError::StackOverflow { thread, bytes });
        self.error.take().or(overflow)
    }

    /// The running thread has used up its stack: its execution ends here.
    pub(super) fn overflow(&mut self) {
        self.overflowed = Some(self.current);
        self.given_up = true;
        // Nobody else runs before the explorer has noticed.
        self.newborn.clear();
        self.news = false;
        self.script.clear();
    }
}

#[cfg(unix)]
mod unix {
    use super::super::stacks::OVERFLOW;
    use super::super::{CURRENT, Runtime, leave, thread_at};
    use super::SPOILT;
    use std::mem::MaybeUninit;
    use std::ops::Range;
    use std::sync::{Once, OnceLock};

    static mut PREVIOUS: [MaybeUninit<libc::sigaction>; 2] = [const { MaybeUninit::uninit() }; 2];

    /// The executable's own code; empty where it contains the C library.
    static CODE: OnceLock<Vec<Range<usize>>> = OnceLock::new();

    pub(in crate::explore::runtime) fn install() {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            CODE.get_or_init(code);
            // SAFETY: installing a handler with valid arguments; the previous one is kept.
            unsafe {
                for signal in [libc::SIGSEGV, libc::SIGBUS] {
                    let mut action: libc::sigaction = std::mem::zeroed();
                    action.sa_sigaction = handle as *const () as usize;
                    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                    let slot = usize::from(signal == libc::SIGBUS);
                    libc::sigaction(
                        signal,
                        &raw const action,
                        (&raw mut PREVIOUS).cast::<libc::sigaction>().add(slot),
                    );
                }
            }
        });
    }

    /// Runs on the OS thread's alternate stack, which std sets up for every thread it starts.
    unsafe extern "C" fn handle(
        signal: libc::c_int,
        info: *mut libc::siginfo_t,
        context: *mut libc::c_void,
    ) {
        // SAFETY: the kernel passes valid pointers; only async-signal-safe calls are made. The
        // runtime is this OS thread's own, whose coroutine was interrupted in its own code.
        unsafe {
            let rt = CURRENT.get();
            if !rt.is_null()
                && let Some(guard) = (*rt).overflowed_into((*info).si_addr() as usize)
            {
                if !stop(context.cast(), &guard) {
                    give_up((*rt).current);
                }
                return;
            }
            // Not ours: put the previous handler back and let the access fault again.
            let slot = usize::from(signal == libc::SIGBUS);
            let previous = (&raw const PREVIOUS).cast::<libc::sigaction>().add(slot);
            libc::sigaction(signal, previous, std::ptr::null_mut());
        }
    }

    impl Runtime {
        /// If a fault at `address` lies below the running thread's stack, that stack's guard pages.
        fn overflowed_into(&self, address: usize) -> Option<Range<usize>> {
            let thread = self.threads.get(usize::from(self.current))?;
            thread.guard.contains(&address).then(|| thread.guard.clone())
        }
    }

    /// Lets the interrupted thread go on in [`stopped`], on the stack kept for this. False where
    /// that is not safe.
    ///
    /// # Safety
    /// `context` is what a signal handler was given, on a modelled thread with this `guard`.
    unsafe fn stop(context: *mut libc::ucontext_t, guard: &Range<usize>) -> bool {
        // SAFETY: by the caller's promise; the pages are kept for nothing else.
        unsafe {
            let Some(at) = registers::place(context) else { return false };
            if !CODE.get().is_some_and(|code| code.iter().any(|range| range.contains(&at))) {
                return false;
            }
            let access = libc::PROT_READ | libc::PROT_WRITE;
            if libc::mprotect(guard.start as *mut _, OVERFLOW, access) != 0 {
                return false;
            }
            registers::go_on(context, stopped as *const () as usize, guard.start + OVERFLOW);
            true
        }
    }

    /// What a thread runs that has overflowed its stack: it stops for good.
    unsafe extern "C" fn stopped() -> ! {
        SPOILT.set(true);
        let rt = CURRENT.get();
        // SAFETY: this is the running thread, and what it was interrupted in was no code of the
        // runtime's, so no reference to the runtime is in use.
        unsafe {
            (*rt).overflow();
            // No other stack can begin here: the frames reach to the end.
            thread_at(rt, (*rt).current).mark = 0;
            leave::stop(rt)
        }
    }

    unsafe fn give_up(thread: u8) -> ! {
        let thread = crate::trace::ThreadId(thread).letter() as u8;
        for part in [
            b"racelab: thread ".as_slice(),
            &[thread],
            b" of the program under exploration overflowed its stack; give it more with \
              Explorer::new().stack_size(bytes)\n",
        ] {
            // SAFETY: the bytes are valid, and the call is async-signal-safe.
            unsafe { libc::write(2, part.as_ptr().cast(), part.len()) };
        }
        // SAFETY: as above.
        unsafe { libc::_exit(101) }
    }

    /// Where the executable's own code lies, and nobody else's.
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn code() -> Vec<Range<usize>> {
        unsafe extern "C" fn first(
            info: *mut libc::dl_phdr_info,
            _size: libc::size_t,
            found: *mut libc::c_void,
        ) -> libc::c_int {
            // SAFETY: `dl_iterate_phdr` passes a valid `info` and our own pointer to a vector, which
            // is not used elsewhere meanwhile.
            let (info, found) = unsafe { (&*info, &mut *found.cast::<Vec<Range<usize>>>()) };
            // SAFETY: `dlpi_phdr` is an array of `dlpi_phnum` headers.
            let headers =
                unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
            // Without an interpreter nobody has loaded a C library beside it.
            if headers.iter().any(|header| header.p_type == libc::PT_INTERP) {
                let runs = |header: &&libc::Elf64_Phdr| {
                    header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0
                };
                found.extend(headers.iter().filter(runs).map(|header| {
                    let start = (info.dlpi_addr as usize).wrapping_add(header.p_vaddr as usize);
                    start..start + header.p_memsz as usize
                }));
            }
            // The executable comes first; the rest is not wanted.
            1
        }
        let mut found = Vec::new();
        // SAFETY: `first` matches the expected signature and does not unwind.
        unsafe { libc::dl_iterate_phdr(Some(first), (&raw mut found).cast()) };
        found
    }

    #[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
    fn code() -> Vec<Range<usize>> {
        Vec::new()
    }

    /// The registers of an interrupted thread.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    mod registers {
        const DIRECTION: i64 = 1 << 10;

        /// Where it was interrupted.
        pub(super) unsafe fn place(context: *mut libc::ucontext_t) -> Option<usize> {
            // SAFETY: by the caller's promise.
            Some(unsafe { (&(*context).uc_mcontext.gregs)[libc::REG_RIP as usize] } as usize)
        }

        /// Lets it go on at the start of a function, with a stack that begins at `base`.
        pub(super) unsafe fn go_on(context: *mut libc::ucontext_t, function: usize, base: usize) {
            // SAFETY: by the caller's promise. A function expects its return address on the stack:
            // there is none, and the page is fresh, so it reads 0.
            unsafe {
                let registers = &mut (*context).uc_mcontext.gregs;
                registers[libc::REG_RIP as usize] = function as i64;
                registers[libc::REG_RSP as usize] = (base - 8) as i64;
                registers[libc::REG_RBP as usize] = 0;
                registers[libc::REG_EFL as usize] &= !DIRECTION;
            }
        }
    }

    #[cfg(all(target_os = "linux", target_arch = "aarch64"))]
    mod registers {
        /// Where it was interrupted.
        pub(super) unsafe fn place(context: *mut libc::ucontext_t) -> Option<usize> {
            // SAFETY: by the caller's promise.
            Some(unsafe { (*context).uc_mcontext.pc } as usize)
        }

        /// Lets it go on at the start of a function, with a stack that begins at `base`.
        pub(super) unsafe fn go_on(context: *mut libc::ucontext_t, function: usize, base: usize) {
            // SAFETY: by the caller's promise.
            unsafe {
                let registers = &mut (*context).uc_mcontext;
                registers.pc = function as u64;
                registers.sp = base as u64;
                // No frame above it, and nowhere to return to.
                (registers.regs[29], registers.regs[30]) = (0, 0);
            }
        }
    }

    #[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
    mod registers {
        pub(super) unsafe fn place(_: *mut libc::ucontext_t) -> Option<usize> {
            None
        }

        pub(super) unsafe fn go_on(_: *mut libc::ucontext_t, _: usize, _: usize) {}
    }
}
