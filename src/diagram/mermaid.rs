//! The trace as a Mermaid sequence diagram, for README files.
//!
//! The shared objects are participants too: a read is an arrow from the object to the thread, a
//! write one from the thread to the object, and a lost write's arrow ends in a cross.

use super::explain::Explanation;
use super::picture::{Idle, Picture, Row, StepRow};
use super::words;
use crate::trace::{Action, ObjectId, Step, Trace};
use std::fmt::Write;

/// The trace as a Mermaid sequence diagram.
///
/// # Examples
/// ```
/// # let json = include_str!("../../tests/traces/racy-ABAB.json");
/// # let trace = racelab::diagram::json::read(json)?;
/// let picture = racelab::diagram::mermaid(&trace);
/// assert!(picture.starts_with("sequenceDiagram\n"));
/// assert!(picture.contains("A-xO0: 3. count ← 1, lost"));
/// # Ok::<(), racelab::diagram::json::Error>(())
/// ```
pub fn mermaid(trace: &Trace) -> String {
    let picture = Picture::new(trace, 24, None);
    let explanation = Explanation::new(&picture);
    let mut out = String::from("sequenceDiagram\n");
    let mut line = |text: String| {
        let _ = writeln!(out, "    {text}");
    };
    let ending = plain(explanation.waits.ending(trace));
    line(format!("accTitle: Schedule {}: {ending}", trace.schedule()));
    for &id in &picture.columns {
        let name = words::heading(&trace.threads, id);
        line(format!("participant {id} as {}", text(&name)));
    }
    let objects = objects(&picture);
    for &id in &objects {
        line(format!("participant {} as {}", object(id), text(&trace.object(id).name)));
    }
    for (id, start) in picture.values.iter().zip(&picture.start) {
        line(format!("Note over {}: {}", object(*id), text(start)));
    }
    for row in &picture.rows {
        match row {
            Row::Step(row) => step(&picture, row, &mut line),
            Row::Fold { count, .. } => {
                if let Some(over) = over(&picture) {
                    line(format!("Note over {over}: {count} steps not drawn"));
                }
            }
            Row::Stuck(stuck) => {
                for (id, what) in stuck {
                    let what = text(what);
                    let on = explanation.waits.of(*id).and_then(|wait| wait.on);
                    line(match on.filter(|on| picture.columns.contains(on)) {
                        Some(on) => format!("{id}--){on}: waits for {what}"),
                        None => format!("Note over {id}: waits for {what}"),
                    });
                }
            }
        }
    }
    if let Some(over) = over(&picture) {
        for sentence in &explanation.sentences {
            line(format!("Note over {over}: {}", text(sentence)));
        }
    }
    out
}

fn step(picture: &Picture, row: &StepRow, line: &mut impl FnMut(String)) {
    for (id, idle) in &row.others {
        if let Idle::Waits { why, first: true } = idle {
            line(format!("Note over {id}: {}", text(why)));
        }
    }
    let step = &picture.trace.steps()[row.index];
    let note = match row.note.as_str() {
        "" => String::new(),
        note => format!(", {note}"),
    };
    let what = format!("{}. {}{}", row.index + 1, text(&row.text), text(&note));
    let thread = row.thread;
    if !picture.columns.contains(&thread) {
        if let Some(over) = over(picture) {
            let name = words::thread_name(&picture.trace.threads, thread);
            line(format!("Note over {over}: {}: {what}", text(&name)));
        }
        return;
    }
    match step.object.map(object) {
        None => line(format!("Note over {thread}: {what}")),
        // Who has the thread that tasks share is seen by who goes.
        Some(_) if is_turn(step) => line(format!("Note over {thread}: {what}")),
        Some(object) if row.lost => line(format!("{thread}-x{object}: {what}")),
        Some(object) if step.writes_value() && step.reads_value() => {
            line(format!("{thread}<<->>{object}: {what}"));
        }
        Some(object) if step.reads_value() => line(format!("{object}-->>{thread}: {what}")),
        Some(object) => line(format!("{thread}->>{object}: {what}")),
    }
}

/// Does a task take the thread that it shares with others, or give it away?
fn is_turn(step: &Step) -> bool {
    use Action::{Await, GoOn, TaskCancelled, TaskEnd, TaskStart};
    matches!(step.action, TaskStart | Await | GoOn | TaskEnd | TaskCancelled)
}

/// The objects that some drawn step touches.
fn objects(picture: &Picture) -> Vec<ObjectId> {
    let mut objects: Vec<ObjectId> = picture.values.clone();
    objects.extend(picture.rows.iter().filter_map(|row| match row {
        Row::Step(row) => {
            let step = &picture.trace.steps()[row.index];
            step.object.filter(|_| !is_turn(step))
        }
        _ => None,
    }));
    objects.sort_unstable();
    objects.dedup();
    objects
}

/// A participant's name: letters alone belong to the threads.
fn object(id: ObjectId) -> String {
    format!("O{}", id.0)
}

/// The participants a note spans: all of them.
fn over(picture: &Picture) -> Option<String> {
    let first = picture.columns.first()?;
    let last = objects(picture).last().map(|id| object(*id));
    match last.or_else(|| Some(picture.columns.last()?.to_string())) {
        Some(last) if last != first.to_string() => Some(format!("{first},{last}")),
        _ => Some(first.to_string()),
    }
}

/// Text in which Mermaid finds none of its own signs.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '#' | ';' | '<' | '>' | '&' | '"' | '%' | '{' | '}' | '\\' => {
                let _ = write!(out, "#{};", c as u32);
            }
            _ if c.is_control() => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

/// Text for the titles, where Mermaid knows no escapes.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !"#;{}<>".contains(*c)).collect()
}
