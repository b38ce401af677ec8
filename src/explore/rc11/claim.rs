//! Graphs that have been explored where a branch was followed.
//!
//! A branch takes each step in one way only. Where its step could have been taken in others, what was
//! explored is no step of one thread but all that goes on where the branch ends.

use super::branch::{Item, Name};
use super::event::{Choice, EventId, INIT, Step};
use super::graph::Graph;
use super::point::Node;
use super::search::Search;

/// From the point `since`, every graph that has these steps, taken in these ways, has been explored.
/// The last one needs all the others.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) since: EventId,
    items: Vec<Item>,
}

impl<S: Step> Search<S> {
    /// The last node is done with and has been taken back: what was claimed there holds no longer.
    /// Where not all was explored from it, its parent claims what was.
    pub(super) fn settle(&mut self, node: &Node<S>) {
        let at = self.nodes.len() as EventId;
        let first = self.claims.partition_point(|claim| claim.since < at);
        if node.done != 0 || !node.follows || at == 0 {
            self.claims.truncate(first);
            return;
        }
        let graph = self.graph();
        let parent = graph.item(at - 1, at - 1, |write| write < at - 1);
        let explored = node.sleepers.iter().filter(|sleeper| sleeper.since == at);
        let explored = explored.filter_map(|sleeper| {
            let (_, step) = node.ready.iter().find(|(thread, _)| *thread == sleeper.thread)?;
            let choice = sleeper.choice?;
            let writes = match choice {
                Choice::Read(write) => {
                    let location = step.op().location()?;
                    step.update(graph.value(location, write)).is_some()
                }
                Choice::Behind(_) => true,
                _ => false,
            };
            Some(vec![parent, graph.next_item(sleeper.thread, step.op(), choice, writes)])
        });
        let mut claims: Vec<Vec<Item>> = explored.collect();
        claims.extend(self.claims.drain(first..).map(|mut claim| {
            claim.items.insert(0, parent);
            claim.items
        }));
        let since = at - 1;
        self.claims.extend(claims.into_iter().map(|items| Claim { since, items }));
        self.nodes[since as usize].is_partial = true;
    }

    /// Does a claim say that what comes of this way of taking a thread's next step is explored?
    pub(super) fn is_claimed(&self, thread: u8, choice: Choice) -> bool {
        let name = (thread, self.graph().line(thread).len() as u32);
        self.claims.iter().any(|claim| claim.is_made_true(self.graph(), name, choice))
    }
}

impl Claim {
    /// Does the graph have all its steps once this one is taken in this way, and not without it?
    fn is_made_true(&self, graph: &Graph, next: Name, choice: Choice) -> bool {
        let Some(nth) = self.items.iter().position(|item| item.name() == next) else {
            return false;
        };
        let mut ids: Vec<Option<EventId>> = Vec::with_capacity(self.items.len());
        for (i, item) in self.items.iter().enumerate() {
            let id = graph.named(item.name());
            let taken = if i == nth { Some(choice) } else { id.map(|id| graph.event(id).choice) };
            if !taken.is_some_and(|choice| item.reads_as(graph, choice)) {
                return false;
            }
            ids.push(id);
        }
        // None may need what is not among them: then it would be another step than claimed.
        let events = self.since..graph.events().len() as EventId;
        let is_foreign = |id: &EventId| !ids.contains(&Some(*id));
        let needed = |by: EventId| events.clone().any(|id| graph.causes(id, by) && is_foreign(&id));
        let before = graph.line(next.0).last().filter(|id| **id >= self.since);
        let touches =
            |id: EventId| graph.item(id, self.since, |_| true).touches_as(&self.items[nth]);
        let in_order = |(i, item): (usize, &Item)| {
            (0..i).all(|j| !item.touches_as(&self.items[j]) || ids[i].is_none() || ids[j] < ids[i])
        };
        !ids.iter().flatten().any(|&id| needed(id))
            && !before.is_some_and(is_foreign)
            && !events.clone().any(|id| is_foreign(&id) && touches(id))
            && self.items.iter().enumerate().all(in_order)
            && self.is_ordered_alike(graph, &ids, (nth, choice))
    }

    /// Do the writes stand in the same modification order, if the one that is not in the graph yet
    /// takes its place there?
    fn is_ordered_alike(
        &self,
        graph: &Graph,
        ids: &[Option<EventId>],
        (nth, choice): (usize, Choice),
    ) -> bool {
        let writes = self.items.iter().filter(|item| item.writes);
        writes.filter_map(|item| item.op.location()).all(|location| {
            let order = graph.modification_order(location);
            let is_old = |write: &EventId| *write < self.since;
            let among = |write: &EventId| is_old(write) || ids.contains(&Some(*write));
            let mut here: Vec<_> = order.iter().filter(|w| among(w)).copied().map(Some).collect();
            let mut claimed: Vec<_> =
                order.iter().filter(|w| is_old(w)).copied().map(Some).collect();
            for (item, id) in self.items.iter().zip(ids) {
                if item.writes && item.op.location() == Some(location) {
                    // Behind one that comes later, or is the one that is missing.
                    let Some(behind) = item.place(graph, self.items[nth].name()) else {
                        return false;
                    };
                    insert(&mut claimed, behind, *id);
                }
            }
            let new = &self.items[nth];
            if new.writes && new.op.location() == Some(location) {
                let behind = match choice {
                    Choice::Read(write) | Choice::Behind(write) => write,
                    _ => return false,
                };
                let older = order.iter().rev().skip_while(|&&write| write != behind);
                let older = older.copied().find(|write| among(write));
                insert(&mut here, Some(older.unwrap_or(INIT)), None);
            }
            here == claimed
        })
    }
}

/// Inserts a write right behind another; `None` is the one that is not in the graph.
fn insert(order: &mut Vec<Option<EventId>>, behind: Option<EventId>, write: Option<EventId>) {
    let at = match behind {
        Some(INIT) => 0,
        behind => 1 + order.iter().position(|&write| write == behind).unwrap_or(order.len() - 1),
    };
    order.insert(at, write);
}
