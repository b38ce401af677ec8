//! `std::sync::OnceLock`, for programs under exploration.

use super::{Once, OnceState};
use crate::explore::runtime::{Becomes, is_exploring, is_static_now, place_of_new, refuse_static};
use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// A cell that is written once; one in a `static` is empty when an execution begins.
///
/// An execution leaves the value of a static behind, as std drops none: a `&'static` to it may have
/// been kept.
pub struct OnceLock<T> {
    once: Once,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: as std's: the value is written by one thread while all others wait, then only shared.
unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for OnceLock<T> {}

impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}
impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}

impl<T> OnceLock<T> {
    /// An empty cell.
    #[track_caller]
    pub const fn new() -> Self {
        OnceLock { once: Once::new(), value: UnsafeCell::new(None) }
    }

    /// The value, if it is there.
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        if self.once.is_completed() { self.peek() } else { None }
    }

    /// The value, which nobody else can reach, if it is there.
    #[track_caller]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.once.claimed(Becomes::Itself);
        // SAFETY: the cell is borrowed exclusively.
        unsafe { (*self.place()).as_mut() }
    }

    /// The value; if it is not there yet, `f` makes it, once.
    ///
    /// After a panic in `f` the next caller tries again.
    #[track_caller]
    pub fn get_or_init(&self, f: impl FnOnce() -> T) -> &T {
        self.once.call_once_force(|_| {
            let value = f();
            // SAFETY: `call_once_force` lets one thread in, and nobody reads before it is done.
            unsafe { *self.place() = Some(value) };
        });
        self.peek().expect("`call_once_force` has returned, so the value is there")
    }

    /// As [`get_or_init`](Self::get_or_init); `None` if `f` has panicked before.
    #[track_caller]
    pub(super) fn make_unless_poisoned(&self, f: impl FnOnce() -> T) -> Option<&T> {
        let make = |_: &OnceState| {
            let value = f();
            // SAFETY: as in `get_or_init`.
            unsafe { *self.place() = Some(value) };
        };
        if self.once.enter(false, make) { self.peek() } else { None }
    }

    /// Is it a static?
    pub(super) fn is_static(&self) -> bool {
        is_static_now(&self.once.word)
    }

    /// Refuses to go on with it: a static that cannot be made anew.
    pub(super) fn refuse(&self) -> ! {
        refuse_static(&self.once.word)
    }

    /// Writes the value if the cell is empty.
    ///
    /// # Errors
    /// With the value, when there is one already.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.once.call_once_force(|_| {
            // SAFETY: as in `get_or_init`.
            unsafe { *self.place() = value.take() };
        });
        match value {
            Some(value) => Err(value),
            None => Ok(()),
        }
    }

    /// Waits until the value is there.
    #[track_caller]
    pub fn wait(&self) -> &T {
        self.once.wait_force();
        self.peek().expect("`wait_force` has returned, so the value is there")
    }

    /// The value, which nobody else can reach.
    #[track_caller]
    pub fn into_inner(self) -> Option<T> {
        self.once.claimed(Becomes::Gone);
        self.value.into_inner()
    }

    /// Takes the value, which nobody else can reach, and leaves an empty cell.
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        std::mem::take(self).into_inner()
    }

    /// Where the value is. A static is empty when an execution begins, unless it has been filled by
    /// other means than a step: then the value stays where it is, and nobody writes to it.
    fn place(&self) -> *mut Option<T> {
        match self.once.is_made_done() {
            true => self.value.get(),
            false => place_of_new(&self.once.word, self.value.get(), || None),
        }
    }

    fn peek(&self) -> Option<&T> {
        // SAFETY: called after the initialisation is done; from then on nobody writes.
        unsafe { (*self.place()).as_ref() }
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        OnceLock::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        OnceLock { once: Once::done(), value: UnsafeCell::new(Some(value)) }
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.get().cloned().map_or_else(OnceLock::new, OnceLock::from)
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

/// As std's. Looking is a step.
impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple("OnceLock");
        match is_exploring().then(|| self.get()) {
            None => return debug.finish_non_exhaustive(),
            Some(Some(value)) => debug.field(value),
            Some(None) => debug.field(&format_args!("<uninit>")),
        };
        debug.finish()
    }
}
