//! The points to come back to.

use super::history::{Touch, Touches};
use super::tree::Branch;
use crate::explore::runtime::NONE;
use crate::trace::Mode;

/// A thread that has been explored from a point: going on with it again would repeat a class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sleeper {
    pub thread: u8,
    /// The alternative that was explored; `None`: all of them.
    pub choice: Option<u32>,
    pub touches: Touches,
    /// Has it been explored to the end? False while another worker is at it.
    pub finished: bool,
}

impl Sleeper {
    /// What any alternative of its step touches.
    pub fn touches_at_most(&self) -> Touches {
        let mut most = self.touches;
        if self.choice.is_some() {
            most.iter_mut().flatten().for_each(|touch| touch.mode = Mode::Write);
        }
        most
    }

    /// Puts a step to sleep of which all alternatives are explored: as one, unless they touch in
    /// different ways.
    pub fn push_all(
        sleep: &mut Vec<Sleeper>,
        thread: u8,
        (is_weak, touches): (bool, Touches),
        finished: bool,
    ) {
        if !is_weak {
            return sleep.push(Sleeper { thread, choice: None, touches, finished });
        }
        for (choice, mode) in [(0, Mode::Write), (1, Mode::Read)] {
            let touches = touches.map(|touch| touch.map(|touch| Touch { mode, ..touch }));
            sleep.push(Sleeper { thread, choice: Some(choice), touches, finished });
        }
    }
}

/// A point of the execution under way to come back to: the state before one of its steps.
pub(super) struct Node {
    pub sleep: Vec<Sleeper>,
    /// Branches still to be explored from here.
    pub branches: u32,
    /// What goes on below one alternative of the step under exploration.
    pub below: u32,
    /// Which one.
    pub guided: u32,
    pub thread: u8,
    pub choice: u32,
    pub alternatives: u32,
    /// The threads that could have gone on here.
    pub enabled: u64,
    /// Are all alternatives of the step to be explored?
    pub open: bool,
    pub chosen: bool,
    /// Branches that have been explored from here.
    pub explored: u32,
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
    pub fn follow(&mut self, branch: Branch, shares: bool) {
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
