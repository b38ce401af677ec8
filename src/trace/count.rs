//! How many interleavings one trace stands for.
//!
//! A trace is one of many total orders of the same steps. The others that keep every dependent
//! pair in place give the same values and the same outcome; their number is the number of *linear
//! extensions* of the dependence order, counted here by dynamic programming over positions: one
//! position a thread, and the number of ways to get there is the sum over the threads that could
//! have gone last.

use super::{Step, dependent};
use std::collections::HashMap;

/// More positions than this are not visited: the count is then `None`, not a guess.
const POSITIONS: usize = 1 << 20;

/// The number of orders of `steps` that keep every dependent pair as it is.
///
/// `None` when the number does not fit 128 bits, or when more than a million positions would have
/// to be visited.
pub fn linear_extensions(steps: &[Step]) -> Option<u128> {
    let needs = clocks(steps);
    let threads = needs.len();
    let mut ways: HashMap<Vec<u32>, u128> = HashMap::from([(vec![0; threads], 1)]);
    let mut visited = 0;
    for _ in steps {
        let mut next: HashMap<Vec<u32>, u128> = HashMap::new();
        for (at, count) in ways {
            for thread in 0..threads {
                let Some(need) = needs[thread].get(at[thread] as usize) else {
                    continue;
                };
                if need.iter().zip(&at).any(|(need, at)| need > at) {
                    continue;
                }
                let mut after = at.clone();
                after[thread] += 1;
                let sum = next.entry(after).or_default();
                *sum = sum.checked_add(count)?;
            }
        }
        visited += next.len();
        if visited > POSITIONS {
            return None;
        }
        ways = next;
    }
    ways.into_values().next()
}

/// For each thread and each of its steps: how many steps of every thread must have come before.
pub(crate) fn clocks(steps: &[Step]) -> Vec<Vec<Vec<u32>>> {
    let threads = steps.iter().map(|s| s.thread.index() + 1).max().unwrap_or(0);
    let mut done = vec![0u32; threads];
    let mut clocks: Vec<Vec<u32>> = Vec::with_capacity(steps.len());
    let mut needs: Vec<Vec<Vec<u32>>> = vec![Vec::new(); threads];
    let footprints: Vec<_> = steps.iter().map(Step::footprint).collect();
    for (i, step) in steps.iter().enumerate() {
        let mut clock = vec![0u32; threads];
        for j in 0..i {
            let before = steps[j].thread == step.thread
                || step.after.contains(&j)
                || dependent(&footprints[j], &footprints[i]);
            if before {
                clock.iter_mut().zip(&clocks[j]).for_each(|(c, b)| *c = (*c).max(*b));
            }
        }
        needs[step.thread.index()].push(clock.clone());
        done[step.thread.index()] += 1;
        clock[step.thread.index()] = done[step.thread.index()];
        clocks.push(clock);
    }
    needs
}
