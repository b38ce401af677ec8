//! What a step would have found if only some of the steps before it had been taken.

use super::history::{Event, History, Touch, Touches, touches};
use super::tree::Branch;
use crate::explore::runtime::effect::lock;
use crate::explore::runtime::{NONE, Op, Request, Runtime, Waking};
use crate::trace::Mode;

/// Is the object the step's first one?
fn is_first(event: &Event, object: u32) -> bool {
    event.touches[0].is_some_and(|touch| touch.object == object)
}

impl Event {
    fn is_failure_for_no_reason(&self) -> bool {
        self.request.op == Op::CompareExchangeWeak && self.choice == 1
    }
}

impl History {
    /// What a step has made of the object's state, when it found the state `before`; a wait frees its
    /// mutex, the second one.
    fn word_after(&self, step: u32, object: u32, before: u64) -> u64 {
        let event = &self.events[step as usize];
        match is_first(event, object) {
            true => event.request.effect(before, event.thread, event.choice).word,
            false => lock::freed(before),
        }
    }

    /// What a step has found its object in.
    fn word_before(&self, step: u32, object: u32) -> u64 {
        let event = &self.events[step as usize];
        if is_first(event, object) {
            return event.before;
        }
        // Of a wait's mutex nothing is noted; but a step comes before that took it.
        match event.on(object) {
            Some((_, previous)) if previous != NONE => {
                self.word_after(previous, object, self.word_before(previous, object))
            }
            _ => 0,
        }
    }

    /// What the object looked like if only the steps that `keeps` names had been taken.
    ///
    /// What was done to it silently counts wherever it was done: a sender that is cloned later has
    /// one that it is cloned from, so there is a sender before as well as after.
    pub(super) fn word_at(
        &self,
        runtime: &Runtime,
        object: u32,
        keeps: &impl Fn(u32) -> bool,
    ) -> Option<u64> {
        // The latest write that is kept has its whole past kept: it found what it would find.
        // Only steps that commute with each other (readers, senders that go) need to be redone.
        let mut word = None;
        let mut later = self.later.take();
        // The step whose state before or after it is taken.
        let mut base = 0;
        for (step, mode) in self.on_object(object) {
            let word_before = self.word_before(step, object);
            word = Some(word_before);
            base = step;
            if !keeps(step) {
                continue;
            }
            match mode {
                Mode::Write => {
                    word = Some(self.word_after(step, object, word_before));
                    break;
                }
                Mode::Share => later.push(step),
                Mode::Read => {}
            }
        }
        let silent = runtime.silent.iter().filter(|&&(o, steps, _)| o == object && steps > base);
        let word = word.map(|word| silent.fold(word, |word, (.., more)| word + more));
        let word = later
            .drain(..)
            .rev()
            .fold(word, |word, step| word.map(|word| self.word_after(step, object, word)));
        self.later.set(later);
        word
    }

    /// In which state a step would find its first object, and in how many ways it could be taken, if
    /// only the steps that `keeps` names had been; `None` if it would have to wait.
    pub(super) fn found_at(
        &self,
        runtime: &Runtime,
        request: &Request,
        thread: u8,
        keeps: &impl Fn(u32) -> bool,
    ) -> Option<(u64, u32)> {
        if request.object == NONE || request.mode().is_some() {
            return Some((0, request.alternatives(0, || false)));
        }
        let word = self.word_at(runtime, request.object, keeps).unwrap_or(0);
        let fails_anew = || self.fails_anew(request, thread, keeps);
        request.enabled(word).then(|| (word, request.alternatives(word, fails_anew)))
    }

    /// How a step touches its objects when it finds the first in this state and is taken in this way.
    pub(super) fn touches_as(&self, request: &Request, word: u64, way: (u8, u32)) -> Touches {
        if request.object == NONE {
            return [None, None];
        }
        if let Some(mode) = request.mode() {
            return [Some(Touch { object: request.object, mode }), None];
        }
        touches(request, request.effect(word, way.0, way.1).action)
    }

    /// Has the thread's weak compare-exchange not yet failed for no reason on what it would find if
    /// only the steps that `keeps` names had been taken?
    fn fails_anew(&self, request: &Request, thread: u8, keeps: &impl Fn(u32) -> bool) -> bool {
        let is_failure = |&step: &u32| {
            let event = &self.events[step as usize];
            event.is_failure_for_no_reason() && event.request.fails_like(request) && keeps(step)
        };
        let is_over = |failure: u32| {
            let mut later = self.on_object(request.object).take_while(|&(step, _)| step > failure);
            later.any(|(step, mode)| mode == Mode::Write && keeps(step))
        };
        self.by_thread[usize::from(thread)].iter().copied().filter(is_failure).all(is_over)
    }

    /// What a branch's thread, which has no step in a reversed order that parts before step `first`,
    /// touches with its next step: it asks for the same as it did in this execution. `None` if it
    /// cannot be told.
    pub(super) fn touches_of(
        &self,
        runtime: &Runtime,
        branch: &Branch,
        first: u32,
    ) -> Option<Touches> {
        let steps = &self.by_thread[usize::from(branch.thread)];
        let from = steps.partition_point(|&step| step < first);
        let step = steps[from..].iter().find(|&&step| self.before(first, step));
        let pending = || {
            let asks = runtime.asking & (1 << branch.thread) != 0;
            asks.then(|| &runtime.threads[usize::from(branch.thread)].request)
        };
        let request = match step {
            Some(&step) => &self.events[step as usize].request,
            None => pending()?,
        };
        let mut near = [None, None];
        for (slot, object) in [request.object, request.mutex].into_iter().enumerate() {
            let Some(far) = branch.touches[slot] else { continue };
            let object = if far.object == NONE { object } else { far.object };
            // Who sleeps on a condition variable may be made to ask for something else.
            if object == NONE || runtime.objects[object as usize].key != far.key {
                return None;
            }
            near[slot] = Some(Touch { object, mode: far.mode });
        }
        Some(near)
    }

    /// Would the thread that spun have been woken by the steps that `keeps` names?
    pub(super) fn wakes(&self, waking: &Waking, keeps: &impl Fn(u32) -> bool) -> bool {
        let Some((first, last)) = waking.looks else { return keeps(waking.by) };
        let looks = self.by_thread[usize::from(waking.thread)].iter().rev();
        let looks = looks.skip_while(|&&look| look > last).take_while(|&&look| look >= first);
        let news = |&step: &u32| {
            let other = &self.events[step as usize];
            other.thread != waking.thread && other.changed && keeps(step)
        };
        looks.filter_map(|&look| Some((look, self.events[look as usize].touches[0]?))).any(
            |(look, touch)| {
                self.on_object(touch.object)
                    .take_while(|&(step, _)| step > look)
                    .any(|(s, _)| news(&s))
            },
        )
    }
}
