//! Branches: orders of steps that lead to something new.
//!
//! Events are named by their thread and their place in it, which are the same in every graph that has
//! them.

use super::event::{Choice, EventId, INIT, Op};
use super::graph::Graph;

/// An event's thread, and its place there.
pub(super) type Name = (u8, u32);

/// What is decided of a step; `None` is the initial write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Read(Option<Name>),
    Fail(Option<Name>),
    Behind(Option<Name>),
    /// By its number, or the only one.
    Plain(Choice),
}

/// A step of a branch, and the way to take it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) thread: u8,
    index: u32,
    pub(super) op: Op,
    way: Way,
    pub(super) writes: bool,
    /// Does its thread ask for it only because of another step of the branch?
    pub(super) is_renewed: bool,
}

/// Steps to take, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Branch {
    pub(super) items: Vec<Item>,
    /// Has an order that goes on beyond it been left to it?
    pub(super) vouches: bool,
}

impl Branch {
    /// Is this its first step?
    pub(super) fn begins_with(&self, first: &Item) -> bool {
        self.items.first().is_some_and(|item| item.is_same(first))
    }
}

impl Item {
    /// Is it the same step taken in the same way?
    pub(super) fn is_same(&self, other: &Item) -> bool {
        (self.name(), self.way) == (other.name(), other.way)
    }

    pub(super) fn name(&self) -> Name {
        (self.thread, self.index)
    }

    /// The way of taking it in a graph; `None` where that lacks an event it needs.
    pub(super) fn choice(&self, graph: &Graph) -> Option<Choice> {
        let number = |name: Option<Name>| name.map_or(Some(INIT), |name| graph.named(name));
        match self.way {
            Way::Read(write) => number(write).map(Choice::Read),
            Way::Fail(write) => number(write).map(Choice::Fail),
            Way::Behind(write) => number(write).map(Choice::Behind),
            Way::Plain(choice) => Some(choice),
        }
    }

    /// Is this a way to take it, as far as it does not write?
    pub(super) fn reads_as(&self, graph: &Graph, choice: Choice) -> bool {
        matches!(self.way, Way::Behind(_)) || graph.way(choice) == self.way
    }

    /// Behind which write it stands: `Some(None)` where that is the one called `missing`.
    pub(super) fn place(&self, graph: &Graph, missing: Name) -> Option<Option<EventId>> {
        match self.way {
            Way::Read(None) | Way::Behind(None) => Some(Some(INIT)),
            Way::Read(Some(name)) | Way::Behind(Some(name)) if name == missing => Some(None),
            Way::Read(Some(name)) | Way::Behind(Some(name)) => graph.named(name).map(Some),
            Way::Fail(_) | Way::Plain(_) => None,
        }
    }

    /// Does the step depend on another one on what keeps its own order?
    pub(super) fn touches_as(&self, other: &Item) -> bool {
        let meets =
            |(object, mode)| other.op.touches().any(|(o, m)| o == object && m.conflicts(mode));
        self.op.touches().any(meets)
    }
}

impl Graph {
    pub(super) fn name(&self, id: EventId) -> Name {
        let event = self.event(id);
        (event.thread, event.index)
    }

    pub(super) fn named(&self, (thread, index): Name) -> Option<EventId> {
        self.line(thread).get(index as usize).copied()
    }

    /// A step that a thread takes next, as a part of a branch.
    pub(super) fn next_item(&self, thread: u8, op: Op, choice: Choice, writes: bool) -> Item {
        let index = self.line(thread).len() as u32;
        Item { thread, index, op, way: self.way(choice), writes, is_renewed: false }
    }

    fn way(&self, choice: Choice) -> Way {
        let name = |write: EventId| (write != INIT).then(|| self.name(write));
        match choice {
            Choice::Read(write) => Way::Read(name(write)),
            Choice::Fail(write) => Way::Fail(name(write)),
            Choice::Behind(write) => Way::Behind(name(write)),
            choice => Way::Plain(choice),
        }
    }

    /// An event of the graph as a part of a branch from the point `at`. A store stands behind the
    /// newest write of those before it that `is_there` names.
    pub(super) fn item(
        &self,
        id: EventId,
        at: EventId,
        is_there: impl Fn(EventId) -> bool,
    ) -> Item {
        let event = self.event(id);
        let choice = match event.choice {
            Choice::Behind(_) => {
                let location = event.op.location().expect("stores have one");
                let order = self.modification_order(location).iter().rev();
                let older = order.skip_while(|&&write| write != id).skip(1).copied();
                Choice::Behind(older.into_iter().find(|&write| is_there(write)).unwrap_or(INIT))
            }
            choice => choice,
        };
        let (thread, index) = self.name(id);
        let writes = event.written.is_some();
        let is_renewed = event.reasons.iter().any(|reason| reason.event >= at);
        Item { thread, index, op: event.op, way: self.way(choice), writes, is_renewed }
    }
}

/// A reversed order: steps of the graph, in their order, to be taken from the point `at`.
pub(super) struct Order<'a> {
    pub(super) at: EventId,
    /// The last of them, and all it needs.
    pub(super) steps: &'a [EventId],
    /// What the last one reads, where that is not what it has read here.
    pub(super) reads_instead: Option<EventId>,
}

impl Order<'_> {
    /// The `nth` step, when those that `earlier` names are taken before it.
    fn item(&self, graph: &Graph, id: EventId, earlier: &[EventId]) -> Item {
        let there = |write| write < self.at || earlier.contains(&write);
        let mut item = graph.item(id, self.at, there);
        if let (Some(write), Some(&last)) = (self.reads_instead, self.steps.last())
            && id == last
        {
            (item.way, item.writes) = (graph.way(Choice::Read(write)), true);
        }
        item
    }

    pub(super) fn items(&self, graph: &Graph) -> Vec<Item> {
        let item = |nth: usize| self.item(graph, self.steps[nth], &self.steps[..nth]);
        (0..self.steps.len()).map(item).collect()
    }

    /// Adds the order to the branches of a point, beginning like one that is there as far as possible.
    pub(super) fn add_to(&self, branches: &mut Vec<Branch>, graph: &Graph) {
        let mut best: (usize, Vec<Item>, Vec<EventId>) = (0, Vec::new(), self.steps.to_vec());
        for branch in &mut *branches {
            let mut left = self.steps.to_vec();
            let shared = self.go_along(graph, &branch.items, &mut left);
            if shared == branch.items.len() {
                // All that goes on where that one ends is free.
                branch.vouches |= !left.is_empty();
                return;
            }
            if shared > best.0 {
                best = (shared, branch.items[..shared].to_vec(), left);
            }
        }
        let (_, mut order, left) = best;
        let mut gone: Vec<EventId> =
            self.steps.iter().copied().filter(|id| !left.contains(id)).collect();
        for id in left {
            order.push(self.item(graph, id, &gone));
            gone.push(id);
        }
        let goes_on = |other: &Branch| {
            let mut both = order.iter().zip(&other.items);
            other.items.len() > order.len() && both.all(|(a, b)| a.is_same(b))
        };
        let before = branches.len();
        branches.retain(|other| !goes_on(other));
        let vouches = branches.len() < before;
        branches.push(Branch { items: order, vouches });
    }

    /// Goes along a branch as far as the order has the same steps and nothing before them that would
    /// have to come first; takes them out of `left`, and returns how many there were.
    fn go_along(&self, graph: &Graph, branch: &[Item], left: &mut Vec<EventId>) -> usize {
        let mut gone: Vec<EventId> = Vec::new();
        for (shared, next) in branch.iter().enumerate() {
            let Some(at) = left.iter().position(|&id| graph.name(id) == next.name()) else {
                return shared;
            };
            let mine = self.item(graph, left[at], &gone);
            let waits = |id: &EventId| mine.touches_as(&graph.item(*id, self.at, |_| true));
            if !mine.is_same(next) || left[..at].iter().any(waits) {
                return shared;
            }
            gone.push(left.remove(at));
        }
        branch.len()
    }
}
