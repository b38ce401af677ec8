//! What every picture of a trace shows, before it is known how it is drawn: columns, rows, and the
//! links that name the lost updates.

use super::explain;
use super::fold::{self, Part};
use super::links::{Link, links, numbers};
use super::state::State;
use super::waits;
use super::words;
use crate::trace::{Action, DataRace, ObjectId, ThreadId, Trace};
use std::collections::HashSet;

/// A trace made ready to be drawn.
pub(crate) struct Picture<'t> {
    pub trace: &'t Trace,
    /// The threads that get a column. A main thread that only starts the others and collects
    /// their results gets none, also when it waits for their ends in vain.
    pub columns: Vec<ThreadId>,
    /// The objects that get a column, in the order in which the program met them.
    pub values: Vec<ObjectId>,
    /// What the value columns hold before the first step.
    pub start: Vec<String>,
    pub rows: Vec<Row>,
    /// The data race that is named, if there is one.
    pub race: Option<DataRace>,
    /// The lost updates that are drawn, one link for each overwriting step.
    pub links: Vec<Link>,
    /// The steps whose writes are lost in them.
    lost: HashSet<usize>,
    /// By thread: its steps.
    own: Vec<Vec<usize>>,
    /// How many overwriting steps are not drawn, because the picture would be all links.
    pub more_links: usize,
}

/// One line of the picture.
pub(crate) enum Row {
    Step(StepRow),
    /// Some steps that are not drawn.
    Fold {
        count: usize,
        by: Vec<(ThreadId, usize)>,
        values: Vec<String>,
    },
    /// The end of a deadlock: who waits for what.
    Stuck(Vec<(ThreadId, String)>),
}

/// A step, ready to be drawn.
pub(crate) struct StepRow {
    /// Index into the trace's steps.
    pub index: usize,
    pub thread: ThreadId,
    pub text: String,
    /// What has to be said about the step, beside it.
    pub note: String,
    pub lost: bool,
    /// Did another thread take the step before?
    pub switch: bool,
    /// What the other threads do meanwhile.
    pub others: Vec<(ThreadId, Idle)>,
    /// The value columns after the step.
    pub values: Vec<String>,
    /// Which of them the step changed.
    pub changed: Vec<bool>,
}

/// What a thread does that does not go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Idle {
    /// It could go.
    Ready,
    /// It cannot; the reason stands at the first row.
    Waits { why: String, first: bool },
    /// It has taken its last step.
    Ended,
}

/// More links than this are counted, not drawn.
const DRAWN_LINKS: usize = 3;

impl<'t> Picture<'t> {
    /// Which column is a thread's, from 0; `None`: it has none.
    pub fn column(&self, thread: ThreadId) -> Option<usize> {
        self.columns.iter().position(|column| *column == thread)
    }

    /// Makes a trace ready. Traces of more than `fold_above` steps lose their dull stretches;
    /// `orders` writes the memory orderings beside the steps.
    pub fn new(trace: &'t Trace, fold_above: usize, orders: Option<bool>) -> Self {
        let mut links = links(trace);
        let more_links = links.len().saturating_sub(DRAWN_LINKS);
        links.truncate(DRAWN_LINKS);
        let orders = orders.unwrap_or_else(|| needs_orders(trace));
        let mut picture = Picture {
            trace,
            columns: columns(trace),
            values: Vec::new(),
            start: Vec::new(),
            rows: Vec::new(),
            race: trace.data_races().into_iter().next(),
            lost: links.iter().flat_map(|link| link.overwritten.iter().copied()).collect(),
            links,
            own: own(trace),
            more_links,
        };
        picture.values = values(&picture);
        picture.start = picture.shown(&State::new(trace));
        let parts = fold::parts(&picture, fold_above);
        picture.add_rows(parts, orders);
        picture
    }

    fn add_rows(&mut self, parts: Vec<Part>, orders: bool) {
        let trace = self.trace;
        let mut state = State::new(trace);
        let mut waiting: Vec<Option<String>> = vec![None; trace.threads().len()];
        let mut last = None;
        for part in parts {
            match part {
                Part::Fold(range) => {
                    let mut by: Vec<_> = self.columns.iter().map(|id| (*id, 0)).collect();
                    for step in &trace.steps()[range.clone()] {
                        state.apply(step);
                        if let Some(entry) = by.iter_mut().find(|(id, _)| *id == step.thread) {
                            entry.1 += 1;
                        }
                    }
                    by.retain(|(_, count)| *count > 0);
                    waiting.fill(None);
                    last = None;
                    let values = self.shown(&state);
                    self.rows.push(Row::Fold { count: range.len(), by, values });
                }
                Part::Step(index) => {
                    let before = self.shown(&state);
                    let step = &trace.steps()[index];
                    let others = self.others(&state, index, &mut waiting);
                    state.apply(step);
                    let values = self.shown(&state);
                    let changed = before.iter().zip(&values).map(|(b, a)| b != a).collect();
                    let switch = !step.alone && last.is_some_and(|last| last != step.thread);
                    last = Some(step.thread);
                    self.rows.push(Row::Step(StepRow {
                        index,
                        thread: step.thread,
                        text: words::step_text(&trace.objects, step, orders),
                        note: self.note(index),
                        lost: self.lost.contains(&index),
                        switch,
                        others,
                        values,
                        changed,
                    }));
                }
            }
        }
        if !trace.waiting().is_empty() {
            let stuck = trace.waiting().iter();
            let stuck = stuck.filter(|wait| self.columns.contains(&wait.thread));
            let stuck = stuck.map(|wait| (wait.thread, waits::for_what(trace, wait)));
            self.rows.push(Row::Stuck(stuck.collect()));
        }
    }

    fn shown(&self, state: &State) -> Vec<String> {
        self.values.iter().map(|id| state.shown(*id)).collect()
    }

    /// What the threads do that do not take the step at `index`.
    fn others(
        &self,
        state: &State,
        index: usize,
        waiting: &mut [Option<String>],
    ) -> Vec<(ThreadId, Idle)> {
        let mut others = Vec::new();
        for &id in &self.columns {
            let own = &self.own[id.index()];
            let next = own.get(own.partition_point(|&i| i < index)).copied();
            let stuck = self.trace.waiting().iter().any(|w| w.thread == id);
            let idle = match next {
                Some(next) if next == index => {
                    waiting[id.index()] = None;
                    continue;
                }
                Some(next) => match state.blocks(next, index) {
                    Some(why) => {
                        let first = !why.is_empty() && waiting[id.index()].as_ref() != Some(&why);
                        waiting[id.index()] = Some(why.clone());
                        Idle::Waits { why, first }
                    }
                    None => {
                        waiting[id.index()] = None;
                        Idle::Ready
                    }
                },
                None if stuck => Idle::Ready,
                None => Idle::Ended,
            };
            others.push((id, idle));
        }
        others
    }

    /// What has to be said beside the step at `index`.
    fn note(&self, index: usize) -> String {
        let mut notes: Vec<String> = Vec::new();
        if let Some(race) = &self.race {
            let pair = [(race.first, race.second), (race.second, race.first)];
            let other = pair.iter().find(|(step, _)| *step == index).map(|(_, other)| other + 1);
            notes.extend(other.map(|other| format!("races with {other}")));
        }
        notes.extend(self.lost.contains(&index).then(|| "lost".to_owned()));
        for link in &self.links {
            if link.write == index {
                notes.push(format!("overwrites {}", numbers(&link.overwritten)));
            }
            if link.read == index {
                let first = link.overwritten.iter().min().copied().unwrap_or_default();
                notes.push(format!("stale from {}", first + 1));
            }
        }
        notes.extend(explain::note(&self.trace.steps()[index]).map(str::to_owned));
        notes.join(", ")
    }
}

/// By thread: its steps.
fn own(trace: &Trace) -> Vec<Vec<usize>> {
    let mut own = vec![Vec::new(); trace.threads().len()];
    for (i, step) in trace.steps().iter().enumerate() {
        own[step.thread.index()].push(i);
    }
    own
}

/// The threads that get a column.
fn columns(trace: &Trace) -> Vec<ThreadId> {
    let ids = trace.threads().iter().map(|thread| thread.id);
    ids.filter(|&id| {
        let goes = trace.steps().iter().any(|step| step.thread == id && !step.alone);
        goes || trace.waiting().iter().any(|wait| wait.thread == id && !waits::for_end(trace, wait))
    })
    .collect()
}

/// More columns of objects than this nobody reads.
const DRAWN_VALUES: usize = 16;

/// The objects that get a column: they hold something, and some step touches them. Of many those
/// that are spoken of come first.
fn values(picture: &Picture) -> Vec<ObjectId> {
    let trace = picture.trace;
    let mut touched = vec![false; trace.objects().len()];
    for id in trace.steps().iter().flat_map(|step| [step.object, step.mutex]).flatten() {
        touched[id.0 as usize] = true;
    }
    let ids = (0..touched.len()).filter(|&i| touched[i]).map(|i| ObjectId(i as u32));
    let mut ids: Vec<ObjectId> = ids.filter(|id| words::has_value(trace.object(*id))).collect();
    if ids.len() > DRAWN_VALUES {
        let race = picture.race.iter().map(|race| race.first);
        let named = race.chain(picture.links.iter().map(|link| link.write));
        let named: Vec<_> = named.filter_map(|step| trace.steps()[step].object).collect();
        ids.sort_by_key(|id| !named.contains(id));
        ids.truncate(DRAWN_VALUES);
        ids.sort_unstable();
    }
    ids
}

/// Do the memory orderings matter for understanding the trace?
fn needs_orders(trace: &Trace) -> bool {
    trace
        .steps()
        .iter()
        .any(|step| step.stale.is_some() || step.behind.is_some() || step.action == Action::Fence)
}
