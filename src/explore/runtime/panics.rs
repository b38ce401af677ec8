//! One panic hook for all explorations: quiet inside, chained outside.
//!
//! The hook is installed once: explorations in parallel tests would otherwise restore each other's.
//! Whether a panic belongs to a program under exploration is told by the thread it happens on. Who
//! sets a hook of their own later replaces it. That is noticed when a panic comes by that the hook has
//! not seen: from the next execution on, it is chained in front of theirs.

use super::{CURRENT, NONE, Panic, Runtime};
use crate::trace::{Place, ThreadId};
use std::any::Any;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send>;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    /// The panics the hook saw last on this OS thread, the latest one first.
    static SEEN: RefCell<[Option<(String, Place)>; 2]> = const { RefCell::new([None, None]) };
    /// A panic has come by that the hook has not seen.
    static UNSEEN: Cell<Unseen> = const { Cell::new(Unseen::None) };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unseen {
    None,
    Some,
    /// It has been looked at: `resume_unwind` calls no hook either.
    Known,
}

/// Where the installed hook lives, by which it is known among others.
static INSTALLED: AtomicUsize = AtomicUsize::new(0);

pub(super) fn install() {
    if INSTALLED.load(Relaxed) == 0 {
        put_in_front();
    }
}

/// Puts the hook in front again if somebody has set another one.
pub(super) fn look_after() {
    if UNSEEN.get() == Unseen::Some {
        UNSEEN.set(Unseen::Known);
        put_in_front();
    }
}

fn put_in_front() {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let present = std::panic::take_hook();
    if address(&present) == INSTALLED.load(Relaxed) {
        return std::panic::set_hook(present);
    }
    let hook: Hook = Box::new(move |info| {
        if QUIET.get() && of_the_program() {
            note(info, &present);
        } else {
            present(info);
        }
    });
    INSTALLED.store(address(&hook), Relaxed);
    std::panic::set_hook(hook);
}

fn address(hook: &Hook) -> usize {
    std::ptr::from_ref(&**hook).addr()
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

fn note(info: &PanicHookInfo<'_>, loud: &Hook) {
    let message = message_of(info.payload());
    if matches!(
        message.as_str(),
        "panic in a destructor during cleanup" | "panic in a function that cannot unwind"
    ) {
        // The process is about to end: the panics that led here must be told.
        tell_seen();
        return loud(info);
    }
    let Some(location) = info.location() else { return };
    let place = Place {
        file: Cow::Owned(location.file().to_owned()),
        line: location.line(),
        column: location.column(),
    };
    SEEN.with_borrow_mut(|seen| {
        seen.swap(0, 1);
        seen[0] = Some((message, place));
    });
}

fn tell_seen() {
    // SAFETY: as in `of_the_program`.
    let thread = ThreadId(unsafe { (*CURRENT.get()).current });
    SEEN.with_borrow(|seen| {
        for (message, place) in seen.iter().rev().flatten() {
            eprintln!(
                "racelab: thread {thread} of the program under exploration panicked at {place}: \
                 {message}"
            );
        }
    });
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
        let seen = SEEN.with_borrow(|seen| {
            seen.iter().flatten().find(|(text, _)| *text == message).map(|(_, place)| place.clone())
        });
        if seen.is_none() && UNSEEN.get() == Unseen::None {
            UNSEEN.set(Unseen::Some);
        }
        let order = self.panics;
        self.panics += 1;
        let slot = &mut self.threads[usize::from(thread)];
        let mut after = slot.after.clone();
        after.extend((slot.last_step != NONE).then_some(slot.last_step));
        slot.panic = Some(Panic {
            message,
            place: seen,
            order,
            after,
            taken: false,
            passed_to: None,
            is_uncaught: false,
        });
        for panic in self.threads.iter_mut().filter_map(|thread| thread.panic.as_mut()) {
            panic.is_uncaught |= panic.passed_to == Some(thread);
        }
    }
}
