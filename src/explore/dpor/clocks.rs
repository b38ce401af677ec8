//! Vector clocks: how many steps of each thread come before a step, itself included.
//!
//! One row a step, in the order of the steps. The rows of the common prefix stay when the explorer
//! backtracks. A row is a multiple of four wide, so that rows are copied and joined by fours, without
//! a loop for programs of few threads.

use crate::explore::runtime::NONE;

/// The clocks of an execution's steps.
#[derive(Default)]
pub(super) struct Clocks {
    rows: Vec<u32>,
    width: usize,
}

impl Clocks {
    /// For how many threads there is room.
    #[inline]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The clock of a step.
    #[inline]
    pub fn of(&self, step: u32) -> &[u32] {
        row(&self.rows, self.width, step)
    }

    /// How many steps of `thread` come before the step.
    #[inline]
    pub fn entry(&self, step: u32, thread: usize) -> u32 {
        self.rows[step as usize * self.width + thread]
    }

    /// The last clock.
    #[inline]
    pub fn last(&self) -> &[u32] {
        &self.rows[self.rows.len() - self.width..]
    }

    /// Appends what a thread knows before its next step: its last one and what let it go on.
    #[inline]
    pub fn push(&mut self, previous: u32, after: &[u32]) {
        let from = previous as usize * self.width;
        for at in (0..self.width).step_by(4) {
            let four = match previous {
                NONE => [0; 4],
                _ => *self.rows[from + at..].first_chunk().expect("a row has whole fours"),
            };
            self.rows.extend_from_slice(&four);
        }
        if !after.is_empty() {
            self.join_last(after);
        }
    }

    /// Joins the clocks of these steps to the last one.
    #[inline]
    pub fn join_last(&mut self, steps: &[u32]) {
        let end = self.rows.len();
        let (known, last) = self.rows.split_at_mut(end - self.width);
        for &step in steps {
            join(last, row(known, self.width, step));
        }
    }

    /// Counts the step of `thread` that the last clock belongs to; returns its number.
    #[inline]
    pub fn count_last(&mut self, thread: usize) -> u32 {
        let last = self.rows.len() - self.width;
        let own = &mut self.rows[last + thread];
        *own += 1;
        *own
    }

    /// As [`push`](Self::push), into `known` instead of a row.
    pub fn known_to(&self, previous: u32, after: &[u32], known: &mut Vec<u32>) {
        known.clear();
        match previous {
            NONE => known.resize(self.width, 0),
            _ => known.extend_from_slice(self.of(previous)),
        }
        for &step in after {
            join(known, self.of(step));
        }
    }

    /// Forgets all rows from `steps` on.
    pub fn truncate(&mut self, steps: usize) {
        self.rows.truncate(steps * self.width);
    }

    /// Makes room for so many threads.
    pub fn widen(&mut self, threads: usize) {
        let width = threads.next_power_of_two().max(4);
        let old_width = self.width.max(1);
        let mut rows = vec![0; self.rows.len() / old_width * width];
        for (new, old) in rows.chunks_mut(width).zip(self.rows.chunks(old_width)) {
            new[..old.len()].copy_from_slice(old);
        }
        self.rows = rows;
        self.width = width;
    }
}

#[inline]
fn row(rows: &[u32], width: usize, step: u32) -> &[u32] {
    let at = step as usize * width;
    &rows[at..at + width]
}

#[inline]
fn join(clock: &mut [u32], other: &[u32]) {
    let ((mine, _), (theirs, _)) = (clock.as_chunks_mut::<4>(), other.as_chunks::<4>());
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        for i in 0..4 {
            mine[i] = mine[i].max(theirs[i]);
        }
    }
}
