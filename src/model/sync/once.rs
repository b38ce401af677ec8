//! `std::sync::{Once, OnceLock, LazyLock}`, for programs under exploration.

use crate::explore::runtime::effect::once;
use crate::explore::runtime::{Bits, Op, Word, step, step_value_at};
use crate::trace::ObjectKind;
use std::cell::{Cell, UnsafeCell};
use std::ops::Deref;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

/// A piece of code that runs once.
pub struct Once {
    word: Word,
}

/// Finishes the initialisation, or takes it back when it panicked.
struct Running<'a> {
    once: &'a Once,
    outcome: u64,
    place: &'static Location<'static>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        step_value_at(self.place, &self.once.word, Op::OnceEnd, (Bits::Opaque, self.outcome));
    }
}

impl Once {
    /// A new one.
    #[track_caller]
    pub const fn new() -> Self {
        Once { word: Word::new(ObjectKind::Once, once::NEW) }
    }

    /// Runs `f` if nobody has; waits while somebody does.
    ///
    /// After a panic in `f` the next caller tries again (std's poisons the `Once` instead; its
    /// `OnceLock` behaves as here).
    #[track_caller]
    pub fn call_once(&self, f: impl FnOnce()) {
        if step(&self.word, Bits::Opaque, Op::OnceEnter, Relaxed, 0, 0) == once::NEW {
            let place = Location::caller();
            let mut running = Running { once: self, outcome: once::NEW, place };
            f();
            running.outcome = once::DONE;
        }
    }

    /// Has it run? A step.
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        step(&self.word, Bits::Opaque, Op::Load, Relaxed, 0, 0) == once::DONE
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Once::new()
    }
}

/// A cell that is written once.
pub struct OnceLock<T> {
    once: Once,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: as std's: the value is written by one thread while all others wait, then only shared.
unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for OnceLock<T> {}

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

    /// The value; if it is not there yet, `f` makes it, once.
    #[track_caller]
    pub fn get_or_init(&self, f: impl FnOnce() -> T) -> &T {
        self.once.call_once(|| {
            let value = f();
            // SAFETY: `call_once` lets one thread in, and nobody reads before it is done.
            unsafe { *self.value.get() = Some(value) };
        });
        self.peek().expect("`call_once` has returned, so the value is there")
    }

    /// Writes the value if the cell is empty.
    ///
    /// # Errors
    /// With the value, when there is one already.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.once.call_once(|| {
            // SAFETY: as in `get_or_init`.
            unsafe { *self.value.get() = value.take() };
        });
        match value {
            Some(value) => Err(value),
            None => Ok(()),
        }
    }

    /// The value, which nobody else can reach.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    fn peek(&self) -> Option<&T> {
        // SAFETY: called after the initialisation is done; from then on nobody writes.
        unsafe { (*self.value.get()).as_ref() }
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        OnceLock::new()
    }
}

/// A value that is made when it is first used.
pub struct LazyLock<T, F = fn() -> T> {
    lock: OnceLock<T>,
    make: Cell<Option<F>>,
}

// SAFETY: `make` is only taken inside the one initialisation.
unsafe impl<T: Send + Sync, F: Send> Sync for LazyLock<T, F> {}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// A value that `make` will make.
    #[track_caller]
    pub const fn new(make: F) -> Self {
        LazyLock { lock: OnceLock::new(), make: Cell::new(Some(make)) }
    }

    /// The value; made now if this is the first use.
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        this.lock.get_or_init(|| {
            let make = this.make.take().expect("the initialisation runs once");
            make()
        })
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}
