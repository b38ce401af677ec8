//! Where to come back to: steps that could have found something else, had a later one gone first.

use super::branch::{Item, Order};
use super::event::{Choice, EventId, Op, Step};
use super::search::Search;
use super::sleep::Sleeper;

impl<S: Step> Search<S> {
    /// Notes, for a step of `thread`, at which earlier points others should have gone first.
    ///
    /// `event` is the step as it was taken; `None` for one that waits in vain at the end of a run.
    /// `anew`: this is the first way in which it is taken here.
    pub(super) fn races(&mut self, thread: u8, step: &S, event: Option<EventId>, anew: bool) {
        let op = step.op();
        for (object, _) in op.touches() {
            let end = event.unwrap_or(self.graph().events().len() as EventId);
            for i in 0..self.graph().touched(object).len() {
                let earlier = self.graph().touched(object)[i];
                if earlier < end && self.is_race(earlier, end, thread, step) {
                    self.come_back(earlier, end, thread, step);
                }
            }
        }
        if let (Op::Store { location, .. } | Op::Update { location, .. }, Some(id)) = (op, event) {
            for i in 0..self.graph().touched(location).len() - 1 {
                let read = self.graph().touched(location)[i];
                if self.could_read(read, id) {
                    self.reverse(read, id, step, None);
                }
                if anew && let Some(write) = self.competes(read, id, step) {
                    self.reverse(read, id, step, Some(write));
                }
            }
        }
    }

    /// Could the earlier event have read what the later one has written?
    fn could_read(&self, read: EventId, id: EventId) -> bool {
        let graph = self.graph();
        let (earlier, later) = (graph.event(read), graph.event(id));
        let Some(location) = later.op.location() else { return false };
        earlier.reads.is_some()
            && later.written.is_some()
            && earlier.thread != later.thread
            && !graph.causes(read, id)
            && graph.may_see(|event| graph.known_before(read, event), location, id)
    }

    /// The write for which two read-modify-writes compete: the later one could have read it too, had
    /// the earlier one not stood right behind it.
    fn competes(&self, read: EventId, id: EventId, step: &S) -> Option<EventId> {
        let graph = self.graph();
        let (earlier, later) = (graph.event(read), graph.event(id));
        let location = later.op.location()?;
        let both = matches!((earlier.op, later.op), (Op::Update { .. }, Op::Update { .. }));
        let write = earlier.reads.filter(|_| both && earlier.written.is_some())?;
        let competes = earlier.thread != later.thread
            && step.update(graph.value(location, write)).is_some()
            && !self.needs(later.thread, step, id, read)
            && graph.may_see(|event| graph.known_before(id, event), location, write);
        competes.then_some(write)
    }

    /// Leaves at the point of `read` the order in which the event `end` comes before it, and reads
    /// `instead` what is said if anything is.
    fn reverse(&mut self, read: EventId, end: EventId, step: &S, instead: Option<EventId>) {
        let graph = self.graph();
        let thread = graph.event(end).thread;
        let is_needed = |&id: &EventId| match instead {
            None => graph.causes(id, end),
            Some(_) => self.needs(thread, step, end, id),
        };
        let mut steps: Vec<EventId> = (read + 1..end).filter(is_needed).collect();
        steps.push(end);
        // Without what woke them, threads that wait would not have gone on.
        let sleeps = |by: &EventId| *by >= read && !steps.contains(by);
        if steps.iter().any(|&id| self.step(id).woken_by().iter().any(sleeps)) {
            return self.come_back(read, end, thread, step);
        }
        let order = Order { at: read, steps: &steps, reads_instead: instead };
        let items = order.items(graph);
        let node = &self.nodes[read as usize];
        let wanted = node.ready.iter().filter(|(thread, _)| node.wanted >> thread & 1 == 1);
        let wanted = wanted.map(|&(thread, _)| Sleeper { thread, since: read, choice: None });
        let mut sleepers = node.sleepers.iter().copied().chain(wanted);
        if !sleepers.any(|sleeper| self.is_covered(&sleeper, &node.ready, read, &items, true)) {
            let mut branches = std::mem::take(&mut self.nodes[read as usize].branches);
            order.add_to(&mut branches, self.graph());
            self.nodes[read as usize].branches = branches;
        }
    }

    /// Would the step at `earlier` have found another state, if the one that touches the same object
    /// had been taken before it?
    fn is_race(&self, earlier: EventId, end: EventId, thread: u8, step: &S) -> bool {
        let event = self.graph().event(earlier);
        let op = step.op();
        // The step cannot go first if its thread could not get there without the earlier one.
        event.thread != thread
            && !self.needs(thread, step, end, earlier)
            && event.op.touches().any(|(a, m)| op.touches().any(|(b, n)| a == b && m.conflicts(n)))
    }

    /// Does `thread` need `event` to get to the point of taking its step, as the event `end`?
    fn needs(&self, thread: u8, step: &S, end: EventId, event: EventId) -> bool {
        let graph = self.graph();
        let last = graph.line(thread).iter().rev().copied().find(|&id| id < end);
        let reasons = step.reasons().iter().map(|reason| reason.event);
        let mut ahead = last.into_iter().chain(reasons);
        ahead.any(|ahead| ahead == event || graph.causes(event, ahead))
    }

    /// Wants a thread to go first at the point of `earlier` that leads to the step of `thread`
    /// behind, which is the event `end` or comes to nothing.
    fn come_back(&mut self, earlier: EventId, end: EventId, thread: u8, step: &S) {
        let graph = self.graph();
        let node = &self.nodes[earlier as usize];
        let ready = node.ready.iter().fold(0u64, |ready, (t, _)| ready | 1 << t);
        if ready & !(node.wanted | node.done) == 0 {
            return; // whoever is able has gone or will go first
        }
        // What lies between without needing the earlier one could go before it.
        let between: Vec<EventId> =
            (earlier + 1..end).filter(|&id| !graph.causes(earlier, id)).collect();
        let is_there = |write: EventId| write < earlier || between.contains(&write);
        let mut items: Vec<Item> =
            between.iter().map(|&id| graph.item(id, earlier, is_there)).collect();
        let last = match (end as usize) < graph.events().len() {
            true => graph.item(end, earlier, is_there),
            false => graph.next_item(thread, step.op(), Choice::Only, false),
        };
        // A thread can begin with its first such step if that needs none of the others.
        let firsts = between.iter().filter(|&&id| !between.iter().any(|&b| graph.causes(b, id)));
        let mut able = firsts.fold(0u64, |able, &id| able | 1 << graph.event(id).thread);
        if !between.iter().any(|&id| self.needs(thread, step, end, id))
            && !items.iter().any(|item| item.touches_as(&last))
        {
            able |= 1 << thread;
        }
        able &= ready;
        items.push(last);
        let covers = |s: &Sleeper| self.is_covered(s, &node.ready, earlier, &items, true);
        if able == 0 || able & (node.wanted | node.done) != 0 || node.sleepers.iter().any(covers) {
            return;
        }
        let chosen = if able & 1 << thread != 0 { thread } else { able.trailing_zeros() as u8 };
        self.nodes[earlier as usize].wanted |= 1 << chosen;
    }
}
