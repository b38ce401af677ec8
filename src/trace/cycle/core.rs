//! Which steps of a trace lie between two cycles, or on one: no others can be part of a proof.
//!
//! The same edges as a cycle's, but few of them: of those that follow from others only the others,
//! and where many steps come before many, a junction between. Then whatever has nothing before it is
//! taken away, and whatever has nothing behind it, until nothing more can be: that takes time in
//! proportion to the steps.

use crate::trace::{Mode, Orders, Trace};
use std::collections::HashMap;

/// Steps first, then junctions.
struct Sparse {
    next: Vec<Vec<u32>>,
}

/// For each step: may it be on a cycle? All false if there is none.
pub(super) fn core(trace: &Trace, orders: &Orders) -> Vec<bool> {
    let sparse = Sparse::of(trace, orders);
    let count = sparse.next.len();
    let mut previous = vec![Vec::new(); count];
    for (from, next) in sparse.next.iter().enumerate() {
        next.iter().for_each(|&to| previous[to as usize].push(from as u32));
    }
    let mut left = vec![true; count];
    peel(&mut left, &previous, &sparse.next);
    peel(&mut left, &sparse.next, &previous);
    left.truncate(trace.steps().len());
    left
}

/// Takes away whatever has nothing left on this side.
fn peel(left: &mut [bool], side: &[Vec<u32>], other: &[Vec<u32>]) {
    let left_of = |all: &[u32], left: &[bool]| all.iter().filter(|&&i| left[i as usize]).count();
    let mut counts: Vec<usize> = side.iter().map(|all| left_of(all, left)).collect();
    let mut gone: Vec<usize> = (0..left.len()).filter(|&i| left[i] && counts[i] == 0).collect();
    while let Some(i) = gone.pop() {
        left[i] = false;
        for &next in &other[i] {
            let next = next as usize;
            counts[next] = counts[next].saturating_sub(1);
            if left[next] && counts[next] == 0 {
                gone.push(next);
            }
        }
    }
}

impl Sparse {
    fn of(trace: &Trace, orders: &Orders) -> Self {
        let steps = trace.steps();
        let mut sparse = Sparse { next: vec![Vec::new(); steps.len()] };
        let mut last_of_thread = HashMap::new();
        for (i, step) in steps.iter().enumerate() {
            if let Some(before) = last_of_thread.insert(step.thread, i) {
                sparse.edge(before, i);
            }
            step.after.iter().filter(|&&before| before < i).for_each(|&b| sparse.edge(b, i));
            if let Some(Some(source)) = orders.reads_from(i) {
                // What is read was written before.
                if source < i {
                    sparse.edge(source, i);
                }
            }
            if step.writes_value()
                && let Some(next) = orders.next_write(trace, Some(i), i)
            {
                sparse.edge(i, next);
            }
            if let Some(source) = orders.reads_from(i)
                && let Some(next) = orders.next_write(trace, source, i).filter(|&next| next != i)
            {
                sparse.edge(i, next);
            }
        }
        sparse.conflicts(trace);
        sparse
    }

    fn edge(&mut self, from: usize, to: usize) {
        self.next[from].push(to as u32);
    }

    /// Each step without a value comes before all later ones that depend on it.
    fn conflicts(&mut self, trace: &Trace) {
        const MODES: [Mode; 3] = [Mode::Read, Mode::Share, Mode::Write];
        // From the back: by object and mode, the junction that leads to all later touches.
        let mut later: HashMap<(u32, usize), usize> = HashMap::new();
        for (i, step) in trace.steps().iter().enumerate().rev() {
            for touch in step.footprint().into_iter().flatten() {
                let has_value = step.reads_value() || step.writes_value();
                for (at, mode) in MODES.into_iter().enumerate() {
                    let junction = later.get(&(touch.object.0, at));
                    if let (false, true, Some(&junction)) =
                        (has_value, touch.mode.conflicts(mode), junction)
                    {
                        self.edge(i, junction);
                    }
                }
            }
            for touch in step.footprint().into_iter().flatten() {
                let at = MODES.iter().position(|mode| *mode == touch.mode).unwrap_or_default();
                let junction = self.next.len();
                self.next.push(vec![i as u32]);
                if let Some(rest) = later.insert((touch.object.0, at), junction) {
                    self.edge(junction, rest);
                }
            }
        }
    }
}
