//! A graph grows by one event at a time, in an order in which causes come first, and is taken back in
//! the opposite order. So no cycle of program order and reads-from can arise, and everything that is
//! before an event is known when it is added: its clocks never change.

use super::clocks::Row;
use super::event::{Choice, Event, EventId, INIT, Op, Step, acquires, releases};
use super::graph::{Graph, Location};
use std::sync::atomic::Ordering;

impl Graph {
    pub(super) fn location_mut(&mut self, location: u32) -> &mut Location {
        let at = location as usize;
        if self.locations.len() <= at {
            self.locations.resize_with(at + 1, Location::default);
        }
        &mut self.locations[at]
    }

    fn line_mut(&mut self, thread: u8) -> &mut Vec<EventId> {
        let at = thread as usize;
        if self.threads.len() <= at {
            self.threads.resize_with(at + 1, Vec::new);
            self.clocks.widen(at + 1);
        }
        &mut self.threads[at]
    }

    /// Adds a thread's next step, taken as `choice` says.
    ///
    /// The choice has to be one of those that [`Graph::choices`] offers.
    pub fn push(&mut self, thread: u8, step: &impl Step, choice: Choice) -> EventId {
        let id = self.events.len() as EventId;
        let op = step.op();
        let line = self.line_mut(thread);
        let (index, last) = (line.len() as u32, line.last().copied());
        line.push(id);
        let mut event = Event {
            thread,
            index,
            op,
            order: Ordering::Relaxed,
            choice,
            reads: None,
            read: 0,
            written: None,
            reasons: step.reasons().to_vec(),
            fence: last.and_then(|last| self.event(last).fence),
        };
        self.clocks.push();
        if let Some(last) = last {
            self.clocks.join((id, Row::Before), (last, Row::Before));
            self.clocks.join((id, Row::Causes), (last, Row::Causes));
            self.clocks.join((id, Row::Pending), (last, Row::Pending));
        }
        for reason in &event.reasons {
            self.clocks.join((id, Row::Causes), (reason.event, Row::Causes));
            if reason.teaches {
                self.clocks.join((id, Row::Before), (reason.event, Row::Before));
            }
        }
        self.clocks.set(id, Row::Before, thread, index + 1);
        self.clocks.set(id, Row::Causes, thread, index + 1);
        self.decide(&mut event, step);
        if let Some(read) = event.reads.filter(|&read| read != INIT) {
            self.clocks.join((id, Row::Causes), (read, Row::Causes));
            let into = if acquires(event.order) { Row::Before } else { Row::Pending };
            self.clocks.join((id, into), (read, Row::Released));
        }
        match op {
            Op::Fence { order } => {
                if acquires(order) {
                    self.clocks.join((id, Row::Before), (id, Row::Pending));
                }
                if releases(order) {
                    event.fence = Some(id);
                }
            }
            Op::Touch { .. } => self.follow_touches(id, &op),
            _ => {}
        }
        if event.written.is_some() {
            self.release(id, &event);
            let location = op.location().expect("writes have a location");
            let behind = match choice {
                Choice::Read(write) | Choice::Behind(write) => write,
                _ => unreachable!("a write reads or stands behind another"),
            };
            let writes = &mut self.location_mut(location).writes;
            let at = match behind {
                INIT => 0,
                _ => 1 + writes.iter().rposition(|&w| w == behind).expect("the write is there"),
            };
            writes.insert(at, id);
        }
        if let Some(location) = op.location() {
            self.location_mut(location).touched.push(id);
        }
        if let Op::Touch { second: Some(second), .. } = op {
            self.location_mut(second).touched.push(id);
        }
        if event.is_sc() {
            self.sc.push(id);
        }
        self.events.push(event);
        id
    }

    /// Takes over the values of an event that is repeated: addresses differ from run to run.
    ///
    /// False if with them it would write where it did not, or the other way round.
    pub(super) fn refresh(&mut self, id: EventId, step: &impl Step) -> bool {
        let mut event = self.events[id as usize].clone();
        event.op = step.op();
        event.written = None;
        self.decide(&mut event, step);
        let same = event.written.is_some() == self.events[id as usize].written.is_some();
        if same {
            self.events[id as usize] = event;
        }
        same
    }

    /// Fills in what an event reads and writes.
    fn decide(&self, event: &mut Event, step: &impl Step) {
        match (event.op, event.choice) {
            (Op::Load { location, order }, Choice::Read(write)) => {
                event.reads = Some(write);
                event.read = self.value(location, write);
                event.order = order;
            }
            (Op::Store { value, order, .. }, Choice::Behind(_)) => {
                event.written = Some(value);
                event.order = order;
            }
            (Op::Update { location, order, failure, .. }, Choice::Read(write)) => {
                event.reads = Some(write);
                event.read = self.value(location, write);
                event.written = step.update(event.read);
                event.order = if event.written.is_some() { order } else { failure };
            }
            (Op::Update { location, failure, .. }, Choice::Fail(write)) => {
                event.reads = Some(write);
                event.read = self.value(location, write);
                event.order = failure;
            }
            (Op::Fence { order }, _) => event.order = order,
            (op, Choice::Only | Choice::Way(_))
                if op.is_free() || matches!(op, Op::Touch { .. }) => {}
            (op, choice) => unreachable!("{choice:?} does not fit {op:?}"),
        }
    }

    /// Computes what a read of this write would acquire.
    ///
    /// That is everything before the write if it releases, else everything before the thread's
    /// latest release fence, and what a read-modify-write passes on from the write it reads.
    fn release(&mut self, id: EventId, event: &Event) {
        if releases(event.order) {
            self.clocks.join((id, Row::Released), (id, Row::Before));
        } else if let Some(fence) = event.fence {
            self.clocks.join((id, Row::Released), (fence, Row::Before));
        }
        if let Some(read) = event.reads.filter(|&read| read != INIT) {
            self.clocks.join((id, Row::Released), (read, Row::Released));
        }
    }

    /// Orders a step on a lock or the like behind the steps on it that it depends on.
    fn follow_touches(&mut self, id: EventId, op: &Op) {
        let &Op::Touch { acquires, .. } = op else { return };
        for (object, mode) in op.touches() {
            let Some(location) = self.locations.get(object as usize) else { continue };
            for &earlier in &location.touched {
                let before = &self.events[earlier as usize].op;
                let Op::Touch { releases, .. } = *before else { continue };
                if before.touches().any(|(o, m)| o == object && m.conflicts(mode)) {
                    self.clocks.join((id, Row::Causes), (earlier, Row::Causes));
                    if acquires && releases {
                        self.clocks.join((id, Row::Before), (earlier, Row::Before));
                    }
                }
            }
        }
    }

    /// Takes back the last event.
    ///
    /// # Panics
    /// When there is none.
    pub fn pop(&mut self) {
        let event = self.events.pop().expect("an event to take back");
        let id = self.events.len() as EventId;
        self.clocks.pop();
        self.threads[event.thread as usize].pop();
        if event.is_sc() {
            self.sc.pop();
        }
        if let Op::Touch { second: Some(second), .. } = event.op {
            self.locations[second as usize].touched.pop();
        }
        if let Some(location) = event.op.location() {
            let location = &mut self.locations[location as usize];
            location.touched.pop();
            if event.written.is_some() {
                location.writes.retain(|&write| write != id);
            }
        }
    }
}
