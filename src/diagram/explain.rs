//! The sentences below a picture: the cause, with step numbers, and the source lines involved.

use super::picture::Picture;
use super::source::{self, Sources};
use crate::trace::{Step, Trace};

/// What has to be said below a picture.
pub(crate) struct Explanation {
    /// One sentence for each cause.
    pub sentences: Vec<String>,
    /// The source lines the sentences talk about.
    pub lines: Vec<SourceLine>,
}

/// A source line and the steps that it asked for.
pub(crate) struct SourceLine {
    /// The steps that the sentences name, counted from 1: `2`, `3 and 4`.
    pub steps: String,
    /// `src/counter/racy.rs:28`.
    pub place: String,
    /// The line itself, where its file can be read.
    pub text: Option<String>,
}

impl Explanation {
    pub fn new(picture: &Picture) -> Self {
        let trace = picture.trace;
        let mut sentences: Vec<_> = picture.links.iter().map(|l| l.sentence.clone()).collect();
        match picture.more_links {
            0 => {}
            1 => sentences.push("1 more write loses updates in the same way".into()),
            n => sentences.push(format!("{n} more writes lose updates in the same way")),
        }
        sentences.extend(stale_reads(trace));
        sentences.extend(early_stores(trace));
        sentences.extend(cycle(trace));
        if !trace.waiting().is_empty() {
            sentences.extend(deadlock(trace));
        }
        Explanation { sentences, lines: lines(picture) }
    }
}

/// Why a read saw an older value than the newest, and what would have kept it from doing so.
fn stale_reads(trace: &Trace) -> impl Iterator<Item = String> {
    let steps = trace.steps();
    steps.iter().enumerate().filter(|(_, step)| step.stale.is_some()).map(move |(i, step)| {
        // The newest write that was there when the step was taken.
        let newest =
            (0..i).rev().find(|&j| steps[j].object == step.object && steps[j].writes_value());
        let name = step.object.map(|id| trace.object(id).name.as_ref()).unwrap_or_default();
        let value = step.read.map(|value| value.to_string()).unwrap_or_default();
        let reader = step.thread;
        match newest {
            Some(j) if steps[j].thread != reader => format!(
                "step {} read {name} as {value}: the write of step {} is not yet visible to \
                 {reader}; it would be, had {reader} read with Acquire something that {} stored \
                 with Release after it",
                i + 1,
                j + 1,
                steps[j].thread
            ),
            _ => format!("step {} read an older {name}: {value}", i + 1),
        }
    })
}

/// Stores that were overwritten before they were made.
fn early_stores(trace: &Trace) -> impl Iterator<Item = String> {
    let steps = trace.steps();
    let orders = trace.orders();
    steps.iter().enumerate().filter(|(_, step)| step.behind.is_some()).filter_map(move |(i, step)| {
        let name = step.object.map(|id| trace.object(id).name.as_ref())?;
        let next = orders.writes(trace, i).get(orders.place(Some(i)))?;
        Some(format!(
            "step {} wrote {name} too late: in the order of the stores to {name}, which all threads \
             agree on, step {} comes after it",
            i + 1,
            next + 1
        ))
    })
}

/// The proof that no interleaving explains the values.
fn cycle(trace: &Trace) -> Vec<String> {
    let Some(cycle) = trace.cycle() else { return Vec::new() };
    let mut sentences = vec!["no interleaving explains these values; go round and see:".to_owned()];
    sentences.extend_from_slice(cycle.lines());
    sentences
}

/// Who waits for what.
fn deadlock(trace: &Trace) -> impl Iterator<Item = String> {
    let head = "deadlock: no thread can go on".to_owned();
    let waits = trace.waiting().iter().map(|waiting| {
        let mut text = format!(
            "thread {} waits for {} at {}",
            waiting.thread,
            waiting.what,
            source::shown(&waiting.place)
        );
        if let Some((holder, place)) = &waiting.holder {
            text.push_str(&format!(", held by {holder} since {}", source::shown(place)));
        }
        text
    });
    std::iter::once(head).chain(waits)
}

/// The source lines of the steps that the sentences name.
fn lines(picture: &Picture) -> Vec<SourceLine> {
    let trace = picture.trace;
    let mut named: Vec<usize> = Vec::new();
    for link in &picture.links {
        named.extend([link.read, link.write]);
        named.extend(&link.overwritten);
    }
    let out_of_turn = |step: &Step| step.stale.is_some() || step.behind.is_some();
    named.extend((0..trace.steps().len()).filter(|&i| out_of_turn(&trace.steps()[i])));
    named.sort_unstable();
    named.dedup();
    let mut places: Vec<(_, Vec<usize>)> = Vec::new();
    for index in named {
        let place = &trace.steps()[index].place;
        match places.iter_mut().find(|(p, _)| *p == place) {
            Some((_, steps)) => steps.push(index),
            None => places.push((place, vec![index])),
        }
    }
    for waiting in trace.waiting() {
        let holding = waiting.holder.iter().map(|(_, place)| place);
        for place in holding.chain([&waiting.place]) {
            if !places.iter().any(|(p, _)| *p == place) {
                places.push((place, Vec::new()));
            }
        }
    }
    let mut sources = Sources::default();
    places
        .into_iter()
        .map(|(place, steps)| SourceLine {
            steps: super::links::numbers(&steps),
            place: source::shown(place),
            text: sources.line(place),
        })
        // A deadlock's sentences name their places themselves.
        .filter(|line| line.text.is_some() || !line.steps.is_empty())
        .collect()
}
