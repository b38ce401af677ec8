//! How many interleavings there are, where that can be known without running them.

use crate::trace::{Action, Step};

/// How many steps each thread takes while others live.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Shape(Vec<u32>);

/// The shape of an execution whose threads never wait and are not started or joined in between;
/// `None` for any other. `contended` says of each step whether others may take theirs meanwhile.
pub(super) fn shape(steps: &[Step], contended: &[bool]) -> Option<Shape> {
    let mut counts = Vec::new();
    for (step, _) in steps.iter().zip(contended).filter(|(_, contended)| **contended) {
        let free = |&before: &usize| !contended[before] || steps[before].thread == step.thread;
        if !never_waits(step.action) || !step.after.iter().all(free) {
            return None;
        }
        let thread = step.thread.index();
        counts.resize(counts.len().max(thread + 1), 0);
        counts[thread] += 1;
    }
    Some(Shape(counts))
}

impl Shape {
    /// (Σ steps)! / Π (steps of a thread)!, or `None` if it does not fit.
    pub(super) fn interleavings(&self) -> Option<u128> {
        let mut ways: u128 = 1;
        let mut placed: u128 = 0;
        for &count in &self.0 {
            // Multiplying before dividing keeps each quotient exact: it is a binomial.
            for i in 1..=u128::from(count) {
                placed += 1;
                ways = ways.checked_mul(placed)? / i;
            }
        }
        Some(ways)
    }
}

fn never_waits(action: Action) -> bool {
    use Action::*;
    action.is_atomic_access() || matches!(action, Fence | CellRead | CellWrite)
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn the_closed_form_is_the_multinomial() {
        let interleavings = |counts: &[u32]| Shape(counts.to_vec()).interleavings();
        assert_eq!(interleavings(&[]), Some(1));
        assert_eq!(interleavings(&[2, 2]), Some(6));
        assert_eq!(interleavings(&[4, 4]), Some(70));
        assert_eq!(interleavings(&[2, 2, 2]), Some(90));
        assert_eq!(interleavings(&[0, 4, 4, 4]), Some(34_650));
        assert_eq!(interleavings(&[200, 200]), None);
    }
}
