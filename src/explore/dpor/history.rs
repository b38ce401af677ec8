//! The steps of the execution under way, with the order that dependence puts them in.
//!
//! `e` *happens before* `f` when they are of one thread, or dependent, or one enables the other, or
//! through a chain of such pairs. It is kept as vector clocks: how many steps of each thread come
//! before a step. The steps of the common prefix keep theirs when the explorer backtracks.

use crate::explore::runtime::{NONE, Request, Runtime, Taken, Waking};
use crate::trace::{Action, Mode};
use std::hash::{DefaultHasher, Hash, Hasher};

/// One object touched by a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Touch {
    pub object: u32,
    pub mode: Mode,
}

/// The objects a step touches.
pub(crate) type Touches = [Option<Touch>; 2];

/// One step of the execution.
pub(crate) struct Event {
    pub thread: u8,
    pub choice: u32,
    pub alternatives: u32,
    /// Its place among its thread's steps, from 1.
    pub position: u32,
    pub request: Request,
    pub action: Action,
    pub before: u64,
    pub touches: Touches,
    /// A number for it and all that comes before it, the same in every execution that has it.
    pub past: u64,
    /// Did it change its object's state?
    pub changed: bool,
    /// The steps on the same objects before it.
    previous_on_object: [u32; 2],
    pub previous_in_thread: u32,
    /// Where its entries in `History::after` begin.
    after: u32,
    /// Where its entries in `History::woken` begin.
    woken: u32,
    /// Where its entries in `History::races` begin.
    races: u32,
}

/// Two steps that could have happened the other way round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Race {
    pub first: u32,
    pub second: u32,
    /// The reversed order is known to be explored, whatever comes later.
    pub settled: bool,
}

#[derive(Default)]
pub(crate) struct History {
    pub events: Vec<Event>,
    /// `stride` numbers a step: how many steps of each thread come before it, itself included.
    clocks: Vec<u32>,
    stride: usize,
    last_on_object: Vec<u32>,
    pub last_in_thread: Vec<u32>,
    /// Each thread's steps, in their order.
    pub by_thread: Vec<Vec<u32>>,
    after: Vec<u32>,
    woken: Vec<Waking>,
    pub races: Vec<Race>,
    /// Steps so far.
    serial: u64,
    scratch: Vec<u32>,
    conflicting: Vec<u32>,
}

impl History {
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// How many steps of each thread come before the step, itself included.
    #[inline]
    pub fn clock(&self, event: u32) -> &[u32] {
        let at = event as usize * self.stride;
        &self.clocks[at..at + self.stride]
    }

    /// Does `a` happen before `b` (or are they the same step)?
    #[inline]
    pub fn before(&self, a: u32, b: u32) -> bool {
        let first = &self.events[a as usize];
        self.clocks[b as usize * self.stride + usize::from(first.thread)] >= first.position
    }

    /// Forgets all steps from `depth` on.
    pub fn truncate(&mut self, depth: usize) {
        while self.events.len() > depth {
            let Some(event) = self.events.pop() else { return };
            for (touch, previous) in event.touches.iter().zip(event.previous_on_object).rev() {
                if let Some(touch) = touch {
                    self.last_on_object[touch.object as usize] = previous;
                }
            }
            self.last_in_thread[usize::from(event.thread)] = event.previous_in_thread;
            self.by_thread[usize::from(event.thread)].pop();
            self.after.truncate(event.after as usize);
            self.woken.truncate(event.woken as usize);
            self.races.truncate(event.races as usize);
        }
        self.clocks.truncate(depth * self.stride);
    }

    /// The steps on `object`, the latest first.
    pub fn on_object(&self, object: u32) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.last_on_object.get(object as usize).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let here = (at != NONE).then_some(at)?;
            let event = &self.events[here as usize];
            let slot = event.touches.iter().position(|t| t.is_some_and(|t| t.object == object));
            at = event.previous_on_object[slot?];
            Some(here)
        })
    }

    fn widen(&mut self, threads: usize) {
        let stride = threads.next_power_of_two().max(4);
        let mut clocks = vec![0; self.events.len() * stride];
        for (new, old) in clocks.chunks_mut(stride).zip(self.clocks.chunks(self.stride.max(1))) {
            new[..old.len()].copy_from_slice(old);
        }
        self.clocks = clocks;
        self.stride = stride;
        self.last_in_thread.resize(stride, NONE);
        self.by_thread.resize(stride, Vec::new());
    }

    /// Appends the step just taken, with its clock and the races that end in it.
    pub fn push(&mut self, runtime: &Runtime, thread: u8, choice: u32, taken: &Taken) {
        if runtime.threads.len() > self.stride {
            self.widen(runtime.threads.len());
        }
        if runtime.objects.len() > self.last_on_object.len() {
            self.last_on_object.resize(runtime.objects.len(), NONE);
        }
        let nth = self.events.len() as u32;
        let actor = &runtime.threads[usize::from(thread)];
        let touches = touches(taken);
        let after_from = self.after.len() as u32;
        self.after.extend_from_slice(&actor.after);
        let woken_from = self.woken.len() as u32;
        self.woken.extend_from_slice(&actor.woken);
        let previous_in_thread = self.last_in_thread[usize::from(thread)];
        let races_from = self.races.len() as u32;

        let mut known = std::mem::take(&mut self.scratch);
        self.known_to(previous_in_thread, &actor.after, &mut known);
        self.find_races(nth, thread, &taken.request, &touches, &actor.woken, &known);

        // The clock: what the thread knew, and everything it depends on.
        let mut previous_on_object = [NONE; 2];
        for (slot, touch) in touches.iter().enumerate() {
            let Some(touch) = touch else { continue };
            previous_on_object[slot] = self.last_on_object[touch.object as usize];
        }
        for i in 0..self.conflicting.len() {
            let at = self.conflicting[i] as usize * self.stride;
            join(&mut known, &self.clocks[at..at + self.stride]);
        }
        let position = match previous_in_thread {
            NONE => 1,
            previous => self.events[previous as usize].position + 1,
        };
        known[usize::from(thread)] = position;
        self.clocks.extend_from_slice(&known);
        self.scratch = known;
        for touch in touches.iter().flatten() {
            self.last_on_object[touch.object as usize] = nth;
        }
        let past = self.past(runtime, thread, choice, (previous_in_thread, after_from));
        self.last_in_thread[usize::from(thread)] = nth;
        self.by_thread[usize::from(thread)].push(nth);
        self.events.push(Event {
            thread,
            choice,
            alternatives: taken.request.alternatives(taken.before),
            position,
            request: taken.request,
            action: taken.action,
            before: taken.before,
            touches,
            past,
            changed: taken.changed,
            previous_on_object,
            previous_in_thread,
            after: after_from,
            woken: woken_from,
            races: races_from,
        });
    }

    /// The number of a step that is being appended; see [`Event::past`].
    fn past(
        &mut self,
        runtime: &Runtime,
        thread: u8,
        choice: u32,
        (previous, after_from): (u32, u32),
    ) -> u64 {
        self.serial += 1;
        if !runtime.crowded {
            // Nobody asks. Executions that share the step share its number.
            return mix(self.serial);
        }
        let number = |&step: &u32| self.events[step as usize].past;
        let mine = mix(u64::from(thread) << 32 | u64::from(choice));
        let before = if previous == NONE { 0 } else { number(&previous) };
        let after = self.after[after_from as usize..].iter();
        let causes = after.chain(&self.conflicting).map(|step| mix(number(step)));
        mix(mine ^ mix(before).rotate_left(17)).wrapping_add(causes.fold(0, u64::wrapping_add))
    }

    /// What a thread knows before its next step: its last one, and what let it go on.
    pub fn known_to(&self, previous: u32, after: &[u32], known: &mut Vec<u32>) {
        known.clear();
        known.resize(self.stride, 0);
        if previous != NONE {
            known.copy_from_slice(self.clock(previous));
        }
        for &step in after {
            join(known, self.clock(step));
        }
    }

    /// The same for two executions exactly if they are of one class (but for collisions of the hash).
    ///
    /// For each thread its steps in order, each with its choice and with all that comes before it: two
    /// executions that agree in this have the same dependence order, so each is an order of the other.
    pub fn fingerprint(&self) -> u128 {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_by_key(|&step| (self.events[step as usize].thread, step));
        let half = |salt: u64| {
            let mut hash = DefaultHasher::new();
            salt.hash(&mut hash);
            for &step in &order {
                let event = &self.events[step as usize];
                (event.thread, event.choice).hash(&mut hash);
                // The clock's width grows with the threads met; trailing zeros say nothing.
                let clock = self.clock(step);
                let width = clock.iter().rposition(|&steps| steps > 0).map_or(0, |last| last + 1);
                clock[..width].hash(&mut hash);
            }
            u128::from(hash.finish())
        };
        half(0) << 64 | half(1)
    }

    /// The steps that had to come before `event` for a reason other than an object.
    pub fn after(&self, event: u32) -> &[u32] {
        let from = self.events[event as usize].after as usize;
        let to = self.events.get(event as usize + 1).map_or(self.after.len(), |e| e.after as usize);
        &self.after[from..to]
    }

    /// What ended the spinning before `event`, which could not have been asked for earlier.
    pub fn woken(&self, event: u32) -> &[Waking] {
        let from = self.events[event as usize].woken as usize;
        let to = self.events.get(event as usize + 1).map_or(self.woken.len(), |e| e.woken as usize);
        &self.woken[from..to]
    }

    /// Finds the steps that `request` of `thread` could have come before, and appends the races.
    ///
    /// Leaves in `conflicting` the latest steps that it depends on.
    fn find_races(
        &mut self,
        nth: u32,
        thread: u8,
        request: &Request,
        touches: &Touches,
        woken: &[Waking],
        known: &[u32],
    ) {
        let mut conflicting = std::mem::take(&mut self.conflicting);
        conflicting.clear();
        for touch in touches.iter().flatten() {
            self.conflicts(*touch, &mut conflicting);
        }
        let on_objects = conflicting.len();
        conflicting.extend(woken.iter().map(|waking| waking.by));
        let from = self.races.len();
        let mut reversible = &conflicting[..];
        if request.may_block() {
            self.reversals_of_waiting(nth, thread, request, touches, known);
            reversible = &conflicting[on_objects..];
        }
        for &first in reversible {
            let event = &self.events[first as usize];
            let is_known = known[usize::from(event.thread)] >= event.position;
            let through = |&other: &u32| other != first && self.before(first, other);
            if event.thread != thread && !is_known && !conflicting.iter().any(through) {
                self.races.push(Race { first, second: nth, settled: false });
            }
        }
        if from < self.races.len() {
            // The two objects of a wait may give the same pair twice.
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
        self.conflicting = conflicting;
    }

    /// The latest steps on the object that a touch depends on: all since the last write, and it.
    fn conflicts(&self, touch: Touch, found: &mut Vec<u32>) {
        for step in self.on_object(touch.object) {
            let theirs = self.mode_on(step, touch.object);
            if theirs.conflicts(touch.mode) {
                found.push(step);
            }
            if theirs == Mode::Write {
                break;
            }
        }
    }

    pub fn mode_on(&self, step: u32, object: u32) -> Mode {
        let touches = &self.events[step as usize].touches;
        let touch = touches.iter().flatten().find(|touch| touch.object == object);
        touch.map_or(Mode::Read, |touch| touch.mode)
    }

    /// The races of a step that may have to wait.
    ///
    /// It cannot change places with the step that let it go (an unlock, a send): what can be
    /// reversed is the latest step before which it was free to go (the lock of that unlock).
    fn reversals_of_waiting(
        &mut self,
        nth: u32,
        thread: u8,
        request: &Request,
        touches: &Touches,
        known: &[u32],
    ) {
        let Some(touch) = touches[0] else { return };
        let mut found: Vec<u32> = Vec::new();
        for step in self.on_object(touch.object) {
            let event = &self.events[step as usize];
            let theirs = self.mode_on(step, touch.object);
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
                let word = self.word_at(touch.object, &keeps);
                if word.is_some_and(|word| request.enabled(word)) {
                    found.push(step);
                }
            }
            if is_last && !found.is_empty() {
                break;
            }
        }
        let races = found.into_iter().map(|first| Race { first, second: nth, settled: false });
        self.races.extend(races);
    }

    /// The races of a step that is asked for and cannot be taken any more, at the end of a
    /// deadlocked execution.
    pub fn races_of_blocked(&mut self, runtime: &Runtime, thread: u8, into: &mut Vec<Race>) {
        if runtime.threads.len() > self.stride {
            // It may never have taken a step.
            self.widen(runtime.threads.len());
        }
        let actor = &runtime.threads[usize::from(thread)];
        let Some(mode) = blocked_mode(&actor.request) else { return };
        let touches = [Some(Touch { object: actor.request.object, mode }), None];
        let mut known = Vec::new();
        let previous = self.last_in_thread[usize::from(thread)];
        self.known_to(previous, &actor.after, &mut known);
        let from = self.races.len();
        self.reversals_of_waiting(NONE, thread, &actor.request, &touches, &known);
        into.extend(self.races.drain(from..));
    }
}

/// Spreads a number over all its bits (the finaliser of splitmix64).
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

fn join(clock: &mut [u32], other: &[u32]) {
    for (mine, theirs) in clock.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

/// How a blocked step would touch its object if it were let go.
fn blocked_mode(request: &Request) -> Option<Mode> {
    use crate::explore::runtime::Op;
    match request.op {
        Op::Asleep => None,
        Op::ReadLock => Some(Mode::Share),
        _ if request.word.is_null() => None,
        _ => Some(Mode::Write),
    }
}

/// The objects a step has touched.
fn touches(taken: &Taken) -> Touches {
    let request = &taken.request;
    let first = (request.object != NONE).then(|| taken.action.mode()).flatten();
    let first = first.map(|mode| Touch { object: request.object, mode });
    let waits = taken.action == Action::Wait;
    [first, waits.then_some(Touch { object: request.mutex, mode: Mode::Write })]
}
