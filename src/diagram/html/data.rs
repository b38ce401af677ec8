//! What a page knows: the graphs of its programs, as a script that adds them to `PROGRAMS`.
//!
//! ```text
//! (globalThis.PROGRAMS ??= []).push(
//!   { "name": "racy", "race", "label", "verdict", "cure", "command",
//!     "path", "source": [lines], "range": [first line shown, last],
//!     "graphs": [{
//!       "shape": "2x1",                   threads x increments, or the memory: names it in links
//!       "label": "2 × 1", "arguments": "--threads 2 --increments 1",
//!       "aim": {"goal", "question", "found", "harm", "safe"},
//!       "threads": ["A", "B"], "tasks": [], "objects": ["count"], "shown": [0],
//!       "steps": [[action, text, object, line, read, written, operation, note, sentence, older], …],
//!       "values": [[of each shown object], …],
//!       "reasons": ["waits for m, held by A", …],
//!       "said": [{"race", "cycle", "lines": [sentence, …], "marks": [[step, note], …]}, …],
//!       "states": [[values, [[thread, choice, step, next], …], [[thread, reason, line], …], outcome, said], …],
//!       "executions": ["AAABB1", …],      null where interleavings are counted
//!       "outcomes": [{"short": "returned 1", "sentence": "It returned 1.", "lost": true,
//!         "waits": null, or {"heading", "circle": [["A", "account 2"], …], "lines"} }, …],
//!       "shortest": 4 }] }, …);
//! ```
//!
//! Steps, values and reasons are written once and numbered; most states share them, and a page
//! stays small. State 0 is the start, moves stand in schedule order, an outcome is a number in an
//! ended state and null elsewhere. `older` is null where the newest value is read or overwritten;
//! else the step whose value it is, as [thread, place in the thread], or [] for the initial one. In a sentence `{0.2}` stands for the number of the third step of
//! the first thread, which depends on the way.

use super::waits;
use crate::diagram::graph::{Aim, Ending, Graph, Move, State, nth_of_thread};
use crate::diagram::{explain, words};
use crate::trace::{Place, Step, ThreadId, Trace};
use serde_json::{Value, json};
use std::collections::HashMap;

/// A program that a page can switch to.
#[derive(Clone, Debug)]
pub struct Program<'p> {
    /// Its name in links.
    pub name: String,
    /// The race it belongs to, whose heading a page has while it is chosen.
    pub race: &'p str,
    /// What it is called where it is chosen.
    pub label: &'p str,
    /// What is said of it once that gives nothing away: `loses updates`.
    pub verdict: &'p str,
    /// Does it hold whatever happens?
    pub cure: bool,
    /// The command that shows it in a terminal: `racelab show store-buffering --variant 3`.
    pub command: String,
    /// Where its source is.
    pub path: &'p str,
    /// Its source.
    pub source: &'p str,
    /// Its executions, one graph for each size or memory; the page begins with the first.
    pub graphs: Vec<Graph>,
}

/// The script that adds these programs to those of a page.
pub(super) fn data(programs: &[Program]) -> String {
    let programs: Vec<_> = programs.iter().map(|p| in_script(&program(p))).collect();
    format!("(globalThis.PROGRAMS ??= []).push(\n{});\n", programs.join(",\n"))
}

/// JSON as it may stand in a page's script, where no `<` may be taken for markup.
pub(super) fn in_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

fn program(program: &Program) -> Value {
    let lines: Vec<&str> = program.source.lines().collect();
    let (first, last) = range(program, lines.len());
    json!({
        "name": program.name,
        "race": program.race,
        "label": program.label,
        "verdict": program.verdict,
        "cure": program.cure,
        "command": program.command,
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
    let heading = |id: &ThreadId| words::thread_name(&graph.threads, *id);
    let is_task = |&at: &usize| graph.threads[players[at].index()].task;
    let tasks = (0..players.len()).filter(is_task);
    let player = |id: ThreadId| players.iter().position(|other| *other == id);
    let shown: Vec<usize> =
        (0..graph.objects.len()).filter(|&i| words::has_value(&graph.objects[i])).collect();
    let [mut steps, mut values, mut reasons, mut said] =
        std::array::from_fn(|_| Numbered::default());
    let mut move_json = |from: &State, taken: &Move| {
        let step = &taken.step;
        let older = step.stale.or(step.behind).map(|write| match write {
            Some(write) => {
                let (thread, nth) = named(&players, &from.steps, write);
                vec![thread, nth]
            }
            None => Vec::new(),
        });
        let (note, sentence) = out_of_turn(graph, &players, from, step).unzip();
        let number = steps.number(json!([
            step.action,
            graph.text(step),
            step.object.map(|id| id.0),
            line(program, &step.place),
            step.read.map(|value| value.to_string()),
            step.written.map(|value| value.to_string()),
            step.operation,
            note,
            sentence,
            older,
        ]));
        json!([player(step.thread), step.choice, number, taken.next])
    };
    let mut state_json = |(number, state): (usize, &State)| {
        let held: Vec<_> = shown.iter().map(|&i| state.values[i].as_str()).collect();
        let moves: Vec<_> = state.moves.iter().map(|taken| move_json(state, taken)).collect();
        let blocked: Vec<_> = state
            .blocked
            .iter()
            .filter_map(|blocked| Some((player(blocked.thread)?, blocked)))
            .map(|(thread, blocked)| {
                let line = blocked.place.as_ref().and_then(|place| line(program, place));
                json!([thread, reasons.number(json!(blocked.why)), line])
            })
            .collect();
        let said = saying(graph, &players, number).map(|saying| said.number(saying));
        json!([values.number(json!(held)), moves, blocked, state.outcome, said])
    };
    let states: Vec<_> = graph.states.iter().enumerate().map(&mut state_json).collect();
    let schedule = |path: &Vec<usize>| graph.trace(path).schedule();
    let executions = graph.executions.as_ref();
    let executions = executions.map(|all| all.iter().map(schedule).collect::<Vec<_>>());
    let Aim { goal, question, found, harm, safe } = &graph.aim;
    let outcomes = graph.outcomes.iter();
    json!({
        "shape": graph.shape,
        "label": graph.label,
        "arguments": graph.arguments,
        "aim": {"goal": goal, "question": question, "found": found, "harm": harm, "safe": safe},
        "threads": players.iter().map(heading).collect::<Vec<_>>(),
        "tasks": tasks.collect::<Vec<_>>(),
        "objects": graph.objects.iter().map(|object| &object.name).collect::<Vec<_>>(),
        "shown": shown,
        "steps": steps.values,
        "values": values.values,
        "reasons": reasons.values,
        "said": said.values,
        "states": states,
        "executions": executions,
        "outcomes": outcomes.map(|ending| outcome(graph, ending)).collect::<Vec<_>>(),
        "shortest": graph.shortest(),
    })
}

fn outcome(graph: &Graph, ending: &Ending) -> Value {
    json!({
        "short": ending.short,
        "sentence": ending.sentence(),
        "lost": ending.lost,
        "waits": waits::waits(graph, &ending.waiting),
    })
}

/// What has to be said of a move that reads or leaves another value than the newest: beside the
/// step, and below the picture.
fn out_of_turn(
    graph: &Graph,
    players: &[ThreadId],
    from: &State,
    step: &Step,
) -> Option<(&'static str, String)> {
    let note = explain::note(step)?;
    let mut steps = from.steps.clone();
    steps.push(step.clone());
    let trace = Trace { steps, ..graph.trace(&[]) };
    let sentence = explain::out_of_turn(&trace, from.steps.len()).unwrap_or_default();
    Some((note, with_names(players, &trace, &sentence)))
}

/// What has to be said of a state: its data race, and why no interleaving explains it.
fn saying(graph: &Graph, players: &[ThreadId], state: usize) -> Option<Value> {
    let trace = graph.trace_to(state);
    let race = trace.data_races().into_iter().next();
    let cycle = explain::cycle(&trace);
    if race.is_none() && cycle.is_empty() {
        return None;
    }
    let pair = race.as_ref().map(|race| [(race.first, race.second), (race.second, race.first)]);
    let mark = |(step, other): (usize, usize)| {
        let (thread, nth) = named(players, trace.steps(), step);
        let (partner, partner_s) = named(players, trace.steps(), other);
        json!([thread, nth, format!("races with {{{partner}.{partner_s}}}")])
    };
    let lines = explain::race(race.as_ref()).into_iter().chain(cycle.iter().cloned());
    Some(json!({
        "race": race.is_some(),
        "cycle": !cycle.is_empty(),
        "lines": lines.map(|line| with_names(players, &trace, &line)).collect::<Vec<_>>(),
        "marks": pair.into_iter().flatten().map(mark).collect::<Vec<_>>(),
    }))
}

/// A step by its player and its place among that player's steps, which no other order changes.
fn named(players: &[ThreadId], steps: &[Step], index: usize) -> (usize, usize) {
    let (thread, nth) = nth_of_thread(steps, index);
    (players.iter().position(|player| *player == thread).unwrap_or_default(), nth)
}

/// The sentence with `{0.2}` for the numbers of steps, all of which stand behind the word `step`.
fn with_names(players: &[ThreadId], trace: &Trace, sentence: &str) -> String {
    const WORD: &str = "step ";
    let mut out = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once(WORD) {
        out.push_str(before);
        out.push_str(WORD);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        match after[..digits].parse::<usize>() {
            Ok(number) if (1..=trace.steps().len()).contains(&number) => {
                let (thread, nth) = named(players, trace.steps(), number - 1);
                out.push_str(&format!("{{{thread}.{nth}}}"));
            }
            _ => out.push_str(&after[..digits]),
        }
        rest = &after[digits..];
    }
    out + rest
}
