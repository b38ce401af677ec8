//! The order of an execution's steps that is easiest to read: the one that is shown.
//!
//! An execution is a graph; its events can be lined up in many ways. If an interleaving explains
//! it, that is the way to show it: no read is stale. If none does, the next best is one in which
//! every store becomes the newest when it is taken, and failing that, any in which causes come
//! first. Among those of a kind, the one with the fewest switches.

use super::event::{Choice, EventId, INIT, Step};
use super::graph::Graph;
use super::search::Search;
use super::wish::Wish;
use crate::explore::tally::Steps;

/// Switches never outweigh a kind.
const KIND: usize = 1 << 20;

/// Replaces `best` if the execution can be shown in a way that is easier to read than `score`.
pub(super) fn offer(search: &Search<Wish>, score: &mut usize, best: &mut Steps) {
    let graph = search.graph();
    let lines = graph.threads.iter().filter(|line| !line.is_empty()).count();
    for kind in 0..3 {
        // With fewer switches than these it is easier to read; each thread but one costs one.
        let mut limit = score.saturating_sub(kind * KIND);
        if limit < lines.max(1) {
            return;
        }
        let needs = Needs::of(search, kind);
        let (mut order, mut other, mut is_found) = (Vec::new(), Vec::new(), false);
        for start in 0..graph.threads.len() {
            if let Some(switches) = line_up(graph, &needs, start, limit, &mut other) {
                std::mem::swap(&mut order, &mut other);
                (limit, is_found) = (switches, true);
            }
        }
        if is_found {
            if let Some(steps) = schedule(search, &order) {
                *score = kind * KIND + limit;
                *best = steps;
            }
            return;
        }
    }
}

/// For each event: how many of each thread's have to come before it.
struct Needs {
    width: usize,
    rows: Vec<u32>,
}

impl Needs {
    fn of(search: &Search<Wish>, kind: usize) -> Needs {
        let graph = search.graph();
        let width = graph.threads.len();
        let mut rows = Vec::with_capacity(graph.events().len() * width);
        for (id, event) in graph.events().iter().enumerate() {
            let id = id as EventId;
            let first = rows.len();
            rows.extend_from_slice(&graph.causes_of(id)[..width]);
            let row = &mut rows[first..];
            row[usize::from(event.thread)] = event.index;
            let mut comes_after = |other: EventId| {
                let other = graph.event(other);
                let known = &mut row[usize::from(other.thread)];
                *known = (*known).max(other.index + 1);
            };
            search.step(id).woken_by().iter().for_each(|&other| comes_after(other));
            if let (true, Some(location)) =
                (kind < 2 && event.written.is_some(), event.op.location())
            {
                let order = graph.modification_order(location);
                let place = order.iter().position(|&write| write == id).unwrap_or_default();
                order[..place].iter().for_each(|&older| comes_after(older));
                // From-read: whoever read an older write comes first.
                if kind == 0 {
                    let older = |read: EventId| {
                        let reads = graph.event(read).reads.filter(|_| read != id);
                        reads.is_some_and(|w| w == INIT || order[..place].contains(&w))
                    };
                    let touched = graph.touched(location).iter().copied();
                    touched.filter(|&read| older(read)).for_each(comes_after);
                }
            }
        }
        Needs { width, rows }
    }

    /// May the event come, when so many of each thread's have come?
    fn are_met(&self, id: EventId, done: &[u32]) -> bool {
        let row = &self.rows[id as usize * self.width..][..self.width];
        row.iter().zip(done).all(|(needed, done)| needed <= done)
    }
}

/// Lines the events up: each thread goes on for as long as it can, `start` first. `None`: there is no
/// such order, or it takes `limit` switches or more.
fn line_up(
    graph: &Graph,
    needs: &Needs,
    start: usize,
    limit: usize,
    order: &mut Vec<EventId>,
) -> Option<usize> {
    order.clear();
    let mut done = vec![0; needs.width];
    let mut unfinished = graph.threads.iter().filter(|line| !line.is_empty()).count();
    let (mut current, mut switches) = (start, 0);
    while unfinished > 0 {
        let ready = |thread: usize| {
            let next = graph.threads[thread].get(done[thread] as usize).copied();
            next.filter(|&id| needs.are_met(id, &done))
        };
        let id = match ready(current) {
            Some(id) => id,
            None => {
                let others = [start].into_iter().chain(0..needs.width);
                let (thread, id) = others.into_iter().find_map(|t| Some((t, ready(t)?)))?;
                switches += usize::from(!order.is_empty());
                current = thread;
                id
            }
        };
        // Every other thread that is left costs one switch at least.
        if switches + unfinished > limit {
            return None;
        }
        order.push(id);
        done[current] += 1;
        unfinished -= usize::from(done[current] as usize == graph.threads[current].len());
    }
    Some(switches)
}

/// The schedule that takes the events in this order: each choice is numbered anew.
fn schedule(search: &Search<Wish>, order: &[EventId]) -> Option<Steps> {
    let old = search.graph();
    let mut graph = old.emptied();
    let mut number = vec![INIT; order.len()];
    let mut steps = Steps::with_capacity(order.len());
    let mut choices = Vec::new();
    for (new, &id) in order.iter().enumerate() {
        let event = old.event(id);
        let renumber = |id: EventId| if id == INIT { INIT } else { number[id as usize] };
        let wish = search.step(id).renumbered(renumber);
        let choice = match event.choice {
            Choice::Read(write) => Choice::Read(renumber(write)),
            Choice::Fail(write) => Choice::Fail(renumber(write)),
            Choice::Behind(_) => {
                let writes = old.modification_order(event.op.location()?);
                let place = writes.iter().position(|&write| write == id)?;
                let taken = writes[..place].iter().rev().find(|&&w| number[w as usize] != INIT);
                Choice::Behind(taken.map_or(INIT, |&write| number[write as usize]))
            }
            other => other,
        };
        graph.choices(event.thread, &wish, &mut choices);
        let nth = choices.iter().position(|&other| other == choice)?;
        graph.push(event.thread, &wish, choice);
        number[id as usize] = new as EventId;
        steps.push((event.thread, nth as u32));
    }
    Some(steps)
}
