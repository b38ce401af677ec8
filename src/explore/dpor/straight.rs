//! The closed form: is the program one whose interleavings can be counted without running it?
//!
//! Threads that main starts before they take their first step, that never wait, spawn or choose,
//! and that take the same number of steps whatever happens, can be interleaved in (Σ nₜ)! / Π nₜ!
//! ways. Main itself may take steps only before they start and after they have ended.

use super::history::History;
use crate::explore::runtime::NONE;

#[derive(Default)]
pub(super) struct StraightLine {
    steps: Option<Vec<u32>>,
    broken: bool,
}

impl StraightLine {
    /// Some thread had to wait.
    pub fn waits(&mut self) {
        self.broken = true;
    }

    /// Notes one execution.
    pub fn note(&mut self, history: &History) {
        if self.broken {
            return;
        }
        let steps: Vec<u32> = lengths(history).collect();
        match &self.steps {
            None => self.steps = Some(steps),
            Some(known) => self.broken |= *known != steps,
        }
        self.broken |= !is_straight(history);
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
    history.last_in_thread.iter().map(|&last| match last {
        NONE => 0,
        last => history.events[last as usize].position,
    })
}

fn is_straight(history: &History) -> bool {
    let of_main = |step: &u32| history.events[*step as usize].thread == 0;
    history.events.iter().enumerate().all(|(nth, event)| {
        let nth = nth as u32;
        if event.alternatives > 1 || event.woken_by != NONE {
            return false;
        }
        if event.thread != 0 {
            return history.after(nth).iter().all(of_main);
        }
        // A step of main: all of every other thread comes before it, or none of it does, and then
        // it comes before the thread's first step.
        let clock = history.clock(nth);
        history.last_in_thread.iter().enumerate().skip(1).all(|(thread, &last)| {
            last == NONE
                || clock[thread] == history.events[last as usize].position
                || clock[thread] == 0 && history.clock(first_of(history, last))[0] >= event.position
        })
    })
}

fn first_of(history: &History, mut step: u32) -> u32 {
    loop {
        match history.events[step as usize].previous_in_thread {
            NONE => return step,
            previous => step = previous,
        }
    }
}
