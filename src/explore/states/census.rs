//! The census: how many interleavings end in each value, and the shortest way to one.

use super::{Arc, NONE, StateGraph};
use crate::report::{Failure, Report};
use std::collections::BTreeMap;

/// How many interleavings end in one outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count<'g, T> {
    /// The outcome: a value, or why there is none.
    pub result: Result<&'g T, &'g Failure>,
    /// How many interleavings end in it; `None` when the number does not fit 128 bits.
    pub interleavings: Option<u128>,
}

impl<T> StateGraph<T> {
    /// How many interleavings end in each outcome: values in their order, then failures.
    ///
    /// Exact, and without running them: the ways to a state are the ways to the states before it,
    /// added up.
    pub fn census(&self) -> Vec<Count<'_, T>> {
        let mut ways = vec![Some(0u128); self.nodes.len()];
        ways[0] = Some(1);
        let mut counts = vec![Some(0u128); self.outcomes.len()];
        let add = |sum: &mut Option<u128>, more: Option<u128>| {
            *sum = sum.zip(more).and_then(|(sum, more)| sum.checked_add(more));
        };
        for &state in self.order.iter().rev() {
            let here = ways[state as usize];
            for arc in self.moves_of(state) {
                add(&mut ways[arc.next as usize], here);
            }
            let outcome = self.nodes[state as usize].outcome;
            if outcome != NONE {
                add(&mut counts[outcome as usize], here);
            }
        }
        let counted = self.outcomes.iter().zip(counts);
        counted
            .map(|(result, interleavings)| Count { result: result.as_ref(), interleavings })
            .collect()
    }

    /// Do the paths through the graph add up to what the report counts, in all and for each outcome?
    ///
    /// Failures are held against each other by their kind: how one is told may depend on the way to
    /// it. Where the report has a data race only the totals are, since a race is no outcome here.
    pub fn agrees_with(&self, report: &Report<T>) -> bool
    where
        T: Ord,
    {
        if report.interleavings().is_none() || report.interleavings() != self.interleavings() {
            return false;
        }
        let races = |failure: &Failure| matches!(failure, Failure::DataRace { .. });
        if report.outcomes().iter().any(|outcome| outcome.result().is_err_and(races)) {
            return true;
        }
        let counted = report.outcomes().iter().map(|o| (o.result(), o.interleavings()));
        let here = self.census().into_iter().map(|count| (count.result, count.interleavings));
        by_kind(counted) == by_kind(here)
    }

    /// A schedule that ends in the outcome with this number, with as few switches as can be; of
    /// those the first in schedule order. `None` when there is no such outcome.
    pub fn schedule_to(&self, outcome: usize) -> Option<String> {
        let threads = self.threads.len();
        // For each state and each thread that may have gone last: the switches still needed.
        // `threads` itself stands for nobody.
        let width = threads + 1;
        let mut needed = vec![u32::MAX; self.nodes.len() * width];
        let cost = |needed: &[u32], arc: &Arc, last: usize| {
            let alone = self.steps[arc.step as usize].alone;
            let thread = usize::from(arc.thread);
            let after = if alone { last } else { thread };
            let switch = !alone && last != thread && last != threads;
            needed[arc.next as usize * width + after].saturating_add(u32::from(switch))
        };
        for &state in &self.order {
            let ends = self.nodes[state as usize].outcome as usize == outcome;
            for last in 0..width {
                let moves = self.moves_of(state).iter();
                let best = moves.map(|arc| cost(&needed, arc, last)).min();
                let best = if ends { Some(0) } else { best };
                needed[state as usize * width + last] = best.unwrap_or(u32::MAX);
            }
        }
        if needed[threads] == u32::MAX {
            return None;
        }
        let (mut state, mut last) = (0, threads);
        let mut schedule = String::new();
        while let Some(arc) = self.moves_of(state).iter().min_by_key(|arc| cost(&needed, arc, last))
        {
            self.write(arc, &mut schedule);
            if !self.steps[arc.step as usize].alone {
                last = usize::from(arc.thread);
            }
            state = arc.next;
        }
        Some(schedule)
    }
}

/// Counts by value, and by kind of failure.
fn by_kind<'a, T: Ord>(
    counts: impl Iterator<Item = (Result<&'a T, &'a Failure>, Option<u128>)>,
) -> BTreeMap<Result<&'a T, &'static str>, Option<u128>> {
    let mut sums = BTreeMap::new();
    for (result, count) in counts {
        let sum = sums.entry(result.map_err(Failure::name)).or_insert(Some(0u128));
        *sum = sum.zip(count).and_then(|(sum, count)| sum.checked_add(count));
    }
    sums
}
