//! Where to come back to: reads that could have read a write that came behind them.

use super::event::{EventId, INIT, Op, Step};
use super::search::{AWAKE, Search};

impl<S: Step> Search<S> {
    /// Notes, for a step of `thread`, at which earlier points others should have gone first.
    ///
    /// `event` is the step as it was taken; `None` for one that waits in vain at the end of a run.
    pub(super) fn races(&mut self, thread: u8, step: &S, event: Option<EventId>) {
        let op = &step.op();
        let end = event.unwrap_or(self.graph().events().len() as EventId);
        let objects = op.touches().map(|(object, _)| object);
        let location = match op {
            Op::Store { location, .. } | Op::Update { location, .. } => Some(*location),
            _ => None,
        };
        for place in objects.chain(location) {
            for i in 0..self.graph().touched(place).len() {
                let read = self.graph().touched(place)[i];
                if read < end && self.is_race(read, thread, step, event) {
                    self.come_back(read, end, thread, step);
                }
            }
        }
    }

    /// Would the read at `read` have another choice, if the step had been taken before it?
    fn is_race(&self, read: EventId, thread: u8, step: &S, event: Option<EventId>) -> bool {
        let graph = self.graph();
        let earlier = graph.event(read);
        if earlier.thread == thread {
            return false;
        }
        // The step cannot go first if its thread could not get there without the read. (Whether
        // the step itself, as it was taken, reads what came of the read does not matter where it
        // could have read something else instead.)
        let end = event.unwrap_or(graph.events().len() as EventId);
        if self.needs(thread, step, end, read) {
            return false;
        }
        let op = &step.op();
        match (earlier.op, op) {
            (Op::Touch { .. }, Op::Touch { .. }) => earlier
                .op
                .touches()
                .any(|(a, m)| op.touches().any(|(b, n)| a == b && m.conflicts(n))),
            // Two read-modify-writes compete for the same write.
            (Op::Update { .. }, Op::Update { .. }) if earlier.written.is_some() => true,
            (Op::Load { .. } | Op::Update { .. }, Op::Store { .. } | Op::Update { .. }) => event
                .is_some_and(|event| {
                    graph.event(event).written.is_some() && !graph.causes(read, event)
                }),
            _ => false,
        }
    }

    /// Does `thread` need `event` to get to the point of taking its step, as the event `end`?
    fn needs(&self, thread: u8, step: &S, end: EventId, event: EventId) -> bool {
        let graph = self.graph();
        let last = graph.line(thread).iter().rev().copied().find(|&id| id < end);
        let reasons = step.reasons().iter().map(|reason| reason.event);
        let mut ahead = last.into_iter().chain(reasons);
        ahead.any(|ahead| ahead == event || graph.causes(event, ahead))
    }

    /// Wants a thread to go first at the point of `read` that leads to the step of `thread` behind.
    fn come_back(&mut self, read: EventId, end: EventId, thread: u8, step: &S) {
        let graph = self.graph();
        let node = &self.nodes[read as usize];
        // What lies between without needing the read could go before it. A thread can begin with
        // it if its first such event needs none of the others.
        let mut firsts: Vec<(u8, EventId)> = Vec::new();
        let mut able: u64 = 0;
        for id in read + 1..end {
            let event = graph.event(id);
            if graph.causes(read, id) || firsts.iter().any(|&(t, _)| t == event.thread) {
                continue;
            }
            if !firsts.iter().any(|&(_, first)| graph.causes(first, id)) {
                if self.is_covered(read, id) {
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
        self.nodes[read as usize].wanted |= 1 << chosen;
    }

    /// Has the event `id`, if it were taken at the point of `read`, been seen elsewhere?
    fn is_covered(&self, read: EventId, id: EventId) -> bool {
        let graph = self.graph();
        let event = graph.event(id);
        let asleep = &self.nodes[read as usize].asleep;
        let since = asleep.get(event.thread as usize).copied().unwrap_or(AWAKE);
        if since == AWAKE {
            return false;
        }
        match event.reads {
            Some(write) => write == INIT || write < since,
            None => !event.op.touches().any(|(object, mode)| {
                graph.touched_between(since, read, object, |m| m.conflicts(mode))
            }),
        }
    }
}
