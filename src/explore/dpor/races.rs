//! Races: steps that could have happened the other way round.
//!
//! Found when the later one is appended to the history, by what its thread knew before it.

use super::history::{Event, History, Touch, Touches};
use crate::explore::runtime::{NONE, Op, Request, Runtime, Waking};
use crate::trace::Mode;

/// Two steps that could have happened the other way round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Race {
    pub first: u32,
    pub second: u32,
    /// The reversed order is known to be explored, whatever comes later.
    pub settled: bool,
}

impl History {
    /// Finds the steps that `request` of `thread` could have come before, and appends the races.
    ///
    /// The last clock is what the thread knew. Leaves in `conflicting` the latest steps that the
    /// request depends on.
    pub(super) fn find_races(
        &mut self,
        runtime: &Runtime,
        nth: u32,
        thread: u8,
        request: &Request,
        touches: &Touches,
        woken: &[Waking],
    ) {
        self.conflicting.clear();
        if let Some(touch) = touches[0] {
            self.find_conflicts(touch);
        }
        if let Some(touch) = touches[1] {
            self.find_conflicts(touch);
        }
        let on_objects = self.conflicting.len();
        self.conflicting.extend(woken.iter().map(|waking| waking.by));
        let from = self.races.len();
        let mut reversible = 0;
        if request.may_block() {
            self.reversals_of_waiting(runtime, nth, thread, request, touches);
            reversible = on_objects;
        }
        let History { events, clocks, conflicting, races, .. } = self;
        let known = clocks.last();
        for &first in &conflicting[reversible..] {
            let Event { thread: whose, position, .. } = events[first as usize];
            let column = usize::from(whose);
            if whose == thread || known[column] >= position {
                continue;
            }
            let is_later = |other: u32| clocks.entry(other, column) >= position;
            if !conflicting.iter().any(|&other| other != first && is_later(other)) {
                races.push(Race { first, second: nth, settled: false });
            }
        }
        if (touches[1].is_some() || !woken.is_empty()) && from < self.races.len() {
            // The two objects of a wait, or what ended a spin, may give the same pair twice.
            let mut seen = from;
            for i in from..self.races.len() {
                let race = self.races[i];
                if !self.races[from..seen].iter().any(|r| r.first == race.first) {
                    self.races[seen] = race;
                    seen += 1;
                }
            }
            self.races.truncate(seen);
        }
    }

    /// Appends to `conflicting` the latest steps on the object that a touch depends on: all since
    /// the last write, and it.
    fn find_conflicts(&mut self, touch: Touch) {
        let mut at = self.last_on_object.get(touch.object as usize).copied().unwrap_or(NONE);
        while at != NONE {
            let Some((theirs, previous)) = self.events[at as usize].on(touch.object) else {
                return;
            };
            if theirs.conflicts(touch.mode) {
                self.conflicting.push(at);
            }
            if theirs == Mode::Write {
                return;
            }
            at = previous;
        }
    }

    /// The races of a step that may have to wait.
    ///
    /// It cannot change places with the step that let it go (an unlock, a send): what can be
    /// reversed is the latest step before which it was free to go (the lock of that unlock).
    fn reversals_of_waiting(
        &mut self,
        runtime: &Runtime,
        nth: u32,
        thread: u8,
        request: &Request,
        touches: &Touches,
    ) {
        let Some(touch) = touches[0] else { return };
        let mut found = std::mem::take(&mut self.found);
        let known = self.clocks.last();
        for (step, theirs) in self.on_object(touch.object) {
            let event = &self.events[step as usize];
            if !theirs.conflicts(touch.mode) {
                continue;
            }
            // All that was done to the object before a write comes before the write.
            let is_last = theirs == Mode::Write;
            if event.thread == thread || known[usize::from(event.thread)] >= event.position {
                if is_last {
                    break;
                }
                continue;
            }
            if !found.iter().any(|&later| self.before(step, later)) {
                let keeps = |other: u32| !self.before(step, other);
                let word = self.word_at(runtime, touch.object, &keeps);
                if word.is_some_and(|word| request.enabled(word)) {
                    found.push(step);
                }
            }
            if is_last && !found.is_empty() {
                break;
            }
        }
        let races = found.drain(..).map(|first| Race { first, second: nth, settled: false });
        self.races.extend(races);
        self.found = found;
    }

    /// The races of a step that is asked for and cannot be taken any more, at the end of a
    /// deadlocked execution.
    pub fn races_of_blocked(&mut self, runtime: &Runtime, thread: u8, into: &mut Vec<Race>) {
        if runtime.threads.len() > self.clocks.width() {
            // It may never have taken a step.
            self.widen(runtime.threads.len());
        }
        let actor = &runtime.threads[usize::from(thread)];
        let Some(mode) = blocked_mode(&actor.request) else { return };
        let touches = [Some(Touch { object: actor.request.object, mode }), None];
        let from = self.races.len();
        self.clocks.push(self.last_in_thread[usize::from(thread)], &actor.after);
        self.reversals_of_waiting(runtime, NONE, thread, &actor.request, &touches);
        self.clocks.truncate(self.events.len());
        into.extend(self.races.drain(from..));
    }
}

/// How a blocked step would touch its object if it were let go.
fn blocked_mode(request: &Request) -> Option<Mode> {
    match request.op {
        Op::Asleep => None,
        Op::ReadLock => Some(Mode::Share),
        _ if request.word.is_null() => None,
        _ => Some(Mode::Write),
    }
}
