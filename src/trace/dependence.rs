//! The dependence relation: which steps may change places without anyone noticing.
//!
//! The explorer prunes by it and the counting counts by it. There is only this one: two relations
//! that differ in a single pair give wrong sums at once (a failed compare-exchange explored as a
//! write and counted as a read: 318 interleavings instead of 198).
//!
//! Two steps of different threads are *dependent* when, somewhere where they stand side by side,
//! doing one changes what the other does, or whether it can be done. Steps of one thread are
//! ordered anyway. How each action touches its object is said in the table of `action`.

use super::{ObjectId, Step};

/// How a step touches an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Learns the state, leaves it as it is. Two reads are independent.
    Read,
    /// Joins or leaves a group that anyone may join or leave: read locks, senders that go. Two of
    /// them are independent (the count ends the same), but a failed attempt to write-lock or to
    /// receive, a `Read`, sees the difference.
    Share,
    /// Changes the state, or might. Dependent on everything.
    Write,
}

impl Mode {
    /// May two touches of one object, by different threads, not change places?
    #[inline]
    pub fn conflicts(self, other: Mode) -> bool {
        self != other || self == Mode::Write
    }
}

/// One object touched, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Access {
    /// The object.
    pub object: ObjectId,
    /// How it is touched.
    pub mode: Mode,
}

/// All objects one step touches: at most two (a wait touches its condition variable and its mutex).
pub type Footprint = [Option<Access>; 2];

impl Step {
    /// The objects the step touches.
    pub fn footprint(&self) -> Footprint {
        let first = self.object.zip(self.action.mode());
        let second = self.mutex.map(|mutex| (mutex, Mode::Write));
        [first, second].map(|touch| touch.map(|(object, mode)| Access { object, mode }))
    }
}

/// Do two steps of different threads depend on each other through an object?
///
/// Reasons without an object (spawn, join, notify) are in [`Step::after`].
pub fn dependent(a: &Footprint, b: &Footprint) -> bool {
    let conflict = |x: Access, y: Access| x.object == y.object && x.mode.conflicts(y.mode);
    a.iter().flatten().any(|&x| b.iter().flatten().any(|&y| conflict(x, y)))
}
