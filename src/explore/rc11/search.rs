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
//! first; [`Search::races`] finds them, since such a write turns up below, behind the read.
//!
//! # Why nothing comes twice
//! A sleeping thread has been offered every write that was there when it fell asleep. It wakes
//! only for a later one, and then may read only that. Events are numbered as they are added, so
//! "later" is a comparison. A sleeping step on a lock or the like wakes when a step that it depends
//! on has been taken. A run in which only sleepers are left is cut short, and counted.

use super::event::{Choice, EventId, INIT, Step};
use super::graph::Graph;

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

/// The thread is awake.
pub(super) const AWAKE: u32 = u32::MAX;

/// A point at which a thread was chosen. Its number is the number of the event taken there.
#[derive(Clone, Debug)]
pub(super) struct Node<S> {
    pub(super) thread: u8,
    pub(super) step: Option<S>,
    /// The ways to take the step that are explored here, each with its place among all that are
    /// consistent; and which of them is being explored.
    choices: Vec<(u32, Choice)>,
    at: usize,
    /// For each thread since when it sleeps: the number of events there were.
    pub(super) asleep: Vec<u32>,
    /// Threads that have to go first here, at some time.
    pub(super) wanted: u64,
    /// Threads that have gone first here.
    pub(super) done: u64,
    /// The steps that could be taken here, where it matters who goes first.
    pub(super) ready: Vec<(u8, S)>,
}

/// The exploration of one program.
#[derive(Clone, Debug)]
pub struct Search<S> {
    graph: Graph,
    pub(super) nodes: Vec<Node<S>>,
    /// Used nodes, kept for their vectors.
    spare: Vec<Node<S>>,
    /// How many steps of the current run have been handed out.
    at: usize,
    completed: u64,
    cut: u64,
    /// Scratch: the consistent ways to take a step.
    consistent: Vec<Choice>,
}

impl<S> Default for Node<S> {
    fn default() -> Self {
        Node {
            thread: 0,
            step: None,
            choices: Vec::new(),
            at: 0,
            asleep: Vec::new(),
            wanted: 0,
            done: 0,
            ready: Vec::new(),
        }
    }
}

impl<S: Step> Default for Search<S> {
    fn default() -> Self {
        Search {
            graph: Graph::default(),
            nodes: Vec::new(),
            spare: Vec::new(),
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

    /// The step of a thread that sleeps, as it was when it fell asleep.
    pub(super) fn slept_on(&self, thread: u8) -> Option<(EventId, &S)> {
        let newest = self.nodes.last().filter(|node| node.thread != thread)?;
        let since = *newest.asleep.get(usize::from(thread))?;
        let ready = &self.nodes.get(since as usize)?.ready;
        ready.iter().find(|(t, _)| *t == thread).map(|(_, step)| (since, step))
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
            if pending.iter().any(|p| matches!(p, Pending::Ready(_))) {
                self.cut += 1;
                return Turn::Cut;
            }
            for (thread, pending) in pending.iter().enumerate() {
                if let Pending::Blocked(step) = pending {
                    self.races(thread as u8, step, None);
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
        while let Some(mut node) = self.nodes.pop() {
            self.graph.pop();
            node.at += 1;
            if node.at < node.choices.len() || self.other_thread(&mut node) {
                self.take(node);
                return true;
            }
            self.spare.push(node);
        }
        false
    }

    /// Lets a thread take a step at a new point. False: none can.
    fn choose(&mut self, pending: &[Pending<S>]) -> bool {
        let mut node = self.spare.pop().unwrap_or_default();
        (node.wanted, node.done, node.at) = (0, 0, 0);
        node.ready.clear();
        node.asleep.clear();
        if let Some(parent) = self.nodes.last() {
            node.asleep.extend_from_slice(&parent.asleep);
            node.asleep[parent.thread as usize] = AWAKE;
        }
        if node.asleep.len() < pending.len() {
            node.asleep.resize(pending.len(), AWAKE);
        }
        for (thread, pending) in pending.iter().enumerate() {
            let Pending::Ready(step) = pending else { continue };
            if step.op().is_free() {
                node.ready.clear();
                // It never sleeps: what does is a step that reads.
                node.asleep[thread] = AWAKE;
                self.offer(&mut node, thread as u8, step.clone());
                self.take(node);
                return true;
            }
            let since = &mut node.asleep[thread];
            if step.reasons().iter().any(|reason| reason.event >= *since) {
                // Somebody has made it ask for another step than the one that sleeps.
                *since = AWAKE;
            }
            node.ready.push((thread as u8, step.clone()));
        }
        for i in 0..node.ready.len() {
            let (thread, step) = node.ready[i].clone();
            if self.offer(&mut node, thread, step) {
                self.take(node);
                return true;
            }
        }
        self.spare.push(node);
        false
    }

    /// Goes over to the next thread that has to go first at this point.
    fn other_thread(&mut self, node: &mut Node<S>) -> bool {
        node.asleep[node.thread as usize] = self.nodes.len() as u32;
        node.done |= 1 << node.thread;
        loop {
            let thread = (node.wanted & !node.done).trailing_zeros() as u8;
            let Some((_, step)) = node.ready.iter().find(|(t, _)| *t == thread).cloned() else {
                return false;
            };
            if self.offer(node, thread, step) {
                return true;
            }
            node.done |= 1 << thread;
        }
    }

    /// Sets a point to a thread's step. False: the thread sleeps and nothing has woken it.
    fn offer(&mut self, node: &mut Node<S>, thread: u8, step: S) -> bool {
        let mut choices = std::mem::take(&mut self.consistent);
        self.graph.choices(thread, &step, &mut choices);
        node.choices.clear();
        node.choices.extend((0..).zip(choices.iter().copied()));
        self.consistent = choices;
        node.choices.retain(|&(_, choice)| !step.declines(choice));
        let since = node.asleep[thread as usize];
        if since != AWAKE {
            let woken = step.op().touches().any(|(object, mode)| {
                self.graph.touched_between(since, AWAKE, object, |m| m.conflicts(mode))
            });
            node.choices.retain(|(_, choice)| match *choice {
                Choice::Read(write) | Choice::Fail(write) => write != INIT && write >= since,
                _ => woken,
            });
        }
        (node.thread, node.step, node.at) = (thread, Some(step), 0);
        !node.choices.is_empty()
    }

    /// Takes the step of a point, in the way it stands at.
    fn take(&mut self, node: Node<S>) {
        let (thread, (_, choice)) = (node.thread, node.choices[node.at]);
        let step = node.step.clone().expect("a chosen step");
        self.nodes.push(node);
        let id = self.graph.push(thread, &step, choice);
        self.races(thread, &step, Some(id));
    }
}
