//! The objects of the graph: each execution numbers its own, the graph numbers them all.

use crate::explore::runtime::{KINDS, Mark, Runtime, Shown, default_name, kind_index};
use crate::trace::{Object, ObjectKind, ThreadId, Value, lock_text};
use std::borrow::Cow;

/// The objects met in any execution.
#[derive(Default)]
pub(super) struct Objects {
    /// By what they are known: the key, and how many of that key were met before in an execution.
    all: Vec<((u64, usize), Seen)>,
    /// The graph's number of each object of the execution under way.
    numbers: Vec<u32>,
}

struct Seen {
    name: Option<&'static str>,
    kind: ObjectKind,
    initial: Option<Value>,
}

impl Objects {
    pub fn begin_run(&mut self) {
        self.numbers.clear();
    }

    /// The graph's number of an object of the execution under way.
    pub fn number(&mut self, runtime: &Runtime, object: u32) -> u32 {
        while self.numbers.len() < runtime.objects.len() {
            let at = self.numbers.len();
            let info = &runtime.objects[at];
            let alike = runtime.objects[..at].iter().filter(|other| other.key == info.key).count();
            let key = (info.key, alike);
            let known = self.all.iter().position(|(other, _)| *other == key);
            let number = known.unwrap_or_else(|| {
                let seen = Seen { name: info.name, kind: info.kind, initial: None };
                self.all.push((key, seen));
                self.all.len() - 1
            });
            self.numbers.push(number as u32);
        }
        self.numbers[object as usize]
    }

    /// What each object holds; `None` where this execution has not met it yet.
    pub fn shown(&mut self, runtime: &Runtime) -> Vec<Option<Shown>> {
        let mut shown = Vec::new();
        for object in 0..runtime.objects.len() as u32 {
            let number = self.number(runtime, object) as usize;
            if shown.len() <= number {
                shown.resize(number + 1, None);
            }
            shown[number] = Some(runtime.shown(object));
        }
        shown
    }

    /// How an object begins is known once somebody has asked for a step on it.
    pub fn note_initial(&mut self, runtime: &Runtime) {
        for object in 0..runtime.objects.len() as u32 {
            let number = self.number(runtime, object) as usize;
            let info = &runtime.objects[object as usize];
            let initial = &mut self.all[number].1.initial;
            *initial = initial.or(info.shown_at_first());
        }
    }

    /// The objects with their names.
    pub fn named(&self) -> Vec<Object> {
        let mut alike = [0; KINDS];
        let named = self.all.iter().map(|(_, seen)| {
            let nth = &mut alike[kind_index(seen.kind)];
            let name = seen.name.map_or_else(|| default_name(seen.kind, *nth), Cow::Borrowed);
            *nth += 1;
            Object { name, kind: seen.kind, initial: seen.initial }
        });
        named.collect()
    }
}

/// What stands for a shown value in a mark.
pub(super) fn shown_mark(shown: Option<Shown>) -> Mark {
    match shown {
        None => Mark::of(0),
        Some(Shown::Nothing) => Mark::of(1),
        Some(Shown::Value(Value::Unsigned(value))) => Mark::of(2).with(value),
        Some(Shown::Value(Value::Signed(value))) => Mark::of(3).with(value as u64),
        Some(Shown::Value(Value::Bool(value))) => Mark::of(4).with(u64::from(value)),
        Some(Shown::Value(Value::Pointer(value))) => Mark::of(5).with(u64::from(value)),
        Some(Shown::Lock { holders, guards: None }) => Mark::of(6).with(holders),
        Some(Shown::Lock { holders, guards }) => {
            Mark::of(8).with(holders).and(shown_mark(guards.map(Shown::Value)))
        }
        Some(Shown::Messages(messages)) => Mark::of(7).with(messages),
    }
}

/// What the objects hold, in words.
pub(super) fn texts(objects: &[Object], shown: &[Option<Shown>]) -> Vec<String> {
    let text = |(at, object): (usize, &Object)| {
        let shown = shown.get(at).copied().flatten();
        match shown.unwrap_or_else(|| initial(object)) {
            Shown::Nothing => "–".to_owned(),
            Shown::Value(value) => value.to_string(),
            Shown::Lock { holders, guards } => {
                let threads = (0..ThreadId::MAX as u8).filter(|t| holders & (1 << t) != 0);
                let threads: String = threads.map(|thread| ThreadId(thread).letter()).collect();
                lock_text(&threads, guards.or(object.initial))
            }
            Shown::Messages(messages) => format!("{messages} in"),
        }
    };
    objects.iter().enumerate().map(text).collect()
}

fn initial(object: &Object) -> Shown {
    match (object.kind, object.initial) {
        (ObjectKind::Mutex | ObjectKind::RwLock, guards) => Shown::Lock { holders: 0, guards },
        (ObjectKind::Channel, _) => Shown::Messages(0),
        (_, Some(value)) => Shown::Value(value),
        (_, None) => Shown::Nothing,
    }
}
