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
    for kind in 0..3 {
        if *score <= kind * KIND {
            return;
        }
        let before = reasons(search, kind);
        let threads = graph.threads.len() as u8;
        let orders = (0..threads).filter_map(|start| line_up(graph, &before, start));
        let Some((switches, order)) = orders.min_by_key(|(switches, _)| *switches) else {
            continue;
        };
        if kind * KIND + switches < *score
            && let Some(steps) = schedule(search, &order)
        {
            *score = kind * KIND + switches;
            *best = steps;
        }
        return;
    }
}

/// For each event: those that have to come before it.
fn reasons(search: &Search<Wish>, kind: usize) -> Vec<Vec<EventId>> {
    let graph = search.graph();
    let mut before: Vec<Vec<EventId>> = Vec::new();
    for (id, event) in graph.events().iter().enumerate() {
        let id = id as EventId;
        let mut causes: Vec<EventId> = (0..id).filter(|&other| graph.causes(other, id)).collect();
        causes.extend(search.step(id).woken_by());
        if let (true, Some(location)) = (kind < 2 && event.written.is_some(), event.op.location()) {
            let order = graph.modification_order(location);
            let place = order.iter().position(|&write| write == id).unwrap_or_default();
            causes.extend(&order[..place]);
            // From-read: whoever read an older write comes first.
            if kind == 0 {
                let older = |read: &EventId| {
                    let reads = graph.event(*read).reads.filter(|_| *read != id);
                    reads.is_some_and(|w| w == INIT || order[..place].contains(&w))
                };
                causes.extend(graph.touched(location).iter().copied().filter(older));
            }
        }
        before.push(causes);
    }
    before
}

/// Lines the events up: each thread goes on for as long as it can, `start` first.
fn line_up(graph: &Graph, before: &[Vec<EventId>], start: u8) -> Option<(usize, Vec<EventId>)> {
    let mut done = vec![false; before.len()];
    let mut order: Vec<EventId> = Vec::with_capacity(before.len());
    let mut at = vec![0; graph.threads.len()];
    let (mut current, mut switches) = (start, 0);
    while order.len() < before.len() {
        let next = |thread: u8| graph.line(thread).get(at[thread as usize]).copied();
        let ready = |thread: u8| {
            next(thread).filter(|&id| before[id as usize].iter().all(|&b| done[b as usize]))
        };
        let id = match ready(current) {
            Some(id) => id,
            None => {
                let others = [start].into_iter().chain(0..graph.threads.len() as u8);
                let (thread, id) = others.filter_map(|t| Some((t, ready(t)?))).next()?;
                switches += usize::from(!order.is_empty());
                current = thread;
                id
            }
        };
        done[id as usize] = true;
        at[current as usize] += 1;
        order.push(id);
    }
    Some((switches, order))
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
