//! The ways through a graph: the shortest to what the player is after, and the easiest to read.

use super::graph::{Aim, Graph};
use crate::trace::{Action, Step, ThreadId};
use std::collections::{BTreeMap, HashSet, VecDeque};

impl Graph {
    /// The least number of steps to what the player is after; `None` when nothing leads there.
    pub fn shortest(&self) -> Option<usize> {
        match self.aim == Aim::LOSE_AN_UPDATE {
            true => self.shortest_loss(),
            false => self.shortest_to(|state| self.is_reached(state)),
        }
    }

    /// Has what the player is after happened?
    fn is_reached(&self, state: usize) -> bool {
        let ended = self.states[state].outcome.is_some_and(|outcome| self.outcomes[outcome].lost);
        ended || !self.trace_to(state).data_races().is_empty()
    }

    fn shortest_to(&self, is_there: impl Fn(usize) -> bool) -> Option<usize> {
        let mut seen = HashSet::from([0]);
        let mut queue = VecDeque::from([(0, 0)]);
        while let Some((state, steps)) = queue.pop_front() {
            if is_there(state) {
                return Some(steps);
            }
            let next = self.states[state].moves.iter().map(|taken| taken.next);
            queue.extend(next.filter(|next| seen.insert(*next)).map(|next| (next, steps + 1)));
        }
        None
    }

    /// The way to each ended state that is easiest to read: the fewest reads of older values, then
    /// the fewest switches. All ways to a state have to be equally long.
    pub fn easiest_paths(&self) -> Vec<Vec<usize>> {
        type Way = (usize, usize, Vec<usize>);
        let keep = |way: Way, best: &mut Way| {
            if way < *best {
                *best = way;
            }
        };
        let mut ways: BTreeMap<(usize, Option<ThreadId>), Way> = BTreeMap::new();
        ways.insert((0, None), (0, 0, Vec::new()));
        let mut ends: BTreeMap<usize, Way> = BTreeMap::new();
        while !ways.is_empty() {
            let mut next: BTreeMap<(usize, Option<ThreadId>), Way> = BTreeMap::new();
            for ((state, last), way) in ways {
                if self.states[state].outcome.is_some() {
                    keep(way.clone(), ends.entry(state).or_insert(way));
                    continue;
                }
                for (choice, taken) in self.states[state].moves.iter().enumerate() {
                    let step = &taken.step;
                    let (mut older, mut switches, mut path) = way.clone();
                    older += usize::from(step.stale.or(step.behind).is_some());
                    switches += usize::from(last.is_some_and(|last| last != step.thread));
                    path.push(choice);
                    let way = (older, switches, path);
                    let best = next.entry((taken.next, Some(step.thread)));
                    keep(way.clone(), best.or_insert(way));
                }
            }
            ways = next;
        }
        let mut paths: Vec<_> = ends.into_values().map(|(_, _, path)| path).collect();
        paths.sort_by_cached_key(|path| self.trace(path).schedule());
        paths
    }

    /// The least number of steps after which an update can be lost; `None` when none ever is.
    pub fn shortest_loss(&self) -> Option<usize> {
        // Breadth first over the states together with what each thread has read and not yet used:
        // whether a write loses something depends on that, and on nothing older.
        let start = (0, Vec::new());
        let mut seen = HashSet::from([start.clone()]);
        let mut queue = VecDeque::from([(start, 1)]);
        while let Some(((state, pending), steps)) = queue.pop_front() {
            for taken in &self.states[state].moves {
                let (after, loses) = read_and_used(&pending, &taken.step);
                if loses {
                    return Some(steps);
                }
                let next = (taken.next, after);
                if seen.insert(next.clone()) {
                    queue.push_back((next, steps + 1));
                }
            }
        }
        None
    }
}

/// A read that its thread may still build on, and whether another thread has written since.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Pending {
    thread: ThreadId,
    object: u32,
    operation: u32,
    stale: bool,
}

/// The pending reads after a step, and whether the step loses an update. The rule is that of
/// [`Trace::lost_updates`].
fn read_and_used(pending: &[Pending], step: &Step) -> (Vec<Pending>, bool) {
    let mut after = pending.to_vec();
    let Some(object) = step.object.map(|id| id.0) else { return (after, false) };
    let own = |p: &Pending| p.thread == step.thread && p.object == object;
    let blind = matches!(step.action, Action::Store | Action::CellWrite);
    let loses = blind
        && pending.iter().any(|read| own(read) && read.operation == step.operation && read.stale);
    if step.writes_value() || step.reads_value() {
        after.retain(|read| !own(read));
    }
    if step.writes_value() {
        after.iter_mut().filter(|read| read.object == object).for_each(|read| read.stale = true);
    } else if step.reads_value() {
        let (thread, operation) = (step.thread, step.operation);
        // A read of an older value has missed a write already.
        let stale = step.stale.is_some();
        after.push(Pending { thread, object, operation, stale });
        after.sort();
    }
    (after, loses)
}
