//! Which steps of a long trace are drawn, and which are folded into one line.
//!
//! Drawn are the steps that explain the end: those of the lost updates (of many that one write
//! overwrites, the first and the last) and of a data race, reads of older values, the locks of a
//! deadlock, the first and the last steps, and what stands beside them.

use super::picture::Picture;
use crate::trace::Action;
use std::ops::Range;

/// A piece of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A step, drawn.
    Step(usize),
    /// Steps that are only counted.
    Fold(Range<usize>),
}

/// A fold of fewer steps than this would not be shorter than the steps.
const SHORTEST: usize = 3;

/// How many steps are drawn at either end of a folded trace.
const ENDS: usize = 3;

/// Of steps that are drawn for what they are, no more than this are.
const MANY: usize = 16;

/// Cuts a trace into steps and folds.
pub(crate) fn parts(picture: &Picture, fold_above: usize) -> Vec<Part> {
    let count = picture.trace.steps().len();
    if count <= fold_above {
        return (0..count).map(Part::Step).collect();
    }
    let drawn = drawn(picture);
    let mut parts = Vec::new();
    let mut at = 0;
    while at < count {
        let end = (at..count).find(|&i| drawn[i]).unwrap_or(count);
        match end - at {
            0 => {
                parts.push(Part::Step(at));
                at += 1;
                continue;
            }
            1..SHORTEST => parts.extend((at..end).map(Part::Step)),
            _ => parts.push(Part::Fold(at..end)),
        }
        at = end;
    }
    parts
}

/// For each step: is it drawn?
fn drawn(picture: &Picture) -> Vec<bool> {
    let trace = picture.trace;
    let steps = trace.steps();
    let mut drawn = vec![false; steps.len()];
    let mut telling = vec![false; steps.len()];
    if let Some(race) = &picture.race {
        telling[race.first] = true;
        telling[race.second] = true;
    }
    for link in &picture.links {
        telling[link.read] = true;
        telling[link.write] = true;
        // One write may overwrite many: the sentence below names them all.
        let ends = [link.overwritten.first(), link.overwritten.last()];
        ends.into_iter().flatten().for_each(|&i| telling[i] = true);
    }
    let late = |i: &usize| steps[*i].stale.is_some() || steps[*i].behind.is_some();
    let alone: Vec<usize> = (0..steps.len()).filter(|&i| steps[i].alone).collect();
    (0..steps.len()).filter(late).take(MANY).for_each(|i| telling[i] = true);
    alone.iter().take(MANY).chain(alone.iter().rev().take(ENDS)).for_each(|&i| telling[i] = true);
    for waiting in trace.waiting() {
        // What the stuck thread took last, and what it did last.
        let own = |i: &usize| steps[*i].thread == waiting.thread;
        let takes = |i: &usize| matches!(steps[*i].action, Action::Lock | Action::Reacquire);
        let last = (0..steps.len()).rev().find(own);
        let lock = (0..steps.len()).rev().filter(own).find(takes);
        last.into_iter().chain(lock).for_each(|i| telling[i] = true);
    }
    for i in 0..steps.len() {
        let end = i < ENDS || i + ENDS >= steps.len();
        let beside = telling[i.saturating_sub(1)..(i + 2).min(steps.len())].contains(&true);
        drawn[i] = end || beside;
    }
    drawn
}
