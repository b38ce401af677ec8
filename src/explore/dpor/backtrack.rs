//! Going back to a point with something left to explore.

use super::node::Sleeper;
use super::{Dpor, NONE};

impl Dpor {
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
        let (thread, touches) = (node.thread, event.touches);
        if !node.open && node.alternatives > 1 {
            let choice = Some(node.choice);
            node.sleep.push(Sleeper { thread, choice, touches, finished: true });
        } else {
            Sleeper::push_all(&mut node.sleep, thread, (event.is_weak(), touches), true);
        }
        if node.branches != NONE && self.names.any() {
            // What was in doubt when a branch was inserted may be known by now.
            let far = |s: &Sleeper| Some((s.thread, self.names.far(s.touches_at_most())?));
            let sleep: Vec<_> = node.sleep.iter().filter(|s| s.finished).filter_map(far).collect();
            node.branches = self.forest.prune(node.branches, &sleep, &self.names);
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
    pub(super) fn next_alternative(&mut self, depth: usize) -> bool {
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
    pub(super) fn descend(&mut self, depth: usize) {
        let node = &mut self.nodes[depth];
        let below = match node.choice == node.guided {
            true => std::mem::replace(&mut node.below, NONE),
            // Another alternative than that of the branch followed: it may have a branch as well.
            false => self.forest.take(&mut node.branches, node.thread, node.choice),
        };
        self.nodes[depth + 1].branches = below;
    }

    /// Makes the first branch at `depth` the one under exploration. False if none is left, or none
    /// but those that another worker has taken, from a shared point.
    pub(super) fn take_branch(&mut self, depth: usize) -> bool {
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
