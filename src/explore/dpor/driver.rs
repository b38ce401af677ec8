//! Which step comes next: one that is repeated, one of a branch, or a free one.

use super::{Dpor, Node, Sleeper, Touch, Touches};
use crate::explore::runtime::{Driver, NONE, Pick, Request, Runtime, Scripted, Taken};
use crate::trace::ThreadId;

impl Driver for Dpor {
    fn repeats(&self) -> usize {
        self.scripted
    }

    fn rerun(&mut self) {
        self.is_redundant = false;
        self.scripted = self.history.len();
    }

    fn scripted(&mut self, runtime: &mut Runtime) -> Option<(u8, u32)> {
        if (runtime.steps as usize) < self.scripted {
            self.note_divergence(runtime);
        }
        None
    }

    fn pick(&mut self, runtime: &mut Runtime, enabled: u64) -> Pick {
        if self.is_redundant {
            return Pick::Go(enabled.trailing_zeros() as u8, 0);
        }
        let depth = self.history.len();
        if self.diverged.is_some() || depth != runtime.steps as usize {
            return Pick::Stop;
        }
        if enabled != runtime.asking {
            self.straight.waits();
        }
        if self.nodes.len() < depth + 2 {
            self.nodes.resize_with(depth + 2, Node::default);
        }
        if let Some(&(thread, choice)) = self.forced.get(depth) {
            if enabled & (1 << thread) == 0 {
                let what = format!("a step of thread {}", ThreadId(thread));
                self.diverged = Some((depth + 1, what, "no such step".to_owned()));
                return Pick::Stop;
            }
            self.last_thread = thread;
            return Pick::Go(thread, choice);
        }
        self.depth = depth + 1;
        self.nodes[depth].enabled = enabled;
        if !self.nodes[depth].chosen && !self.take_branch(depth) {
            let Some(thread) = self.choose_thread(runtime, enabled) else {
                self.note_redundancy(runtime);
                return self.pick(runtime, enabled);
            };
            let node = &mut self.nodes[depth];
            node.thread = thread;
            node.choice = 0;
            node.alternatives = 0;
            node.open = true;
            node.chosen = true;
            node.below = NONE;
        }
        let node = &mut self.nodes[depth];
        if enabled & (1 << node.thread) == 0 {
            // A branch that cannot be followed: the program did something else than before.
            let what = format!("a step of thread {}", ThreadId(node.thread));
            self.diverged = Some((depth + 1, what, "no such step".to_owned()));
            return Pick::Stop;
        }
        if node.alternatives == 0 {
            node.alternatives = runtime.alternatives(node.thread);
            if node.open {
                while node.choice + 1 < node.alternatives
                    && Dpor::choice_sleeps(node, node.thread, node.choice)
                {
                    node.choice += 1;
                }
            }
            self.descend(depth);
            self.share(runtime, depth);
        }
        let node = &self.nodes[depth];
        self.last_thread = node.thread;
        Pick::Go(node.thread, node.choice)
    }

    fn taken(&mut self, runtime: &mut Runtime, thread: u8, choice: u32, taken: &Taken) {
        if self.is_redundant {
            return;
        }
        let depth = self.history.len();
        self.history.push(runtime, thread, choice, taken);
        let Request { object, place, .. } = taken.request;
        let (before, a) = (taken.before, taken.request.a);
        runtime.script.push(Scripted { thread, choice, object, before, a, place });
        if depth < self.forced.len() {
            // Another worker has been here: what sleeps further down came with the branch.
            return;
        }
        let touches = self.history.events[depth].touches;
        let [.., this, next] = &mut self.nodes[..depth + 2] else { return };
        next.sleep.clear();
        next.chosen = false;
        next.explored = 0;
        // Whoever slept sleeps on, unless this step may have changed what it would do.
        let sleeps_on = |s: &&Sleeper| s.thread != thread && !near_conflict(&s.touches, &touches);
        next.sleep.extend(this.sleep.iter().filter(sleeps_on));
    }
}

impl Dpor {
    /// Has every alternative of the thread's step been explored from here?
    fn sleeps(node: &Node, runtime: &Runtime, thread: u8) -> bool {
        let mut some = false;
        for sleeper in node.sleep.iter().filter(|s| s.thread == thread) {
            if sleeper.choice.is_none() {
                return true;
            }
            some = true;
        }
        some && {
            let alternatives = runtime.alternatives(thread);
            (0..alternatives).all(|choice| Dpor::choice_sleeps(node, thread, choice))
        }
    }

    /// Has this one alternative of the thread's step been explored from here?
    pub(super) fn choice_sleeps(node: &Node, thread: u8, choice: u32) -> bool {
        let same = |s: &Sleeper| s.thread == thread && s.choice.is_none_or(|c| c == choice);
        node.sleep.iter().any(same)
    }

    /// Chooses freely at a new point: go on with the same thread, else with the first one.
    fn choose_thread(&self, runtime: &Runtime, enabled: u64) -> Option<u8> {
        if self.literal {
            return Some(enabled.trailing_zeros() as u8);
        }
        let node = &self.nodes[self.history.len()];
        let asleep = |thread: u8| Dpor::sleeps(node, runtime, thread);
        if enabled & (1 << self.last_thread) != 0 && !asleep(self.last_thread) {
            return Some(self.last_thread);
        }
        (0..64).find(|&thread| enabled & (1 << thread) != 0 && !asleep(thread))
    }

    /// Whoever could go on sleeps: the rest of the execution repeats a class.
    ///
    /// Its races are reversed all the same (see [`trunk`](super::trunk)): orders that begin with its
    /// steps so far are left to it by whoever explores the sleepers.
    fn note_redundancy(&mut self, runtime: &Runtime) {
        self.is_redundant = true;
        self.names.learn(runtime, &self.history, self.shared);
        self.reverse_races(runtime);
    }

    /// The program does something else than it did before.
    #[cold]
    fn note_divergence(&mut self, runtime: &Runtime) {
        let depth = runtime.steps as usize;
        let before = &self.history.events[depth];
        let now = &runtime.threads[usize::from(before.thread)];
        let describe = |asks: bool, request: &Request, found: u64| {
            if !asks {
                return "nothing".to_owned();
            }
            let finds = request.bits.value(found).map(|value| format!(", finding {value}"));
            request.described() + &finds.unwrap_or_default()
        };
        let asks = runtime.asking & (1 << before.thread) != 0;
        let finds = runtime.word(&now.request);
        let pair =
            (describe(true, &before.request, before.before), describe(asks, &now.request, finds));
        self.diverged.get_or_insert((depth + 1, pair.0, pair.1));
    }
}

/// Do two steps of one execution depend on each other?
pub(super) fn near_conflict(a: &Touches, b: &Touches) -> bool {
    let same = |x: &Touch, y: &Touch| x.object == y.object && x.mode.conflicts(y.mode);
    a.iter().flatten().any(|x| b.iter().flatten().any(|y| same(x, y)))
}
