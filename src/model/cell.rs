//! `std::cell`, for programs under exploration: `UnsafeCell`, and the `Cell` that tasks of one thread
//! share.

use crate::explore::runtime::{
    Becomes, Bits, Op, Word, access_begins, access_ends, cell_written, claimed, content_of, got,
    object_of, place_of, step, step_value_at, with_current,
};
use crate::trace::ObjectKind;
use std::mem::needs_drop;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

/// A plain cell whose accesses are steps; unordered ones that conflict are reported as data races.
///
/// It gives its pointer to a closure, so that the explorer knows when an access begins and ends and
/// whether it writes (loom's has the same form); also freely, as std's does: see [`get`](Self::get).
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

    /// Reads: one step, and a second one at its end if `f` takes steps.
    #[inline]
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        let _access = self.begin(false);
        f(self.place())
    }

    /// Writes: one step, and a second one at its end if `f` takes steps.
    #[inline]
    #[track_caller]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        let _access = self.begin(true);
        f(self.place())
    }

    /// The pointer to the value, as std's `get`: one step.
    ///
    /// What is done with the pointer cannot be seen, but what has become of the value can: if the value
    /// has changed when the cell is used next, this was a write, else a read. So a lock's `Deref` and
    /// `DerefMut` are judged rightly where each gets the pointer anew. Not seen is a write that leaves
    /// the value's own bytes as they were (into the memory that a vector owns), nor when within the
    /// thread's course the pointer was used: prefer [`with`](Self::with) and
    /// [`with_mut`](Self::with_mut), which say both.
    #[track_caller]
    pub fn get(&self) -> *mut T {
        let (place, value) = (Location::caller(), self.place());
        let bits = Bits::of::<T>();
        step_value_at(place, &self.word, Op::CellGet, bits, (value as u64, 0));
        got(&self.word, value.cast_const(), bits);
        value
    }

    /// The value, which nobody else can reach.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        claimed(&self.word, Becomes::Itself, Location::caller());
        // SAFETY: the cell is borrowed exclusively.
        unsafe { &mut *self.place() }
    }

    /// The value.
    #[track_caller]
    pub fn into_inner(self) -> T {
        claimed(&self.word, Becomes::Gone, Location::caller());
        self.value.into_inner()
    }

    /// Where the value is.
    #[inline]
    fn place(&self) -> *mut T {
        place_of(&self.word, self.value.get())
    }

    #[inline]
    #[track_caller]
    fn begin(&self, writes: bool) -> Access<'_, T> {
        let place = Location::caller();
        let op = if writes { Op::CellWrite } else { Op::CellRead };
        step_value_at(place, &self.word, op, Bits::of::<T>(), (self.place() as u64, 0));
        let begun = access_begins(&self.word, writes, needs_drop::<T>(), place);
        Access { cell: self, writes, begun, place }
    }
}

/// An access, which lasts until its closure has returned or panicked.
struct Access<'a, T> {
    cell: &'a UnsafeCell<T>,
    writes: bool,
    /// The step it began with.
    begun: u32,
    place: &'static Location<'static>,
}

impl<T> Drop for Access<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let (word, bits) = (&self.cell.word, Bits::of::<T>());
        let address = self.cell.place() as u64;
        if access_ends(self.begun) {
            let op = if self.writes { Op::CellWriteEnd } else { Op::CellReadEnd };
            step_value_at(self.place, word, op, bits, (address, 0));
        }
        if self.writes {
            cell_written(word, address, bits);
        }
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        UnsafeCell::new(T::default())
    }
}

/// A value that is copied in and out. It stays on one thread, so only [tasks](super::future) that
/// share a thread share it; each access is a step, as the pictures show.
///
/// ```compile_fail,E0277
/// fn is_shared<T: Sync>() {}
/// is_shared::<racelab::model::cell::Cell<u32>>();
/// ```
pub struct Cell<T> {
    word: Word,
    value: std::cell::Cell<T>,
}

impl<T: Copy> Cell<T> {
    /// A new cell.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let (_, content) = content_of(&raw const value);
        Cell { word: Word::new(ObjectKind::Atomic, content), value: std::cell::Cell::new(value) }
    }

    /// A new cell with a name for pictures.
    ///
    /// # Panics
    /// Outside an exploration.
    #[track_caller]
    pub fn named(name: &'static str, value: T) -> Self {
        let (bits, content) = content_of(&raw const value);
        let word = Word::registered(ObjectKind::Atomic, content, Some(name));
        let object = object_of(&word);
        with_current(|runtime| runtime.note_bits(object, bits));
        Cell { word, value: std::cell::Cell::new(value) }
    }

    /// The value. A step.
    #[track_caller]
    pub fn get(&self) -> T {
        step(&self.word, Bits::of::<T>(), Op::Load, Relaxed, 0, 0);
        self.value.get()
    }

    /// Replaces the value. A step.
    #[track_caller]
    pub fn set(&self, value: T) {
        let (bits, content) = content_of(&raw const value);
        step(&self.word, bits, Op::Store, Relaxed, content, 0);
        self.value.set(value);
    }
}
