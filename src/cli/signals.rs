//! Ctrl-C and its kin: the first brings what is under way to an end, the second ends the process.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// The signals by which somebody asks a process to end.
#[cfg(unix)]
const ENDS: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const ENDS: [i32; 2] = [SIGINT, SIGTERM];

/// From now on the first such signal only raises this flag, for work that ends in good order when
/// it sees it. The second ends the process at once.
pub fn first_one_asks() -> Arc<AtomicBool> {
    let asked = Arc::new(AtomicBool::new(false));
    for signal in ENDS.into_iter().filter(|signal| !is_ignored(*signal)) {
        // In this order: the first signal finds the flag down and only raises it.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked))
            .and_then(|_| flag::register(signal, Arc::clone(&asked)))
            .expect("these signals can be caught");
    }
    asked
}

/// Which signal has come, for work that has to look itself.
pub struct Caught(Arc<AtomicUsize>);

impl Caught {
    /// From now on such signals only leave their number here.
    pub fn from_now_on() -> Self {
        let caught = Arc::new(AtomicUsize::new(0));
        for signal in ENDS.into_iter().filter(|signal| !is_ignored(*signal)) {
            flag::register_usize(signal, Arc::clone(&caught), signal as usize)
                .expect("these signals can be caught");
        }
        Caught(caught)
    }

    /// Has one come?
    pub fn any(&self) -> bool {
        self.0.load(Relaxed) != 0
    }

    /// Ends the process as the signal would have ended it; goes on if there was none.
    pub fn obey(&self) {
        if self.any() {
            // It fails for numbers that are no signal only.
            let _ = low_level::emulate_default_handler(self.0.load(Relaxed) as i32);
        }
    }
}

/// From now on the process ends when its terminal goes, as a hang-up would end it: reading keys from a
/// terminal that is gone never returns, so nobody would get to see the signal.
#[cfg(unix)]
pub fn end_with_terminal() {
    let is_gone = || {
        let mut input = libc::pollfd { fd: libc::STDIN_FILENO, events: 0, revents: 0 };
        // SAFETY: the pointer is to one entry, a local variable.
        let found = unsafe { libc::poll(&raw mut input, 1, -1) };
        found > 0 && input.revents & (libc::POLLHUP | libc::POLLERR | libc::POLLNVAL) != 0
    };
    std::thread::spawn(move || {
        while !is_gone() {} // asked again only when a signal comes in between
        // A moment for whoever got the signal and restores what is left to restore.
        std::thread::sleep(std::time::Duration::from_millis(500));
        let _ = low_level::emulate_default_handler(signal_hook::consts::SIGHUP);
    });
}

#[cfg(not(unix))]
pub fn end_with_terminal() {}

/// Has whoever started the process asked it not to mind the signal (`nohup`, `&` in a script)?
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    // SAFETY: all zeros is a valid `sigaction`, plain data that the call below fills in.
    let mut now: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: with no new action the call only writes the present one through the pointer, which is
    // that of a local variable.
    let known = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut now) } == 0;
    known && now.sa_sigaction == libc::SIG_IGN
}

#[cfg(not(unix))]
fn is_ignored(_: i32) -> bool {
    false
}
