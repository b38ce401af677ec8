//! What a page knows: the graphs of its programs, as JSON.
//!
//! ```text
//! { "name": "racy",                       the program the page begins with
//!   "programs": [{
//!     "name", "kind", "path", "source": [lines], "range": [first line shown, last],
//!     "graphs": [{
//!       "shape": "2x1",                   threads x increments
//!       "threads": ["A", "B"], "objects": ["count"], "shown": [0],
//!       "steps": [[action, text, object, line, read, written, operation], …],
//!       "values": [[of each shown object], …],
//!       "reasons": ["waits for m, held by A", …],
//!       "states": [[values, [[thread, choice, step, next], …], [[thread, reason, line], …], outcome], …],
//!       "outcomes": [{"text": "returned 1", "lost": true}, …],
//!       "shortest": 4 }] }] }
//! ```
//!
//! Steps, values and reasons are written once and numbered; most states share them, and a page
//! stays small. State 0 is the start, moves stand in schedule order, an outcome is a number in an
//! ended state and null elsewhere.

use crate::diagram::graph::{Graph, Move, State};
use crate::diagram::words;
use crate::trace::{Place, ThreadId};
use serde_json::{Value, json};
use std::collections::HashMap;

/// A program that a page can switch to.
#[derive(Clone, Debug)]
pub struct Program<'p> {
    /// Its name in links and on the command line.
    pub name: &'p str,
    /// What it does, in two or three words: `loses updates`.
    pub kind: &'p str,
    /// Where its source is.
    pub path: &'p str,
    /// Its source.
    pub source: &'p str,
    /// Its interleavings, one graph for each size; the page begins with the first.
    pub graphs: Vec<Graph>,
}

/// The data of a page that begins with the program `name`.
pub(super) fn data(name: &str, programs: &[Program]) -> String {
    let programs: Vec<_> = programs.iter().map(program).collect();
    // In a page's script no `<` may be taken for markup.
    json!({ "name": name, "programs": programs }).to_string().replace('<', "\\u003c")
}

fn program(program: &Program) -> Value {
    let lines: Vec<&str> = program.source.lines().collect();
    let (first, last) = range(program, lines.len());
    json!({
        "name": program.name,
        "kind": program.kind,
        "path": program.path,
        "source": lines,
        "range": [first, last],
        "graphs": program.graphs.iter().map(|g| graph(program, g)).collect::<Vec<_>>(),
    })
}

/// The line of a step in the program's own source, counted from 1.
fn line(program: &Program, place: &Place) -> Option<u32> {
    let here = place.file.replace('\\', "/");
    here.ends_with(program.path).then_some(place.line)
}

/// The lines that the steps stand on, and a few around them.
fn range(program: &Program, count: usize) -> (usize, usize) {
    let moves = program.graphs.iter().flat_map(|g| &g.states).flat_map(|state| &state.moves);
    let lines = || moves.clone().filter_map(|taken| line(program, &taken.step.place));
    match (lines().min(), lines().max()) {
        (Some(min), Some(max)) => {
            ((min as usize).saturating_sub(2).max(1), (max as usize + 2).min(count))
        }
        _ => (1, count),
    }
}

/// Values that were met before, by number.
#[derive(Default)]
struct Numbered {
    numbers: HashMap<String, usize>,
    values: Vec<Value>,
}

impl Numbered {
    fn number(&mut self, value: Value) -> usize {
        let values = &mut self.values;
        *self.numbers.entry(value.to_string()).or_insert_with(|| {
            values.push(value);
            values.len() - 1
        })
    }
}

fn graph(program: &Program, graph: &Graph) -> Value {
    let players = graph.players();
    let named = |id: &ThreadId| words::thread_name(&graph.threads, *id);
    let player = |id: ThreadId| players.iter().position(|other| *other == id);
    let shown: Vec<usize> =
        (0..graph.objects.len()).filter(|&i| words::has_value(&graph.objects[i])).collect();
    let (mut steps, mut values, mut reasons) =
        (Numbered::default(), Numbered::default(), Numbered::default());
    let mut move_json = |taken: &Move| {
        let step = &taken.step;
        let number = steps.number(json!([
            step.action,
            graph.text(step),
            step.object.map(|id| id.0),
            line(program, &step.place),
            step.read.map(|value| value.to_string()),
            step.written.map(|value| value.to_string()),
            step.operation,
        ]));
        json!([player(step.thread), step.choice, number, taken.next])
    };
    let mut state_json = |state: &State| {
        let held: Vec<_> = shown.iter().map(|&i| state.values[i].as_str()).collect();
        let moves: Vec<_> = state.moves.iter().map(&mut move_json).collect();
        let blocked: Vec<_> = state
            .blocked
            .iter()
            .filter_map(|blocked| Some((player(blocked.thread)?, blocked)))
            .map(|(thread, blocked)| {
                let line = blocked.place.as_ref().and_then(|place| line(program, place));
                json!([thread, reasons.number(json!(blocked.why)), line])
            })
            .collect();
        json!([values.number(json!(held)), moves, blocked, state.outcome])
    };
    let states: Vec<_> = graph.states.iter().map(&mut state_json).collect();
    let outcomes = graph.outcomes.iter();
    json!({
        "shape": graph.shape,
        "threads": players.iter().map(named).collect::<Vec<_>>(),
        "objects": graph.objects.iter().map(|object| &object.name).collect::<Vec<_>>(),
        "shown": shown,
        "steps": steps.values,
        "values": values.values,
        "reasons": reasons.values,
        "states": states,
        "outcomes": outcomes.map(|o| json!({"text": o.text, "lost": o.lost})).collect::<Vec<_>>(),
        "shortest": graph.shortest_loss(),
    })
}
