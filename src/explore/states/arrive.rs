//! Coming to a state: one that is known, or a new one.

use super::build::{Builder, Link, Making};
use super::look::{blocked, in_letter_order};
use super::objects::shown_mark;
use super::{Arc, NONE, Node};
use crate::explore::ExploreError;
use crate::explore::runtime::{self, Mark, Runtime, Shown};
use crate::report::Failure;
use crate::trace::{Action, Value};

impl<T: Clone + Ord> Builder<T> {
    /// The state the run has come to; it is made if nobody was there before.
    pub(super) fn arrive(
        &mut self,
        runtime: &mut Runtime,
        enabled: u64,
        ended: Option<Result<T, Failure>>,
    ) -> Option<u32> {
        let going = self.last_move;
        let known = match going {
            NONE if self.states.is_empty() => NONE,
            NONE => 0,
            going => self.moves[going as usize].next,
        };
        if known != NONE {
            return self.confirm(runtime, known, enabled, ended);
        }
        self.note_fresh(runtime);
        let mark = runtime.state();
        let state = match self.known.get(&mark) {
            Some(&state) => self.confirm(runtime, state, enabled, ended)?,
            None if self.states.len() >= self.max_states => {
                self.error = Some(ExploreError::TooManyStates { found: self.states.len() });
                return None;
            }
            None => {
                let state = self.new_state(runtime, enabled, ended);
                self.known.insert(mark, state);
                state
            }
        };
        if going != NONE {
            self.link(going, state);
        }
        Some(state)
    }

    /// Somebody was in this state before: is the program about to do what it did then?
    fn confirm(
        &mut self,
        runtime: &Runtime,
        state: u32,
        enabled: u64,
        ended: Option<Result<T, Failure>>,
    ) -> Option<u32> {
        let before = &self.states[state as usize];
        let same_end = match &ended {
            None => before.node.outcome == NONE,
            // How a failure is told may depend on the way to it.
            Some(Err(_)) => before.node.outcome != NONE,
            Some(value) => self.outcomes.get(value) == Some(&before.node.outcome),
        };
        if same_end && before.enabled == enabled {
            return Some(state);
        }
        self.error = Some(ExploreError::Forgotten { step: runtime.steps as usize + 1 });
        None
    }

    fn new_state(
        &mut self,
        runtime: &mut Runtime,
        enabled: u64,
        ended: Option<Result<T, Failure>>,
    ) -> u32 {
        let state = self.states.len() as u32;
        let first_move = self.moves.len() as u32;
        for thread in in_letter_order(enabled) {
            for choice in 0..runtime.alternatives(thread) {
                self.moves.push(Arc { thread, choice, step: NONE, next: NONE });
                self.links.push(Link { from: state, next_parent: NONE, taken: 0, closed: false });
            }
        }
        let open = self.moves.len() as u32 - first_move;
        let next = self.outcomes.len() as u32;
        let outcome = ended.map_or(NONE, |result| *self.outcomes.entry(result).or_insert(next));
        let values = self.objects.shown(runtime);
        let mark = values.iter().fold(Mark::NONE, |mark, value| mark.and(shown_mark(*value)));
        let values = self.values.number(mark, || values);
        let blocked = self.blocked_in(runtime, enabled);
        let node = Node { first_move, moves: open, values, blocked, outcome };
        self.states.push(Making { node, enabled, open, parents: NONE });
        if open == 0 {
            self.order.push(state);
        }
        state
    }

    fn blocked_in(&mut self, runtime: &Runtime, enabled: u64) -> u32 {
        let mut mark = Mark::NONE;
        for (number, thread) in runtime.threads.iter().enumerate() {
            if runtime.live & !enabled & (1 << number) == 0 {
                continue;
            }
            let object = match thread.state {
                runtime::State::Joining(other) => 1 << 32 | u64::from(other),
                runtime::State::Returning(other) => 4 << 32 | u64::from(other),
                runtime::State::AtBarrier(object) => 2 << 32 | u64::from(object),
                runtime::State::Spinning => 3 << 32,
                _ => u64::from(thread.request.object),
            };
            let asks = thread.state == runtime::State::Asking;
            let holder = asks.then(|| runtime.holder(thread.request.object)).flatten();
            let holder = holder.map_or(u64::MAX, |(thread, _)| u64::from(thread));
            let place = match thread.state {
                runtime::State::Asking => thread.request.place,
                _ => thread.waits_at,
            };
            let place = std::ptr::from_ref(place) as u64;
            mark = mark.with(number as u64).with(object).with(holder).with(place);
        }
        self.blocked.number(mark, || blocked(runtime, enabled))
    }

    /// The move leads to the state.
    fn link(&mut self, going: u32, state: u32) {
        self.moves[going as usize].next = state;
        let to = &mut self.states[state as usize];
        if to.open > 0 {
            self.links[going as usize].next_parent = to.parents;
            to.parents = going;
            return;
        }
        let mut complete = vec![going];
        while let Some(mut taken) = complete.pop() {
            while taken != NONE {
                let link = &mut self.links[taken as usize];
                link.closed = true;
                let Link { from, next_parent, .. } = *link;
                let parent = &mut self.states[from as usize];
                parent.open -= 1;
                if parent.open == 0 {
                    self.order.push(from);
                    complete.push(std::mem::replace(&mut parent.parents, NONE));
                }
                taken = next_parent;
            }
        }
    }

    /// The step just taken is known by now, with all its values.
    fn note_fresh(&mut self, runtime: &Runtime) {
        let Some((mut step, object)) = self.fresh.take() else { return };
        if step.action == Action::CellWrite
            && let Shown::Value(value) = runtime.shown(object)
        {
            step.written = Some(value);
        }
        if step.action.finds_content() {
            step.read = runtime.found;
        }
        let number = |value: Option<Value>| shown_mark(value.map(Shown::Value));
        let mark = Mark::of(u64::from(step.thread.0) << 32 | step.action as u64)
            .with(step.object.map_or(u64::MAX, |object| u64::from(object.0)))
            .with(step.mutex.map_or(u64::MAX, |mutex| u64::from(mutex.0)))
            .with(step.order.map_or(u64::MAX, |order| order as u64))
            .and(number(step.read))
            .and(number(step.written))
            .with(step.choice.map_or(u64::MAX, u64::from))
            .with(step.place.file.as_ptr() as u64)
            .with(u64::from(step.place.line) << 32 | u64::from(step.place.column))
            .with(u64::from(step.operation) << 1 | u64::from(step.alone));
        self.moves[self.last_move as usize].step = self.steps.number(mark, || step);
    }
}
