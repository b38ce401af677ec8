//! A word: the state of one shared object, and the tag that says which execution it belongs to.

use super::Runtime;
use crate::trace::ObjectKind;
use std::cell::Cell;
use std::panic::{Location, RefUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The part of every modelled object that the runtime sees.
///
/// The whole state of an object, as far as steps depend on it, fits into 64 bits: an atomic's
/// value, a mutex's holder, the number of messages in a channel. What it guards lives elsewhere.
pub(crate) struct Word {
    /// Execution (upper 40 bits) and object number (lower 24) of the last registration.
    tag: AtomicU64,
    value: Cell<u64>,
    /// What it starts with: a `static` returns to this in each execution.
    initial: u64,
    kind: ObjectKind,
    name: Cell<Option<&'static str>>,
    created: &'static Location<'static>,
}

// SAFETY: the tag is atomic and goes from 0 to one execution, once. The value and the name are touched
// by whoever makes the word, before anybody else can reach it, and by the OS thread that runs the
// execution in the tag (all its modelled threads are coroutines of that one thread); whoever finds
// another execution there is refused. Words in statics are recognised by their address and never
// claimed: the runtime keeps a copy of what they were made with, which does not change.
unsafe impl Sync for Word {}
// SAFETY: as above; nothing in it is tied to the thread that made it.
unsafe impl Send for Word {}

/// A step is taken as a whole or not at all, whatever panics.
impl RefUnwindSafe for Word {}

impl Drop for Word {
    #[inline]
    fn drop(&mut self) {
        super::lifetime::dropped(self);
    }
}

/// The tag of a word that was dropped: no execution has this number.
const DROPPED: u64 = u64::MAX;

/// Execution numbers count from 1, so a fresh word belongs to none.
pub(crate) const OBJECT_BITS: u32 = 24;

impl Word {
    /// A word that is registered when it is first used; this form can stand in a `static`.
    #[track_caller]
    pub(crate) const fn new(kind: ObjectKind, initial: u64) -> Self {
        Word {
            tag: AtomicU64::new(0),
            value: Cell::new(initial),
            initial,
            kind,
            name: Cell::new(None),
            created: Location::caller(),
        }
    }

    /// A word as one that is gone was made.
    pub(super) fn made_at(kind: ObjectKind, created: &'static Location<'static>) -> Self {
        let mut word = Word::new(kind, 0);
        word.created = created;
        word
    }

    /// A word that is registered at once, when made inside an exploration.
    #[track_caller]
    pub(crate) fn registered(kind: ObjectKind, initial: u64, name: Option<&'static str>) -> Self {
        let word = Word::new(kind, initial);
        word.name.set(name);
        super::with_current(|runtime| runtime.register(&word, true));
        word
    }

    pub(crate) fn kind(&self) -> ObjectKind {
        self.kind
    }

    pub(crate) fn name(&self) -> Option<&'static str> {
        self.name.get()
    }

    /// Gives it a name.
    pub(super) fn call(&self, name: &'static str) {
        self.name.set(Some(name));
    }

    pub(crate) fn created(&self) -> &'static Location<'static> {
        self.created
    }

    pub(crate) fn get(&self) -> u64 {
        self.value.get()
    }

    /// Its value, for whoever has it alone.
    pub(crate) fn value_mut(&mut self) -> &mut u64 {
        self.value.get_mut()
    }

    pub(crate) fn set(&self, value: u64) {
        self.value.set(value);
    }

    /// The word's object number in this execution, and where its state is kept. The number is
    /// [`NONE`](super::NONE) if the object was refused: its thread must not go on.
    #[inline]
    pub(crate) fn locate(&self, runtime: &mut Runtime) -> (u32, *const Word) {
        let tag = self.tag.load(Relaxed);
        if tag >> OBJECT_BITS == runtime.execution {
            return ((tag & ((1 << OBJECT_BITS) - 1)) as u32, self);
        }
        self.locate_slow(runtime, tag)
    }

    #[cold]
    fn locate_slow(&self, runtime: &mut Runtime, tag: u64) -> (u32, *const Word) {
        // Asked before anything else is looked at: what was freed may hold anything by now, but not
        // zero, which a new object in the same place has.
        if tag == DROPPED || tag != 0 && runtime.was_dropped(self) {
            runtime.used_after_drop(self);
            return (super::NONE, std::ptr::null());
        }
        // If it was used in another execution, earlier or at this moment, it was made outside: a
        // static never is, since its state is kept elsewhere.
        if tag == 0 && super::statics::is_static(self) {
            return runtime.register_static(self);
        }
        let object = if tag == 0 { runtime.register(self, false) } else { None };
        if object.is_none() {
            runtime.refuse_outside_object(self);
        }
        (object.unwrap_or(super::NONE), self)
    }

    /// A copy of a static's word, at its initial state, for one execution.
    pub(super) fn copy_of_static(&self) -> Word {
        Word {
            tag: AtomicU64::new(0),
            value: Cell::new(self.initial),
            initial: self.initial,
            kind: self.kind,
            name: Cell::new(None),
            created: self.created,
        }
    }

    /// Its object number in this execution, if it has one.
    pub(super) fn number_in(&self, execution: u64) -> Option<u32> {
        let tag = self.tag.load(Relaxed);
        (tag >> OBJECT_BITS == execution).then_some((tag & ((1 << OBJECT_BITS) - 1)) as u32)
    }

    /// Does it belong to an execution? A static never does.
    pub(super) fn is_used(&self) -> bool {
        self.tag.load(Relaxed) != 0
    }

    /// What it starts with.
    pub(crate) fn initial(&self) -> u64 {
        self.initial
    }

    /// It is as if it had never been used.
    pub(super) fn forget_number(&self) {
        self.tag.store(0, Relaxed);
    }

    /// It is gone: whoever uses it now uses memory that was freed.
    pub(super) fn mark_dropped(&self) {
        self.tag.store(DROPPED, Relaxed);
    }

    /// As it is made, for another execution.
    pub(super) fn renew(&self) {
        self.tag.store(0, Relaxed);
        self.value.set(self.initial);
    }

    /// Says which execution it belongs to. False if it belongs to one already: of several explorations
    /// that run at the same time one gets it.
    pub(super) fn claim(&self, execution: u64, object: u32) -> bool {
        let tag = execution << OBJECT_BITS | u64::from(object);
        self.tag.compare_exchange(0, tag, Relaxed, Relaxed).is_ok()
    }
}
