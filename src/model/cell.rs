//! `std::cell::UnsafeCell`, for programs under exploration.

use crate::explore::runtime::{Bits, Op, Word, cell_written, step};
use crate::trace::ObjectKind;
use std::sync::atomic::Ordering::Relaxed;

/// A plain cell whose accesses are steps; unordered ones that conflict are reported as data races.
///
/// Unlike std's, it gives its pointer to a closure, so that the explorer knows when an access
/// begins and whether it writes (loom's has the same form).
pub struct UnsafeCell<T> {
    word: Word,
    value: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// A new cell.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        UnsafeCell {
            word: Word::new(ObjectKind::Cell, 0),
            value: std::cell::UnsafeCell::new(value),
        }
    }

    /// A new cell with a name for pictures.
    ///
    /// # Panics
    /// Outside an exploration.
    #[track_caller]
    pub fn named(name: &'static str, value: T) -> Self {
        UnsafeCell {
            word: Word::registered(ObjectKind::Cell, 0, Some(name)),
            value: std::cell::UnsafeCell::new(value),
        }
    }

    /// Reads: one step.
    #[inline]
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        let address = self.value.get() as u64;
        step(&self.word, Bits::of::<T>(), Op::CellRead, Relaxed, address, 0);
        f(self.value.get())
    }

    /// Writes: one step.
    #[inline]
    #[track_caller]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        let address = self.value.get() as u64;
        step(&self.word, Bits::of::<T>(), Op::CellWrite, Relaxed, address, 0);
        let result = f(self.value.get());
        cell_written(&self.word, address, Bits::of::<T>());
        result
    }

    /// The value, which nobody else can reach.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        UnsafeCell::new(T::default())
    }
}
