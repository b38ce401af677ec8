//! `std::sync::{Once, OnceLock, LazyLock}`, for programs under exploration.

mod lazy;
mod once_lock;

pub use lazy::LazyLock;
pub use once_lock::OnceLock;

use crate::explore::runtime::effect::once;
use crate::explore::runtime::{Becomes, Bits, Op, Word, claimed, step, step_value_at};
use crate::trace::ObjectKind;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

/// A piece of code that runs once.
pub struct Once {
    word: Word,
}

/// What has become of a [`Once`] before, as [`Once::call_once_force`] tells its closure.
#[derive(Debug)]
pub struct OnceState {
    poisoned: bool,
}

impl OnceState {
    /// Has it panicked before?
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

/// Finishes the initialisation, or poisons it when it panicked.
struct Running<'a> {
    once: &'a Once,
    outcome: u64,
    place: &'static Location<'static>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        step_value_at(self.place, &self.once.word, Op::OnceEnd, Bits::Opaque, (self.outcome, 0));
    }
}

impl Once {
    /// A new one.
    #[track_caller]
    pub const fn new() -> Self {
        Once { word: Word::new(ObjectKind::Once, once::NEW) }
    }

    /// The running thread has the object for itself, as `&mut` or by value.
    #[track_caller]
    fn claimed(&self, becomes: Becomes) {
        claimed(&self.word, becomes, Location::caller());
    }

    /// One that has run.
    #[track_caller]
    const fn done() -> Self {
        Once { word: Word::new(ObjectKind::Once, once::DONE) }
    }

    /// Was it made as one that has run?
    fn is_made_done(&self) -> bool {
        self.word.initial() == once::DONE
    }

    /// Runs `f` if nobody has; waits while somebody does.
    ///
    /// # Panics
    /// When it has panicked before.
    #[track_caller]
    pub fn call_once(&self, f: impl FnOnce()) {
        if !self.enter(false, |_| f()) {
            panic!("Once instance has previously been poisoned");
        }
    }

    /// As [`call_once`](Self::call_once), and tries again where it has panicked before.
    #[track_caller]
    pub fn call_once_force(&self, f: impl FnOnce(&OnceState)) {
        self.enter(true, f);
    }

    /// Has it run? A step.
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        step(&self.word, Bits::Opaque, Op::OnceLook, Relaxed, 0, 0) == once::DONE
    }

    /// Waits until it has run.
    ///
    /// # Panics
    /// When it has panicked.
    #[track_caller]
    pub fn wait(&self) {
        if step(&self.word, Bits::Opaque, Op::OnceWait, Relaxed, 0, 0) == once::POISONED {
            panic!("Once instance has previously been poisoned");
        }
    }

    /// Waits until it has run, even if it has panicked before.
    #[track_caller]
    pub fn wait_force(&self) {
        step(&self.word, Bits::Opaque, Op::OnceWait, Relaxed, 1, 0);
    }

    /// Runs `f` if nobody has; false if it has panicked before and that stops this caller.
    #[track_caller]
    fn enter(&self, force: bool, f: impl FnOnce(&OnceState)) -> bool {
        let place = Location::caller();
        let found = step(&self.word, Bits::Opaque, Op::OnceEnter, Relaxed, u64::from(force), 0);
        let poisoned = found == once::POISONED;
        if found == once::NEW || poisoned && force {
            let mut running = Running { once: self, outcome: once::POISONED, place };
            f(&OnceState { poisoned });
            running.outcome = once::DONE;
        }
        !poisoned || force
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Once::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}
