//! A step: one indivisible action of one thread on shared state.

use super::Action;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::Ordering;

/// A thread of the program: `M` is the main thread, the others are lettered `A`, `B`, …
///
/// `M` is skipped among the others. After `Z` come `a` to `z` (without `m`), so a program has at
/// most [`ThreadId::MAX`] threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ThreadId(pub u8);

impl ThreadId {
    /// The thread that runs the program's closure.
    pub const MAIN: ThreadId = ThreadId(0);
    /// The largest number of threads with a letter, main included.
    pub const MAX: usize = 51;

    const LETTERS: &'static [u8; 51] = b"MABCDEFGHIJKLNOPQRSTUVWXYZabcdefghijklnopqrstuvwxyz";

    /// The thread's letter in schedules.
    ///
    /// # Panics
    /// When the thread is beyond [`ThreadId::MAX`]; both engines refuse such programs earlier.
    pub fn letter(self) -> char {
        Self::LETTERS[self.0 as usize] as char
    }

    /// The thread with this letter.
    pub fn from_letter(letter: char) -> Option<ThreadId> {
        let found = Self::LETTERS.iter().position(|&l| l as char == letter)?;
        Some(ThreadId(found as u8))
    }

    /// The thread's place in arrays that are indexed by thread.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

/// A shared object, numbered in the order in which one execution met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId(pub u32);

/// A value as it is shown: what an atomic or a cell held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// An unsigned integer.
    Unsigned(u64),
    /// A signed integer.
    Signed(i64),
    /// A truth value.
    Bool(bool),
    /// A pointer: shown only as null or not, since addresses differ between executions.
    Pointer(bool),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Unsigned(v) => write!(f, "{v}"),
            Value::Signed(v) => write!(f, "{v}"),
            Value::Bool(v) => write!(f, "{v}"),
            Value::Pointer(false) => write!(f, "null"),
            Value::Pointer(true) => write!(f, "ptr"),
        }
    }
}

/// A place in the source: where a step was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the compiler names it.
    pub file: Cow<'static, str>,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl From<&'static Location<'static>> for Place {
    fn from(location: &'static Location<'static>) -> Self {
        Place {
            file: Cow::Borrowed(location.file()),
            line: location.line(),
            column: location.column(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", plain(&self.file), self.line)
    }
}

/// The path without its detours: what a file includes by `#[path = "../…"]` is named by way of it.
fn plain(file: &str) -> Cow<'_, str> {
    if !file.contains("/../") {
        return Cow::Borrowed(file);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in file.split('/') {
        match parts.last() {
            Some(&last) if part == ".." && !matches!(last, ".." | "" | ".") => _ = parts.pop(),
            _ => parts.push(part),
        }
    }
    Cow::Owned(parts.join("/"))
}

/// One indivisible action of one thread on shared state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who.
    pub thread: ThreadId,
    /// What.
    pub action: Action,
    /// On what; fences and choices touch no object.
    pub object: Option<ObjectId>,
    /// The mutex of a [`Action::Wait`], whose `object` is the condition variable.
    pub mutex: Option<ObjectId>,
    /// The memory ordering asked for.
    #[serde(with = "order_serde")]
    pub order: Option<Ordering>,
    /// The value read; of a lock that is taken the value it guards, of a message received what it says.
    pub read: Option<Value>,
    /// The value written; of a lock that is given back the value it guards then, of a message sent
    /// what it says.
    pub written: Option<Value>,
    /// The value of a free choice: of `choose`, the waiter that a notify wakes, and so on.
    pub choice: Option<u32>,
    /// Where in the source.
    pub place: Place,
    /// Which operation of its thread the step belongs to, from 0.
    pub operation: u32,
    /// Earlier steps that had to come first for a reason other than a shared object: the
    /// parent's last step before a spawn, a joined thread's last step, the notify that woke it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<usize>,
    /// Taken while no other thread lived: there was no choice, so it is not in the schedule.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    /// For a read of an older store: the step that wrote what it read (`None`: the initial
    /// value). Absent where the newest value was read. A read-modify-write that reads an older
    /// store also writes right behind it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub stale: Option<Option<usize>>,
    /// For a store that takes its place before a newer one in modification order: the step it
    /// stands right behind (`None`: the initial value). Absent where it became the newest.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub behind: Option<Option<usize>>,
}

/// A field that is there: its null is the inner `None`, where serde would make it the outer one.
fn present<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Option<usize>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// The name of an ordering as it is written in a program.
pub fn order_name(order: Ordering) -> &'static str {
    match order {
        Ordering::Relaxed => "Relaxed",
        Ordering::Release => "Release",
        Ordering::Acquire => "Acquire",
        Ordering::AcqRel => "AcqRel",
        _ => "SeqCst",
    }
}

mod order_serde {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::sync::atomic::Ordering;

    pub fn serialize<S: Serializer>(order: &Option<Ordering>, s: S) -> Result<S::Ok, S::Error> {
        match order {
            Some(order) => s.serialize_some(super::order_name(*order)),
            None => s.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Ordering>, D::Error> {
        let Some(name) = Option::<String>::deserialize(d)? else {
            return Ok(None);
        };
        use Ordering::*;
        [Relaxed, Release, Acquire, AcqRel, SeqCst]
            .into_iter()
            .find(|order| super::order_name(*order) == name)
            .map(Some)
            .ok_or_else(|| D::Error::custom(format!("unknown ordering {name:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_place_is_named_without_detours() {
        assert_eq!(plain("tests/../examples/12_two_requests.rs"), "examples/12_two_requests.rs");
        assert_eq!(plain("a/b/../../c.rs"), "c.rs");
        assert_eq!(plain("../x/../y.rs"), "../y.rs");
        assert_eq!(plain("/../y.rs"), "/../y.rs");
        assert_eq!(plain("src/main.rs"), "src/main.rs");
    }
}
