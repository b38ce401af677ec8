//! The execution graph: events in program order, who reads from whom, modification order.
//!
//! What can be asked of it is here, how it grows in `grow`.

use super::clocks::{Clocks, Row};
use super::event::{Event, EventId, INIT, Reason, Step};
use crate::trace::Mode;

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

    /// How many events of each thread are among the causes of `id`, itself among them.
    pub(super) fn causes_of(&self, id: EventId) -> &[u32] {
        self.clocks.row(id, Row::Causes)
    }

    fn known(&self, a: EventId, b: EventId, row: Row) -> bool {
        let event = self.event(a);
        self.clocks.get(b, row, event.thread) > event.index
    }

    /// A thread's events, in program order.
    pub(super) fn line(&self, thread: u8) -> &[EventId] {
        self.threads.get(thread as usize).map_or(&[], |line| line)
    }

    /// Has `thread`, when it takes this step as its next, any knowledge of `event`?
    pub(super) fn known_to(&self, thread: u8, step: &impl Step, event: EventId) -> bool {
        self.known_from(self.line(thread).last().copied(), step.reasons(), event)
    }

    /// Had the thread of the event `id`, before that, any knowledge of `event`?
    pub(super) fn known_before(&self, id: EventId, event: EventId) -> bool {
        let Event { thread, index, reasons, .. } = self.event(id);
        let previous = index.checked_sub(1).map(|index| self.line(*thread)[index as usize]);
        self.known_from(previous, reasons, event)
    }

    /// Has `thread`, at the point `at`, before this step any knowledge of `event`?
    pub(super) fn known_at(
        &self,
        at: EventId,
        (thread, step): (u8, &impl Step),
        event: EventId,
    ) -> bool {
        let line = self.line(thread).iter().rev().copied();
        self.known_from(line.into_iter().find(|&id| id < at), step.reasons(), event)
    }

    fn known_from(&self, last: Option<EventId>, reasons: &[Reason], event: EventId) -> bool {
        let learnt = reasons.iter().filter(|reason| reason.teaches).map(|reason| reason.event);
        last.into_iter().chain(learnt).any(|ahead| self.known(event, ahead, Row::Before))
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
}
