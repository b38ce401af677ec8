//! Asking for a step: what the model's types call, in the thread that wants the step.

use super::record::peek;
use super::request::{Bits, NONE, Op, Request};
use super::{CURRENT, Runtime, State, Word, abandon, current, thread_at, with_current};
use std::panic::Location;
use std::sync::atomic::Ordering;

/// Asks for a step on `word` and returns what it gives, once the scheduler has let the thread go.
#[inline]
#[track_caller]
pub(crate) fn step(word: &Word, bits: Bits, op: Op, order: Ordering, a: u64, b: u64) -> u64 {
    step_from(Location::caller(), word, bits, op, order, (a, b))
}

/// As [`step`], asked for at `place`. One function, not inlined into every method of every type.
#[inline(never)]
fn step_from(
    place: &'static Location<'static>,
    word: &Word,
    bits: Bits,
    op: Op,
    order: Ordering,
    (a, b): (u64, u64),
) -> u64 {
    let rt = current();
    // SAFETY: `rt` is the current runtime; the reference ends before `ask`.
    unsafe {
        let (object, word) = word.locate(&mut *rt);
        let request = Request {
            op,
            bits,
            order,
            failure: order,
            object,
            mutex: NONE,
            word,
            mutex_word: std::ptr::null(),
            a,
            b,
            place,
        };
        ask(rt, request)
    }
}

/// As [`step`], for the few steps with a second object, a second ordering, or no object.
#[track_caller]
pub(crate) fn step_with(
    word: Option<&Word>,
    mutex: Option<&Word>,
    bits: Bits,
    op: Op,
    (order, failure): (Ordering, Ordering),
    a: u64,
    b: u64,
) -> u64 {
    let place = Location::caller();
    let rt = current();
    // SAFETY: as in `step_from`.
    unsafe {
        let locate = |word: Option<&Word>| match word {
            Some(word) => word.locate(&mut *rt),
            None => (NONE, std::ptr::null()),
        };
        let (object, word) = locate(word);
        let (mutex, mutex_word) = locate(mutex);
        let request = Request {
            op,
            bits,
            order,
            failure,
            object,
            mutex,
            word,
            mutex_word,
            a,
            b,
            place,
        };
        ask(rt, request)
    }
}

/// Stops the current thread until its request has been granted.
///
/// # Safety
/// `rt` is the current runtime, and no reference to it is alive.
#[inline(always)]
unsafe fn ask(rt: *mut Runtime, request: Request) -> u64 {
    // SAFETY: by the caller's promise; the accesses are short ones on either side of the switch. The
    // yielder belongs to the running coroutine.
    unsafe {
        let runtime = &mut *rt;
        runtime.note_touch(&request);
        let thread = runtime.current;
        let slot = &mut runtime.threads[usize::from(thread)];
        slot.request = request;
        if runtime.abandoning {
            return abandon::inert_step(rt, thread);
        }
        slot.state = State::Asking;
        runtime.asking |= 1 << thread;
        if !runtime.goes_on_by_itself(thread) {
            (*thread_at(rt, thread).yielder).suspend(());
            if (*rt).abandoning {
                return abandon::inert_step(rt, thread);
            }
        }
        thread_at(rt, thread).result
    }
}

/// Stops the current thread in a state that is not a request, until `settle` lets it go on.
#[track_caller]
pub(crate) fn wait_in(state: State) {
    let place = Location::caller();
    let rt = CURRENT.get();
    // SAFETY: as in `ask`.
    unsafe {
        let thread = (*rt).current;
        if (*rt).abandoning {
            abandon::inert_step(rt, thread);
            return;
        }
        (*rt).anyone_spins |= state == State::Spinning;
        thread_at(rt, thread).waits_at = place;
        thread_at(rt, thread).state = state;
        (*thread_at(rt, thread).yielder).suspend(());
        if (*rt).abandoning {
            abandon::inert_step(rt, (*rt).current);
        }
    }
}

/// As [`step`], for a `Drop`: it has no caller, so the place comes from what it undoes.
pub(crate) fn step_at(place: &'static Location<'static>, word: &Word, op: Op) -> u64 {
    step_value_at(place, word, op, (Bits::Opaque, 0))
}

/// As [`step_at`], with an operand.
pub(crate) fn step_value_at(
    place: &'static Location<'static>,
    word: &Word,
    op: Op,
    (bits, a): (Bits, u64),
) -> u64 {
    step_from(place, word, bits, op, Ordering::Relaxed, (a, 0))
}

/// Has the running thread's compare-exchange, its last step, failed?
pub(crate) fn failed() -> bool {
    with_current(|runtime| {
        !runtime.abandoning && runtime.threads[usize::from(runtime.current)].failed
    })
}

/// The number of an object that has been used.
pub(crate) fn object_of(word: &Word) -> u32 {
    with_current(|runtime| word.locate(runtime).0)
}

/// Changes an object's state in a way that no step could tell.
pub(crate) fn change_silently(word: &Word, change: impl FnOnce(u64) -> u64) {
    with_current(|runtime| {
        let (object, word) = word.locate(runtime);
        // SAFETY: `locate` gives the object itself or the runtime's copy of it; both are alive.
        let word = unsafe { &*word };
        word.set(change(word.get()));
        if let Some(knowledge) = runtime.knowing() {
            knowledge.changed_silently(object, word.get());
        }
    });
}

impl Runtime {
    /// Notes which objects the running thread is about to ask for.
    #[inline(always)]
    fn note_touch(&mut self, request: &Request) {
        if let Some(info) = self.objects.get_mut(request.object as usize)
            && info.bits == Bits::Opaque
        {
            info.bits = request.bits;
            if matches!(request.op, Op::CellRead | Op::CellWrite) {
                info.initial = peek(request.a, request.bits);
            }
        }
        if self.knowledge.is_some() {
            self.learn_touch(request.object, request.mutex);
        }
    }

    #[cold]
    fn learn_touch(&mut self, object: u32, mutex: u32) {
        let thread = self.current;
        let operation = self.threads[usize::from(thread)].operation;
        let Some(knowledge) = self.knowing() else { return };
        for object in [object, mutex].into_iter().filter(|&object| object != NONE) {
            knowledge.touched(thread, operation, object);
        }
    }
}
