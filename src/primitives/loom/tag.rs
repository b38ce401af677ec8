//! What ties an object to the execution it was made in, and lets operations in.

use super::log::{ObjectLog, try_with};
use super::stop::{self, Stop};
use crate::loom::LoomError;
use crate::trace::{Object, ObjectId, ObjectKind, Value};
use std::borrow::Cow;

/// What ties an object to the execution it was made in.
pub(super) struct Tag {
    execution: u64,
    pub(super) id: ObjectId,
    name: &'static str,
}

impl Tag {
    pub(super) fn new(name: &'static str, kind: ObjectKind, initial: Option<Value>) -> Tag {
        try_with(|log| {
            let id = ObjectId(log.objects.len() as u32);
            let maker = log.current;
            let mine = log.mine();
            let index = mine.made;
            mine.made += 1;
            let object = Object { name: Cow::Borrowed(name), kind, initial };
            log.objects.push(ObjectLog { maker, index, object });
            Tag { execution: log.execution, id, name }
        })
        .unwrap_or(Tag { execution: 0, id: ObjectId(u32::MAX), name })
    }

    /// Makes loom's half of an object, where there is a loom to make it in.
    pub(super) fn part<L>(&self, make: impl FnOnce() -> L) -> Option<L> {
        self.is_live().then(make)
    }

    /// Does the object belong to an execution that still runs?
    pub(super) fn is_live(&self) -> bool {
        try_with(|log| log.execution == self.execution && !log.dead).unwrap_or(false)
    }

    /// Lets an operation in: true when it may go to loom, false when it has to do without (in a
    /// destructor of an execution that cannot go on).
    ///
    /// # Panics
    /// When nothing is being explored.
    pub(super) fn enter(&self) -> bool {
        let state = try_with(|log| (log.execution == self.execution, log.dead));
        match state {
            Some((true, false)) => true,
            Some((_, true)) => {
                stop::abandon();
                false
            }
            Some((false, false)) => {
                stop::stop(Stop::Error(LoomError::MadeOutside { object: self.name.to_owned() }));
                false
            }
            None if std::thread::panicking() => false,
            None => panic!("{}", LoomError::UsedOutside { object: self.name.to_owned() }),
        }
    }
}

/// A value that can be shown, if `value` is of a type that has one.
pub(super) fn shown<T: 'static>(value: &T) -> Option<Value> {
    let any: &dyn std::any::Any = value;
    macro_rules! try_types {
        ($($integer:ty => $variant:ident as $wide:ty),*) => {$(
            if let Some(value) = any.downcast_ref::<$integer>() {
                return Some(Value::$variant(*value as $wide));
            }
        )*};
    }
    try_types!(u64 => Unsigned as u64, u32 => Unsigned as u64, usize => Unsigned as u64,
        i64 => Signed as i64, i32 => Signed as i64, u8 => Unsigned as u64, u16 => Unsigned as u64,
        isize => Signed as i64, i16 => Signed as i64, i8 => Signed as i64, bool => Bool as bool);
    None
}
