//! How an execution, or the whole exploration, is brought to an end before its time.

use super::log::{self, Log, try_with, with};
use crate::loom::LoomError;
use std::panic::resume_unwind;
use std::sync::Arc;

/// The payload that unwinds a thread of an execution which cannot go on.
pub(crate) struct Abandon;

/// What becomes of the log of an execution that hangs.
pub(crate) type OnHang = Arc<dyn Fn(Log) + Send + Sync>;

/// Why loom has to stop altogether.
pub(crate) enum Stop {
    /// A limit or a wrong use.
    Error(LoomError),
    /// Start again, with unlocking as a point where loom may switch.
    UnlocksAsPoints,
}

/// Does the running thread unwind?
///
/// `std::thread::panicking` alone would not do: it is true for all modelled threads while one of
/// them is stopped in the middle of its unwinding.
fn unwinds() -> bool {
    let mine_or_nobodys =
        |log: &mut Log| log.mine().unwinding || !log.threads.iter().any(|thread| thread.unwinding);
    std::thread::panicking() && try_with(mine_or_nobodys).unwrap_or(true)
}

/// Unwinds the running thread of an execution that cannot go on, unless it unwinds already.
pub(super) fn abandon() {
    if unwinds() {
        return;
    }
    let patience = with(|log| {
        let mine = log.mine();
        mine.unwinding = true;
        mine.abandoned += 1;
        mine.abandoned < 1000
    });
    if !patience {
        // It catches every panic and asks again.
        hang();
    }
    resume_unwind(Box::new(Abandon));
}

/// Stops the running thread for good, and the exploration with it: a destructor asks for something
/// that does not exist, and a second panic would end the process. The thread of the operating
/// system, which belongs to this exploration alone, sleeps from here on.
pub(super) fn hang() -> ! {
    if let Some(log) = log::take() {
        let on_hang = Arc::clone(&log.on_hang);
        on_hang(log);
    }
    loop {
        std::thread::park();
    }
}

/// Ends the exploration for this reason (the first one counts).
pub(super) fn stop(why: Stop) {
    with(|log| {
        log.dead = true;
        log.stop.get_or_insert(why);
    });
    abandon();
}
