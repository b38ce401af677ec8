//! Steps that have been explored from a point, and need not be taken again before something new has
//! happened.

use super::branch::Item;
use super::event::{Choice, EventId, INIT, Op, Step};
use super::graph::Graph;
use super::search::Search;

/// A step that has been explored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sleeper {
    pub(super) thread: u8,
    /// The number of events there were.
    pub(super) since: EventId,
    /// The one way of taking it that was explored; `None`: all there were.
    pub(super) choice: Option<Choice>,
}

impl Sleeper {
    /// Has the step been explored in this way?
    ///
    /// A read sleeps on every write that was there, and may read a later one. A store that stands, of
    /// those that were there, behind the same write has been explored: whatever came in between
    /// since, came in between there too. A step on a lock or the like wakes when one that it depends
    /// on has been taken.
    pub(super) fn covers(&self, graph: &Graph, op: &Op, choice: Choice) -> bool {
        self.covers_until(graph, op, choice, graph.events.len() as EventId)
    }

    /// The same at an earlier point.
    pub(super) fn covers_until(
        &self,
        graph: &Graph,
        op: &Op,
        choice: Choice,
        end: EventId,
    ) -> bool {
        match choice {
            Choice::Read(write) | Choice::Fail(write) => match self.choice {
                Some(explored) => explored == choice,
                None => write == INIT || write < self.since,
            },
            Choice::Behind(write) => match self.choice {
                Some(Choice::Behind(explored)) => {
                    op.location().is_some_and(|l| graph.stood(l, write, self.since) == explored)
                }
                _ => true,
            },
            Choice::Only | Choice::Way(_) => {
                self.choice.is_none_or(|explored| explored == choice)
                    && !graph.is_touched_again(op, self.since, end)
            }
        }
    }
}

impl Graph {
    /// What was last, in modification order up to this write, when there were `since` events.
    fn stood(&self, location: u32, write: EventId, since: EventId) -> EventId {
        if write == INIT || write < since {
            return write;
        }
        let older = self.modification_order(location).iter().rev().skip_while(|&&w| w != write);
        older.copied().find(|&older| older < since).unwrap_or(INIT)
    }

    /// Has a step on which this one depends been taken, from `since` on and before
    /// `end`, on what keeps its own order?
    fn is_touched_again(&self, op: &Op, since: EventId, end: EventId) -> bool {
        op.touches().any(|(object, mode)| {
            self.touched_between(since, end, object, |other| other.conflicts(mode))
        })
    }
}

impl<S: Step> Search<S> {
    /// Is all that a branch from the point `at` leads to seen where the sleeper's step has gone first?
    ///
    /// So it is if the branch has that step and nothing that it depends on before it, or nothing that
    /// would wake the sleeper. `in_graph`: the branch's events are those of the graph.
    pub(super) fn is_covered(
        &self,
        sleeper: &Sleeper,
        ready: &[(u8, S)],
        at: EventId,
        items: &[Item],
        in_graph: bool,
    ) -> bool {
        let graph = self.graph();
        if let Some(nth) = items.iter().position(|item| item.thread == sleeper.thread) {
            let item = &items[nth];
            return !item.is_renewed
                && !items[..nth].iter().any(|other| other.touches_as(item))
                && item
                    .choice(graph)
                    .is_some_and(|choice| sleeper.covers_until(graph, &item.op, choice, at));
        }
        if sleeper.choice.is_some() || sleeper.since != at {
            return false;
        }
        let step = ready.iter().find(|(thread, _)| *thread == sleeper.thread);
        let Some((_, step)) = step else { return false };
        let op = step.op();
        if let Op::Load { location, .. } | Op::Update { location, .. } = op {
            let knows = |event| graph.known_at(at, (sleeper.thread, step), event);
            let wakes = |write| graph.may_see(knows, location, write);
            let mut writes =
                items.iter().filter(|item| item.writes && item.op.location() == Some(location));
            return !writes.any(|item| {
                // What reads something else than it has read stands at another place.
                let id = graph.named(item.name()).filter(|_| in_graph);
                let same = |&id: &EventId| item.choice(graph) == Some(graph.event(id).choice);
                id.filter(same).is_none_or(wakes)
            });
        }
        let item = graph.next_item(sleeper.thread, op, Choice::Only, false);
        !items.iter().any(|other| other.touches_as(&item))
    }
}
