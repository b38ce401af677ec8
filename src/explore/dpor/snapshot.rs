//! The points to come back to, as plain data: what a checkpoint keeps of an exploration.

use super::straight::StraightLine;
use super::tree::{FarTouch, FarTouches, Forest};
use super::{Dpor, History, Node, Sleeper, Touch, Touches, Ways};
use crate::explore::runtime::NONE;
use crate::trace::Mode;
use serde::{Deserialize, Serialize};

/// One object touched: its number, and the key by which other executions may know it.
type SavedTouch = (u32, u32, u64, u8);

#[derive(Serialize, Deserialize)]
struct SavedSleeper {
    thread: u8,
    choice: Option<u32>,
    touches: Vec<Option<(u32, u8)>>,
}

#[derive(Serialize, Deserialize)]
struct SavedBranch {
    thread: u8,
    choice: Option<u32>,
    touches: Vec<Option<SavedTouch>>,
    vouches: bool,
    below: Vec<SavedBranch>,
}

#[derive(Serialize, Deserialize)]
struct SavedNode {
    sleep: Vec<SavedSleeper>,
    branches: Vec<SavedBranch>,
    below: Vec<SavedBranch>,
    thread: u8,
    choice: u32,
    alternatives: u32,
    enabled: u64,
    open: bool,
    chosen: bool,
    explored: u32,
}

/// An exploration between two executions.
#[derive(Serialize, Deserialize)]
pub(crate) struct Snapshot {
    path: Vec<(u8, u32)>,
    nodes: Vec<SavedNode>,
    straight: StraightLine,
    redundant: u64,
}

impl Dpor {
    /// The exploration as it stands, between two executions.
    pub fn save(&self) -> Snapshot {
        let path: Vec<_> = self.schedule().collect();
        let nodes = &self.nodes[..self.nodes.len().min(path.len() + 2)];
        Snapshot {
            nodes: nodes.iter().map(|node| save_node(&self.forest, node)).collect(),
            path,
            straight: self.straight.clone(),
            redundant: self.redundant,
        }
    }

    /// Goes on where a saved exploration stopped.
    pub fn restore(&mut self, saved: Snapshot) {
        let mut forest = Forest::default();
        self.nodes = saved.nodes.iter().map(|node| restore_node(&mut forest, node)).collect();
        self.forest = forest;
        self.history = History::default();
        self.ways = Ways::default();
        self.straight = saved.straight;
        self.redundant = saved.redundant;
        self.depth = saved.path.len() + 1;
        self.scripted = 0;
        self.forced = saved.path;
    }

    /// Repeats one schedule, and nothing else.
    pub fn follow(&mut self, schedule: Vec<(u8, u32)>) {
        self.nodes.resize_with(schedule.len() + 2, Node::default);
        self.forced = schedule;
    }
}

fn save_node(forest: &Forest, node: &Node) -> SavedNode {
    let sleeper = |s: &Sleeper| SavedSleeper {
        thread: s.thread,
        choice: s.choice,
        touches: s.touches.iter().map(|t| t.map(|t| (t.object, mode_number(t.mode)))).collect(),
    };
    SavedNode {
        sleep: node.sleep.iter().map(sleeper).collect(),
        branches: save_branches(forest, node.branches),
        below: save_branches(forest, node.below),
        thread: node.thread,
        choice: node.choice,
        alternatives: node.alternatives,
        enabled: node.enabled,
        open: node.open,
        chosen: node.chosen,
        explored: node.explored,
    }
}

fn restore_node(forest: &mut Forest, saved: &SavedNode) -> Node {
    let touches = |saved: &[Option<(u32, u8)>]| -> Touches {
        std::array::from_fn(|i| {
            let (object, mode) = saved.get(i).copied().flatten()?;
            Some(Touch { object, mode: mode_from(mode) })
        })
    };
    let sleeper = |s: &SavedSleeper| Sleeper {
        thread: s.thread,
        choice: s.choice,
        touches: touches(&s.touches),
        finished: true,
    };
    Node {
        sleep: saved.sleep.iter().map(sleeper).collect(),
        branches: restore_branches(forest, &saved.branches),
        below: restore_branches(forest, &saved.below),
        thread: saved.thread,
        choice: saved.choice,
        guided: saved.choice,
        alternatives: saved.alternatives,
        enabled: saved.enabled,
        open: saved.open,
        chosen: saved.chosen,
        explored: saved.explored,
    }
}

fn save_branches(forest: &Forest, mut branch: u32) -> Vec<SavedBranch> {
    let mut saved = Vec::new();
    while branch != NONE {
        let b = forest.get(branch);
        let touch = |t: FarTouch| (t.object, t.met, t.key, mode_number(t.mode));
        saved.push(SavedBranch {
            thread: b.thread,
            choice: b.choice,
            touches: b.touches.iter().map(|t| t.map(touch)).collect(),
            vouches: b.vouches,
            below: save_branches(forest, b.first_child),
        });
        branch = b.next;
    }
    saved
}

fn restore_branches(forest: &mut Forest, saved: &[SavedBranch]) -> u32 {
    let mut first = NONE;
    for branch in saved {
        let touches: FarTouches = std::array::from_fn(|i| {
            let (object, met, key, mode) = branch.touches.get(i).copied().flatten()?;
            Some(FarTouch { object, met, key, name: NONE, mode: mode_from(mode) })
        });
        let added = forest.add(branch.thread, branch.choice, touches);
        let below = restore_branches(forest, &branch.below);
        let slot = forest.get_mut(added);
        slot.vouches = branch.vouches;
        slot.first_child = below;
        first = forest.append(first, added);
    }
    first
}

fn mode_number(mode: Mode) -> u8 {
    match mode {
        Mode::Read => 0,
        Mode::Share => 1,
        Mode::Write => 2,
    }
}

fn mode_from(number: u8) -> Mode {
    match number {
        0 => Mode::Read,
        1 => Mode::Share,
        _ => Mode::Write,
    }
}
