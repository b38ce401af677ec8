//! The trace as JSON, versioned, from which a picture can be drawn elsewhere.
//!
//! ```text
//! {
//!   "format": "racelab-trace",
//!   "version": 1,
//!   "schedule": "ABAB",                      who went at each step
//!   "explanation": ["step 4 overwrote …"],   the sentences below the picture
//!   "lost_updates": [{"read": 1, "overwritten": 2, "write": 3}],
//!   "trace": {
//!     "threads": [{"id": 0, "name": null}, …],
//!     "objects": [{"name": "count", "kind": "atomic", "initial": {"unsigned": 0}}],
//!     "steps": [{"thread": 1, "action": "load", "object": 0, "mutex": null,
//!                "order": "Relaxed", "read": {"unsigned": 0}, "written": null,
//!                "choice": null, "place": {"file": "…", "line": 27, "column": 31},
//!                "operation": 0}, …],
//!     "ending": "returned 1"
//!   }
//! }
//! ```
//!
//! Threads, objects and steps are numbered from 0, by their place in their list; thread 0 is the
//! main thread. A step may also have `after` (earlier steps that had to come first: a spawn, a
//! join, a notify), `alone` (no other thread lived), `stale` (it read an older value: the step
//! that wrote it, or null for the initial one) and `behind` (it wrote an older value: the step that
//! its own stands right behind, or null). A deadlocked trace has `waiting`.
//!
//! A lock that is taken has `read`, and one that is given back `written`: what it guards, where that is
//! a number; so have a message that is received and one that is sent.
//!
//! `schedule`, `explanation` and `lost_updates` are computed from `trace`, for programs that only
//! draw; reading ignores them. The version changes when a reader of the old one would be misled.

use super::explain::Explanation;
use super::picture::Picture;
use crate::trace::{ObjectId, Trace};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt;

/// What the file says it is.
const FORMAT: &str = "racelab-trace";
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'t> {
    format: &'static str,
    version: u32,
    schedule: String,
    explanation: Vec<String>,
    lost_updates: Vec<Lost>,
    trace: &'t Trace,
}

#[derive(Serialize)]
struct Lost {
    read: usize,
    overwritten: usize,
    write: usize,
}

/// The trace as JSON, indented, with a line end.
pub fn write(trace: &Trace) -> String {
    let picture = Picture::new(trace, usize::MAX, None);
    let lost = trace.lost_updates().into_iter();
    let written = Written {
        format: FORMAT,
        version: VERSION,
        schedule: trace.schedule(),
        explanation: Explanation::new(&picture).sentences,
        lost_updates: lost
            .map(|lost| Lost { read: lost.read, overwritten: lost.overwritten, write: lost.write })
            .collect(),
        trace,
    };
    let mut json = serde_json::to_string_pretty(&written).expect("a trace has no maps");
    json.push('\n');
    json
}

/// Why a text is not a trace.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    version: Option<u32>,
}

#[derive(Deserialize)]
struct Body<'j> {
    #[serde(borrow)]
    trace: &'j RawValue,
}

/// Reads a trace back.
///
/// # Errors
/// When the text is not JSON, is JSON of something else, has another version, or a number in it
/// points to nothing. The message has the place: line and column, or the step.
pub fn read(text: &str) -> Result<Trace, Error> {
    // Foreign JSON is told from broken JSON first: "missing field `trace`" would help nobody who
    // opened the wrong file.
    let value: serde_json::Value = parse(text, 0)?;
    let head: Head = match value.is_object() {
        true => serde_json::from_value(value).unwrap_or(Head { format: None, version: None }),
        false => Head { format: None, version: None },
    };
    match (head.format.as_deref(), head.version) {
        (Some(FORMAT), Some(VERSION)) => {}
        (Some(FORMAT), Some(version)) => {
            return Err(Error(format!(
                "this trace has version {version} and this racelab reads version {VERSION}; \
                 write it again with this racelab: racelab show COUNTER --format json"
            )));
        }
        (Some(FORMAT), None) => return Err(Error("the trace has no version number".into())),
        _ => {
            return Err(Error(format!(
                "not a racelab trace: it does not begin with \"format\": \"{FORMAT}\"; \
                 racelab show COUNTER --format json writes one"
            )));
        }
    }
    let body: Body = parse(text, 0)?;
    let inner = body.trace.get();
    let offset = text.find(inner).unwrap_or(0);
    let lines_before = text[..offset].matches('\n').count();
    let trace: Trace = parse(inner, lines_before)?;
    check(&trace)?;
    Ok(trace)
}

fn parse<'j, T: Deserialize<'j>>(text: &'j str, lines_before: usize) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| {
        let full = error.to_string();
        let what = full.rsplit_once(" at line ").map_or(full.as_str(), |(what, _)| what);
        let (line, column) = (error.line() + lines_before, error.column());
        Error(format!("line {line}, column {column}: {what}"))
    })
}

/// Do all numbers in the trace point to something?
fn check(trace: &Trace) -> Result<(), Error> {
    let threads = trace.threads().len();
    let objects = trace.objects().len();
    if threads > crate::trace::ThreadId::MAX {
        return Err(Error(format!("{threads} threads, and letters for 51 only")));
    }
    for (i, thread) in trace.threads().iter().enumerate() {
        if thread.id.index() != i {
            return Err(Error(format!("trace.threads[{i}].id: {} is not its place", thread.id.0)));
        }
    }
    for (i, step) in trace.steps().iter().enumerate() {
        let at =
            |field: &str, what: String| Err(Error(format!("trace.steps[{i}].{field}: {what}")));
        let no_object = |id: &ObjectId| id.0 as usize >= objects;
        if step.thread.index() >= threads {
            return at("thread", format!("there is no thread {}", step.thread.0));
        }
        if let Some(id) = step.object.filter(no_object) {
            return at("object", format!("there is no object {}", id.0));
        }
        if let Some(id) = step.mutex.filter(no_object) {
            return at("mutex", format!("there is no object {}", id.0));
        }
        if let Some(after) = step.after.iter().find(|after| **after >= i) {
            return at("after", format!("step {after} does not come before it"));
        }
        if let Some(Some(from)) = step.stale.filter(|from| from.is_some_and(|from| from >= i)) {
            return at("stale", format!("step {from} does not come before it"));
        }
        if let Some(Some(from)) = step.behind.filter(|from| from.is_some_and(|from| from >= i)) {
            return at("behind", format!("step {from} does not come before it"));
        }
    }
    for (i, waiting) in trace.waiting().iter().enumerate() {
        let holder = waiting.holder.as_ref().map(|(thread, _)| *thread);
        for thread in holder.into_iter().chain([waiting.thread]) {
            if thread.index() >= threads {
                let text = format!("trace.waiting[{i}]: there is no thread {}", thread.0);
                return Err(Error(text));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::sample;

    /// The trace the documentation reads. `RACELAB_BLESS=1` writes it anew.
    #[test]
    fn the_written_form_is_the_one_on_file() {
        let path = "tests/traces/racy-ABAB.json";
        let json = write(&sample::racy("ABAB"));
        if std::env::var_os("RACELAB_BLESS").is_some() {
            std::fs::write(path, &json).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), json, "the format has changed");
    }

    #[test]
    fn what_was_written_is_read_back() {
        let traces = [sample::racy("ABBCCDDA"), sample::deadlock(), sample::stale()];
        for trace in traces.into_iter().chain([sample::mutex(), sample::condvar()]) {
            assert_eq!(read(&write(&trace)).unwrap(), trace);
        }
    }

    fn error(text: &str) -> String {
        read(text).expect_err("not a trace").to_string()
    }

    #[test]
    fn foreign_json_is_named_as_such() {
        for foreign in ["{}", "[1, 2]", "null", r#"{"format": 3}"#, r#"{"format": "gltf"}"#] {
            let message = error(foreign);
            assert!(message.starts_with("not a racelab trace"), "{foreign}: {message}");
        }
        let newer = write(&sample::racy("AB")).replace("\"version\": 1", "\"version\": 2");
        assert!(error(&newer).starts_with("this trace has version 2"), "{}", error(&newer));
    }

    #[test]
    fn broken_json_is_an_error_with_its_line_and_column() {
        assert_eq!(error("{\n  \"format\": what\n}"), "line 2, column 13: expected value");
        assert!(error("").contains("line 1, column 0: EOF"), "{}", error(""));
        let json = write(&sample::racy("ABAB"));
        let half = &json[..json.len() / 2];
        assert!(error(half).contains("EOF while parsing"), "{}", error(half));
    }

    #[test]
    fn a_wrong_field_is_an_error_with_its_line() {
        let json = write(&sample::racy("ABAB"));
        let wrong = json.replace("\"load\"", "\"lode\"");
        let line = 1 + wrong.lines().position(|line| line.contains("lode")).unwrap();
        let message = error(&wrong);
        assert!(message.starts_with(&format!("line {line}, column ")), "{message}");
        assert!(message.contains("unknown variant `lode`"), "{message}");
    }

    #[test]
    fn a_number_that_points_to_nothing_is_an_error_with_its_step() {
        let with = |change: fn(&mut Trace)| {
            let mut trace = sample::racy("ABAB");
            change(&mut trace);
            error(&write_unchecked(&trace))
        };
        let object = with(|trace| trace.steps[2].object = Some(ObjectId(7)));
        assert_eq!(object, "trace.steps[2].object: there is no object 7");
        let thread = with(|trace| trace.steps[1].thread = crate::trace::ThreadId(200));
        assert_eq!(thread, "trace.steps[1].thread: there is no thread 200");
        let after = with(|trace| trace.steps[3].after = vec![3]);
        assert_eq!(after, "trace.steps[3].after: step 3 does not come before it");
        let order = with(|trace| trace.threads.swap(0, 1));
        assert_eq!(order, "trace.threads[0].id: 1 is not its place");
    }

    /// The envelope around a trace whose pictures cannot be computed.
    fn write_unchecked(trace: &Trace) -> String {
        let trace = serde_json::to_string(trace).unwrap();
        format!(r#"{{"format": "{FORMAT}", "version": {VERSION}, "trace": {trace}}}"#)
    }
}
