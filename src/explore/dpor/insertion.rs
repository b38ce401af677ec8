//! Inserting a reversed order among the branches of a point, unless it is covered.

use super::Sleeper;
use super::driver::near_conflict;
use super::history::{History, Touches};
use super::names::Names;
use super::reversal::Item;
use super::tree::{FarTouch, FarTouches, Forest, conflict, without_names};
use crate::explore::runtime::{NONE, Runtime};
use std::cell::Cell;

/// Why a reversed order need not be explored.
enum Covered {
    /// It begins with a step that has been (or will be) explored from here, whatever follows.
    ForGood,
    /// Only together with later steps of this execution.
    ThisTime,
}

/// Inserts a reversed order among `branches`; returns whether its race is settled.
#[expect(clippy::too_many_arguments, reason = "the parts of a point, own or shared")]
pub(super) fn insert_at(
    (history, names): (&History, &Names),
    runtime: &Runtime,
    depth: usize,
    sleep: &[Sleeper],
    forest: &mut Forest,
    branches: &mut u32,
    items: &mut Vec<Item>,
    mut moved: usize,
    known: &[u32],
    shared: bool,
) -> bool {
    for sleeper in sleep {
        let touches = sleeper.touches_at_most();
        let apart =
            |items: &[Item]| items.iter().all(|item| !near_conflict(&item.touches, &touches));
        let covered = covers(history, (sleeper.thread, sleeper.choice), apart, items, moved, known);
        match covered {
            Some(Covered::ForGood) => return true,
            Some(Covered::ThisTime) if sleeper.finished => return false,
            _ => {}
        }
    }
    // Other executions that share the race may choose differently after it.
    let fixed = !items.iter().skip(moved + 1).any(|item| item.choice.is_some());
    // Walk down the branches that begin like the reversed order; a leaf covers it.
    let mut settled = None;
    let mut parent = NONE;
    // Threads that have gone on in another way than in this execution, as a bit set.
    let mut astray = 0u64;
    let doubt = Cell::new(false);
    loop {
        let mut branch = match parent {
            NONE => *branches,
            parent => forest.get(parent).first_child,
        };
        if parent != NONE && branch == NONE {
            forest.get_mut(parent).vouches = true;
            return fixed && settled.unwrap_or(true);
        }
        let mut found = None;
        while branch != NONE {
            let b = forest.get(branch);
            let apart = |items: &[Item]| {
                let known = astray & (1 << b.thread) == 0;
                let b = &b.at_most();
                match known.then(|| history.touches_of(runtime, b, depth as u32)).flatten() {
                    Some(near) => items.iter().all(|item| !near_conflict(&item.touches, &near)),
                    None => {
                        let meets = |item: &Item| {
                            let touches = far(runtime, names, &item.touches, depth as u32);
                            conflict(&touches, &b.touches, names)
                        };
                        let apart = !items.iter().any(meets);
                        doubt.set(doubt.get() || !apart);
                        apart
                    }
                }
            };
            let covered = covers(history, (b.thread, b.choice), apart, items, moved, known);
            // At a shared point another worker may take the branch before this one has found all
            // that belongs below it.
            let enough = !shared || parent != NONE;
            match covered {
                Some(covered) if enough || matches!(covered, Covered::ForGood) => {
                    found = Some((branch, covered));
                    break;
                }
                _ => {}
            }
            branch = b.next;
        }
        let Some((branch, covered)) = found else { break };
        settled.get_or_insert(matches!(covered, Covered::ForGood));
        let thread = forest.get(branch).thread;
        match items.iter().position(|item| item.thread == thread) {
            Some(at) => {
                let item = items.remove(at);
                moved -= usize::from(at < moved);
                astray |= u64::from(item.event == NONE) << thread;
            }
            None => astray |= 1 << thread,
        }
        if items.is_empty() {
            return fixed && settled.unwrap_or(true);
        }
        parent = branch;
    }
    let mut chain = NONE;
    for item in items.iter().rev() {
        let touches = far(runtime, names, &item.touches, depth as u32);
        let touches = if shared { without_names(touches) } else { touches };
        let branch = forest.add(item.thread, item.choice, touches);
        let added = forest.get_mut(branch);
        added.is_weak = item.is_weak;
        added.first_child = chain;
        chain = branch;
    }
    match parent {
        NONE => {
            *branches = forest.append(*branches, chain);
        }
        parent => {
            let first = forest.get(parent).first_child;
            let first = forest.append(first, chain);
            forest.get_mut(parent).first_child = first;
        }
    }
    fixed && !doubt.get() && settled.unwrap_or(true)
}

/// Can this step of `thread` be taken first without leaving the class of the reversed order?
///
/// `apart`: is it independent of all of them?
fn covers(
    history: &History,
    (thread, choice): (u8, Option<u32>),
    apart: impl FnOnce(&[Item]) -> bool,
    items: &[Item],
    moved: usize,
    known: &[u32],
) -> Option<Covered> {
    let Some(at) = items.iter().position(|item| item.thread == thread) else {
        // It does not occur: it must be independent of everything. Then one alternative of it will
        // do: those of the class that take another one are found by the races that led to it.
        return apart(items).then_some(Covered::ThisTime);
    };
    let item = &items[at];
    if choice.is_some() && choice != item.choice {
        return None;
    }
    let first = items[..at].iter().all(|earlier| !comes_before(history, earlier, item, known));
    first.then_some(if at <= moved { Covered::ForGood } else { Covered::ThisTime })
}

fn comes_before(history: &History, earlier: &Item, later: &Item, known: &[u32]) -> bool {
    match (earlier.event, later.event) {
        (NONE, _) => false,
        (event, NONE) => {
            let position = history.events[event as usize].position;
            known[usize::from(earlier.thread)] >= position
                || near_conflict(&earlier.touches, &later.touches)
        }
        (earlier, later) => history.before(earlier, later),
    }
}

/// The touches of a step, as other executions that share the first `depth` steps may know them.
fn far(runtime: &Runtime, names: &Names, touches: &Touches, depth: u32) -> FarTouches {
    touches.map(|touch| {
        touch.map(|touch| {
            let info = &runtime.objects[touch.object as usize];
            let (key, mode, name) = (info.key, touch.mode, names.of(touch.object));
            if info.born <= depth {
                return FarTouch { object: touch.object, met: 0, key, name, mode };
            }
            // They are numbered as they are met.
            let met = runtime.objects.partition_point(|other| other.born <= depth) as u32;
            FarTouch { object: NONE, met, key, name, mode }
        })
    })
}
