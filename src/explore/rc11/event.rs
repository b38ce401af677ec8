//! What a thread may ask of the memory, and what is kept of it once it is done.

use crate::trace::Mode;
use std::sync::atomic::Ordering;

/// An event's number: its place in the order in which the graph was grown.
pub type EventId = u32;

/// Stands for the write that gave a location its first value. It is before everything.
pub const INIT: EventId = u32::MAX;

/// A step, as far as the memory model cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Reads an atomic.
    Load {
        /// Which atomic.
        location: u32,
        /// How it is ordered.
        order: Ordering,
    },
    /// Writes an atomic.
    Store {
        /// Which atomic.
        location: u32,
        /// What is written.
        value: u64,
        /// How it is ordered.
        order: Ordering,
    },
    /// Reads and, unless it is a compare-exchange that fails, writes an atomic in one step.
    Update {
        /// Which atomic.
        location: u32,
        /// How it is ordered when it writes.
        order: Ordering,
        /// How it is ordered when it only reads.
        failure: Ordering,
        /// May it fail although it could write?
        weak: bool,
    },
    /// A fence.
    Fence {
        /// How it is ordered.
        order: Ordering,
    },
    /// A plain access.
    Plain {
        /// Which cell.
        location: u32,
        /// Does it write?
        writes: bool,
    },
    /// A step on an object that keeps its own order: a lock, a channel, a condition variable.
    Touch {
        /// Which object.
        object: u32,
        /// How it is touched.
        mode: Mode,
        /// A second object, touched as a write: the mutex of a wait.
        second: Option<u32>,
        /// Does it learn what earlier steps on the object released?
        acquires: bool,
        /// Do later steps on the object learn what this thread knows?
        releases: bool,
        /// In how many ways it can be done: the waiters a notify may wake.
        ways: u32,
    },
    /// A free choice that touches nothing.
    Pick {
        /// How many alternatives there are.
        ways: u32,
    },
}

impl Op {
    /// The location or object it is about.
    pub fn location(&self) -> Option<u32> {
        match *self {
            Op::Load { location, .. }
            | Op::Store { location, .. }
            | Op::Update { location, .. }
            | Op::Plain { location, .. } => Some(location),
            Op::Touch { object, .. } => Some(object),
            _ => None,
        }
    }

    /// The objects a [`Op::Touch`] touches, and how.
    pub(super) fn touches(&self) -> impl Iterator<Item = (u32, Mode)> + use<> {
        let both = match *self {
            Op::Touch { object, mode, second, .. } => {
                [Some((object, mode)), second.map(|second| (second, Mode::Write))]
            }
            _ => [None; 2],
        };
        both.into_iter().flatten()
    }

    /// Can what it sees change when other threads go first?
    ///
    /// Steps that cannot are taken at once: whoever else could have gone first, the graph is the
    /// same. A store's place among the others is chosen when it is taken, so it is one of them.
    pub(super) fn is_free(&self) -> bool {
        !matches!(self, Op::Load { .. } | Op::Update { .. } | Op::Touch { .. })
    }
}

/// An earlier event that comes before a step for a reason other than an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The event.
    pub event: EventId,
    /// Does the step learn what the event's thread knew? A spawn and a join teach, a notify only
    /// wakes.
    pub teaches: bool,
}

/// A step that a thread waits to take.
pub trait Step: Clone {
    /// The step.
    fn op(&self) -> Op;

    /// What comes before it besides its thread's own events: the event that started its thread,
    /// the last one of a thread it has joined, the notify that woke it.
    fn reasons(&self) -> &[Reason] {
        &[]
    }

    /// The events that ended the waiting before it; without them it would not be asked for.
    fn woken_by(&self) -> &[EventId] {
        &[]
    }

    /// Is this way of taking it left out, although it is consistent?
    ///
    /// That is for waiting loops, which could go round for ever.
    fn declines(&self, _choice: Choice) -> bool {
        false
    }

    /// What an [`Op::Update`] writes when it reads `read`; `None`: it fails and only reads.
    fn update(&self, read: u64) -> Option<u64>;
}

/// What is decided when a step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nothing: there is one way to take it.
    Only,
    /// Reads this write; an update also writes, if it can.
    Read(EventId),
    /// Reads this write and fails although it could write.
    Fail(EventId),
    /// Writes right behind this write in modification order.
    Behind(EventId),
    /// Is done in this way, of several.
    Way(u32),
}

/// One event of the graph.
#[derive(Clone, Debug)]
pub struct Event {
    /// Who.
    pub thread: u8,
    /// Its place among the thread's events, from 0.
    pub index: u32,
    /// What.
    pub op: Op,
    /// How it is ordered, where that means something: a failed compare-exchange has its own.
    pub order: Ordering,
    /// What was decided.
    pub choice: Choice,
    /// The write it reads.
    pub reads: Option<EventId>,
    /// The value read.
    pub read: u64,
    /// The value written, if it writes.
    pub written: Option<u64>,
    /// What comes before it besides its thread's own events.
    pub reasons: Vec<Reason>,
    /// The thread's latest release fence.
    pub(super) fence: Option<EventId>,
}

impl Event {
    /// Is it one of the events over which the SC axiom speaks?
    pub(super) fn is_sc(&self) -> bool {
        let atomic = matches!(
            self.op,
            Op::Load { .. } | Op::Store { .. } | Op::Update { .. } | Op::Fence { .. }
        );
        atomic && self.order == Ordering::SeqCst
    }

    /// Is it a fence?
    pub(super) fn is_fence(&self) -> bool {
        matches!(self.op, Op::Fence { .. })
    }
}

/// Does the ordering acquire?
pub(super) fn acquires(order: Ordering) -> bool {
    matches!(order, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
}

/// Does the ordering release?
pub(super) fn releases(order: Ordering) -> bool {
    matches!(order, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
}
