//! Wakeup trees: the reversed orders that are still to be explored from a point.
//!
//! A branch says how to go on so that an execution ends in a class that has not been seen, without
//! being cut short on the way (Abdulla, Aronis, Jonsson, Sagonas: "Source Sets: A Foundation for
//! Optimal Dynamic Partial Order Reduction", J. ACM 64(4), 2017, section 6). Branches are kept in an
//! arena, so that exploring allocates nothing once it has warmed up.

use super::names::Names;
use crate::explore::runtime::NONE;
use crate::trace::Mode;

/// One object touched by a step of another execution than the present one.
///
/// Objects are numbered as an execution meets them, so a number from another execution means the
/// same object only if it was met in the common prefix; what was met later is another object than
/// any of those. Two that were both met later may be the same if the keys are equal: taken for
/// dependent, which can cost an execution, never miss one.
#[derive(Clone, Copy, Debug)]
pub(super) struct FarTouch {
    /// The object's number; `NONE` if it was met after the common prefix.
    pub object: u32,
    /// How many objects had been met in the common prefix.
    pub met: u32,
    pub key: u64,
    /// Its name (see [`Names`]), if it has one.
    pub name: u32,
    pub mode: Mode,
}

impl FarTouch {
    pub fn conflicts(self, other: FarTouch, names: &Names) -> bool {
        let same = match (self.object, other.object) {
            (NONE, NONE) => self.key == other.key,
            (NONE, object) => object >= self.met && self.key == other.key,
            (object, NONE) => object >= other.met && self.key == other.key,
            (object, other) => object == other,
        };
        same && self.mode.conflicts(other.mode) && !names.apart(self.name, other.name)
    }
}

pub(super) type FarTouches = [Option<FarTouch>; 2];

/// Do two steps of different threads depend on each other?
pub(super) fn conflict(a: &FarTouches, b: &FarTouches, names: &Names) -> bool {
    a.iter().flatten().any(|x| b.iter().flatten().any(|y| x.conflicts(*y, names)))
}

pub(super) fn without_names(touches: FarTouches) -> FarTouches {
    touches.map(|touch| touch.map(|touch| FarTouch { name: NONE, ..touch }))
}

/// A step of a branch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    pub thread: u8,
    /// Which alternative; `None`: all of them.
    pub choice: Option<u32>,
    /// As `is_weak` of an item.
    pub is_weak: bool,
    pub touches: FarTouches,
    /// Has an order that goes on beyond it been left to it? Whoever explores it will find that order;
    /// whoever explores only what it stands for itself need not.
    pub vouches: bool,
    pub first_child: u32,
    pub next: u32,
}

impl Branch {
    /// The branch with what any alternative of its step touches.
    pub fn at_most(&self) -> Branch {
        let mut most = *self;
        if self.choice.is_some() {
            most.touches.iter_mut().flatten().for_each(|touch| touch.mode = Mode::Write);
        }
        most
    }
}

/// An arena of branches.
#[derive(Default)]
pub(super) struct Forest {
    branches: Vec<Branch>,
    free: Vec<u32>,
}

impl Forest {
    pub fn get(&self, branch: u32) -> &Branch {
        &self.branches[branch as usize]
    }

    pub fn get_mut(&mut self, branch: u32) -> &mut Branch {
        &mut self.branches[branch as usize]
    }

    pub fn add(&mut self, thread: u8, choice: Option<u32>, touches: FarTouches) -> u32 {
        let branch = Branch {
            thread,
            choice,
            is_weak: false,
            touches,
            vouches: false,
            first_child: NONE,
            next: NONE,
        };
        match self.free.pop() {
            Some(slot) => {
                self.branches[slot as usize] = branch;
                slot
            }
            None => {
                self.branches.push(branch);
                self.branches.len() as u32 - 1
            }
        }
    }

    /// Gives one branch back, without what hangs below it.
    pub fn release(&mut self, branch: u32) {
        self.free.push(branch);
    }

    /// Gives a list of branches back, with all that hangs below it.
    pub fn release_all(&mut self, mut branch: u32) {
        while branch != NONE {
            let Branch { first_child, next, .. } = *self.get(branch);
            self.release_all(first_child);
            self.release(branch);
            branch = next;
        }
    }

    /// Takes the branch of one alternative of a thread's step out of a list; returns what hangs
    /// below it.
    pub fn take(&mut self, list: &mut u32, thread: u8, choice: u32) -> u32 {
        let (mut previous, mut branch) = (NONE, *list);
        while branch != NONE {
            let b = *self.get(branch);
            if (b.thread, b.choice) == (thread, Some(choice)) {
                match previous {
                    NONE => *list = b.next,
                    previous => self.get_mut(previous).next = b.next,
                }
                self.release(branch);
                return b.first_child;
            }
            (previous, branch) = (branch, b.next);
        }
        NONE
    }

    /// A copy of a list of another arena's branches with all that hangs below it. Workers do not
    /// share their names.
    pub fn import(&mut self, other: &Forest, branch: u32) -> u32 {
        if branch == NONE {
            return NONE;
        }
        let from = *other.get(branch);
        let Branch { thread, choice, touches, first_child, next, .. } = from;
        let copy = self.add(thread, choice, without_names(touches));
        let first_child = self.import(other, first_child);
        let next = self.import(other, next);
        let slot = self.get_mut(copy);
        slot.is_weak = from.is_weak;
        slot.vouches = from.vouches;
        slot.first_child = first_child;
        slot.next = next;
        copy
    }

    /// Takes away the branches of a list of which one of these steps could go first.
    ///
    /// Not those that vouch for a longer order: none of these steps need be able to go first in that
    /// one.
    pub fn prune(&mut self, list: u32, sleep: &[(u8, FarTouches)], names: &Names) -> u32 {
        let (mut kept, mut branch) = (NONE, list);
        while branch != NONE {
            let b = *self.get(branch);
            let sleeps =
                |s: &&(u8, FarTouches)| s.0 != b.thread && !conflict(&b.touches, &s.1, names);
            let asleep: Vec<_> = sleep.iter().filter(sleeps).copied().collect();
            let mut gone = !asleep.is_empty() && !b.vouches;
            if gone && b.first_child != NONE {
                let below = self.prune(b.first_child, &asleep, names);
                self.get_mut(branch).first_child = below;
                gone = below == NONE;
            }
            self.get_mut(branch).next = NONE;
            match gone {
                true => self.release(branch),
                false => kept = self.append(kept, branch),
            }
            branch = b.next;
        }
        kept
    }

    /// Appends `branch` to the list that starts at `first`; returns the list's start.
    pub fn append(&mut self, first: u32, branch: u32) -> u32 {
        if first == NONE {
            return branch;
        }
        let mut last = first;
        while self.get(last).next != NONE {
            last = self.get(last).next;
        }
        self.get_mut(last).next = branch;
        first
    }
}
