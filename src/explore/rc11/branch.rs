//! Branches: orders of steps that lead to something new.

use super::event::{Choice, EventId, INIT, Op, Step};
use super::graph::Graph;
use super::search::Search;
use super::sleep::Sleeper;
use crate::trace::Mode;

/// An event by its thread and its place in it, which are the same in every graph that has it.
pub(super) type Name = (u8, u32);

/// What is decided of a step, by the names of events; `None` is the initial write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Read(Option<Name>),
    Fail(Option<Name>),
    Behind(Option<Name>),
    /// By its number, or the only one.
    Plain(Choice),
}

/// A step of a branch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) thread: u8,
    /// Its place in its thread.
    index: u32,
    op: Op,
    way: Way,
}

/// The steps to take, one after the other, each in the way that is said.
pub(super) type Branch = Vec<Item>;

impl Item {
    /// Is it the same step taken in the same way?
    pub(super) fn is_same(&self, other: &Item) -> bool {
        (self.name(), self.way) == (other.name(), other.way)
    }

    fn name(&self) -> Name {
        (self.thread, self.index)
    }

    /// The way of taking it in a graph; `None` where that lacks an event it needs.
    pub(super) fn choice(&self, graph: &Graph) -> Option<Choice> {
        let number = |name: Option<Name>| match name {
            None => Some(INIT),
            Some((thread, index)) => graph.line(thread).get(index as usize).copied(),
        };
        match self.way {
            Way::Read(write) => number(write).map(Choice::Read),
            Way::Fail(write) => number(write).map(Choice::Fail),
            Way::Behind(write) => number(write).map(Choice::Behind),
            Way::Plain(choice) => Some(choice),
        }
    }
}

/// A reversed order: steps of the graph, in their order, to be taken from the point `at`.
pub(super) struct Order<'a> {
    pub(super) at: EventId,
    pub(super) steps: &'a [EventId],
    /// What the last of them reads, where that is not what it has read here.
    pub(super) reads_instead: Option<EventId>,
}

impl Order<'_> {
    /// The `nth` step, when those that `earlier` names are taken before it.
    fn item(&self, graph: &Graph, nth: usize, earlier: impl Fn(EventId) -> bool) -> Item {
        let id = self.steps[nth];
        let event = graph.event(id);
        let name = |write: EventId| {
            (write != INIT).then(|| (graph.event(write).thread, graph.event(write).index))
        };
        let instead = self.reads_instead.filter(|_| nth + 1 == self.steps.len());
        let way = match event.choice {
            _ if instead.is_some() => Way::Read(instead.and_then(name)),
            Choice::Read(write) => Way::Read(name(write)),
            Choice::Fail(write) => Way::Fail(name(write)),
            Choice::Behind(_) => {
                let location = event.op.location().expect("stores have one");
                let order = graph.modification_order(location).iter().rev();
                let mut older = order.skip_while(|&&write| write != id).skip(1).copied();
                let before = older.find(|&write| write < self.at || earlier(write));
                Way::Behind(before.and_then(name))
            }
            choice => Way::Plain(choice),
        };
        Item { thread: event.thread, index: event.index, op: event.op, way }
    }

    fn items(&self, graph: &Graph) -> Vec<Item> {
        let earlier = |nth: usize| move |write: EventId| self.steps[..nth].contains(&write);
        (0..self.steps.len()).map(|nth| self.item(graph, nth, earlier(nth))).collect()
    }
}

impl<S: Step> Search<S> {
    /// Leaves a reversed order to be followed, unless it has been or will be seen anyway.
    pub(super) fn leave(&mut self, order: &Order<'_>) {
        let graph = self.graph();
        let node = &self.nodes[order.at as usize];
        let items = order.items(graph);
        let wanted = node.ready.iter().filter(|(thread, _)| node.wanted >> thread & 1 == 1);
        let wanted = wanted.map(|&(thread, _)| Sleeper { thread, since: order.at, choice: None });
        let mut sleepers = node.sleepers.iter().copied().chain(wanted);
        if sleepers.any(|sleeper| self.is_covered(&sleeper, order, &items)) {
            return;
        }
        // As far as possible it begins like one that is there.
        let mut best = (0, Vec::new(), order.steps.to_vec());
        for branch in &node.branches {
            let mut left = order.steps.to_vec();
            let shared = order.follow(graph, branch, &mut left);
            if shared == branch.len() {
                return;
            }
            if shared > best.0 {
                best = (shared, branch[..shared].to_vec(), left);
            }
        }
        let (shared, mut branch, left) = best;
        let gone = |id: EventId| order.steps.contains(&id) && !left.contains(&id);
        let mut rest = Vec::new();
        for (nth, &id) in left.iter().enumerate() {
            let at = order.steps.iter().position(|&step| step == id).expect("one of them");
            rest.push(order.item(graph, at, |write| gone(write) || left[..nth].contains(&write)));
        }
        branch.extend(rest);
        let node = &mut self.nodes[order.at as usize];
        // What goes on where this one ends is free to take any way, theirs as well.
        node.branches.retain(|other| {
            let goes_on = shared == branch.len() && other.len() > shared;
            !goes_on || !branch.iter().zip(other).all(|(a, b)| a.is_same(b))
        });
        node.branches.push(branch);
    }

    /// Would the order be seen where the sleeper's step has gone first, or does the sleeper sleep on
    /// to its end?
    fn is_covered(&self, sleeper: &Sleeper, order: &Order<'_>, items: &[Item]) -> bool {
        let graph = self.graph();
        let touched = |op: &Op, before: &[Item]| {
            let again = |(object, mode): (u32, Mode)| {
                let on = |id: EventId, object| {
                    graph.event(id).op.touches().any(|(o, m)| o == object && m.conflicts(mode))
                };
                let since = graph.touched(object).iter().copied();
                let mut since = since.filter(|id| (sleeper.since..order.at).contains(id));
                let later =
                    |item: &Item| item.op.touches().any(|(o, m)| o == object && m.conflicts(mode));
                since.any(|id| on(id, object)) || before.iter().any(later)
            };
            op.touches().any(again)
        };
        if let Some(nth) = items.iter().position(|item| item.thread == sleeper.thread) {
            let (item, id) = (&items[nth], order.steps[nth]);
            let instead = order.reads_instead.filter(|_| nth + 1 == items.len());
            return match instead.map_or(graph.event(id).choice, Choice::Read) {
                Choice::Only | Choice::Way(_) => {
                    let same = sleeper.choice.is_none_or(|c| c == graph.event(id).choice);
                    same && !touched(&item.op, &items[..nth])
                }
                choice => sleeper.covers(graph, &item.op, choice),
            };
        }
        let Some(step) = self.step_of(sleeper).filter(|_| sleeper.choice.is_none()) else {
            return false;
        };
        match step.op() {
            Op::Load { location, .. } | Op::Update { location, .. } => {
                let knows = |event| graph.known_at(order.at, (sleeper.thread, step), event);
                let wakes = |write: EventId| {
                    let known = (sleeper.since..order.at).contains(&write);
                    (known || order.steps.contains(&write)) && graph.may_see(knows, location, write)
                };
                let last = items.last().filter(|_| order.reads_instead.is_some());
                // What reads something else than here writes at another place.
                last.is_none_or(|last| last.op.location() != Some(location))
                    && !graph.modification_order(location).iter().copied().any(wakes)
            }
            op => !touched(&op, items),
        }
    }
}

impl Order<'_> {
    /// Goes along a branch as far as the order has the same steps and nothing before them that would
    /// have to come first; takes them out of `left`, and returns how many there were.
    fn follow(&self, graph: &Graph, branch: &Branch, left: &mut Vec<EventId>) -> usize {
        let mut gone: Vec<EventId> = Vec::new();
        for (shared, next) in branch.iter().enumerate() {
            let named = |id: &EventId| {
                let event = graph.event(*id);
                (event.thread, event.index) == next.name()
            };
            let Some(at) = left.iter().position(named) else { return shared };
            let nth = self.steps.iter().position(|id| *id == left[at]).expect("one of them");
            let mine = self.item(graph, nth, |write| gone.contains(&write));
            let touches = |id: &EventId| graph.event(*id).op.touches();
            let waits = left[..at].iter().any(|id| {
                touches(id).any(|(o, m)| mine.op.touches().any(|(p, n)| o == p && m.conflicts(n)))
            });
            if waits || !mine.is_same(next) {
                return shared;
            }
            gone.push(left.remove(at));
        }
        branch.len()
    }
}
