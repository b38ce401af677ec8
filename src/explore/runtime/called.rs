//! What objects are called in pictures: by the name they were given; by the variable or field that they
//! are bound to, where the line that makes them tells; or `x`, `y`, `m`, …
//!
//! The source is read when somebody wants to see names, and never again for the same place. Where it
//! cannot be read, or says anything else than a plain binding, there is no harm done: the name is one of
//! the last kind. No two objects of an execution share a name.

use crate::trace::ObjectKind;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Calls that hand on what they are given.
const WRAPPERS: [&str; 5] = ["Arc::new(", "Rc::new(", "Box::new(", "Some(", "Box::leak("];

/// Calls that make several objects with one closure.
const MAKERS: [&str; 3] = ["from_fn(", ".map(", "repeat_with("];

/// So many lines are looked at before the place, and behind it.
const LINES: usize = 4;

/// Gives names, one object after the other.
pub(crate) struct Names {
    taken: HashSet<Cow<'static, str>>,
    nth: [usize; 11],
}

impl Names {
    /// `given` are the names that some of the objects were given.
    pub(crate) fn new(given: impl Iterator<Item = &'static str>) -> Self {
        Names { taken: given.map(Cow::Borrowed).collect(), nth: [0; 11] }
    }

    /// The name of an object: the one it was `given`, or one that no other has.
    pub(crate) fn of(
        &mut self,
        kind: ObjectKind,
        given: Option<&'static str>,
        created: &'static Location<'static>,
    ) -> Cow<'static, str> {
        let nth = &mut self.nth[kind_index(kind)];
        *nth += 1;
        if let Some(given) = given {
            return Cow::Borrowed(given);
        }
        let name = match (kind, bound_at(created)) {
            // The token belongs to a thread, the count to what is bound, and a thread to its tasks.
            (ObjectKind::Park | ObjectKind::Arc | ObjectKind::Executor, _) | (_, None) => {
                let mut all = (*nth - 1..).map(|nth| default_name(kind, nth));
                all.find(|name| !self.taken.contains(name))
            }
            (_, Some(name)) => {
                let mark = if name.ends_with(|c: char| c.is_alphabetic()) { "" } else { " #" };
                let more = (2..).map(|nth| Cow::Owned(format!("{name}{mark}{nth}")));
                let mut all = std::iter::once(Cow::Owned(name.clone())).chain(more);
                all.find(|name| !self.taken.contains(name))
            }
        };
        let name = name.expect("there is no end of numbers");
        self.taken.insert(name.clone());
        name
    }
}

/// What is bound to the object that is made at a place in the source.
fn bound_at(place: &'static Location<'static>) -> Option<String> {
    type Known = HashMap<(&'static str, u32, u32), Option<String>>;
    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (place.file(), place.line(), place.column());
    let read = || {
        let source = std::fs::read_to_string(file(place.file())?).ok()?;
        let (before, at) = around(&source, place.line() as usize, place.column() as usize)?;
        bound(&before, &at)
    };
    known.get_or_insert_default().entry(key).or_insert_with(read).clone()
}

/// Where a file is: as the compiler was told, from here or from a folder that this one is in.
fn file(name: &str) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(Path::new(name))).find(|path| path.is_file())
}

/// What stands before a place, and what begins there; comments left out.
fn around(source: &str, line: usize, column: usize) -> Option<(String, String)> {
    let lines: Vec<&str> = source.lines().collect();
    let nth = line.checked_sub(1)?;
    let this = *lines.get(nth)?;
    let (at, _) = this.char_indices().nth(column.checked_sub(1)?)?;
    let is_code = |line: &&&str| !line.trim_start().starts_with("//");
    let join = |lines: &[&str]| lines.iter().filter(is_code).map(|l| format!("{l} ")).collect();
    let before: String = join(&lines[nth.saturating_sub(LINES)..nth]);
    let behind: String = join(&lines[nth + 1..lines.len().min(nth + 1 + LINES)]);
    Some((before + &this[..at], format!("{} {behind}", &this[at..])))
}

/// The variable or field that `before` binds to what is made `at` the place.
fn bound(before: &str, at: &str) -> Option<String> {
    let behind = after_call(at)?;
    let (mut rest, mut part, mut wrapped) = (before.trim_end(), String::new(), 0);
    loop {
        if let Some(outer) = WRAPPERS.iter().find_map(|wrapper| rest.strip_suffix(wrapper)) {
            let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            rest = if outer.ends_with("::") { outer.trim_end_matches(is_path) } else { outer };
            wrapped += 1;
        } else if let Some(several) = made_by_closure(rest) {
            return Some(several + &part);
        } else if let Some((outer, nth, open)) = element(rest) {
            let closed = behind.chars().filter(|c| !c.is_whitespace()).nth(wrapped);
            let several = nth > 0 || closed == Some(',') || open == '[' && closed == Some(']');
            if !part.is_empty() && nth == 0 || part.is_empty() && !several {
                return None;
            }
            part = if open == '[' { format!("[{nth}]{part}") } else { format!(".{nth}{part}") };
            rest = outer;
        } else {
            return binding(rest).map(|name| name.to_owned() + &part);
        }
        rest = rest.trim_end();
    }
}

/// What stands behind the call that `at` begins with, if it is one that makes something.
fn after_call(at: &str) -> Option<&str> {
    let open = at.find('(')?;
    let made = |last: &str| ["new", "default", "from"].contains(&last);
    if !at[..open].rsplit("::").next().is_some_and(made) || at[..open].contains(char::is_whitespace)
    {
        return None;
    }
    let mut depth = 0;
    let close = at[open..].char_indices().find(|&(_, c)| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    Some(&at[open + close?.0 + 1..])
}

/// The name of what several objects are collected in, made by one closure.
fn made_by_closure(rest: &str) -> Option<String> {
    let parameters = rest.strip_suffix('|')?;
    let call = parameters[..parameters.rfind('|')?].trim_end();
    let maker = MAKERS.iter().find_map(|maker| call.strip_suffix(maker))?;
    let equals = maker.rfind(" = ")?;
    binding(&maker[..equals + 2])
        .filter(|_| !maker[equals..].contains([';', '{', '}']))
        .map(str::to_owned)
}

/// If the place is within a list: what stands before that, at which of its elements, and how the list
/// opens.
fn element(rest: &str) -> Option<(&str, usize, char)> {
    let (mut depth, mut nth) = (0, 0);
    for (at, c) in rest.char_indices().rev() {
        match c {
            ')' | ']' => depth += 1,
            '(' | '[' if depth > 0 => depth -= 1,
            '(' | '[' => {
                let outer = rest[..at].trim_end();
                let outer =
                    if c == '[' { outer.strip_suffix("vec!").unwrap_or(outer) } else { outer };
                let is_call = |c: char| c.is_alphanumeric() || "_!>)]".contains(c);
                return (!outer.ends_with(is_call)).then_some((outer, nth, c));
            }
            ',' if depth == 0 => nth += 1,
            // Not a plain list, or none at all.
            ';' | '=' | '{' | '}' | '"' | '\'' | '<' | '|' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The name that is bound to what follows.
fn binding(rest: &str) -> Option<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    if let Some(target) = rest.strip_suffix('=') {
        let after = |word: &str| target.rfind(word).map(|at| at + word.len());
        let from = after("let ").max(after("static ")).max(after("const "))?;
        let target = target[from..].trim_start();
        let target = target.strip_prefix("mut ").unwrap_or(target).trim_start();
        let (name, more) = target.split_at(target.find(|c| !is_name(c)).unwrap_or(target.len()));
        let is_plain = more.trim().is_empty() || more.trim_start().starts_with(':');
        return (is_plain && !name.is_empty() && is_type(more)).then_some(name);
    }
    let field = rest.strip_suffix(':').filter(|field| !field.ends_with(':'))?.trim_end();
    let (before, name) = field.split_at(field.trim_end_matches(is_name).len());
    let begins = before.trim_end().ends_with(['{', ',', '(']) || before.trim().is_empty();
    (begins && !name.is_empty()).then_some(name)
}

/// Does nothing stand there that ends what a type may be?
fn is_type(text: &str) -> bool {
    let mut depth = 0;
    text.chars().all(|c| {
        depth += i32::from("[(".contains(c)) - i32::from("])".contains(c));
        !(c == '{' || c == '}' || c == '=' || c == ';' && depth == 0)
    })
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
        ObjectKind::Thread => 8,
        ObjectKind::Arc => 9,
        ObjectKind::Executor => 10,
    }
}

fn default_name(kind: ObjectKind, nth: usize) -> Cow<'static, str> {
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
        ObjectKind::Thread => "end",
        ObjectKind::Arc => "arc",
        ObjectKind::Executor => "thread",
    };
    match nth {
        0 => Cow::Borrowed(stem),
        _ => Cow::Owned(format!("{stem}{}", nth + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is bound to the object made where the bar stands.
    fn named(source: &str) -> Option<String> {
        let (line, column) = source
            .lines()
            .zip(1..)
            .find_map(|(text, line)| Some((line, text[..text.find('¦')?].chars().count() + 1)))
            .expect("a bar");
        let (before, at) = around(&source.replace('¦', ""), line, column)?;
        bound(&before, &at)
    }

    #[test]
    fn an_object_is_called_after_the_variable_or_field_it_is_bound_to() {
        for (source, name) in [
            ("let count = Arc::new(¦AtomicU64::new(0));", "count"),
            ("    let mut größe: Arc<_> = std::sync::Arc::new(¦AtomicU64::default());", "größe"),
            ("pub static COUNT: AtomicU64 = ¦AtomicU64::new(0);", "COUNT"),
            ("let c = Counter { lock: ¦Mutex::new(()), count: UnsafeCell::new(0) };", "lock"),
            ("let c = Counter { lock: Mutex::new(()), count: ¦UnsafeCell::new(0) };", "count"),
            ("Self {\n    // a comment: the count =\n    count: ¦AtomicU64::new(0),\n}", "count"),
            ("let count = Arc::new(\n    ¦AtomicU64::new(0),\n);", "count"),
            ("let flags = [AtomicBool::new(false), ¦AtomicBool::new(false)];", "flags[1]"),
            (
                "let flags = vec![\n  ¦AtomicBool::new(false),\n  AtomicBool::new(false),\n];",
                "flags[0]",
            ),
            ("let shared = Arc::new((¦Mutex::new(0), Condvar::new()));", "shared.0"),
            ("let shared = Arc::new((Mutex::new(0), ¦Condvar::new()));", "shared.1"),
            ("let x: [_; 4] = std::array::from_fn(|_| ¦AtomicU32::new(0));", "x"),
            ("let x: Vec<_> = (0..4).map(|_| Arc::new(¦AtomicU32::new(0))).collect();", "x"),
            ("let y = 1; let x = ¦AtomicU32::new(0);", "x"),
            ("let x: [AtomicU32; 2] = [AtomicU32::new(0), ¦AtomicU32::new(0)];", "x[1]"),
        ] {
            assert_eq!(named(source).as_deref(), Some(name), "{source}");
        }
    }

    #[test]
    fn where_the_source_does_not_tell_plainly_there_is_no_name() {
        for source in [
            "¦AtomicU64::new(0)",
            "return ¦AtomicU64::new(0);",
            "let share = wrapped(¦AtomicU64::new(0));",
            "let (a, b) = (¦AtomicU64::new(0), AtomicU64::new(0));",
            "let a = if b == ¦AtomicU64::new(0) {};",
            "let made = ¦make();",
            "let made = || ¦AtomicU64::new(0);",
            "let made = { ¦AtomicU64::new(0) };",
            "let held = Mutex::new(¦AtomicU64::new(0));",
            "let at = Point { x: 1, y: f(2, ¦AtomicU64::new(0)) };",
            "what the file says now¦ is something else",
        ] {
            assert_eq!(named(source), None, "{source}");
        }
        assert_eq!(around("one line", 2, 1), None);
        assert_eq!(around("one line", 1, 80), None);
        assert_eq!(around("", 0, 0), None);
    }

    #[test]
    fn no_two_objects_share_a_name() {
        let here = Location::caller();
        let mut names = Names::new(["y", "m"].into_iter());
        let mut name = |kind, given| names.of(kind, given, here).into_owned();
        assert_eq!(name(ObjectKind::Mutex, Some("m")), "m");
        assert_eq!(name(ObjectKind::Mutex, None), "m2");
        let atomics: Vec<_> = (0..3).map(|_| name(ObjectKind::Atomic, None)).collect();
        assert_eq!(atomics, ["x", "z", "u"]);
    }
}
