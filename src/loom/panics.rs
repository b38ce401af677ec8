//! Panics that are results: caught without noise.
//!
//! One hook, installed once and chained to the one that was there. On a thread that explores it
//! keeps the message and the place and prints nothing; on any other it passes the panic on.

use crate::loom::LoomError;
use crate::primitives::loom::log;
use crate::primitives::loom::stop::{Abandon, Stop};
use crate::trace::Place;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// A panic that was not printed.
pub(crate) struct Kept {
    /// The modelled thread that panicked.
    pub(crate) thread: Option<usize>,
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
}

/// While it lives, panics of this thread of the operating system are kept, not printed.
pub(crate) struct Quiet(());

impl Quiet {
    pub(crate) fn new() -> Quiet {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let chained = panic::take_hook();
            panic::set_hook(Box::new(
                move |info| {
                    if QUIET.get() { keep(info) } else { chained(info) }
                },
            ));
        });
        QUIET.set(true);
        Quiet(())
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(false);
        LAST.take();
    }
}

/// The panic that was kept last, if nobody has taken it yet.
pub(crate) fn take() -> Option<Kept> {
    LAST.take()
}

fn keep(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    if payload.is::<Abandon>() {
        return;
    }
    let message = message(payload);
    let place = info.location().map(|at| Place {
        file: at.file().to_owned().into(),
        line: at.line(),
        column: at.column(),
    });
    log::try_with(|log| log.mine().unwinding = true);
    // A panic of loom's own ends the exploration; only what its data-race check says is a result.
    let of_loom = place.as_ref().is_some_and(|place| is_looms(&place.file));
    if of_loom && !message.contains("Causality violation") {
        log::try_with(|log| {
            log.dead = true;
            log.stop.get_or_insert_with(|| Stop::Error(LoomError::from_panic(&message)));
        });
    }
    LAST.set(Some(Kept { thread: log::current(), message, place }));
}

/// Is this a file of loom's runtime? A user's own folder may be called `loom` too, so more of the
/// path has to fit.
fn is_looms(file: &str) -> bool {
    let folders: Vec<&str> = file.split(['/', '\\']).collect();
    folders.windows(3).any(|path| {
        let krate = path[0] == "loom" || path[0].starts_with("loom-");
        krate && path[1..] == ["src", "rt"]
    })
}

/// The text of a panic.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::is_looms;

    #[test]
    fn only_looms_runtime_is_looms() {
        assert!(is_looms("/registry/src/index/loom-0.7.3/src/rt/path.rs"));
        assert!(is_looms(r"C:\vendor\loom\src\rt\path.rs"));
        assert!(!is_looms("/home/me/loom/src/main.rs"));
        assert!(!is_looms("src/primitives/loom/log.rs"));
    }
}
