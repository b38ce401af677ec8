//! Stack overflow in a modelled thread: one clear line, then the end.
//!
//! Recovering is not safe (the thread may hold anything, and its destructors want stack too), so
//! the process says which thread it was and what to do, and exits.

use std::sync::Once;

#[cfg(unix)]
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
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

#[cfg(not(unix))]
pub(super) fn install() {}

#[cfg(unix)]
static mut PREVIOUS: [std::mem::MaybeUninit<libc::sigaction>; 2] =
    [const { std::mem::MaybeUninit::uninit() }; 2];

/// Runs on the OS thread's alternate stack, which std sets up for every thread it starts.
#[cfg(unix)]
unsafe extern "C" fn handle(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a valid `info`; only async-signal-safe calls are made.
    unsafe {
        let rt = super::CURRENT.get();
        if !rt.is_null() && (*rt).overflowed((*info).si_addr() as usize) {
            let thread = crate::trace::ThreadId((*rt).current).letter() as u8;
            for part in [
                b"racelab: thread ".as_slice(),
                &[thread],
                b" of the program under exploration overflowed its stack; give it more with \
                  Explorer::new().stack_size(bytes)\n",
            ] {
                libc::write(2, part.as_ptr().cast(), part.len());
            }
            libc::_exit(101);
        }
        // Not ours: put the previous handler back and let the access fault again.
        let slot = usize::from(signal == libc::SIGBUS);
        let previous = (&raw const PREVIOUS).cast::<libc::sigaction>().add(slot);
        libc::sigaction(signal, previous, std::ptr::null_mut());
    }
}

#[cfg(unix)]
impl super::Runtime {
    /// Does a fault at `address` lie just below the running thread's stack?
    fn overflowed(&self, address: usize) -> bool {
        self.threads
            .get(usize::from(self.current))
            .is_some_and(|thread| thread.guard.contains(&address))
    }
}
