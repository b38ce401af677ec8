//! How long accesses and objects last: what overlaps, what is taken or freed while others use it, and
//! what is used after it was freed.
//!
//! By Rust's rules none of this can happen in safe code; a program that gets its own unsafe code
//! wrong is told so. Where going on would break the explorer itself (an object that is gone, two
//! accesses of one vector at once) the execution ends there.

use super::request::{NONE, Request};
use super::{CURRENT, Runtime, State, Word, counted, leave, statics, with_current};
use crate::trace::{Claim, Mode, ObjectKind, ThreadId};
use std::panic::Location;

/// An access of a cell whose closure has not returned.
pub(super) struct Open {
    object: u32,
    thread: u8,
    writes: bool,
    place: &'static Location<'static>,
}

/// An object that was dropped in this execution, or whose value was taken out.
pub(super) struct Dropped {
    address: usize,
    /// [`NONE`] if nobody had used it.
    object: u32,
    kind: ObjectKind,
    by: Use,
}

/// One of two uses that cannot both be.
#[derive(Clone, Copy)]
pub(crate) struct Use {
    pub thread: u8,
    pub writes: bool,
    pub frees: bool,
    pub place: &'static Location<'static>,
}

impl Use {
    fn of(thread: u8, request: &Request) -> Self {
        let writes = request.mode() != Some(Mode::Read);
        Use { thread, writes, frees: false, place: request.place }
    }
}

/// Why an execution could not go on.
#[derive(Clone, Copy)]
pub(crate) struct Undefined {
    pub object: u32,
    pub first: Use,
    pub second: Use,
    /// Is it known yet what the second one does, and where?
    told: bool,
}

/// The running thread's access of a cell begins, its step has been taken; returns the step.
///
/// `fragile`: what the cell holds owns memory, so that two accesses at once would not only give wrong
/// values.
pub(crate) fn access_begins(
    word: &Word,
    writes: bool,
    fragile: bool,
    place: &'static Location<'static>,
) -> u32 {
    let begun = with_current(|runtime| {
        let (object, _) = word.locate(runtime);
        let thread = runtime.current;
        let overlaps = |open: &&Open| {
            open.object == object && open.thread != thread && (open.writes || writes)
        };
        if fragile && let Some(open) = runtime.open.iter().find(overlaps) {
            let first =
                Use { thread: open.thread, writes: open.writes, frees: false, place: open.place };
            let second = Use { thread, writes, frees: false, place };
            runtime.end_undefined(Undefined { object, first, second, told: true });
            return None;
        }
        runtime.look_through(object, word);
        runtime.open.push(Open { object, thread, writes, place });
        Some(runtime.threads[usize::from(thread)].last_step)
    });
    begun.unwrap_or_else(|| leave::for_good())
}

/// The closure of the running thread's latest access, which began with the step `begun`, has
/// returned; has the thread taken steps in it?
pub(crate) fn access_ends(begun: u32) -> bool {
    with_current(|runtime| {
        let thread = runtime.current;
        if let Some(at) = runtime.open.iter().rposition(|open| open.thread == thread) {
            runtime.open.swap_remove(at);
        }
        runtime.threads[usize::from(thread)].last_step != begun
    })
}

/// Is it the same object, where it was?
pub(super) fn same_place(then: *const Word, now: &Word) -> bool {
    std::ptr::eq(then, now)
}

/// What becomes of an object that a thread has for itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// It stays what it was.
    Itself,
    /// Its value is changed by no step: from then on it is another object, which starts with that.
    Another,
    /// Its value is taken out: it is gone.
    Gone,
}

/// The running thread has the object for itself, as `&mut` or by value.
pub(crate) fn claimed(word: &Word, becomes: Becomes, place: &'static Location<'static>) {
    let current = CURRENT.get();
    if current.is_null() {
        return;
    }
    // SAFETY: a non-null pointer is the current runtime's; the reference ends here.
    let runtime = unsafe { &mut *current };
    let others = runtime.live & !(1 << runtime.current) != 0;
    // Others may use it later, so it has to be known then that it was the same one.
    let object = match others {
        true => Some(word.locate(runtime).0).filter(|&object| object != NONE),
        false => word.number_in(runtime.execution),
    };
    let Some(object) = object else { return };
    runtime.look_through(object, word);
    // With nobody else there, and all joined who have used it, whoever comes later comes after this.
    let tells = others || runtime.used_by_others(object);
    if tells {
        runtime.claim(object, false, place);
    }
    runtime.note_pending_use(object, false, place);
    match becomes {
        Becomes::Itself => {}
        Becomes::Another => {
            word.forget_number();
            if tells {
                let address = std::ptr::from_ref(word) as usize;
                runtime.renewed.push((address, runtime.claims.len() - 1));
            }
        }
        Becomes::Gone => {
            word.mark_dropped();
            runtime.note_dropped(word, object, false, place);
        }
    }
}

/// The object is dropped.
#[inline]
pub(super) fn dropped(word: &Word) {
    let current = CURRENT.get();
    if current.is_null() {
        return;
    }
    // SAFETY: a non-null pointer is the current runtime's; the reference ends here.
    let runtime = unsafe { &mut *current };
    if let Some(object) = word.number_in(runtime.execution) {
        runtime.object_dropped(word, object);
    } else if word.is_used() {
        // It belongs to another execution, or is gone already.
    } else if !runtime.statics.is_empty() && statics::is_static(word) {
        runtime.forget_static(word);
    } else if runtime.live & !(1 << runtime.current) != 0 {
        // Nobody has used it, but another thread may come to it yet.
        word.mark_dropped();
        runtime.note_dropped(word, NONE, true, word.created());
    }
}

impl Runtime {
    fn object_dropped(&mut self, word: &Word, object: u32) {
        let created = word.created();
        self.look_through(object, word);
        word.mark_dropped();
        self.note_dropped(word, object, true, created);
        self.note_pending_use(object, true, created);
        // These the model owns itself.
        let own = matches!(word.kind(), ObjectKind::Channel | ObjectKind::Park | ObjectKind::Arc);
        let uncounted = self.threads[usize::from(self.current)].uncounted > 0;
        if !own && !uncounted && self.used_by_others(object) && !counted::is_by_count(created) {
            self.claim(object, true, created);
        }
    }

    fn note_dropped(
        &mut self,
        word: &Word,
        object: u32,
        frees: bool,
        place: &'static Location<'static>,
    ) {
        let address = std::ptr::from_ref(word) as usize;
        let by = Use { thread: self.current, writes: true, frees, place };
        self.dropped.push(Dropped { address, object, kind: word.kind(), by });
    }

    /// An object that was another one until a thread had it for itself: what was not ordered with
    /// that is not ordered with it now.
    pub(super) fn note_renewal(&mut self, word: &Word, object: u32) {
        let address = std::ptr::from_ref(word) as usize;
        if let Some(at) = self.renewed.iter().position(|renewed| renewed.0 == address) {
            let (_, claim) = self.renewed.swap_remove(at);
            self.claims.push(Claim { object, ..self.claims[claim].clone() });
        }
    }

    /// Another thread has asked for a step on an object that is there for the running one alone: that
    /// step cannot be granted any more.
    fn note_pending_use(&mut self, object: u32, frees: bool, place: &'static Location<'static>) {
        let mut asking = self.asking & !(1 << self.current);
        while asking != 0 {
            let thread = asking.trailing_zeros() as u8;
            asking &= asking - 1;
            let request = &self.threads[usize::from(thread)].request;
            if request.object == object || request.mutex == object {
                let first = Use { thread: self.current, writes: true, frees, place };
                let second = Use::of(thread, request);
                self.end_undefined(Undefined { object, first, second, told: true });
                return;
            }
        }
    }

    /// Has a thread used the object that the running one has not joined?
    fn used_by_others(&self, object: u32) -> bool {
        let joined = self.threads[usize::from(self.current)].joined | 1 << self.current;
        self.objects[object as usize].users & !joined != 0
    }

    fn claim(&mut self, object: u32, frees: bool, place: &'static Location<'static>) {
        let thread = &self.threads[usize::from(self.current)];
        let last = (thread.last_step != NONE).then_some(thread.last_step as usize);
        let after = thread.after.iter().map(|&step| step as usize).collect();
        let all = self.threads.iter().zip(0..).filter(|(thread, _)| thread.state != State::Absent);
        let started = all.fold(0, |all, (_, number)| all | 1 << number);
        let (thread, at) = (ThreadId(self.current), self.steps as usize);
        self.claims.push(Claim { thread, object, last, after, at, started, place, frees });
    }

    /// The running thread uses an object that was dropped: it will be left.
    pub(super) fn used_after_drop(&mut self, word: &Word) {
        let address = std::ptr::from_ref(word) as usize;
        let here = |dropped: &&Dropped| dropped.address == address;
        let Some(dropped) = self.dropped.iter().rev().find(here).or(self.dropped.last()) else {
            // In an earlier execution, so it was made outside.
            return self.refuse_outside_object(word);
        };
        let Dropped { object, kind, by: first, .. } = *dropped;
        let second = Use { thread: self.current, frees: false, ..first };
        let object = if object == NONE { self.note_unused(kind, first.place) } else { object };
        self.end_undefined(Undefined { object, first, second, told: false });
    }

    /// Was an object dropped at this address, in this execution?
    pub(super) fn was_dropped(&self, word: *const Word) -> bool {
        self.dropped.iter().any(|dropped| dropped.address == word as usize)
    }

    /// What was asked for will not be granted.
    #[cold]
    pub(super) fn refused(&mut self, request: &Request) {
        if let Some(undefined) = self.undefined.as_mut().filter(|undefined| !undefined.told) {
            undefined.second = Use::of(undefined.second.thread, request);
            undefined.told = true;
        }
    }

    /// The execution ends at the running thread's next stop, and that thread does not go on: what was
    /// repeated until here ended here before, so there is nothing more to repeat.
    #[cold]
    fn end_undefined(&mut self, undefined: Undefined) {
        self.undefined.get_or_insert(undefined);
        self.given_up = true;
    }
}
