//! Threads that wait in a loop for a value to change.
//!
//! A loop that looks, yields and looks again could see the same old values for ever. Rust promises
//! that a store becomes visible in a finite time, so a *round* (what a thread reads between two
//! yields) that repeats the one before is not explored: it leads nowhere new. What a thread writes
//! itself begins a new round, unless it writes what was there: a lock that is swapped to `true`
//! again and again only looks. Writes that left the value as it was count as the one they copy. Whether
//! a further round would be like the one before, the runtime has found out: a loop that counts goes on.

use super::event::{Event, EventId, Op};
use crate::explore::runtime::Yielded;

type Look = (u32, EventId);

#[derive(Clone, Debug, Default)]
struct Round {
    yielded: Yielded,
    previous: Vec<Look>,
    current: Vec<Look>,
}

/// The rounds of all threads.
#[derive(Clone, Debug, Default)]
pub(super) struct Rounds {
    threads: Vec<Round>,
}

/// Does the step learn or teach anything, on an object that keeps its own order?
fn hands_on(op: &Op) -> bool {
    matches!(op, Op::Touch { acquires, releases, .. } if *acquires || *releases)
}

impl Rounds {
    /// Before the first step of an execution.
    pub fn reset(&mut self) {
        self.threads.clear();
    }

    /// The write that a thread would complete a repeated round with, if it read it at `location`.
    pub fn declined(&mut self, thread: u8, yielded: Yielded, location: u32) -> Option<EventId> {
        let round = self.at(thread, yielded);
        let (&(last, write), before) = round.previous.split_last()?;
        (last == location && before == round.current.as_slice()).then_some(write)
    }

    /// Notes a step that a thread has taken.
    pub fn note(&mut self, yielded: Yielded, event: &Event, origin: impl Fn(EventId) -> EventId) {
        let round = self.at(event.thread, yielded);
        let leaves_as_is = event.written.is_none_or(|value| value == event.read);
        match (event.reads, event.op.location()) {
            (Some(write), Some(location)) if leaves_as_is => {
                round.current.push((location, origin(write)));
            }
            // What fails or times out has changed nothing.
            _ if event.written.is_some() || hands_on(&event.op) => {
                round.previous.clear();
                round.current.clear();
            }
            _ => {}
        }
    }

    fn at(&mut self, thread: u8, yielded: Yielded) -> &mut Round {
        let thread = usize::from(thread);
        if self.threads.len() <= thread {
            self.threads.resize_with(thread + 1, Round::default);
        }
        let round = &mut self.threads[thread];
        if round.yielded != yielded {
            round.yielded = yielded;
            round.previous = std::mem::take(&mut round.current);
            if !yielded.spun {
                round.previous.clear();
            }
        }
        round
    }
}
