//! Where to come back to: steps that could have found something else, had a later one gone first.

use super::branch::Order;
use super::event::{EventId, Op, Step};
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
        let mut steps = Vec::new();
        // Without what woke them, threads that wait would not have gone on.
        let mut asleep: Vec<EventId> = Vec::new();
        let gone = |id: EventId, asleep: &[EventId]| {
            graph.causes(read, id) || asleep.iter().any(|&other| graph.causes(other, id))
        };
        for id in read + 1..=end {
            let is_last = id == end;
            if !is_last && gone(id, &asleep) {
                continue;
            }
            let is_gone = |&by: &EventId| by == read || by > read && !steps.contains(&by);
            if self.step(id).woken_by().iter().any(is_gone)
                || is_last && asleep.iter().any(|&other| self.needs(thread, step, end, other))
            {
                asleep.push(id);
                continue;
            }
            steps.push(id);
        }
        if steps.last() != Some(&end) {
            return self.come_back(read, end, thread, step);
        }
        self.leave(&Order { at: read, steps: &steps, reads_instead: instead });
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
        // What lies between without needing the earlier one could go before it. A thread can begin
        // with it if its first such event needs none of the others.
        let mut firsts: Vec<(u8, EventId)> = Vec::new();
        let mut able: u64 = 0;
        for id in earlier + 1..end {
            let event = graph.event(id);
            if graph.causes(earlier, id) || firsts.iter().any(|&(t, _)| t == event.thread) {
                continue;
            }
            if !firsts.iter().any(|&(_, first)| graph.causes(first, id)) {
                let covers = |s: &Sleeper| {
                    s.thread == event.thread
                        && s.covers_until(graph, &event.op, event.choice, earlier)
                };
                if node.sleepers.iter().any(covers) {
                    return; // seen elsewhere
                }
                able |= 1 << event.thread;
            }
            firsts.push((event.thread, id));
        }
        let starts =
            !firsts.iter().any(|&(t, first)| t == thread || self.needs(thread, step, end, first));
        if starts {
            able |= 1 << thread;
        }
        able &= node.ready.iter().fold(0, |able, (t, _)| able | 1 << t);
        if able == 0 || able & (node.wanted | node.done) != 0 {
            return;
        }
        let chosen = if able & 1 << thread != 0 { thread } else { able.trailing_zeros() as u8 };
        self.nodes[earlier as usize].wanted |= 1 << chosen;
    }
}
