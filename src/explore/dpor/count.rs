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
    /// How many of each thread's steps are counted, and the index of that position.
    steps: Vec<u32>,
    full: usize,
    counted: usize,
    given_up: bool,
    at: Vec<u32>,
}

impl Ways {
    /// Forgets the steps from `depth` on.
    pub fn truncate(&mut self, history: &History, depth: usize) {
        if self.given_up {
            return; // in the middle of a step: the books do not add up any more
        }
        for event in history.events[depth.min(self.counted)..self.counted].iter() {
            let thread = usize::from(event.thread);
            self.steps[thread] -= 1;
            self.full -= self.strides[thread];
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
        self.ways.get(self.full).copied().or(Some(1))
    }

    fn add(&mut self, history: &History, event: u32) -> Option<()> {
        let thread = usize::from(history.events[event as usize].thread);
        if thread >= self.sizes.len() || self.steps[thread] as usize + 1 >= self.sizes[thread] {
            self.enlarge(history, thread)?;
        }
        self.append(history, event, thread)
    }

    fn append(&mut self, history: &History, event: u32, thread: usize) -> Option<()> {
        let before = self.full;
        self.steps[thread] += 1;
        self.full += self.strides[thread];
        let clock = history.clock(event);
        if self.steps.iter().zip(clock).all(|(steps, known)| steps == known) {
            // It comes after all the others: any order of them will do.
            self.ways[self.full] = self.ways[before];
            return Some(());
        }
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
        self.full = 0;
        (0..self.counted as u32).try_for_each(|event| {
            let thread = usize::from(history.events[event as usize].thread);
            self.append(history, event, thread)
        })
    }

    /// Counts the positions in which `event` is its thread's last step.
    fn fill(&mut self, history: &History, event: u32, thread: usize) -> Option<()> {
        let mut at = std::mem::take(&mut self.at);
        let lowest = history.clock(event);
        at.clear();
        at.extend_from_slice(lowest);
        // All threads are numbered from 0, and the clock has room for more than there are.
        let threads = self.sizes.len();
        at.truncate(threads);
        let mut index: usize = at.iter().zip(&self.strides).map(|(&at, s)| at as usize * s).sum();
        let result = loop {
            match self.sum(history, &at, index) {
                Some(ways) => self.ways[index] = ways,
                None => break None,
            }
            // The next position, with `thread` staying where it is.
            let mut digit = 0;
            while digit < threads {
                if digit != thread && at[digit] < self.steps[digit] {
                    at[digit] += 1;
                    index += self.strides[digit];
                    break;
                }
                index -= (at[digit] - lowest[digit]) as usize * self.strides[digit];
                at[digit] = lowest[digit];
                digit += 1;
            }
            if digit == threads {
                break Some(());
            }
        };
        self.at = at;
        result
    }

    /// `ways` of one position: the sum over the threads whose last step nobody there depends on.
    #[inline]
    fn sum(&self, history: &History, at: &[u32], index: usize) -> Option<u128> {
        // The threads whose last step somebody depends on, as a bit set.
        let mut needed = 0u64;
        for (thread, &steps) in at.iter().enumerate() {
            if steps == 0 {
                needed |= 1 << thread;
                continue;
            }
            let last = history.by_thread[thread][steps as usize - 1];
            let mut known = 0;
            for (other, (known_steps, at)) in history.clock(last).iter().zip(at).enumerate() {
                if known_steps > at {
                    // Not a position that can be reached.
                    return Some(0);
                }
                known |= u64::from(known_steps == at) << other;
            }
            needed |= known & !(1 << thread);
        }
        let mut ways = 0u128;
        for (thread, stride) in self.strides.iter().enumerate() {
            if needed & (1 << thread) == 0 {
                ways = ways.checked_add(self.ways[index - stride])?;
            }
        }
        Some(ways)
    }
}
