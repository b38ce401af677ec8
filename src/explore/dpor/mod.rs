//! Optimal dynamic partial-order reduction: every class of interleavings, each exactly once.
//!
//! Interleavings that differ only in the order of independent steps form a *class*; one of each is
//! run. After each execution every pair of steps that could have happened the other way round (a
//! *race*) is reversed, and the reversed order is kept in a *wakeup tree* at the point where the two
//! orders part, unless it is known to be explored already: some thread that was explored from there
//! (it *sleeps*), or that is about to be, could go first in it.
//!
//! The algorithm is Optimal-DPOR of Abdulla, Aronis, Jonsson and Sagonas ("Source Sets: A Foundation
//! for Optimal Dynamic Partial Order Reduction", J. ACM 64(4), 2017, section 7), with three changes:
//! - a step that has to wait is not reversed with the step that let it go but with the latest one
//!   before which it was free (see [`races`]);
//! - a race whose reversal begins with a thread that has been explored from there is settled and not
//!   looked at again in the executions that share it; only the others are;
//! - a free choice is explored where it is met, alternative by alternative.
//!
//! # Layout
//! - `history`: the steps of the execution under way; `clocks`: their order; `races`: which could have
//!   happened the other way round
//! - `tree`: the reversed orders still to be explored
//! - `reversal`: from a race to a reversed order; `hindsight`: what its steps would have found;
//!   `insertion`: from a reversed order to a branch
//! - `names`: which objects of different executions are the same
//! - `snapshot`: the points to come back to, as plain data
//! - `trunk`: the points that workers share
//! - `count`: how many interleavings an execution stands for
//! - `driver`: which step comes next; `example`: the order that is shown
//! - `sharing`: a worker among others; `straight`: the closed form
//! - this file: the points to come back to

mod clocks;
mod count;
mod driver;
mod example;
mod hindsight;
mod history;
mod insertion;
mod names;
mod races;
mod reversal;
mod sharing;
mod snapshot;
mod straight;
mod tree;
mod trunk;

use super::runtime::{Ending, NONE, Runtime, run};
use count::Ways;
pub(crate) use history::History;
use history::{Touch, Touches};
use names::Names;
use races::Race;
use reversal::Item;
pub(crate) use snapshot::Snapshot;
use std::sync::Arc;
use straight::StraightLine;
use tree::{Branch, Forest};
pub(crate) use trunk::Crew;
use trunk::Trunk;

/// A thread that has been explored from a point: going on with it again would repeat a class.
#[derive(Clone, Copy, Debug)]
struct Sleeper {
    thread: u8,
    /// The alternative that was explored; `None`: all of them.
    choice: Option<u32>,
    touches: Touches,
    /// Has it been explored to the end? False while another worker is at it.
    finished: bool,
}

/// A point of the execution under way to come back to: the state before one of its steps.
struct Node {
    sleep: Vec<Sleeper>,
    /// Branches still to be explored from here.
    branches: u32,
    /// What goes on below one alternative of the step under exploration.
    below: u32,
    /// Which one.
    guided: u32,
    thread: u8,
    choice: u32,
    alternatives: u32,
    /// The threads that could have gone on here.
    enabled: u64,
    /// Are all alternatives of the step to be explored?
    open: bool,
    chosen: bool,
    /// Branches that have been explored from here.
    explored: u32,
}

impl Default for Node {
    fn default() -> Self {
        Node {
            sleep: Vec::new(),
            branches: NONE,
            below: NONE,
            guided: 0,
            thread: 0,
            choice: 0,
            alternatives: 1,
            enabled: 0,
            open: true,
            chosen: false,
            explored: 0,
        }
    }
}

impl Node {
    /// Makes a branch the one under exploration.
    ///
    /// Among others a worker takes every alternative of its step: orders that differ from it in a
    /// choice only may be found by somebody else, after it was taken.
    fn follow(&mut self, branch: Branch, shares: bool) {
        self.thread = branch.thread;
        self.guided = branch.choice.unwrap_or(0);
        self.open = branch.choice.is_none() || shares;
        self.choice = if self.open { 0 } else { self.guided };
        // Known when the point is reached.
        self.alternatives = 0;
        self.below = branch.first_child;
        self.chosen = true;
    }
}

/// What one execution was, for whoever keeps the books.
pub(crate) struct Execution<'a, E> {
    pub runtime: &'a mut Runtime,
    pub ending: Ending,
    pub course: &'a mut E,
    /// The interleavings it stands for.
    pub interleavings: Option<u128>,
}

#[derive(Default)]
pub(crate) struct Dpor {
    history: History,
    nodes: Vec<Node>,
    /// How many of `nodes` belong to the execution under way.
    depth: usize,
    /// Steps to repeat before anything new.
    scripted: usize,
    forest: Forest,
    names: Names,
    ways: Ways,
    straight: StraightLine,
    /// The rest of this execution repeats a class.
    is_redundant: bool,
    redundant: u64,
    counting: bool,
    /// Explore every interleaving, not one of each class.
    literal: bool,
    last_thread: u8,
    items: Vec<Item>,
    known: Vec<u32>,
    blocked: Vec<Race>,
    positions: Vec<u32>,
    order: Vec<u32>,
    /// The shared points on the way to what this worker explores, from the root.
    trunk: Vec<Arc<Trunk>>,
    crew: Option<Arc<Crew>>,
    /// Steps to repeat that another worker took.
    forced: Vec<(u8, u32)>,
    /// A repeated step was not the one it was before.
    diverged: Option<(usize, String, String)>,
}

impl Dpor {
    pub fn new(counting: bool, literal: bool) -> Self {
        let mut nodes = Vec::new();
        nodes.resize_with(1, Node::default);
        Dpor { nodes, counting, literal, ..Dpor::default() }
    }

    /// Executions that were started and turned out to repeat a class.
    pub fn redundant(&self) -> u64 {
        self.redundant
    }

    /// The closed form, if every execution so far had the same straight-line threads.
    pub fn closed_form(&self) -> Option<u128> {
        self.straight.closed_form()
    }

    /// Adds what another worker has seen.
    pub fn merge(&mut self, other: &Dpor) {
        self.redundant += other.redundant;
        self.straight.merge(&other.straight);
        if self.diverged.is_none() {
            self.diverged.clone_from(&other.diverged);
        }
    }

    /// The first step that differed on repetition, what it was and what it is.
    pub fn diverged(&self) -> Option<&(usize, String, String)> {
        self.diverged.as_ref()
    }

    /// The steps of the execution under way: thread and alternative.
    pub fn schedule(&self) -> impl Iterator<Item = (u8, u32)> + '_ {
        self.history.events.iter().map(|event| (event.thread, event.choice))
    }

    pub fn history(&self) -> &History {
        &self.history
    }

    /// Runs the next execution. `at_end` sees it before what is left of it is unwound; it is not
    /// called for redundant ones.
    pub fn execute(
        &mut self,
        runtime: &mut Runtime,
        max_steps: u32,
        program: &mut dyn FnMut(),
        at_end: impl FnOnce(Execution<'_, Dpor>),
    ) {
        self.is_redundant = false;
        let repeated = &self.history.events[..self.scripted];
        self.last_thread = repeated.last().map_or(0, |event| event.thread);
        run(runtime, self, max_steps, program, |runtime, this, ending| {
            if this.is_redundant {
                this.redundant += 1;
                return;
            }
            this.names.learn(runtime, &this.history, this.scripted);
            if ending == Ending::Stopped {
                at_end(Execution { runtime, ending, course: this, interleavings: None });
                return;
            }
            if ending != Ending::StepLimit {
                if !this.literal {
                    this.reverse_races(runtime);
                }
                this.straight.note(&this.history, this.scripted);
            }
            let countable = ending != Ending::StepLimit && !runtime.uncountable;
            let counting = this.counting && countable;
            let interleavings = match (counting, this.literal) {
                (_, true) => Some(1),
                (true, false) => this.ways.count(&this.history),
                (false, false) => None,
            };
            at_end(Execution { runtime, ending, course: this, interleavings });
        });
    }

    /// Runs the same execution again.
    pub fn again(&mut self) {
        self.scripted = self.history.len();
    }

    /// Goes back to the deepest point with something left to explore. False when there is none.
    pub fn backtrack(&mut self) -> bool {
        let mut depth = self.depth.min(self.history.len());
        while depth > 0 {
            depth -= 1;
            let found = match depth < self.trunk.len() {
                true => self.next_from_trunk(depth),
                false => self.next_from(depth),
            };
            if found {
                self.ways.truncate(&self.history, depth);
                self.history.truncate(depth);
                self.scripted = depth;
                self.depth = depth + 1;
                self.forced.truncate(depth);
                return true;
            }
        }
        false
    }

    /// How much of the whole has been explored, if all that is to be explored from a point were
    /// equally large: an estimate.
    pub fn explored_share(&self) -> Option<f64> {
        if self.crew.is_some() {
            return None;
        }
        let points = &self.nodes[..self.depth.min(self.history.len() + 1)];
        let share = points.iter().rev().fold(0.0, |below, node| {
            let below = match node.open && node.alternatives > 1 {
                true => (f64::from(node.choice) + below) / f64::from(node.alternatives),
                false => below,
            };
            let mut pending = match self.literal {
                true => (node.enabled >> node.thread >> 1).count_ones(),
                false => 0,
            };
            let mut branch = node.branches;
            while branch != NONE {
                pending += 1;
                branch = self.forest.get(branch).next;
            }
            let all = f64::from(node.explored) + 1.0 + f64::from(pending);
            (f64::from(node.explored) + below) / all
        });
        Some(share)
    }

    /// Chooses what to explore next from the point before step `depth`; false if nothing is left.
    fn next_from(&mut self, depth: usize) -> bool {
        if self.is_exhausted(depth) {
            self.nodes[depth].chosen = false;
            return false;
        }
        if self.next_alternative(depth) {
            return true;
        }
        let node = &mut self.nodes[depth];
        node.explored += 1;
        if self.literal {
            let later = node.enabled & !((2 << node.thread) - 1);
            node.chosen = later != 0;
            node.thread = later.trailing_zeros() as u8 & 63;
            node.choice = 0;
            node.alternatives = 0;
            return node.chosen;
        }
        self.forest.release_all(std::mem::replace(&mut node.below, NONE));
        let event = &self.history.events[depth];
        let partly = !node.open && node.alternatives > 1;
        let choice = partly.then_some(node.choice);
        let (thread, touches) = (node.thread, event.touches);
        node.sleep.push(Sleeper { thread, choice, touches, finished: true });
        if node.branches != NONE && self.names.any() {
            // What was in doubt when a branch was inserted may be known by now.
            let far = |s: &Sleeper| Some((s.thread, self.names.far(s.touches)?));
            let sleep: Vec<_> = node.sleep.iter().filter(|s| s.finished).filter_map(far).collect();
            node.branches = self.forest.prune(node.branches, &sleep, &self.names);
        }
        if node.branches == NONE {
            node.chosen = false;
            return false;
        }
        self.take_branch(depth)
    }

    /// Is it plain that nothing is left to explore from the point before step `depth`? So it is
    /// with most.
    fn is_exhausted(&self, depth: usize) -> bool {
        let [node, next] = &self.nodes[depth..depth + 2] else { return false };
        !self.literal
            && node.alternatives == 1
            && [node.branches, node.below, next.branches] == [NONE; 3]
    }

    /// Goes on with the next alternative of the step under exploration, if there is one.
    fn next_alternative(&mut self, depth: usize) -> bool {
        let below = std::mem::replace(&mut self.nodes[depth + 1].branches, NONE);
        self.forest.release_all(below);
        let node = &mut self.nodes[depth];
        if !node.open {
            return false;
        }
        let awake = |&choice: &u32| !Dpor::choice_sleeps(node, node.thread, choice);
        let Some(next) = (node.choice + 1..node.alternatives).find(awake) else { return false };
        node.choice = next;
        self.descend(depth);
        true
    }

    /// Hands what is to go on below the step at `depth` to the next point.
    fn descend(&mut self, depth: usize) {
        let node = &mut self.nodes[depth];
        let below = match node.choice == node.guided {
            true => std::mem::replace(&mut node.below, NONE),
            // Another alternative than that of the branch followed: it may have a branch as well.
            false => self.forest.take(&mut node.branches, node.thread, node.choice),
        };
        self.nodes[depth + 1].branches = below;
    }

    /// Makes the first branch at `depth` the one under exploration. False if nothing is left but
    /// branches that another worker has taken, from a shared point.
    fn take_branch(&mut self, depth: usize) -> bool {
        let node = &mut self.nodes[depth];
        while node.branches != NONE {
            let first = node.branches;
            let branch = *self.forest.get(first);
            self.forest.release(first);
            node.branches = branch.next;
            if !Dpor::choice_sleeps(node, branch.thread, branch.choice.unwrap_or(0)) {
                node.follow(branch, self.crew.is_some());
                return true;
            }
            self.forest.release_all(branch.first_child);
        }
        node.chosen = false;
        false
    }
}
