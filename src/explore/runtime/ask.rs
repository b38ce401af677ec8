//! Asking for a step: what the model's types call, in the thread that wants the step.
//!
//! What is asked for is written down in a function of its own; the thread stops in the code that
//! called it, all functions between being inlined. A processor foretells where a function returns to
//! by who called it last, and is wrong for every function that stops in one thread and returns in
//! another: that cost a fifth of an exploration's time.

use super::record::peek;
use super::request::{Bits, NONE, Op, Request};
use super::standing::Standing;
use super::thread::Stopped;
use super::{Runtime, State, Word, current, leave, thread_at, with_current};
use std::panic::Location;
use std::sync::atomic::Ordering;

/// A step that was asked for.
struct Asked {
    /// Where to stop until it is granted; null if it has been taken already.
    stop: *const Stopped,
    /// What it gave, if it has been taken.
    result: u64,
}

impl Asked {
    fn taken(result: u64) -> Self {
        Asked { stop: std::ptr::null(), result }
    }
}

/// Asks for a step on `word` and returns what it gives, once the scheduler has let the thread go.
#[inline(always)]
#[track_caller]
pub(crate) fn step(word: &Word, bits: Bits, op: Op, order: Ordering, a: u64, b: u64) -> u64 {
    granted(ask_for(Location::caller(), word, bits, op, order, (a, b)))
}

/// As [`step`], for the few steps with a second object, a second ordering, or no object.
#[inline(always)]
#[track_caller]
pub(crate) fn step_with(
    word: Option<&Word>,
    mutex: Option<&Word>,
    bits: Bits,
    op: Op,
    orders: (Ordering, Ordering),
    a: u64,
    b: u64,
) -> u64 {
    granted(ask_with(Location::caller(), word, mutex, bits, op, orders, (a, b)))
}

/// As [`step_with`], where the place is known.
#[inline(always)]
pub(crate) fn step_with_at(
    place: &'static Location<'static>,
    word: Option<&Word>,
    mutex: Option<&Word>,
    bits: Bits,
    op: Op,
    orders: (Ordering, Ordering),
    operands: (u64, u64),
) -> u64 {
    granted(ask_with(place, word, mutex, bits, op, orders, operands))
}

/// Stops the current thread until its step has been taken.
#[inline(always)]
fn granted(asked: Asked) -> u64 {
    if asked.stop.is_null() {
        return asked.result;
    }
    // SAFETY: it is that of the running thread, which has just asked.
    let result = unsafe { (*asked.stop).suspend(()) };
    forget_registers();
    result
}

/// Whoever let the thread go on has left its own values in the registers that a call would have
/// preserved. The thread does not use them, but they would be saved on its stack, and two rounds of a
/// loop that differ in nothing else would look different: see [`spin`](super::spin).
#[inline(always)]
fn forget_registers() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: it changes the registers that it names, and nothing else.
    unsafe {
        std::arch::asm!(
            "xor r12d, r12d",
            "xor r13d, r13d",
            "xor r14d, r14d",
            "xor r15d, r15d",
            out("r12") _,
            out("r13") _,
            out("r14") _,
            out("r15") _,
            options(nomem, nostack)
        );
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        std::arch::asm!(
            "mov x20, xzr",
            "mov x21, xzr",
            "mov x22, xzr",
            "mov x23, xzr",
            "mov x24, xzr",
            "mov x25, xzr",
            "mov x26, xzr",
            "mov x27, xzr",
            "mov x28, xzr",
            out("x20") _,
            out("x21") _,
            out("x22") _,
            out("x23") _,
            out("x24") _,
            out("x25") _,
            out("x26") _,
            out("x27") _,
            out("x28") _,
            options(nomem, nostack)
        );
    }
}

#[inline(never)]
fn ask_for(
    place: &'static Location<'static>,
    word: &Word,
    bits: Bits,
    op: Op,
    order: Ordering,
    (a, b): (u64, u64),
) -> Asked {
    let rt = current();
    // SAFETY: `rt` is the current runtime; the reference ends before `ask`.
    unsafe {
        leave::check(rt);
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
        if (*rt).given_up {
            (*rt).refused(&request);
        }
        ask(rt, request)
    }
}

#[inline(never)]
fn ask_with(
    place: &'static Location<'static>,
    word: Option<&Word>,
    mutex: Option<&Word>,
    bits: Bits,
    op: Op,
    (order, failure): (Ordering, Ordering),
    (a, b): (u64, u64),
) -> Asked {
    let rt = current();
    // SAFETY: as in `ask_for`.
    unsafe {
        leave::check(rt);
        let locate = |word: Option<&Word>| match word {
            Some(word) => word.locate(&mut *rt),
            None => (NONE, std::ptr::null()),
        };
        let (object, word) = locate(word);
        let (mutex, mutex_word) = locate(mutex);
        let request =
            Request { op, bits, order, failure, object, mutex, word, mutex_word, a, b, place };
        if (*rt).given_up {
            (*rt).refused(&request);
        }
        ask(rt, request)
    }
}

/// Writes down what the current thread asks for; takes the step at once if it is only repeated.
///
/// # Safety
/// `rt` is the current runtime, and no reference to it is alive.
#[inline(always)]
unsafe fn ask(rt: *mut Runtime, request: Request) -> Asked {
    // SAFETY: by the caller's promise; every reference ends before the thread stops.
    unsafe {
        let runtime = &mut *rt;
        runtime.note_touch(&request);
        let thread = runtime.current;
        let slot = &mut runtime.threads[usize::from(thread)];
        slot.asked += 1;
        slot.request = request;
        slot.mark = leave::depth();
        slot.state = State::Asking;
        let stop = slot.yielder;
        runtime.asking |= 1 << thread;
        if runtime.goes_on_by_itself(thread) {
            Asked::taken(thread_at(rt, thread).result)
        } else {
            Asked { stop, result: 0 }
        }
    }
}

/// Stops the current thread in a state that is not a request, until `settle` lets it go on.
#[inline(always)]
#[track_caller]
pub(crate) fn wait_in(state: State) {
    granted(enter(state, Location::caller()));
}

/// Stops the current thread at a yield, until somebody else has changed what it looked at, or it is
/// found that it would go on anyway.
#[inline(always)] // the frame that counts is that of whoever yields
#[track_caller]
pub(crate) fn wait_to_spin() {
    let standing = Standing::here();
    spin_from(&standing, Location::caller());
}

#[inline(never)]
fn spin_from(standing: &Standing, place: &'static Location<'static>) {
    with_current(|runtime| {
        let current = usize::from(runtime.current);
        runtime.threads[current].standing = *standing;
    });
    granted(enter(State::Spinning, place));
}

#[inline(never)]
fn enter(state: State, place: &'static Location<'static>) -> Asked {
    let rt = current();
    // SAFETY: as in `ask_for`.
    unsafe {
        leave::check(rt);
        let thread = (*rt).current;
        (*rt).anyone_spins |= state == State::Spinning;
        let slot = thread_at(rt, thread);
        slot.waits_at = place;
        slot.mark = leave::depth();
        slot.state = state;
        Asked { stop: slot.yielder, result: 0 }
    }
}

/// As [`step`], for a `Drop`: it has no caller, so the place comes from what it undoes.
#[inline(always)]
pub(crate) fn step_at(place: &'static Location<'static>, word: &Word, op: Op) -> u64 {
    step_value_at(place, word, op, Bits::Opaque, (0, 0))
}

/// As [`step_at`], with operands.
#[inline(always)]
pub(crate) fn step_value_at(
    place: &'static Location<'static>,
    word: &Word,
    op: Op,
    bits: Bits,
    operands: (u64, u64),
) -> u64 {
    step_ordered_at(place, word, bits, op, Ordering::Relaxed, operands)
}

/// As [`step_value_at`], with an ordering.
#[inline(always)]
pub(crate) fn step_ordered_at(
    place: &'static Location<'static>,
    word: &Word,
    bits: Bits,
    op: Op,
    order: Ordering,
    operands: (u64, u64),
) -> u64 {
    granted(ask_for(place, word, bits, op, order, operands))
}

/// Has the running thread's compare-exchange, its last step, failed?
pub(crate) fn failed() -> bool {
    with_current(|runtime| runtime.threads[usize::from(runtime.current)].failed)
}

/// The number of an object that has been used.
pub(crate) fn object_of(word: &Word) -> u32 {
    with_current(|runtime| word.locate(runtime).0)
}

/// Adds to an object's word in a way that no step could tell.
pub(crate) fn add_silently(word: &Word, more: u64) {
    let refused = with_current(|runtime| {
        let (object, word) = word.locate(runtime);
        if object == NONE {
            return true;
        }
        // SAFETY: `locate` gives the object itself or the runtime's copy of it; both are alive.
        let word = unsafe { &*word };
        word.set(word.get() + more);
        runtime.silent.push((object, runtime.steps, more));
        if let Some(knowledge) = runtime.knowing() {
            knowledge.changed_silently(object, word.get());
        }
        false
    });
    if refused {
        leave::for_good();
    }
}

impl Runtime {
    /// Notes which objects the running thread is about to ask for.
    #[inline(always)]
    fn note_touch(&mut self, request: &Request) {
        if let Some(info) = self.objects.get_mut(request.object as usize)
            && info.bits == Bits::Opaque
        {
            info.bits = request.bits;
            if request.op.is_on_cell() {
                info.initial = peek(request.a, request.bits);
            }
        }
        if self.knowledge.is_some() {
            self.learn_touch(request.object, request.mutex);
        }
    }

    #[inline(never)]
    fn learn_touch(&mut self, object: u32, mutex: u32) {
        let thread = self.current;
        let operation = self.threads[usize::from(thread)].operation;
        let Some(knowledge) = self.knowing() else { return };
        for object in [object, mutex].into_iter().filter(|&object| object != NONE) {
            knowledge.touched(thread, operation, object);
        }
    }
}
