//! A worker among others: sharing the points near the root, and finding what others have left.

use super::history::touches;
use super::trunk::Point;
use super::{Crew, Dpor, Forest, Node, Sleeper};
use crate::explore::runtime::{NONE, Op, Runtime};
use std::sync::Arc;

impl Dpor {
    /// Shares what it finds near the root with `crew`.
    pub fn join(&mut self, crew: &Arc<Crew>) {
        self.crew = Some(Arc::clone(crew));
    }

    /// Looks for something to explore that another worker has found. False when all is explored.
    pub fn find_work(&mut self) -> bool {
        let Some(crew) = self.crew.clone() else { return false };
        while let Some(point) = crew.find_work() {
            let depth = point.path.len();
            if self.nodes.len() < depth + 2 {
                self.nodes.resize_with(depth + 2, Node::default);
            }
            self.trunk.clear();
            let mut ancestor = Some(&point);
            while let Some(trunk) = ancestor {
                self.trunk.push(Arc::clone(trunk));
                ancestor = trunk.parent.as_ref();
            }
            self.trunk.reverse();
            for node in &mut self.nodes[..=depth] {
                node.alternatives = 1;
                node.open = false;
            }
            if self.claim(depth) {
                self.ways.truncate(&self.history, 0);
                self.history.truncate(0);
                self.scripted = 0;
                self.depth = depth + 1;
                self.forced.clone_from(&point.path);
                return true;
            }
            // Somebody was faster. Still at work, as far as the crew knows: ask again.
        }
        false
    }

    /// As [`next_from`](Self::next_from), at a shared point.
    pub(super) fn next_from_trunk(&mut self, depth: usize) -> bool {
        if self.next_alternative(depth) {
            return true;
        }
        let below = std::mem::replace(&mut self.nodes[depth].below, NONE);
        self.forest.release_all(below);
        self.trunk.truncate(depth + 1);
        if self.claim(depth) {
            return true;
        }
        self.trunk.truncate(depth);
        self.nodes[depth].chosen = false;
        false
    }

    /// Takes a branch from a shared point, if there is one.
    fn claim(&mut self, depth: usize) -> bool {
        let mut point = self.trunk[depth].lock();
        let node = &mut self.nodes[depth];
        node.sleep.clone_from(&point.sleep);
        let Some(branch) = point.claim(&mut self.forest) else { return false };
        drop(point);
        node.follow(branch, true);
        true
    }

    /// Makes the point before the next step a shared one, when it is near the root.
    pub(super) fn share(&mut self, runtime: &Runtime, depth: usize) {
        let Some(crew) = self.crew.clone() else { return };
        if depth != self.trunk.len() || !crew.shares(depth) || depth < self.forced.len() {
            return;
        }
        let node = &mut self.nodes[depth];
        let request = &runtime.threads[usize::from(node.thread)].request;
        let thread = node.thread;
        let effect = request.effect(runtime.word(request), thread, node.choice);
        let touches = touches(request, effect.action);
        let mut sleep = node.sleep.clone();
        if !node.open && node.alternatives > 1 {
            sleep.push(Sleeper { thread, choice: Some(node.choice), touches, finished: false });
        } else {
            let is_weak = request.op == Op::CompareExchangeWeak && node.alternatives > 1;
            Sleeper::push_all(&mut sleep, thread, (is_weak, touches), false);
        }
        let mut forest = Forest::default();
        let branches = forest.import(&self.forest, node.branches);
        // What a thread asks for at this point is known to all who come by.
        let mut branch = branches;
        while branch != NONE {
            let b = forest.get_mut(branch);
            let request = &runtime.threads[usize::from(b.thread)].request;
            for (touch, object) in b.touches.iter_mut().zip([request.object, request.mutex]) {
                if let Some(touch) = touch {
                    touch.object = object;
                }
            }
            branch = b.next;
        }
        self.forest.release_all(std::mem::replace(&mut node.branches, NONE));
        let path = self.schedule().collect();
        let point = Point { sleep, forest, branches };
        self.trunk.push(crew.add(path, self.trunk.last().cloned(), point));
        if branches != NONE {
            crew.announce();
        }
    }
}
