//! The objects of an execution: what the runtime knows of them, and what they are called.

use super::{Bits, NONE, Runtime, State, Word};
use crate::explore::ExploreError;
use crate::trace::{Action, Object, ObjectKind, Value};
use std::borrow::Cow;
use std::mem::ManuallyDrop;
use std::panic::Location;

/// What the runtime knows of an object.
pub(crate) struct ObjectInfo {
    pub kind: ObjectKind,
    pub name: Option<&'static str>,
    pub initial: u64,
    pub bits: Bits,
    /// What a lock guarded when it was first taken, and what it guards now, as far as that can be
    /// shown; noted only where somebody looks on.
    pub first_guarded: Option<Value>,
    pub guarded: Option<Value>,
    /// How many steps had been taken when it was registered.
    pub born: u32,
    /// A name that is the same in every execution, as far as one is known: exact for objects that
    /// were registered when made, the line of creation for the others.
    pub key: u64,
    /// Does no other object have this key?
    pub exact: bool,
    /// Changes of its state so far.
    pub version: u32,
    /// What the latest of them was.
    pub changed_by: Action,
    /// The step that changed it last.
    pub changed_at: u32,
    /// The threads that have taken a step on it, as a bit set.
    pub users: u64,
}

impl ObjectInfo {
    /// The value it began with, if it holds or guards one that can be shown.
    pub(crate) fn shown_at_first(&self) -> Option<Value> {
        match self.kind {
            ObjectKind::Atomic | ObjectKind::Cell => self.bits.value(self.initial),
            ObjectKind::Mutex | ObjectKind::RwLock => self.first_guarded,
            _ => None,
        }
    }
}

impl Runtime {
    /// The number of an object that belongs to this execution from now on; `None` if it belongs to
    /// another one.
    pub(super) fn register(&mut self, word: &Word, at_creation: bool) -> Option<u32> {
        let object = self.objects.len() as u32;
        if !word.claim(self.execution, object) {
            return None;
        }
        self.add_object(word, at_creation);
        if !self.renewed.is_empty() {
            self.note_renewal(word, object);
        }
        Some(object)
    }

    fn add_object(&mut self, word: &Word, at_creation: bool) -> u32 {
        let object = self.objects.len() as u32;
        let key = if at_creation {
            // Made by this thread as its so-manieth object: the same in every execution in which
            // the thread has done the same until here.
            let maker = &mut self.threads[usize::from(self.current)];
            maker.made += 1;
            (u64::from(self.current) + 1) << 56 | u64::from(maker.made)
        } else {
            (place_key(word.created()) ^ (kind_index(word.kind()) as u64) << 52) & (u64::MAX >> 8)
        };
        self.crowded = self.crowded || self.objects.iter().any(|other| other.key == key);
        self.objects.push(ObjectInfo {
            kind: word.kind(),
            name: word.name(),
            initial: word.get(),
            bits: Bits::Opaque,
            first_guarded: None,
            guarded: None,
            born: self.steps,
            key,
            exact: at_creation,
            version: 0,
            changed_by: Action::Fence,
            changed_at: NONE,
            users: 0,
        });
        if let Some(knowledge) = self.knowing() {
            knowledge.object_made(word.get());
        }
        object
    }

    /// Registers an object that is gone and that nobody has used.
    pub(super) fn note_unused(
        &mut self,
        kind: ObjectKind,
        created: &'static Location<'static>,
    ) -> u32 {
        self.add_object(&ManuallyDrop::new(Word::made_at(kind, created)), false)
    }

    pub(super) fn register_static(&mut self, word: &Word) -> (u32, *const Word) {
        let address = std::ptr::from_ref(word) as usize;
        if let Some((_, copy, object)) = self.statics.iter().find(|(at, ..)| *at == address) {
            return (*object, &raw const ***copy);
        }
        let copy = Box::new(ManuallyDrop::new(word.copy_of_static()));
        let object = self.add_object(&copy, false);
        let pointer = &raw const **copy;
        self.statics.push((address, copy, object));
        (object, pointer)
    }

    pub(super) fn refuse_outside_object(&mut self, word: &Word) {
        let place = word.created().into();
        self.refuse(ExploreError::OutsideObject { kind: word.kind(), place });
    }

    /// Has any thread touched a plain cell?
    pub(crate) fn has_cells(&self) -> bool {
        self.objects.iter().any(|object| object.kind == ObjectKind::Cell)
    }

    /// Which objects threads have asked for and not got yet.
    pub(crate) fn pending(&self) -> impl Iterator<Item = (u8, u32)> + '_ {
        let asking = self.threads.iter().enumerate().filter(|(_, t)| t.state == State::Asking);
        asking.map(|(number, thread)| (number as u8, thread.request.object))
    }

    /// The objects as a trace shows them.
    ///
    /// `uses` says which thread used which object, step by step. Objects are named in the order in
    /// which the first thread uses them, then the second, and so on: that is the same for all
    /// interleavings of a class, where the order in which they are met is not.
    pub(crate) fn named_objects(&self, uses: impl Iterator<Item = (u8, u32)>) -> Vec<Object> {
        let mut first_use = vec![(u8::MAX, 0); self.objects.len()];
        for (nth, (thread, object)) in uses.enumerate() {
            if let Some(first) = first_use.get_mut(object as usize) {
                *first = (*first).min((thread, nth));
            }
        }
        let mut order: Vec<usize> = (0..self.objects.len()).collect();
        order.sort_by_key(|&object| first_use[object]);
        let mut seen = [0usize; 9];
        let mut names = vec![Cow::Borrowed(""); order.len()];
        for object in order {
            let info = &self.objects[object];
            let nth = &mut seen[kind_index(info.kind)];
            names[object] = match info.name {
                Some(name) => Cow::Borrowed(name),
                None => default_name(info.kind, *nth),
            };
            *nth += 1;
        }
        let object = |(info, name): (&ObjectInfo, _)| Object {
            name,
            kind: info.kind,
            initial: info.shown_at_first(),
        };
        self.objects.iter().zip(names).map(object).collect()
    }
}

/// A number for a place in the source, the same in every process. Two places that share one are
/// taken for one: that can cost an execution, never miss one.
fn place_key(place: &Location<'_>) -> u64 {
    let file = place.file().as_bytes();
    let tail = file.iter().rev().skip(3).take(8).fold(0u64, |key, &b| key << 8 | u64::from(b));
    tail ^ u64::from(place.line()) << 20 ^ u64::from(place.column())
}

/// Atomics and cells share the letters of variables.
pub(crate) fn kind_index(kind: ObjectKind) -> usize {
    match kind {
        ObjectKind::Atomic | ObjectKind::Cell => 0,
        ObjectKind::Mutex => 1,
        ObjectKind::RwLock => 2,
        ObjectKind::Condvar => 3,
        ObjectKind::Channel => 4,
        ObjectKind::Park => 5,
        ObjectKind::Barrier => 6,
        ObjectKind::Once => 7,
        ObjectKind::Executor => 8,
    }
}

pub(crate) fn default_name(kind: ObjectKind, nth: usize) -> Cow<'static, str> {
    const VARIABLES: [&str; 6] = ["x", "y", "z", "u", "v", "w"];
    let stem = match kind {
        ObjectKind::Atomic | ObjectKind::Cell => match VARIABLES.get(nth) {
            Some(name) => return Cow::Borrowed(name),
            None => return Cow::Owned(format!("x{}", nth - VARIABLES.len() + 1)),
        },
        ObjectKind::Mutex => "m",
        ObjectKind::RwLock => "rw",
        ObjectKind::Condvar => "cv",
        ObjectKind::Channel => "ch",
        ObjectKind::Park => "token",
        ObjectKind::Barrier => "barrier",
        ObjectKind::Once => "once",
        ObjectKind::Executor => "thread",
    };
    match nth {
        0 => Cow::Borrowed(stem),
        _ => Cow::Owned(format!("{stem}{}", nth + 1)),
    }
}
