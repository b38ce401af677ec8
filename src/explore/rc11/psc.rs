//! The axiom for SC: the *partial SC order* has no cycle.
//!
//! The order is the paper's `psc`, over SC accesses and SC fences (section 3.3 and 3.4):
//!
//! ```text
//! scb     = sb ∪ sb≠loc ; hb ; sb≠loc ∪ hb=loc ∪ mo ∪ rb
//! psc     = ([SC] ∪ [Fsc] ; hb?) ; scb ; ([SC] ∪ hb? ; [Fsc])
//!         ∪ [Fsc] ; (hb ∪ hb ; eco ; hb) ; [Fsc]
//! ```
//!
//! It is computed afresh, but seldom: an event that reads the newest write, or writes behind it,
//! has only edges coming in and closes no cycle.
//!
//! Modification order, from-read and `eco` become comparisons of *heights*: a write at place `p` of
//! modification order has height `2p`, a read of it `2p + 1`. Then `eco` goes from `a` to `b`
//! exactly where `a` is lower than `b`, and `mo ∪ rb` where, besides, `b` writes.

use super::event::{EventId, INIT};
use super::graph::Graph;

/// What one SC fence has before it and behind it, at one location.
#[derive(Clone, Copy)]
struct Reach {
    /// The lowest access that the fence happens before.
    lowest_after: u32,
    /// The highest access, and the highest write, that happen before the fence; 0: none.
    highest_before: u32,
    highest_write_before: u32,
}

const NOTHING: Reach = Reach { lowest_after: u32::MAX, highest_before: 0, highest_write_before: 0 };

struct PartialSc<'a> {
    graph: &'a Graph,
    /// The height of every event; 0 for those that touch no atomic.
    heights: Vec<u32>,
    /// By place in `graph.sc` (for fences) and location.
    reach: Vec<Reach>,
}

impl Graph {
    /// Does the axiom for SC hold?
    pub(super) fn sc_is_acyclic(&self) -> bool {
        let count = self.sc.len();
        if count < 2 {
            return true;
        }
        let order = PartialSc::new(self);
        // Kahn: take away what nothing leads to, until nothing is left or only cycles are.
        let mut incoming = vec![0u32; count];
        let mut edges = vec![false; count * count];
        for (s, leads) in edges.chunks_mut(count).enumerate() {
            for (t, leads) in leads.iter_mut().enumerate().filter(|(t, _)| *t != s) {
                *leads = order.edge(s, t);
                incoming[t] += u32::from(*leads);
            }
        }
        let mut ready: Vec<usize> = (0..count).filter(|&t| incoming[t] == 0).collect();
        let mut removed = 0;
        while let Some(s) = ready.pop() {
            removed += 1;
            for t in (0..count).filter(|&t| edges[s * count + t]) {
                incoming[t] -= 1;
                if incoming[t] == 0 {
                    ready.push(t);
                }
            }
        }
        removed == count
    }

    /// Is `b` `a`, or does `a` happen before it?
    fn reaches(&self, a: EventId, b: EventId) -> bool {
        a == b || self.happens_before(a, b)
    }

    /// The thread's next event in program order.
    fn after(&self, id: EventId) -> Option<EventId> {
        let event = self.event(id);
        self.line(event.thread).get(event.index as usize + 1).copied()
    }

    /// The thread's event before this one.
    fn ahead(&self, id: EventId) -> Option<EventId> {
        let event = self.event(id);
        event.index.checked_sub(1).map(|index| self.line(event.thread)[index as usize])
    }

    /// Where an event leads without synchronisation in between: to the next of its thread, and to
    /// those that a spawn or a join put behind it.
    ///
    /// In the paper a spawn, a join, a thread's start and its end would be events of their own.
    fn leads_to(&self, id: EventId) -> impl Iterator<Item = EventId> + '_ {
        let taught = (0..self.events.len() as EventId).filter(move |&later| {
            self.event(later).reasons.iter().any(|r| r.teaches && r.event == id)
        });
        self.after(id).into_iter().chain(taught)
    }

    /// The opposite of [`Graph::leads_to`].
    fn comes_from(&self, id: EventId) -> impl Iterator<Item = EventId> + '_ {
        let learnt = self.event(id).reasons.iter().filter(|r| r.teaches).map(|r| r.event);
        self.ahead(id).into_iter().chain(learnt)
    }
}

impl<'a> PartialSc<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut heights = vec![0; graph.events.len()];
        for location in &graph.locations {
            for (place, &write) in location.writes.iter().enumerate() {
                heights[write as usize] = 2 * (place as u32 + 1);
            }
        }
        for (id, event) in graph.events.iter().enumerate() {
            if let (Some(read), None) = (event.reads, event.written) {
                heights[id] = if read == INIT { 1 } else { heights[read as usize] + 1 };
            }
        }
        let mut order = PartialSc { graph, heights, reach: Vec::new() };
        order.look_around_fences();
        order
    }

    fn look_around_fences(&mut self) {
        let graph = self.graph;
        let width = graph.locations.len();
        self.reach = vec![NOTHING; graph.sc.len() * width];
        for (s, &fence) in graph.sc.iter().enumerate() {
            if !graph.event(fence).is_fence() {
                continue;
            }
            for (id, &height) in self.heights.iter().enumerate().filter(|(_, height)| **height > 0)
            {
                let event = &graph.events[id];
                let location = event.op.location().expect("accesses have a location");
                let reach = &mut self.reach[s * width + location as usize];
                if graph.happens_before(fence, id as EventId) {
                    reach.lowest_after = reach.lowest_after.min(height);
                }
                if graph.happens_before(id as EventId, fence) {
                    reach.highest_before = reach.highest_before.max(height);
                    if event.written.is_some() {
                        reach.highest_write_before = reach.highest_write_before.max(height);
                    }
                }
            }
        }
    }

    fn reach_of(&self, s: usize) -> &[Reach] {
        let width = self.graph.locations.len();
        &self.reach[s * width..(s + 1) * width]
    }

    /// Is there an edge of `psc` from the `s`th SC event to the `t`th?
    fn edge(&self, s: usize, t: usize) -> bool {
        let graph = self.graph;
        let (a, b) = (graph.sc[s], graph.sc[t]);
        match (graph.event(a).is_fence(), graph.event(b).is_fence()) {
            (true, true) => {
                let eco = |(s, t): (&Reach, &Reach)| s.lowest_after < t.highest_before;
                graph.happens_before(a, b) || self.reach_of(s).iter().zip(self.reach_of(t)).any(eco)
            }
            (true, false) => self.fence_to_access(s, a, b),
            (false, true) => self.access_to_fence(t, a, b),
            (false, false) => self.access_to_access(a, b),
        }
    }

    fn fence_to_access(&self, s: usize, fence: EventId, access: EventId) -> bool {
        let graph = self.graph;
        let location = graph.event(access).op.location().expect("an access");
        let same = &graph.locations[location as usize].touched;
        graph.comes_from(access).any(|ahead| graph.reaches(fence, ahead))
            || same
                .iter()
                .any(|&via| graph.happens_before(fence, via) && graph.happens_before(via, access))
            || graph.event(access).written.is_some()
                && self.reach_of(s)[location as usize].lowest_after < self.heights[access as usize]
    }

    fn access_to_fence(&self, t: usize, access: EventId, fence: EventId) -> bool {
        let graph = self.graph;
        let location = graph.event(access).op.location().expect("an access");
        let same = &graph.locations[location as usize].touched;
        graph.leads_to(access).any(|after| graph.reaches(after, fence))
            || same
                .iter()
                .any(|&via| graph.happens_before(access, via) && graph.happens_before(via, fence))
            || self.heights[access as usize]
                < self.reach_of(t)[location as usize].highest_write_before
    }

    fn access_to_access(&self, a: EventId, b: EventId) -> bool {
        let graph = self.graph;
        let (from, to) = (graph.event(a), graph.event(b));
        if from.thread == to.thread {
            return from.index < to.index;
        }
        if from.op.location() == to.op.location() {
            let lower = self.heights[a as usize] < self.heights[b as usize];
            return graph.happens_before(a, b) || lower && to.written.is_some();
        }
        // Leave the location within `a`'s thread, enter the other one within `b`'s.
        let elsewhere = |id: &EventId, than: Option<u32>| graph.event(*id).op.location() != than;
        let mut leave = Vec::new();
        for id in std::iter::successors(Some(a), |&id| graph.after(id)) {
            let next = graph.leads_to(id).filter(|next| {
                graph.event(*next).thread != from.thread || elsewhere(next, from.op.location())
            });
            leave.extend(next);
        }
        std::iter::successors(Some(b), |&id| graph.ahead(id)).any(|id| {
            graph.comes_from(id).any(|last| {
                let own = graph.event(last).thread == to.thread;
                (!own || elsewhere(&last, to.op.location()))
                    && (leave.iter().any(|&first| graph.reaches(first, last))
                        // One spawn or join leads straight from `a`'s thread into `b`'s.
                        || !own && graph.event(last).thread == from.thread
                            && graph.event(last).index >= from.index)
            })
        })
    }
}
