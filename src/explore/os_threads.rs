//! OS threads that a program has started and that go on when its execution has ended.
//!
//! A modelled thread may open a scope of std's, and may be stuck in it. Then it is left, and never
//! waits for the scope's OS threads, which borrow whatever the program does: what is on the stack of
//! a thread that is left stays there for ever, but what the program's closure has captured is the
//! caller's. So an exploration that leaves threads does not return before those OS threads have ended,
//! as the scope itself would not.
//!
//! They are known by a signal that nobody sends and that the explorer's OS threads block: who starts a
//! thread hands down what it blocks. Linux alone tells what a thread blocks. OS threads that were
//! there before (those of a pool) are not found: a program must not lend them what it has borrowed.

use super::watchdog;
use crate::report::duration;
use std::time::{Duration, Instant};

/// Marks the calling OS thread, and all that are started from it, as the explorer's, until dropped.
pub(super) struct Marked(());

impl Marked {
    pub(super) fn this_thread() -> Self {
        #[cfg(target_os = "linux")]
        linux::mark();
        Marked(())
    }
}

impl Drop for Marked {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        linux::forget();
    }
}

/// The calling OS thread is nobody's, although one of the explorer's may have started it.
pub(super) fn unmark() {
    #[cfg(target_os = "linux")]
    linux::set_mark(libc::SIG_UNBLOCK);
}

/// Waits until no OS thread is left that a program has started.
pub(super) fn wait(patience: Duration) {
    let started = Instant::now();
    while any() {
        if started.elapsed() > patience {
            watchdog::end(&format!(
                "the program under exploration got stuck, and an OS thread that it has started has \
                 not ended {} later: it may borrow what the program does, so the exploration cannot \
                 return; use racelab::model::thread inside the program",
                duration(patience)
            ));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(target_os = "linux")]
use linux::any;

#[cfg(not(target_os = "linux"))]
fn any() -> bool {
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::sync::{Mutex, PoisonError};

    /// The explorer's own marked threads, by their number in the system.
    static OWN: Mutex<Vec<i32>> = Mutex::new(Vec::new());

    /// The last but one of the signals that have no meaning.
    fn signal() -> i32 {
        libc::SIGRTMAX() - 1
    }

    fn number() -> i32 {
        // SAFETY: a question without arguments.
        unsafe { libc::gettid() }
    }

    pub(super) fn mark() {
        OWN.lock().unwrap_or_else(PoisonError::into_inner).push(number());
        set_mark(libc::SIG_BLOCK);
    }

    pub(super) fn set_mark(how: libc::c_int) {
        // SAFETY: a set that is made empty and gets one signal; no signal is sent.
        unsafe {
            let mut set = std::mem::zeroed();
            libc::sigemptyset(&raw mut set);
            libc::sigaddset(&raw mut set, signal());
            libc::pthread_sigmask(how, &raw const set, std::ptr::null_mut());
        }
    }

    pub(super) fn forget() {
        let own = number();
        OWN.lock().unwrap_or_else(PoisonError::into_inner).retain(|&number| number != own);
    }

    /// Is there an OS thread with the mark that is not the explorer's, beside the one that asks?
    pub(super) fn any() -> bool {
        // Held while the threads are looked at: none of the explorer's ends or begins meanwhile.
        let own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
        let me = number();
        let Ok(threads) = fs::read_dir("/proc/self/task") else { return false };
        threads.flatten().any(|thread| {
            let number = thread.file_name().to_str().and_then(|name| name.parse().ok());
            number.is_some_and(|number| number != me && !own.contains(&number))
                && fs::read_to_string(thread.path().join("status"))
                    .is_ok_and(|status| blocks(&status))
        })
    }

    /// Does the thread with this status block the signal?
    fn blocks(status: &str) -> bool {
        let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
        let blocked = blocked.and_then(|blocked| u64::from_str_radix(blocked.trim(), 16).ok());
        blocked.is_some_and(|blocked| blocked >> (signal() - 1) & 1 == 1)
    }
}
