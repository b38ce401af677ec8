//! The steps of the execution under way, with the order that dependence puts them in.
//!
//! `e` *happens before* `f` when they are of one thread, or dependent, or one enables the other, or
//! through a chain of such pairs; see [`Clocks`].

use super::clocks::Clocks;
use super::races::Race;
use crate::explore::runtime::{NONE, Op, Request, Runtime, Taken, Waking};
use crate::trace::{Action, Mode};
use std::cell::Cell;
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
    /// Does nothing come before it but its thread's last step and what was done to its object, and
    /// has it no alternatives?
    pub is_plain: bool,
    /// The steps on the same objects before it.
    previous_on_object: [u32; 2],
    pub previous_in_thread: u32,
    /// At least so many switches between threads are needed to get here, whatever the order.
    pub switches: u32,
    /// Where its entries in `History::after` begin.
    after: u32,
    /// Where its entries in `History::woken` begin.
    woken: u32,
    /// Where its entries in `History::races` begin.
    races: u32,
}

impl Event {
    /// Could it have been taken in two ways, of which one only looks?
    pub(super) fn is_weak(&self) -> bool {
        self.alternatives > 1 && self.request.op == Op::CompareExchangeWeak
    }

    /// How the step touched the object, and the step on it before this one.
    #[inline]
    pub(super) fn on(&self, object: u32) -> Option<(Mode, u32)> {
        let on = |nth: usize| {
            let touch = self.touches[nth].filter(|touch| touch.object == object)?;
            Some((touch.mode, self.previous_on_object[nth]))
        };
        on(0).or_else(|| on(1))
    }
}

#[derive(Default)]
pub(crate) struct History {
    pub events: Vec<Event>,
    pub(super) clocks: Clocks,
    pub(super) last_on_object: Vec<u32>,
    pub last_in_thread: Vec<u32>,
    /// Each thread's steps, in their order.
    pub by_thread: Vec<Vec<u32>>,
    after: Vec<u32>,
    woken: Vec<Waking>,
    /// The steps that woke somebody on a condition variable.
    pub notifies: Vec<u32>,
    pub races: Vec<Race>,
    /// Steps so far.
    serial: u64,
    pub(super) conflicting: Vec<u32>,
    /// Kept for their room only, so that a step allocates nothing.
    pub(super) found: Vec<u32>,
    pub(super) later: Cell<Vec<u32>>,
}

impl History {
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// How many steps of each thread come before the step, itself included.
    #[inline]
    pub fn clock(&self, event: u32) -> &[u32] {
        self.clocks.of(event)
    }

    /// Does `a` happen before `b` (or are they the same step)?
    #[inline]
    pub fn before(&self, a: u32, b: u32) -> bool {
        let first = &self.events[a as usize];
        self.clocks.entry(b, usize::from(first.thread)) >= first.position
    }

    /// Tells which steps do not come after `first` (nor are it).
    #[inline]
    pub fn not_after(&self, first: u32) -> impl Fn(u32) -> bool + Copy + '_ {
        let Event { thread, position, .. } = self.events[first as usize];
        let at = usize::from(thread);
        move |step| self.clocks.entry(step, at) < position
    }

    /// Forgets all steps from `depth` on.
    pub fn truncate(&mut self, depth: usize) {
        let Some(first) = self.events.get(depth) else { return };
        self.after.truncate(first.after as usize);
        self.woken.truncate(first.woken as usize);
        self.races.truncate(first.races as usize);
        for event in self.events[depth..].iter().rev() {
            for slot in [1, 0] {
                if let Some(touch) = event.touches[slot] {
                    self.last_on_object[touch.object as usize] = event.previous_on_object[slot];
                }
            }
            self.last_in_thread[usize::from(event.thread)] = event.previous_in_thread;
            self.by_thread[usize::from(event.thread)].pop();
        }
        while self.notifies.last().is_some_and(|&step| step as usize >= depth) {
            self.notifies.pop();
        }
        self.events.truncate(depth);
        self.clocks.truncate(depth);
    }

    /// The steps on `object` and how they touched it, the latest first.
    #[inline]
    pub fn on_object(&self, object: u32) -> impl Iterator<Item = (u32, Mode)> + '_ {
        let mut at = self.last_on_object.get(object as usize).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let here = (at != NONE).then_some(at)?;
            let (mode, previous) = self.events[here as usize].on(object)?;
            at = previous;
            Some((here, mode))
        })
    }

    pub(super) fn widen(&mut self, threads: usize) {
        self.clocks.widen(threads);
        self.last_in_thread.resize(self.clocks.width(), NONE);
        self.by_thread.resize(self.clocks.width(), Vec::new());
    }

    /// Makes room for the threads and objects that have been met since.
    #[cold]
    fn make_room(&mut self, runtime: &Runtime) {
        if runtime.threads.len() > self.clocks.width() {
            self.widen(runtime.threads.len());
        }
        let objects = runtime.objects.len().max(self.last_on_object.len());
        self.last_on_object.resize(objects, NONE);
    }

    /// Appends the step just taken, with its clock and the races that end in it.
    pub fn push(&mut self, runtime: &Runtime, thread: u8, choice: u32, taken: &Taken) {
        let (threads, objects) = (runtime.threads.len(), runtime.objects.len());
        if threads > self.clocks.width() || objects > self.last_on_object.len() {
            self.make_room(runtime);
        }
        let nth = self.events.len() as u32;
        let actor = &runtime.threads[usize::from(thread)];
        let touches = touches(&taken.request, taken.action);
        let alternatives = taken.alternatives;
        let after_from = self.after.len() as u32;
        let woken_from = self.woken.len() as u32;
        let has_reasons = !(actor.after.is_empty() && actor.woken.is_empty());
        if has_reasons {
            self.after.extend_from_slice(&actor.after);
            self.woken.extend_from_slice(&actor.woken);
        }
        let previous_in_thread = self.last_in_thread[usize::from(thread)];
        let races_from = self.races.len() as u32;

        self.clocks.push(previous_in_thread, &actor.after);
        self.find_races(runtime, nth, thread, &taken.request, &touches, &actor.woken);
        // What the thread knew, and all that the step depends on.
        self.clocks.join_last(&self.conflicting);
        let position = self.clocks.count_last(usize::from(thread));
        let switches = self.switches(thread, previous_in_thread);
        let mut previous_on_object = [NONE; 2];
        for (touch, previous) in touches.iter().zip(&mut previous_on_object) {
            let Some(touch) = touch else { continue };
            *previous = std::mem::replace(&mut self.last_on_object[touch.object as usize], nth);
        }
        if matches!(taken.action, Action::NotifyOne | Action::NotifyAll) {
            self.notifies.push(nth);
        }
        let past = self.past(runtime, thread, choice, (previous_in_thread, after_from));
        self.last_in_thread[usize::from(thread)] = nth;
        self.by_thread[usize::from(thread)].push(nth);
        self.events.push(Event {
            thread,
            choice,
            alternatives,
            position,
            request: taken.request,
            action: taken.action,
            before: taken.before,
            touches,
            past,
            changed: taken.changed,
            is_plain: !has_reasons && alternatives == 1 && !taken.request.may_block(),
            previous_on_object,
            previous_in_thread,
            switches,
            after: after_from,
            woken: woken_from,
            races: races_from,
        });
    }

    /// See [`Event::switches`].
    fn switches(&self, thread: u8, previous: u32) -> u32 {
        let before = match previous {
            NONE => 0,
            previous => self.events[previous as usize].switches,
        };
        let conflicting = self.conflicting.iter().map(|&earlier| &self.events[earlier as usize]);
        conflicting.fold(before, |switches, event| {
            switches.max(event.switches + u32::from(event.thread != thread))
        })
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
}

/// Spreads a number over all its bits (the finaliser of splitmix64).
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

/// The objects that a step touches, by what it does.
pub(super) fn touches(request: &Request, action: Action) -> Touches {
    let first = (request.object != NONE).then(|| action.mode()).flatten();
    let first = first.map(|mode| Touch { object: request.object, mode });
    let waits = action == Action::Wait;
    [first, waits.then_some(Touch { object: request.mutex, mode: Mode::Write })]
}
