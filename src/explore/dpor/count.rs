//! How many interleavings an execution stands for, kept up step by step.
//!
//! `ways` of a position (so many steps of each thread) is the number of orders in which its steps
//! can have been taken. Only positions that contain a new step have to be computed when it is
//! appended; those of the common prefix stay valid when the explorer backtracks. Counting each
//! execution afresh (see [`linear_extensions`](crate::trace::linear_extensions), by which this is
//! tested) would cost as much as running it.

use super::history::History;

/// More positions than this are not kept: the count is then given up, not guessed.
const POSITIONS: usize = 1 << 20;

#[derive(Default)]
pub(super) struct Ways {
    /// Indexed by position, mixed radix.
    ways: Vec<u128>,
    /// Positions a thread: one more than the steps it may have.
    sizes: Vec<usize>,
    strides: Vec<usize>,
    /// How many of each thread's steps are counted.
    steps: Vec<usize>,
    counted: usize,
    given_up: bool,
    at: Vec<u32>,
    needs: Vec<u32>,
}

impl Ways {
    /// Forgets the steps from `depth` on.
    pub fn truncate(&mut self, history: &History, depth: usize) {
        for event in history.events[depth.min(self.counted)..self.counted].iter() {
            self.steps[usize::from(event.thread)] -= 1;
        }
        self.counted = self.counted.min(depth);
    }

    /// The number of orders of all steps of `history`; `None` once it was too large.
    pub fn count(&mut self, history: &History) -> Option<u128> {
        if self.given_up {
            return None;
        }
        while self.counted < history.len() {
            if self.add(history, self.counted as u32).is_none() {
                self.given_up = true;
                return None;
            }
            self.counted += 1;
        }
        let full = (0..self.sizes.len()).map(|t| self.steps[t] * self.strides[t]).sum::<usize>();
        self.ways.get(full).copied().or(Some(1))
    }

    fn add(&mut self, history: &History, event: u32) -> Option<()> {
        let thread = usize::from(history.events[event as usize].thread);
        if thread >= self.sizes.len() || self.steps[thread] + 1 >= self.sizes[thread] {
            self.enlarge(history, thread)?;
        }
        self.steps[thread] += 1;
        self.fill(history, event, thread)
    }

    /// Makes room for more steps of `thread`, and counts the prefix again.
    fn enlarge(&mut self, history: &History, thread: usize) -> Option<()> {
        let threads = self.sizes.len().max(thread + 1);
        self.steps.resize(threads, 0);
        self.sizes.resize(threads, 1);
        self.sizes[thread] = (self.sizes[thread] * 2).max(4);
        let mut positions = 1usize;
        self.strides.clear();
        for size in &self.sizes {
            self.strides.push(positions);
            positions = positions.checked_mul(*size).filter(|&n| n <= POSITIONS)?;
        }
        self.ways.clear();
        self.ways.resize(positions, 0);
        self.ways[0] = 1;
        self.steps.fill(0);
        for event in 0..self.counted as u32 {
            let thread = usize::from(history.events[event as usize].thread);
            self.steps[thread] += 1;
            self.fill(history, event, thread)?;
        }
        Some(())
    }

    /// Counts the positions in which `event` is its thread's last step.
    fn fill(&mut self, history: &History, event: u32, thread: usize) -> Option<()> {
        let threads = self.sizes.len();
        let clock = history.clock(event);
        let mut at = std::mem::take(&mut self.at);
        let mut needs = std::mem::take(&mut self.needs);
        at.clear();
        at.extend((0..threads).map(|t| clock.get(t).copied().unwrap_or(0)));
        needs.resize(threads, 0);
        let lowest = at.clone();
        let result = loop {
            if self.sum(history, &at, &mut needs).is_none() {
                break None;
            }
            // The next position, with `thread` staying where it is.
            let mut digit = 0;
            while digit < threads {
                if digit != thread && (at[digit] as usize) < self.steps[digit] {
                    at[digit] += 1;
                    break;
                }
                at[digit] = lowest[digit];
                digit += 1;
            }
            if digit == threads {
                break Some(());
            }
        };
        self.at = at;
        self.needs = needs;
        result
    }

    /// `ways` of one position: the sum over the threads whose last step nobody there depends on.
    fn sum(&mut self, history: &History, at: &[u32], needs: &mut [u32]) -> Option<()> {
        needs.fill(0);
        for (thread, &steps) in at.iter().enumerate() {
            if steps == 0 {
                continue;
            }
            let clock = history.clock(history.by_thread[thread][steps as usize - 1]);
            for (other, need) in needs.iter_mut().enumerate() {
                if other != thread
                    && let Some(&c) = clock.get(other)
                {
                    *need = (*need).max(c);
                }
            }
        }
        let index: usize = at.iter().zip(&self.strides).map(|(&a, s)| a as usize * s).sum();
        let mut ways = 0u128;
        if needs.iter().zip(at).all(|(need, at)| need <= at) {
            for thread in 0..at.len() {
                if at[thread] > needs[thread] {
                    ways = ways.checked_add(self.ways[index - self.strides[thread]])?;
                }
            }
        }
        self.ways[index] = ways;
        Some(())
    }
}
