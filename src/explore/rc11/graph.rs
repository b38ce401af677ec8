//! The execution graph: events in program order, who reads from whom, modification order.
//!
//! It is grown one event at a time, in an order in which causes come first, and taken back in the
//! opposite order. So no cycle of program order and reads-from can arise, and everything that is
//! before an event is known when it is added: its clocks never change.

use super::clocks::{Clocks, Row};
use super::event::{Choice, Event, EventId, INIT, Op, Step, acquires, releases};
use crate::trace::Mode;
use std::sync::atomic::Ordering;

/// An atomic, a cell, or another object.
#[derive(Clone, Debug, Default)]
pub(super) struct Location {
    /// The value it starts with.
    pub(super) initial: u64,
    /// Modification order, without the initial write.
    pub(super) writes: Vec<EventId>,
    /// All events about it, in the order they were added.
    pub(super) touched: Vec<EventId>,
}

/// An execution graph.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(super) events: Vec<Event>,
    pub(super) clocks: Clocks,
    /// Each thread's events, in program order.
    pub(super) threads: Vec<Vec<EventId>>,
    pub(super) locations: Vec<Location>,
    /// The events over which the SC axiom speaks.
    pub(super) sc: Vec<EventId>,
}

impl Default for Graph {
    fn default() -> Self {
        Graph {
            events: Vec::new(),
            clocks: Clocks::new(),
            threads: Vec::new(),
            locations: Vec::new(),
            sc: Vec::new(),
        }
    }
}

impl Graph {
    /// The events, in the order they were added.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The event with this number.
    pub fn event(&self, id: EventId) -> &Event {
        &self.events[id as usize]
    }

    /// The writes to a location in modification order, without the initial one.
    pub fn modification_order(&self, location: u32) -> &[EventId] {
        self.locations.get(location as usize).map_or(&[], |l| &l.writes)
    }

    /// A graph without events, whose locations start with the same values.
    pub(super) fn emptied(&self) -> Graph {
        let initial =
            |location: &Location| Location { initial: location.initial, ..Location::default() };
        Graph { locations: self.locations.iter().map(initial).collect(), ..Graph::default() }
    }

    /// Says what value a location starts with. Without it, that is 0.
    pub fn declare(&mut self, location: u32, initial: u64) {
        self.location_mut(location).initial = initial;
    }

    /// The value that a write left in a location.
    pub fn value(&self, location: u32, write: EventId) -> u64 {
        match write {
            INIT => self.locations.get(location as usize).map_or(0, |l| l.initial),
            write => self.event(write).written.expect("only writes are read"),
        }
    }

    /// The write whose value a write passes on: its own, unless it is a read-modify-write that
    /// left the value as it was.
    pub(super) fn origin(&self, write: EventId) -> EventId {
        let mut origin = write;
        while origin != INIT {
            let event = self.event(origin);
            match event.reads {
                Some(read) if event.written == Some(event.read) => origin = read,
                _ => break,
            }
        }
        origin
    }

    /// The value at the end of a location's modification order.
    pub fn last_value(&self, location: u32) -> u64 {
        let last = self.modification_order(location).last().copied();
        self.value(location, last.unwrap_or(INIT))
    }

    /// Does `a` happen before `b`?
    pub fn happens_before(&self, a: EventId, b: EventId) -> bool {
        a != b && self.known(a, b, Row::Before)
    }

    /// Is `a` among the causes of `b`: before it in program order and reads-from?
    pub fn causes(&self, a: EventId, b: EventId) -> bool {
        a != b && self.known(a, b, Row::Causes)
    }

    fn known(&self, a: EventId, b: EventId, row: Row) -> bool {
        let event = self.event(a);
        self.clocks.get(b, row, event.thread) > event.index
    }

    /// Pairs of plain accesses to one location by different threads, at least one of them a write,
    /// neither of which happens before the other: data races.
    pub fn data_races(&self) -> impl Iterator<Item = (EventId, EventId)> + '_ {
        let plain = |id: EventId| match self.event(id).op {
            Op::Plain { location, writes } => Some((location, writes)),
            _ => None,
        };
        let all = 0..self.events.len() as EventId;
        let pairs = all.flat_map(move |second| (0..second).map(move |first| (first, second)));
        pairs.filter(move |&(first, second)| {
            let conflict = match (plain(first), plain(second)) {
                (Some((a, x)), Some((b, y))) => a == b && (x || y),
                _ => false,
            };
            conflict
                && self.event(first).thread != self.event(second).thread
                && !self.happens_before(first, second)
        })
    }

    /// A thread's events, in program order.
    pub(super) fn line(&self, thread: u8) -> &[EventId] {
        self.threads.get(thread as usize).map_or(&[], |line| line)
    }

    /// Has `thread`, when it takes this step as its next, any knowledge of `event`?
    pub(super) fn known_to(&self, thread: u8, step: &impl Step, event: EventId) -> bool {
        let learnt = step.reasons().iter().filter(|reason| reason.teaches);
        let mut ahead =
            self.line(thread).last().copied().into_iter().chain(learnt.map(|r| r.event));
        ahead.any(|ahead| self.known(event, ahead, Row::Before))
    }

    /// All events about a location or object, in the order they were added.
    pub(super) fn touched(&self, location: u32) -> &[EventId] {
        self.locations.get(location as usize).map_or(&[], |l| &l.touched)
    }

    /// Has an object been touched in a way that matters, by an event from `since` on and before
    /// `end`?
    pub(super) fn touched_between(
        &self,
        since: EventId,
        end: EventId,
        object: u32,
        matters: impl Fn(Mode) -> bool,
    ) -> bool {
        let recent = self.touched(object).iter().filter(|id| (since..end).contains(*id));
        let mut modes = recent.flat_map(|&id| self.event(id).op.touches());
        modes.any(|(o, mode)| o == object && matters(mode))
    }

    fn location_mut(&mut self, location: u32) -> &mut Location {
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
    /// latest release fence and before its earlier release writes to the same location (the
    /// release sequence of the paper, with which C++20 has done away for plain stores), and what a
    /// read-modify-write passes on from the write it reads.
    fn release(&mut self, id: EventId, event: &Event) {
        if releases(event.order) {
            self.clocks.join((id, Row::Released), (id, Row::Before));
        } else {
            if let Some(fence) = event.fence {
                self.clocks.join((id, Row::Released), (fence, Row::Before));
            }
            let line = self.line(event.thread);
            let head = line.iter().rev().skip(1).copied().find(|&earlier| {
                let earlier = self.event(earlier);
                earlier.written.is_some()
                    && earlier.op.location() == event.op.location()
                    && releases(earlier.order)
            });
            if let Some(head) = head {
                self.clocks.join((id, Row::Released), (head, Row::Before));
            }
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
