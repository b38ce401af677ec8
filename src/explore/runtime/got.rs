//! Cells whose pointers the program has got, to use as it likes.
//!
//! What is read or written through a pointer cannot be seen; but whether what it points to has changed
//! can, once the next access of the cell begins, or the cell goes. If it has, the thread that got the
//! pointer last has written; if not, it has read.

use super::lifetime::same_place;
use super::request::Bits;
use super::{Runtime, Word, with_current};
use crate::trace::{Action, Besides};
use std::mem::MaybeUninit;

/// A pointer that was got, the last of its cell.
pub(super) struct Got {
    object: u32,
    /// Where the cell's state is. A cell that has moved since is not looked at.
    word: *const Word,
    /// The step that got it.
    step: u32,
    value: *const u8,
    bits: Bits,
    /// What was there then.
    bytes: Vec<MaybeUninit<u8>>,
}

/// The running thread has got the pointer to a cell's value: its last step.
pub(crate) fn got<T>(word: &Word, value: *const T, bits: Bits) {
    with_current(|runtime| {
        let (object, _) = word.locate(runtime);
        runtime.look_through(object, word);
        let value = value.cast::<u8>();
        let mut bytes = vec![MaybeUninit::uninit(); size_of::<T>()];
        // SAFETY: the value is there, and its bytes are copied as they are, also those without a value.
        unsafe {
            value.cast::<MaybeUninit<u8>>().copy_to_nonoverlapping(bytes.as_mut_ptr(), bytes.len())
        };
        let thread = runtime.current;
        let step = runtime.threads[usize::from(thread)].last_step;
        if let Some(knowledge) = runtime.knowing() {
            // Written or not, what it holds follows from what the thread knows.
            knowledge.cell_written(thread, object, None);
        }
        runtime.got.push(Got { object, word, step, value, bits, bytes });
    });
}

impl Runtime {
    /// An access of the cell begins, or the cell goes: what has become of the pointer that was got last?
    pub(super) fn look_through(&mut self, object: u32, word: &Word) {
        let Some(at) = self.got.iter().position(|got| got.object == object) else { return };
        let got = self.got.swap_remove(at);
        if !same_place(got.word, word) || !got.has_changed() {
            return;
        }
        self.written.push(got.step);
        let written = super::record::peek_at(got.value, got.bits);
        if let Some(step) = self.recording.as_mut().and_then(|s| s.get_mut(got.step as usize)) {
            step.action = Action::CellGetWrite;
            step.written = written;
        }
    }

    /// What has happened to objects besides the steps.
    pub(crate) fn besides(&self) -> Besides<'_> {
        Besides { claims: &self.claims, written: &self.written }
    }
}

impl Got {
    fn has_changed(&self) -> bool {
        // SAFETY: the cell is where it was, so its value is there. Bytes are compared, whatever they
        // mean; those of no value differ only where something was written.
        unsafe {
            libc::memcmp(self.value.cast(), self.bytes.as_ptr().cast(), self.bytes.len()) != 0
        }
    }
}
