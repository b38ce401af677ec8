//! Naming the lost update: which step overwrote which, and because of which earlier read.
//!
//! A *lost update* is a write that overwrites another thread's write it never read. It needs an
//! earlier read of the same object *in the same operation*: a blind store overwrites too, but it
//! loses nothing that it had promised to keep.

use super::{Action, Orders, Step, ThreadId, Trace};
use std::collections::HashMap;
use std::fmt;

/// A write that overwrote another thread's write it never read.
///
/// The fields are indices into [`Trace::steps`]; what is shown counts from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostUpdate {
    /// The read whose value was out of date when it was used.
    pub read: usize,
    /// The write of the other thread that came between.
    pub overwritten: usize,
    /// The write that overwrote it.
    pub write: usize,
    /// The thread that read and overwrote.
    pub by: ThreadId,
    /// The thread whose update was lost.
    pub of: ThreadId,
    /// The first await between the two, where it is one task of several on a thread that read and
    /// overwrote.
    pub awaits: Option<usize>,
    /// The object's name.
    pub object: String,
}

/// Why a write lost what came before it.
pub(crate) fn because(by: ThreadId, object: &str, read: usize, awaits: Option<usize>) -> String {
    let read = read + 1;
    match awaits {
        Some(awaits) => {
            let awaits = awaits + 1;
            format!(
                "because task {by} had read {object} at step {read}, before its await at step {awaits}"
            )
        }
        None => format!("because thread {by} had read {object} at step {read}"),
    }
}

impl fmt::Display for LostUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let because = because(self.by, &self.object, self.read, self.awaits);
        write!(f, "step {} overwrote step {}, {because}", self.write + 1, self.overwritten + 1)
    }
}

impl Step {
    /// Does the step put a value into an atomic or a cell?
    pub fn writes_value(&self) -> bool {
        self.action.writes_value()
    }

    /// Does the step learn the value of an atomic or a cell?
    pub fn reads_value(&self) -> bool {
        self.action.reads_value()
    }

    /// Does it write without reading in the same step? Only such a write can lose an update.
    fn writes_only(&self) -> bool {
        self.writes_value() && !self.reads_value()
    }
}

impl Trace {
    /// Every lost update of the execution, in the order of the overwriting steps.
    pub fn lost_updates(&self) -> Vec<LostUpdate> {
        let orders = self.orders();
        // The latest access by the same thread in the same operation decides: a read opens a
        // promise to keep what it saw, the thread's own write closes it.
        let mut latest = HashMap::new();
        let mut lost = Vec::new();
        for (nth, step) in self.steps.iter().enumerate() {
            let before = latest.insert((step.thread, step.object), nth);
            if let (true, Some(read)) = (step.writes_only(), before) {
                lost.extend(self.lost_by(&orders, read, nth));
            }
        }
        lost
    }

    /// The updates that the write at index `write` loses, whose thread's latest access before was the
    /// one at `read`.
    fn lost_by(&self, orders: &Orders, read: usize, write: usize) -> Vec<LostUpdate> {
        let steps = &self.steps;
        let writer = &steps[write];
        if !steps[read].reads_value()
            || steps[read].writes_value()
            || steps[read].operation != writer.operation
        {
            return Vec::new();
        }
        // What lies in modification order between the value read and the write was never seen.
        let source = orders.reads_from(read).flatten();
        let unseen = orders.place(source)..orders.place(Some(write)).saturating_sub(1);
        let unseen = orders.writes(self, write).get(unseen).unwrap_or_default();
        let gives_away = |&step: &usize| {
            steps[step].thread == writer.thread && steps[step].action == Action::Await
        };
        let awaits = (read..write).find(gives_away);
        unseen
            .iter()
            .copied()
            .filter(|&i| steps[i].thread != writer.thread)
            .map(|overwritten| LostUpdate {
                read,
                overwritten,
                write,
                by: writer.thread,
                of: steps[overwritten].thread,
                awaits,
                object: writer
                    .object
                    .map(|id| self.object(id).name.to_string())
                    .unwrap_or_default(),
            })
            .collect()
    }
}
