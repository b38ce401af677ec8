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
//! - `node`: the points to come back to; `backtrack`: going back to one
//! - this file: one execution

mod backtrack;
mod clocks;
mod count;
mod driver;
mod example;
mod hindsight;
mod history;
mod insertion;
mod names;
mod node;
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
use node::{Node, Sleeper};
use races::Race;
use reversal::Item;
pub(crate) use snapshot::Snapshot;
use std::sync::Arc;
use straight::StraightLine;
use tree::Forest;
pub(crate) use trunk::Crew;
use trunk::Trunk;

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
    /// Steps that the execution before had as well.
    shared: usize,
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

    /// Runs the next execution. `at_end` sees it while the threads that are left are there; it is not
    /// called for redundant ones.
    pub fn execute(
        &mut self,
        runtime: &mut Runtime,
        max_steps: u32,
        program: &mut dyn FnMut(),
        at_end: impl FnOnce(Execution<'_, Dpor>),
    ) {
        self.is_redundant = false;
        self.shared = self.scripted;
        let repeated = &self.history.events[..self.scripted];
        self.last_thread = repeated.last().map_or(0, |event| event.thread);
        run(runtime, self, max_steps, program, |runtime, this, ending| {
            if this.is_redundant {
                this.redundant += 1;
                return;
            }
            // A run that was stopped before it had repeated all has not met all its objects.
            if runtime.steps as usize >= this.history.len() {
                this.names.learn(runtime, &this.history, this.shared);
            }
            if matches!(ending, Ending::Stopped | Ending::Undefined) {
                at_end(Execution { runtime, ending, course: this, interleavings: None });
                return;
            }
            if ending != Ending::StepLimit {
                if !this.literal {
                    this.reverse_races(runtime);
                }
                this.straight.note(&this.history, this.shared);
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
}
