//! Which ways of taking a step are consistent.
//!
//! *Coherence* leaves a thread everything from the newest write it knows of upward: it knows of a
//! write that happens before, and of one that a read which happens before has read. *Atomicity*
//! keeps a read-modify-write right behind the write it reads: no second one may read that write,
//! and no store may come between. What is left is checked against the axiom for SC, where it could
//! break.

use super::event::{Choice, EventId, INIT, Op, Step};
use super::graph::Graph;
use std::sync::atomic::Ordering;

impl Graph {
    /// Puts into `out` every consistent way for `thread` to take its next step, those that read or
    /// overwrite the newest write first.
    pub fn choices(&mut self, thread: u8, step: &impl Step, out: &mut Vec<Choice>) {
        out.clear();
        match step.op() {
            Op::Load { location, .. } => {
                self.visible(thread, step, location, |_, w| out.push(Choice::Read(w)))
            }
            Op::Store { location, .. } => self.visible(thread, step, location, |taken, w| {
                if !taken {
                    out.push(Choice::Behind(w));
                }
            }),
            Op::Update { location, weak, .. } => {
                self.visible(thread, step, location, |taken, w| {
                    let writes = step.update(self.value(location, w)).is_some();
                    if !writes || !taken {
                        out.push(Choice::Read(w));
                    }
                    if writes && weak {
                        out.push(Choice::Fail(w));
                    }
                })
            }
            Op::Touch { ways, .. } | Op::Pick { ways } if ways > 1 => {
                out.extend((0..ways).map(Choice::Way));
            }
            _ => out.push(Choice::Only),
        }
        if out.len() > 1 && self.may_break_sc(thread, step) {
            let writes = step.op().location().map(|location| self.modification_order(location));
            let newest = writes.and_then(|writes| writes.last().copied()).unwrap_or(INIT);
            out.retain(|&choice| {
                // Nothing leads away from what stands behind all else.
                if let Choice::Read(write) | Choice::Fail(write) | Choice::Behind(write) = choice
                    && write == newest
                {
                    return true;
                }
                self.push(thread, step, choice);
                let consistent = self.sc_is_acyclic();
                self.pop();
                consistent
            });
        }
    }

    /// Calls `each` with every write to the location that a thread may still see, newest first,
    /// and whether a read-modify-write already stands right behind it.
    fn visible(
        &self,
        thread: u8,
        step: &impl Step,
        location: u32,
        mut each: impl FnMut(bool, EventId),
    ) {
        let Some(place) = self.locations.get(location as usize) else {
            return each(false, INIT);
        };
        let mut next = None;
        for &write in place.writes.iter().rev().chain([&INIT]) {
            let taken = next.is_some_and(|next| self.event(next).reads == Some(write));
            each(taken, write);
            let knows = |event| self.known_to(thread, step, event);
            if write == INIT || has_seen(self, knows, write, &place.touched) {
                break;
            }
            next = Some(write);
        }
    }

    /// Could someone who knows this much still see the write, as far as coherence goes?
    pub(super) fn may_see(
        &self,
        knows: impl Fn(EventId) -> bool,
        location: u32,
        write: EventId,
    ) -> bool {
        let Some(place) = self.locations.get(location as usize) else { return true };
        let newer = place.writes.iter().rev().take_while(|&&newer| newer != write);
        newer.into_iter().all(|&newer| !has_seen(self, &knows, newer, &place.touched))
    }

    /// Could this step close a cycle of the SC axiom, if it reads or writes out of turn?
    ///
    /// A cycle through a new event leaves it towards a newer write. It has to come from an SC
    /// event: the step itself, or an SC fence that happens before it.
    ///
    /// Where all SC events are accesses of one location, coherence is enough: no edge of the order
    /// leads to a lower height (see [`psc`](super::psc)), and one that keeps it is happens-before.
    fn may_break_sc(&self, thread: u8, step: &impl Step) -> bool {
        let (location, itself) = match step.op() {
            Op::Load { location, order } | Op::Store { location, order, .. } => {
                (location, order == Ordering::SeqCst)
            }
            Op::Update { location, order, failure, .. } => {
                (location, order == Ordering::SeqCst || failure == Ordering::SeqCst)
            }
            _ => return false,
        };
        let elsewhere = |&id: &EventId| self.event(id).op.location() != Some(location);
        let fence = |&id: &EventId| self.event(id).is_fence() && self.known_to(thread, step, id);
        match itself {
            true => self.sc.iter().any(elsewhere),
            false => self.sc.iter().any(fence),
        }
    }
}

/// Does who knows this much know of this write, by itself or through a read that happened before?
fn has_seen(
    graph: &Graph,
    knows: impl Fn(EventId) -> bool,
    write: EventId,
    touched: &[EventId],
) -> bool {
    knows(write)
        || touched.iter().any(|&event| graph.event(event).reads == Some(write) && knows(event))
}
