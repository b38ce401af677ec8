//! Writing steps down, with the values they saw.

use super::effect::Effect;
use super::request::{Bits, Request};
use super::step::{Seen, Taken};
use super::{NONE, Op, Runtime, Word, with_current};
use crate::trace::{Action, ObjectId, ObjectKind, Step, ThreadId, Value};

impl Runtime {
    pub(super) fn record(
        &mut self,
        thread: u8,
        choice: u32,
        taken: &Taken,
        effect: &Effect,
        seen: Option<Seen>,
    ) {
        let mut step = self.describe(thread, choice, taken, (effect.result, effect.word), seen);
        let mut after: Vec<usize> =
            self.threads[usize::from(thread)].after.iter().map(|&step| step as usize).collect();
        after.sort_unstable();
        after.dedup();
        step.after = after;
        if let Some(steps) = &mut self.recording {
            steps.push(step);
        }
    }

    /// A step that has been performed, while its thread has not gone on.
    pub(crate) fn describe_taken(&self, thread: u8, choice: u32, taken: &Taken) -> Step {
        let result = self.threads[usize::from(thread)].result;
        self.describe(thread, choice, taken, (result, self.word(&taken.request)), None)
    }

    /// The step with its values, as a trace has it; without what it comes after.
    fn describe(
        &self,
        thread: u8,
        choice: u32,
        taken: &Taken,
        (result, word): (u64, u64),
        seen: Option<Seen>,
    ) -> Step {
        let request = &taken.request;
        let bits = request.bits;
        let (mut read, mut written) = (None, None);
        match taken.action {
            Action::Load | Action::CompareExchangeFailed => read = bits.value(result),
            Action::Store => written = bits.value(word),
            Action::CellRead | Action::CellGet => read = bits.value(peek(request.a, bits)),
            Action::Unlock | Action::Downgrade => written = bits.value(request.a),
            Action::Wait | Action::Send => written = bits.value(request.b),
            Action::Swap
            | Action::FetchAdd
            | Action::FetchSub
            | Action::FetchUpdate
            | Action::CompareExchange => {
                read = bits.value(result);
                written = bits.value(word);
            }
            _ => {}
        }
        let failed = taken.action == Action::CompareExchangeFailed;
        let order = if failed { request.failure } else { request.order };
        let ordered = taken.action.is_atomic_access() || taken.action == Action::Fence;
        let shown = match request.op {
            Op::Choose => true,
            // That it succeeded, as it should, goes without saying.
            Op::CompareExchangeWeak => choice > 0,
            _ => taken.alternatives > 1 || seen.is_some() && choice > 0,
        };
        let actor = &self.threads[usize::from(thread)];
        Step {
            thread: ThreadId(thread),
            action: taken.action,
            object: (request.object != NONE).then_some(ObjectId(request.object)),
            mutex: (taken.action == Action::Wait).then_some(ObjectId(request.mutex)),
            order: ordered.then_some(order),
            read,
            written,
            choice: shown.then_some(choice),
            place: request.place.into(),
            operation: actor.operation,
            after: Vec::new(),
            alone: self.live == 1 << thread,
            stale: seen.and_then(|seen| seen.stale),
            behind: seen.and_then(|seen| seen.behind),
        }
    }
}

/// The value in the memory of a plain cell.
pub(super) fn peek(address: u64, bits: Bits) -> u64 {
    let width = match bits {
        Bits::Unsigned(width) | Bits::Signed(width) => width,
        Bits::Bool => 8,
        Bits::Pointer | Bits::Count | Bits::Opaque => return 0,
    };
    // SAFETY: the address is that of a live cell of an integer or `bool` of this width, borrowed by
    // the thread whose step is being recorded; all modelled threads run on this OS thread.
    unsafe {
        match width {
            8 => u64::from(*(address as *const u8)),
            16 => u64::from(*(address as *const u16)),
            32 => u64::from(*(address as *const u32)),
            _ => *(address as *const u64),
        }
    }
}

/// As [`peek`], in words.
pub(super) fn peek_at(value: *const u8, bits: Bits) -> Option<Value> {
    let plain = !matches!(bits, Bits::Opaque | Bits::Pointer);
    plain.then(|| bits.value(peek(value as u64, bits))).flatten()
}

/// The running thread has written a cell, at this address: only now can the value be seen.
pub(crate) fn cell_written(word: &Word, address: u64, bits: Bits) {
    with_current(|runtime| {
        let value = (!matches!(bits, Bits::Opaque | Bits::Pointer)).then(|| peek(address, bits));
        // The writer has not stopped since its step was granted, so that step is the last one.
        if let Some(step) = runtime.recording.as_mut().and_then(|steps| steps.last_mut()) {
            step.written = value.and_then(|value| bits.value(value));
        }
        if runtime.knowledge.is_some() {
            let (object, _) = word.locate(runtime);
            let thread = runtime.current;
            if let Some(knowledge) = runtime.knowing() {
                knowledge.cell_written(thread, object, value);
            }
        }
    });
}

/// The running thread has got hold of what the lock of its last step guards, or of the message it
/// brought: only now can it be seen.
#[inline]
pub(crate) fn found(content: impl FnOnce() -> (Bits, u64)) {
    with_current(|runtime| {
        if runtime.recording.is_some() || runtime.knowledge.is_some() {
            let (bits, value) = content();
            runtime.note_found(bits.value(value));
        }
    });
}

impl Runtime {
    #[cold]
    fn note_found(&mut self, value: Option<Value>) {
        self.found = value;
        // The thread has not stopped since its step was granted, so that step is the last one.
        if let Some(step) = self.recording.as_mut().and_then(|steps| steps.last_mut())
            && step.action.finds_content()
        {
            step.read = value;
        }
        let object = self.threads[usize::from(self.current)].request.object;
        let Some(info) = self.objects.get_mut(object as usize) else { return };
        if matches!(info.kind, ObjectKind::Mutex | ObjectKind::RwLock) {
            info.first_guarded = info.first_guarded.or(value);
            info.guarded = value;
        }
    }

    /// Notes what a step leaves behind the lock that it gives back.
    pub(super) fn note_left(&mut self, taken: &Taken) {
        self.found = None;
        let Request { bits, object, mutex, a, b, .. } = taken.request;
        let (lock, value) = match taken.action {
            Action::Unlock | Action::Downgrade => (object, a),
            Action::Wait => (mutex, b),
            _ => return,
        };
        self.objects[lock as usize].guarded = bits.value(value);
    }
}

/// What a lock guards or a message says, where that can be compared by its bits.
pub(crate) fn content_of<T: ?Sized>(value: *const T) -> (Bits, u64) {
    // SAFETY: the pointer is that of a value the calling thread owns or holds the lock of.
    if unsafe { size_of_val(&*value) } == 0 {
        return (Bits::NOTHING, 0);
    }
    let bits = Bits::of::<T>();
    (bits, peek(value as *const () as u64, bits))
}
