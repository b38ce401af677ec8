//! The loop: every consistent graph, each completed exactly once.
//!
//! At each point one thread's next step is taken, in every consistent way, one after the other.
//! Then the thread *sleeps* and, where that can lead to something new, another one goes first.
//!
//! # Why nothing is missed
//! Two steps of different threads can change places unless one reads what the other writes: a store
//! may take any place in modification order, whenever it is taken. So a step that reads nothing
//! can always go first, and alone. A step that reads can go first for all graphs in which it reads
//! a write that is already there. For those in which it reads a later one, others have to go
//! first. Such a write turns up below, behind the read: [`Search::races`] finds it, and leaves at the
//! read's point a [`Branch`](super::branch::Branch), the steps that lead to the write without the
//! read. (This is the algorithm of Abdulla, Aronis, Jonsson and Sagonas, "Source Sets", J. ACM 64(4),
//! 2017, section 7, for steps that choose what they read.)
//!
//! # Why nothing comes twice
//! A sleeping thread has been offered every write that was there when it fell asleep. It wakes
//! only for a later one, and then may read only that. Events are numbered as they are added, so
//! "later" is a comparison. A sleeping step on a lock or the like wakes when a step that it depends
//! on has been taken. A run in which only sleepers are left is cut short, and counted; they are few,
//! since a branch leads to where every sleeper has something new to read.

use super::branch::Branch;
use super::claim::Claim;
use super::event::{Choice, EventId, Step};
use super::graph::Graph;
use super::point::Node;
use super::sleep::Sleeper;

/// What a thread waits to do.
#[derive(Clone, Debug)]
pub enum Pending<S> {
    /// It can take this step now.
    Ready(S),
    /// It could take this step, if another thread let it: the lock is taken, the channel empty.
    Blocked(S),
    /// It has not started yet, or has ended.
    Gone,
}

/// What happens next in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// This event: its thread takes its step, reading and writing what the event says.
    Step(EventId),
    /// Nothing: no thread can go on.
    Complete,
    /// Nothing: whatever could come now has been or will be seen in another run.
    Cut,
}

/// The exploration of one program.
#[derive(Clone, Debug)]
pub struct Search<S> {
    pub(super) graph: Graph,
    pub(super) nodes: Vec<Node<S>>,
    /// Used nodes, kept for their vectors.
    spare: Vec<Node<S>>,
    /// What is to be followed from the next point on.
    pub(super) guides: Vec<Branch>,
    /// What was explored where branches were followed, by the points they began at.
    pub(super) claims: Vec<Claim>,
    /// How many steps of the current run have been handed out.
    at: usize,
    completed: u64,
    cut: u64,
    /// Scratch: the consistent ways to take a step.
    pub(super) consistent: Vec<Choice>,
}

impl<S: Step> Default for Search<S> {
    fn default() -> Self {
        Search {
            graph: Graph::default(),
            nodes: Vec::new(),
            spare: Vec::new(),
            guides: Vec::new(),
            claims: Vec::new(),
            at: 0,
            completed: 0,
            cut: 0,
            consistent: Vec::new(),
        }
    }
}

impl<S: Step> Search<S> {
    /// The graph as it stands.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Says what value a location starts with. Without it, that is 0.
    pub fn declare(&mut self, location: u32, initial: u64) {
        self.graph.declare(location, initial);
    }

    /// Runs that came to their end: so many different graphs there are.
    pub fn completed(&self) -> u64 {
        self.completed
    }

    /// Runs that were cut short, because only sleeping threads were left.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// The step that an event took.
    pub(super) fn step(&self, event: EventId) -> &S {
        self.nodes[event as usize].step.as_ref().expect("a chosen step")
    }

    /// Takes over the values of a step that is repeated, and of those that could have been taken in
    /// its stead. False if it is another step with them.
    pub(super) fn refresh(&mut self, event: EventId, renew: impl Fn(u8, &S) -> S) -> bool {
        let node = &mut self.nodes[event as usize];
        node.ready.iter_mut().for_each(|(thread, step)| *step = renew(*thread, step));
        let step = renew(node.thread, node.step.as_ref().expect("a chosen step"));
        let same = self.graph.refresh(event, &step);
        node.step = Some(step);
        same
    }

    /// The place of an event's choice among all that were consistent, newest first.
    pub(super) fn nth_choice(&self, event: EventId) -> u32 {
        let node = &self.nodes[event as usize];
        node.choices[node.at].0
    }

    /// The step of a thread that sleeps at the next point, as it was when it fell asleep.
    pub(super) fn slept_on(&self, thread: u8) -> Option<(EventId, &S)> {
        let newest = self.nodes.last().filter(|node| node.thread != thread)?;
        let sleeper = newest.sleepers.iter().find(|sleeper| sleeper.thread == thread)?;
        Some((sleeper.since, self.step_of(sleeper)?))
    }

    /// The step that sleeps.
    pub(super) fn step_of(&self, sleeper: &Sleeper) -> Option<&S> {
        let ready = &self.nodes.get(sleeper.since as usize)?.ready;
        ready.iter().find(|(thread, _)| *thread == sleeper.thread).map(|(_, step)| step)
    }

    /// Starts the run that is under way once more.
    pub(super) fn restart(&mut self) {
        self.at = 0;
    }

    /// What happens next, given what each thread waits to do.
    ///
    /// In the part of a run that repeats an earlier one `pending` is not looked at.
    pub fn next(&mut self, pending: &[Pending<S>]) -> Turn {
        if self.at == self.nodes.len() && !self.choose(pending) {
            self.guides.clear();
            if pending.iter().any(|p| matches!(p, Pending::Ready(_))) {
                self.cut += 1;
                return Turn::Cut;
            }
            for (thread, pending) in pending.iter().enumerate() {
                if let Pending::Blocked(step) = pending {
                    self.races(thread as u8, step, None, true);
                }
            }
            self.completed += 1;
            return Turn::Complete;
        }
        self.at += 1;
        Turn::Step(self.at as EventId - 1)
    }

    /// Goes back to the last point where something is left to try, and tries it. False: all done.
    pub fn backtrack(&mut self) -> bool {
        self.at = 0;
        self.guides.clear();
        while let Some(mut node) = self.nodes.pop() {
            self.graph.pop();
            node.at += 1;
            if node.at < node.choices.len() || self.other_thread(&mut node) {
                self.take(node);
                return true;
            }
            self.settle(&node);
            self.spare.push(node);
        }
        false
    }

    /// Lets a thread take a step at a new point. False: none can.
    fn choose(&mut self, pending: &[Pending<S>]) -> bool {
        self.note_replaced(pending);
        let mut node = self.spare.pop().unwrap_or_default();
        (node.wanted, node.done, node.at) = (0, 0, 0);
        node.ready.clear();
        node.sleepers.clear();
        node.branches = std::mem::take(&mut self.guides);
        if let Some(parent) = self.nodes.last() {
            let sleep_on = parent.sleepers.iter().filter(|s| s.thread != parent.thread);
            node.sleepers.extend(sleep_on);
        }
        let follows = !node.branches.is_empty();
        node.follows = follows;
        for (thread, pending) in pending.iter().enumerate() {
            let (thread, Pending::Ready(step)) = (thread as u8, pending) else { continue };
            // Somebody may have made it ask for another step than the one that sleeps.
            let is_another =
                |s: &Sleeper| step.reasons().iter().any(|reason| reason.event >= s.since);
            if !step.reasons().is_empty() {
                node.sleepers.retain(|sleeper| sleeper.thread != thread || !is_another(sleeper));
            }
            if !follows && step.op().is_free() {
                node.ready.clear();
                let goes = self.offer(&mut node, thread, step.clone());
                return self.go_or_not(node, goes);
            }
            node.ready.push((thread, step.clone()));
        }
        let goes = follows && self.follow(&mut node) || self.offer_any(&mut node);
        self.go_or_not(node, goes)
    }

    /// Where the last event has made a thread ask for another step than the one it could have taken
    /// before it, that one has to go first as well: a time-out that a notify takes away.
    fn note_replaced(&mut self, pending: &[Pending<S>]) {
        let Some(last) = self.nodes.len().checked_sub(1) else { return };
        let node = &mut self.nodes[last];
        for (thread, pending) in pending.iter().enumerate() {
            let (Pending::Ready(step) | Pending::Blocked(step)) = pending else { continue };
            if step.reasons().iter().any(|reason| reason.event == last as EventId)
                && node.ready.iter().any(|(ready, _)| usize::from(*ready) == thread)
            {
                node.wanted |= 1 << thread;
            }
        }
    }

    fn go_or_not(&mut self, node: Node<S>, goes: bool) -> bool {
        match goes {
            true => self.take(node),
            false => self.spare.push(node),
        }
        goes
    }

    /// Takes the step of a point, in the way it stands at.
    fn take(&mut self, mut node: Node<S>) {
        let (thread, (_, choice)) = (node.thread, node.choices[node.at]);
        let step = node.step.clone().expect("a chosen step");
        self.hand_on(&mut node);
        node.is_partial = false;
        let anew = node.at == 0;
        self.nodes.push(node);
        let id = self.graph.push(thread, &step, choice);
        self.races(thread, &step, Some(id), anew);
    }
}
