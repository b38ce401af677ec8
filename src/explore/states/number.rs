//! The number of an interleaving, and the interleaving with a number.
//!
//! Interleavings are numbered from 1 in schedule order: at each state by the thread's letter, then
//! by alternative. The interleavings that come before one are those that part from it with a smaller
//! move, and of those the graph knows how many there are without walking them.

use super::{Arc, State, StateGraph};
use crate::explore::ExploreError;
use crate::explore::replay::parse;
use crate::trace::ThreadId;

impl<T> StateGraph<T> {
    /// Counts the interleavings that go on from each state: those of the states it leads to.
    pub(super) fn count(&mut self) {
        let mut totals = vec![Some(0u128); self.nodes.len()];
        for &state in &self.order {
            let moves = self.moves_of(state);
            totals[state as usize] = match moves {
                [] => Some(1),
                moves => moves
                    .iter()
                    .try_fold(0u128, |sum, arc| sum.checked_add(totals[arc.next as usize]?)),
            };
        }
        self.totals = totals;
    }

    /// The schedule of the interleaving with this number; `None` when there is no such one.
    ///
    /// As [`Trace::schedule`](crate::Trace::schedule) gives it: steps taken while only one thread
    /// lives are not in it.
    pub fn schedule(&self, number: u128) -> Option<String> {
        let mut before = number.checked_sub(1)?;
        if self.totals[0].is_some_and(|total| before >= total) {
            return None;
        }
        let mut schedule = String::new();
        let mut state = 0;
        while let Some(arc) = self.moves_of(state).iter().find(|arc| {
            match self.totals[arc.next as usize] {
                Some(total) if before >= total => {
                    before -= total;
                    false
                }
                // More than there are numbers: it is among them.
                _ => true,
            }
        }) {
            self.write(arc, &mut schedule);
            state = arc.next;
        }
        Some(schedule)
    }

    /// Adds a move to a schedule.
    pub(super) fn write(&self, arc: &Arc, schedule: &mut String) {
        let step = &self.steps[arc.step as usize];
        if !step.alone {
            schedule.push(step.thread.letter());
            if let Some(choice) = step.choice {
                schedule.push_str(&choice.to_string());
            }
        }
    }

    /// The number of the interleaving with this schedule; `None` when it does not fit 128 bits.
    ///
    /// Where the schedule ends early the interleaving goes on with its smallest moves.
    ///
    /// # Errors
    /// When the schedule is not one of the program's.
    pub fn rank(&self, schedule: &str) -> Result<Option<u128>, ExploreError> {
        let letters = parse(schedule)?;
        let mut rest = letters.iter().enumerate();
        let mut rank = Some(1u128);
        let mut state = 0;
        loop {
            let moves = self.moves_of(state);
            let Some(first) = moves.first() else { break };
            let taken = if self.steps[first.step as usize].alone {
                0
            } else if let Some((nth, &(thread, choice))) = rest.next() {
                self.find(state, nth, thread, choice.unwrap_or(0))?
            } else {
                0
            };
            for smaller in &moves[..taken] {
                let total = self.totals[smaller.next as usize];
                rank = rank.zip(total).and_then(|(rank, total)| rank.checked_add(total));
            }
            state = moves[taken].next;
        }
        match rest.next() {
            None => Ok(rank),
            Some((nth, _)) => {
                let rest: String =
                    letters[nth..].iter().map(|(thread, _)| thread.letter()).collect();
                Err(ExploreError::Schedule(format!(
                    "the program has ended, but the schedule goes on with {rest}: leave that out"
                )))
            }
        }
    }

    /// Which of the state's moves a letter of a schedule means.
    fn find(
        &self,
        state: u32,
        nth: usize,
        thread: ThreadId,
        choice: u32,
    ) -> Result<usize, ExploreError> {
        let moves = self.moves_of(state);
        let meant = |arc: &Arc| {
            // A step without alternatives has no number behind it.
            let has_choice = self.steps[arc.step as usize].choice.is_some();
            arc.thread == thread.0 && (!has_choice || arc.choice == choice)
        };
        if let Some(found) = moves.iter().position(meant) {
            return Ok(found);
        }
        let nth = nth + 1;
        if let Some(last) = moves.iter().rfind(|arc| arc.thread == thread.0) {
            return Err(ExploreError::Schedule(format!(
                "step {nth} of the schedule is {thread}{choice}, but there {thread} has the \
                 choices 0 to {}",
                last.choice
            )));
        }
        let blocked = State { graph: self, number: state as usize }.blocked();
        let why = match blocked.iter().find(|blocked| blocked.thread == thread) {
            Some(blocked) => format!("{thread} {} at {}", blocked.why, blocked.place),
            None if thread.index() >= self.threads.len() => format!("there is no thread {thread}"),
            None => format!("{thread} has no step to take"),
        };
        let mut others: Vec<char> = moves.iter().map(|arc| ThreadId(arc.thread).letter()).collect();
        others.dedup();
        let others: String = others.into_iter().collect();
        Err(ExploreError::Schedule(format!(
            "step {nth} of the schedule is {thread}, but {why}; choose among {others}"
        )))
    }
}
