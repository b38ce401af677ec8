//! The closed form: is the program one whose interleavings can be counted without running it?
//!
//! Threads that main starts before they take their first step, that never wait, spawn or choose,
//! and that take the same number of steps whatever happens, can be interleaved in (Σ nₜ)! / Π nₜ!
//! ways. Main itself may take steps only before they start and after they have ended.

use super::history::History;
use serde::{Deserialize, Serialize};

#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct StraightLine {
    steps: Option<Vec<u32>>,
    broken: bool,
}

impl StraightLine {
    /// Some thread had to wait.
    pub fn waits(&mut self) {
        self.broken = true;
    }

    /// Notes one execution, whose steps before `fresh` are those of the one before.
    pub fn note(&mut self, history: &History, fresh: usize) {
        if self.broken {
            return;
        }
        let fresh = match &self.steps {
            None => {
                self.steps = Some(lengths(history).collect());
                0
            }
            Some(known) => {
                self.broken |= !lengths(history).eq(known.iter().copied());
                fresh
            }
        };
        self.broken |= !is_straight(history, fresh);
    }

    /// Notes what another worker has seen.
    pub fn merge(&mut self, other: &StraightLine) {
        self.broken |= other.broken;
        match (&self.steps, &other.steps) {
            (Some(mine), Some(theirs)) => self.broken |= mine != theirs,
            (None, Some(theirs)) => self.steps = Some(theirs.clone()),
            (_, None) => {}
        }
    }

    pub fn closed_form(&self) -> Option<u128> {
        let steps = self.steps.as_ref().filter(|_| !self.broken)?;
        let (mut total, mut ways) = (0u128, 1u128);
        for &length in steps.get(1..)? {
            for i in 1..=u128::from(length) {
                total += 1;
                // Exact: the product of the first i factors is a binomial coefficient times i!/i!.
                ways = ways.checked_mul(total)? / i;
            }
        }
        Some(ways)
    }
}

fn lengths(history: &History) -> impl Iterator<Item = u32> + '_ {
    history.by_thread.iter().map(|steps| steps.len() as u32)
}

fn is_straight(history: &History, fresh: usize) -> bool {
    let of_main = |step: &u32| history.events[*step as usize].thread == 0;
    (fresh..history.len()).all(|nth| {
        let event = &history.events[nth];
        if event.is_plain && event.thread != 0 {
            return true;
        }
        // A step that can wait need not have been seen to: where it came late in all executions that
        // were run, others of their classes would have come upon it too early.
        let waits = event.request.may_block();
        if event.alternatives > 1 || waits || !history.woken(nth as u32).is_empty() {
            return false;
        }
        if event.thread != 0 {
            return history.after(nth as u32).iter().all(of_main);
        }
        // A step of main: each thread is started after it, or has been joined before it. By what
        // started and joined it, not by what the steps touch: that may be otherwise next time.
        history.by_thread.iter().skip(1).all(|steps| {
            let (Some(&first), Some(&last)) = (steps.first(), steps.last()) else { return true };
            if history.after(nth as u32).contains(&last) {
                return true;
            }
            let starts = history.after(first).iter().filter(|step| of_main(step));
            let mut starts = starts.map(|&step| history.events[step as usize].position);
            let mut mine = history.by_thread[0][..event.position as usize].iter();
            starts.any(|start| start >= event.position)
                || mine.any(|&step| history.after(step).contains(&last))
        })
    })
}
