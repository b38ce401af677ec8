//! A point of the search: whose step is taken there, in which ways, and who goes first after that.

use super::branch::Branch;
use super::event::{Choice, EventId, Step};
use super::search::Search;
use super::sleep::Sleeper;

/// A point at which a thread was chosen. Its number is the number of the event taken there.
#[derive(Clone, Debug)]
pub(super) struct Node<S> {
    pub(super) thread: u8,
    pub(super) step: Option<S>,
    /// The ways to take the step that are explored here, each with its place among all that are
    /// consistent; and which of them is being explored.
    pub(super) choices: Vec<(u32, Choice)>,
    pub(super) at: usize,
    /// Is it the first step of a branch, and taken in one way only?
    pub(super) is_guided: bool,
    /// Was something left out below the way under exploration?
    pub(super) is_partial: bool,
    /// Is it on a branch?
    pub(super) follows: bool,
    pub(super) sleepers: Vec<Sleeper>,
    /// Orders that have to be followed from here, at some time. Those that begin with the same steps
    /// do so literally.
    pub(super) branches: Vec<Branch>,
    /// Threads that have to go first here, at some time, in every way.
    pub(super) wanted: u64,
    /// Threads that have gone first here in every way. When there is one, all is explored.
    pub(super) done: u64,
    /// The steps that could be taken here, where it matters who goes first.
    pub(super) ready: Vec<(u8, S)>,
}

impl<S> Default for Node<S> {
    fn default() -> Self {
        Node {
            thread: 0,
            step: None,
            choices: Vec::new(),
            at: 0,
            is_guided: false,
            is_partial: false,
            follows: false,
            sleepers: Vec::new(),
            branches: Vec::new(),
            wanted: 0,
            done: 0,
            ready: Vec::new(),
        }
    }
}

impl<S: Step> Search<S> {
    /// Sets a point to the step of any thread that can go: first of those that something has woken.
    pub(super) fn offer_any(&mut self, node: &mut Node<S>) -> bool {
        for woken in [true, false] {
            for i in 0..node.ready.len() {
                let thread = node.ready[i].0;
                if node.sleepers.iter().any(|sleeper| sleeper.thread == thread) == woken {
                    let step = node.ready[i].1.clone();
                    if self.offer(node, thread, step) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Goes over to what else has to go first at this point.
    pub(super) fn other_thread(&mut self, node: &mut Node<S>) -> bool {
        self.fall_asleep(node);
        if self.follow(node) {
            return true;
        }
        loop {
            let thread = (node.wanted & !node.done).trailing_zeros() as u8;
            let Some((_, step)) = node.ready.iter().find(|(t, _)| *t == thread).cloned() else {
                return false;
            };
            if self.offer(node, thread, step) {
                return true;
            }
            node.wanted &= !(1 << thread);
        }
    }

    /// Puts the thread to sleep whose step has been explored.
    fn fall_asleep(&mut self, node: &mut Node<S>) {
        let (thread, since) = (node.thread, self.nodes.len() as EventId);
        if node.is_guided {
            if !node.is_partial {
                let choice = node.choices.first().map(|choice| choice.1);
                node.sleepers.push(Sleeper { thread, since, choice });
            }
            let step = node.step.clone().expect("a chosen step");
            if self.offer(node, thread, step) {
                return;
            }
        }
        node.sleepers.push(Sleeper { thread, since, choice: None });
        node.done |= 1 << thread;
    }

    /// Sets a point to the first step of one of its branches. False: there are none left.
    pub(super) fn follow(&mut self, node: &mut Node<S>) -> bool {
        while let Some(branch) = node.branches.first() {
            let first = branch.items[0];
            let at = self.nodes.len() as EventId;
            let is_covered =
                |s: &Sleeper| self.is_covered(s, &node.ready, at, &branch.items, false);
            if !branch.vouches && node.sleepers.iter().any(is_covered) {
                node.branches.remove(0);
                continue;
            }
            let step = node.ready.iter().find(|(thread, _)| *thread == first.thread);
            if let Some((_, step)) = step.cloned()
                && self.offer(node, first.thread, step)
            {
                let choice = first.choice(&self.graph);
                node.choices.retain(|&(_, other)| Some(other) == choice);
                node.is_guided = true;
                if !node.choices.is_empty() {
                    return true;
                }
            }
            // It has been seen elsewhere.
            node.branches.retain(|branch| !branch.begins_with(&first));
        }
        false
    }

    /// Sets a point to a thread's step. False: the thread sleeps and nothing has woken it.
    pub(super) fn offer(&mut self, node: &mut Node<S>, thread: u8, step: S) -> bool {
        let mut choices = std::mem::take(&mut self.consistent);
        self.graph.choices(thread, &step, &mut choices);
        node.choices.clear();
        node.choices.extend((0..).zip(choices.iter().copied()));
        self.consistent = choices;
        node.choices.retain(|&(_, choice)| !step.declines(choice));
        if node.sleepers.iter().any(|sleeper| sleeper.thread == thread) {
            let op = step.op();
            let mine = || node.sleepers.iter().filter(|sleeper| sleeper.thread == thread);
            let explored = |choice| mine().any(|s| s.covers(&self.graph, &op, choice));
            node.choices.retain(|&(_, choice)| !explored(choice));
        }
        if !self.claims.is_empty() {
            node.choices.retain(|&(_, choice)| !self.is_claimed(thread, choice));
        }
        (node.thread, node.step, node.at) = (thread, Some(step), 0);
        node.is_guided = false;
        !node.choices.is_empty()
    }

    /// Hands what follows behind a branch's first step on to the next point.
    pub(super) fn hand_on(&mut self, node: &mut Node<S>) {
        self.guides.clear();
        let first = node.branches.first().and_then(|branch| branch.items.first());
        let Some(&first) = first.filter(|_| node.is_guided) else { return };
        let Search { guides, .. } = self;
        node.branches.retain_mut(|branch| {
            let follows = branch.begins_with(&first);
            if follows {
                branch.items.remove(0);
                guides.push(std::mem::take(branch));
            }
            !follows
        });
        // Where one ends, all that goes on is free.
        if guides.iter().any(|branch| branch.items.is_empty()) {
            guides.clear();
        }
    }
}
