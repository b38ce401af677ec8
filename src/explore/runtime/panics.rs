//! One panic hook for all explorations: quiet inside, chained outside.
//!
//! The hook is installed once and never taken back: explorations in parallel tests would otherwise
//! restore each other's. Whether a panic belongs to a program under exploration is told by the
//! thread it happens on.

use super::{CURRENT, NONE, Panic, Runtime};
use crate::trace::Place;
use std::any::Any;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    /// The panic the hook saw last on this OS thread.
    static LAST: RefCell<Option<(String, Place)>> = const { RefCell::new(None) };
}

pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if QUIET.get() && of_the_program() {
                note(info);
            } else {
                previous(info);
            }
        }));
    });
}

/// Keeps panics quiet on this OS thread until dropped.
pub(super) fn quiet() -> Quiet {
    QUIET.set(true);
    Quiet
}

pub(super) struct Quiet;

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(false);
    }
}

/// Did a thread of the program panic? If none runs, the explorer itself did, and must not be quiet.
fn of_the_program() -> bool {
    let rt = CURRENT.get();
    // SAFETY: a non-null pointer is the current runtime's; the read is a short one.
    !rt.is_null() && unsafe { (*rt).current } != u8::MAX
}

fn note(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|location| Place {
        file: Cow::Owned(location.file().to_owned()),
        line: location.line(),
        column: location.column(),
    });
    let message = message_of(info.payload());
    LAST.with_borrow_mut(|last| *last = place.map(|place| (message, place)));
    let rt = CURRENT.get();
    if !rt.is_null() {
        // SAFETY: the current runtime; the hook runs on the panicking coroutine, between switches.
        let runtime = unsafe { &mut *rt };
        if let Some(thread) = runtime.threads.get_mut(usize::from(runtime.current)) {
            thread.unwinding = true;
        }
    }
}

pub(super) fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

impl Runtime {
    /// Notes that `thread` ended with a panic.
    pub(crate) fn note_panic(&mut self, thread: u8, payload: &(dyn Any + Send)) {
        let message = message_of(payload);
        let place = LAST.with_borrow(|last| match last {
            Some((text, place)) if *text == message => Some(place.clone()),
            _ => None,
        });
        let order = self.panics;
        self.panics += 1;
        let slot = &mut self.threads[usize::from(thread)];
        slot.unwinding = false;
        let mut after = slot.after.clone();
        after.extend((slot.last_step != NONE).then_some(slot.last_step));
        slot.panic = Some(Panic { message, place, order, after, taken: false });
    }
}
