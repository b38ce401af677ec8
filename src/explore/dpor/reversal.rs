//! From a race to a branch of a wakeup tree.
//!
//! For a race of `first` and `second` the branch is taken at the point before `first`: all steps
//! that do not happen after `first`, in their order, with `second` moved up as far as its turn came.

use super::driver::near_conflict;
use super::history::Touches;
use super::insertion::insert_at;
use super::races::Race;
use super::trunk::Point;
use super::{Dpor, Node, Sleeper};
use crate::explore::runtime::{NONE, Op, Request, Runtime};

/// A step of a reversed order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub thread: u8,
    /// Which alternative, where there are several.
    pub choice: Option<u32>,
    /// Do its alternatives touch in different ways: does the second one only look?
    pub is_weak: bool,
    pub touches: Touches,
    /// The step of the execution; `NONE` for the race's second step, which finds another state.
    pub event: u32,
}

impl Dpor {
    /// Reverses every race that is not settled.
    pub(super) fn reverse_races(&mut self, runtime: &Runtime) {
        for i in 0..self.history.races.len() {
            let race = self.history.races[i];
            if race.settled {
                continue;
            }
            let settled = self.begins_with_a_sleeper(race) || {
                let event = &self.history.events[race.second as usize];
                let (thread, request) = (event.thread, event.request);
                let previous = event.previous_in_thread;
                self.reverse(runtime, race, thread, &request, previous)
            };
            self.history.races[i].settled = settled;
        }
        self.reverse_notifies(runtime);
        let blocked = runtime.asking & !runtime.enabled();
        if blocked != 0 && self.history.len() > 0 {
            // A step that is asked for and cannot be taken could have come first as well.
            let mut races = std::mem::take(&mut self.blocked);
            for thread in (0..64).filter(|thread| blocked & (1 << thread) != 0) {
                races.clear();
                self.history.races_of_blocked(runtime, thread, &mut races);
                let request = runtime.threads[usize::from(thread)].request;
                let previous = self.history.last_in_thread[usize::from(thread)];
                for &race in &races {
                    self.reverse(runtime, race, thread, &request, previous);
                }
            }
            self.blocked = races;
        }
    }

    /// Does the reversed order begin with the race's second step, and has all of its thread's step
    /// been explored there? Then the race is settled, and the order need not be built.
    fn begins_with_a_sleeper(&self, race: Race) -> bool {
        let Race { first, second, .. } = race;
        let (depth, thread) = (first as usize, self.history.events[second as usize].thread);
        let sleeps = |s: &Sleeper| s.thread == thread && s.choice.is_none();
        let stays = self.history.not_after(first);
        depth >= self.trunk.len()
            && self.nodes[depth].sleep.iter().any(sleeps)
            && !(first + 1..second).any(stays)
    }

    /// A notify takes its waiter's time-out away: that could have come first, and is no step of this
    /// execution.
    fn reverse_notifies(&mut self, runtime: &Runtime) {
        for i in 0..self.history.notifies.len() {
            let nth = self.history.notifies[i];
            let event = &self.history.events[nth as usize];
            let woken = event.request.effect(event.before, event.thread, event.choice).result;
            for thread in (0..64u8).filter(|thread| woken & (1 << thread) != 0) {
                let steps = &self.history.by_thread[usize::from(thread)];
                let Some(&wait) = steps.iter().rev().find(|&&step| step < nth) else { continue };
                let mut request = self.history.events[wait as usize].request;
                if request.a == 1 && runtime.may_time_out(wait, nth) {
                    request.op = Op::TimeOut;
                    let race = Race { first: nth, second: NONE, settled: false };
                    self.reverse(runtime, race, thread, &request, wait);
                }
            }
        }
    }

    /// Adds the reversed order to the tree where the two orders part, unless it is covered.
    /// Returns whether the race is settled.
    fn reverse(
        &mut self,
        runtime: &Runtime,
        race: Race,
        thread: u8,
        request: &Request,
        previous: u32,
    ) -> bool {
        let first = race.first;
        let mut items = std::mem::take(&mut self.items);
        let mut known = std::mem::take(&mut self.known);
        items.clear();
        let history = &self.history;
        let (after, woken) = match race.second {
            // Whoever sleeps has its reasons behind it.
            NONE if request.op == Op::TimeOut => (&[][..], &[][..]),
            NONE => {
                let actor = &runtime.threads[usize::from(thread)];
                (&actor.after[..], &actor.woken[..])
            }
            second => (history.after(second), history.woken(second)),
        };
        let end = history.len() as u32;
        let second = race.second.min(end);
        let item = |event: u32| {
            let e = &history.events[event as usize];
            Item {
                thread: e.thread,
                choice: (e.alternatives > 1).then_some(e.choice),
                is_weak: e.is_weak(),
                touches: e.touches,
                event,
            }
        };
        let stays = history.not_after(first);
        for event in first + 1..second {
            if stays(event) {
                items.push(item(event));
            }
        }
        let moved = items.len();
        if moved > 0 {
            history.clocks.known_to(previous, after, &mut known);
        }
        let keeps = |event: u32| event < first || (event < second && stays(event));
        let mut found = history.found_at(runtime, request, thread, &keeps);
        if !woken.iter().all(|waking| history.wakes(waking, &keeps)) {
            found = None;
        }
        let settled = match found {
            None => true,
            Some((word, alternatives)) => {
                let touches = history.touches_as(request, word, (thread, 0));
                let is_weak = request.op == Op::CompareExchangeWeak && alternatives > 1;
                items.push(Item { thread, choice: None, is_weak, touches, event: NONE });
                for event in second..end {
                    if event != race.second && stays(event) {
                        items.push(item(event));
                    }
                }
                let found = (moved, word, alternatives);
                self.insert_all(runtime, (race, request), &mut items, found, &known)
            }
        };
        self.items = items;
        self.known = known;
        settled
    }

    /// Inserts a reversed order once for each alternative of its second step.
    fn insert_all(
        &mut self,
        runtime: &Runtime,
        (race, request): (Race, &Request),
        items: &mut Vec<Item>,
        (moved, word, alternatives): (usize, u64, u32),
        known: &[u32],
    ) -> bool {
        if alternatives == 1 {
            return self.insert(runtime, race.first as usize, items, moved, known);
        }
        let order = items.clone();
        let thread = order[moved].thread;
        let first = self.history.events[race.first as usize].touches;
        (0..alternatives).fold(true, |settled, choice| {
            let touches = self.history.touches_as(request, word, (thread, choice));
            if order[moved].is_weak && !near_conflict(&first, &touches) {
                // In this way it only looks, as the first step does: that is no other order.
                return settled;
            }
            items.clone_from(&order);
            items[moved] = Item { choice: Some(choice), touches, ..order[moved] };
            self.insert(runtime, race.first as usize, items, moved, known) && settled
        })
    }

    /// Inserts a reversed order at the point `depth`; returns whether its race is settled.
    fn insert(
        &mut self,
        runtime: &Runtime,
        depth: usize,
        items: &mut Vec<Item>,
        moved: usize,
        known: &[u32],
    ) -> bool {
        let history = &self.history;
        let Some(trunk) = self.trunk.get(depth) else {
            let Node { sleep, branches, .. } = &mut self.nodes[depth];
            return insert_at(
                (history, &self.names),
                runtime,
                depth,
                sleep,
                &mut self.forest,
                branches,
                items,
                moved,
                known,
                false,
            );
        };
        let mut point = trunk.lock();
        let Point { sleep, forest, branches } = &mut *point;
        let settled = insert_at(
            (history, &self.names),
            runtime,
            depth,
            sleep,
            forest,
            branches,
            items,
            moved,
            known,
            true,
        );
        drop(point);
        if let Some(crew) = &self.crew {
            crew.announce();
        }
        settled
    }
}
