//! The points near the root, shared by all workers of a parallel exploration.
//!
//! A worker explores a subtree by itself; only the branches of the first few steps are shared. Who
//! takes a branch from a shared point puts its first step to sleep there at once: it will be
//! explored with all its alternatives, and nobody needs to wait until it has been. A reversed order
//! found anywhere below is inserted under the point's lock. So every class is still explored exactly
//! once, by whoever.
//!
//! What a worker may conclude from a sleeping thread is less than when one explores alone. Alone,
//! whatever sleeps has been explored to the end, and every reversed order it gave rise to stands in
//! the tree; so an order may be dropped if the sleeper *can* go first in it. While somebody else is
//! still at it, an order may only be dropped if the sleeper goes first in whatever it may become
//! (the source sets of the same paper). Some executions are then started that repeat a class and are
//! not counted; how many depends on who was faster.
//!
//! But the steps such an execution has taken count. Say that A sleeps, and that B has looked at what
//! C wrote and ends, or spins. Had B looked before, it would have taken another step, one that A's
//! depends on: a class that does not begin with A. Whoever explores A meets that order and drops it,
//! for it begins as this execution does. Only the race of B and C leads there, so the races of a
//! redundant execution are reversed like those of any other.

use super::tree::{Branch, Forest};
use super::{Sleeper, Touch};
use crate::explore::runtime::NONE;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

/// So many steps from the root are points shared.
const SHARED_STEPS: usize = 6;

/// What is explored, and what is to be explored, from a shared point.
pub(super) struct Point {
    pub sleep: Vec<Sleeper>,
    pub forest: Forest,
    pub branches: u32,
}

/// A shared point.
pub(super) struct Trunk {
    /// The steps that lead here.
    pub path: Vec<(u8, u32)>,
    pub parent: Option<Arc<Trunk>>,
    point: Mutex<Point>,
}

impl Trunk {
    pub fn lock(&self) -> MutexGuard<'_, Point> {
        self.point.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Point {
    /// Takes the first branch, whose subtree goes over into `forest`; its first step sleeps here
    /// from now on.
    pub fn claim(&mut self, forest: &mut Forest) -> Option<Branch> {
        let mut branch = loop {
            if self.branches == NONE {
                return None;
            }
            let branch = *self.forest.get(self.branches);
            self.forest.release(self.branches);
            self.branches = branch.next;
            let same = |s: &Sleeper| {
                s.thread == branch.thread && (s.choice.is_none() || s.choice == branch.choice)
            };
            if !self.sleep.iter().any(same) {
                break branch;
            }
            self.forest.release_all(branch.first_child);
        };
        let below = branch.first_child;
        branch.first_child = forest.import(&self.forest, below);
        self.forest.release_all(below);
        branch.next = NONE;
        let near = |far: super::tree::FarTouch| Touch { object: far.object, mode: far.mode };
        let touches = branch.touches.map(|touch| touch.map(near));
        let thread = branch.thread;
        Sleeper::push_all(&mut self.sleep, thread, (branch.is_weak, touches), false);
        Some(branch)
    }
}

/// What the workers of one exploration share.
#[derive(Default)]
pub(crate) struct Crew {
    points: Mutex<Vec<Weak<Trunk>>>,
    /// Workers that have something to explore.
    working: Mutex<usize>,
    news: Condvar,
    /// Executions of all workers together.
    pub executions: AtomicU64,
    /// Somebody has found a reason to stop.
    pub stop: AtomicBool,
}

impl Crew {
    /// A crew of this many workers, all at work.
    pub fn new(workers: usize) -> Arc<Self> {
        Arc::new(Crew { working: Mutex::new(workers), ..Crew::default() })
    }

    pub(super) fn shares(&self, depth: usize) -> bool {
        depth < SHARED_STEPS
    }

    /// Makes a point shared.
    pub(super) fn add(
        &self,
        path: Vec<(u8, u32)>,
        parent: Option<Arc<Trunk>>,
        point: Point,
    ) -> Arc<Trunk> {
        let trunk = Arc::new(Trunk { path, parent, point: Mutex::new(point) });
        let mut points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        points.retain(|point| point.strong_count() > 0);
        points.push(Arc::downgrade(&trunk));
        trunk
    }

    /// A branch was added somewhere.
    pub(super) fn announce(&self) {
        let _working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        self.news.notify_all();
    }

    /// Tells everybody to stop.
    pub fn call_off(&self) {
        self.stop.store(true, Relaxed);
        self.announce();
    }

    /// A point with something to explore; waits for one while others are still at work. `None`
    /// when the exploration is over.
    pub(super) fn find_work(&self) -> Option<Arc<Trunk>> {
        let mut working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        *working -= 1;
        loop {
            if self.stop.load(Relaxed) {
                self.news.notify_all();
                return None;
            }
            let points: Vec<_> = {
                let points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
                points.iter().filter_map(Weak::upgrade).collect()
            };
            if let Some(point) = points.into_iter().find(|p| p.lock().branches != NONE) {
                *working += 1;
                return Some(point);
            }
            if *working == 0 {
                self.news.notify_all();
                return None;
            }
            working = self.news.wait(working).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
