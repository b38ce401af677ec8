//! Threads that wait with a time-out, again and again.
//!
//! `while !ready { guard = condvar.wait_timeout(guard, time).0 }` could go round for ever. A round that
//! ends where it began is not followed a second time: when a thread falls asleep with the same on its
//! stack, and the same behind its mutex, as when it fell asleep the last time, and nobody has noticed
//! what it did between, then all that could come of its time-out now could have come of it then, with
//! whatever the others did meanwhile done while it slept. So its time-out waits until another thread has
//! changed what the mutex guards.
//!
//! The others notice a round when they find the mutex taken by it, or notify while it does not sleep.
//! A round that takes any other step is followed. What the mutex guards is compared byte by byte; if it
//! may own something elsewhere, having been lent out to be written counts as a change. A thread that
//! does so in every round, or counts its rounds, is followed for [`ROUNDS`] of them.

use super::effect::lock;
use super::spin::ROUNDS;
use super::standing::Standing;
use super::{Mark, Op, Request, Runtime, State, Thread, Waking, Word, with_current};
use crate::trace::Action;
use std::panic::Location;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// What a mutex guards.
#[derive(Clone, Copy)]
pub(crate) struct Guarded {
    value: *const u8,
    bytes: usize,
    /// How often it has been lent out to be written, if it may own something elsewhere.
    writes: Option<*const AtomicU32>,
}

impl Guarded {
    pub(crate) fn new<T>(value: *const T, writes: &AtomicU32) -> Self {
        let writes = std::mem::needs_drop::<T>().then_some(std::ptr::from_ref(writes));
        Guarded { value: value.cast(), bytes: size_of::<T>(), writes }
    }

    /// A mark of the value and of whether the lock is poisoned, and how often the value has been lent
    /// out to be written, if that counts.
    ///
    /// # Safety
    /// The lock and its value are there, and nobody has the value borrowed to write it.
    unsafe fn content(self, word: u64) -> (Mark, u32) {
        let mark = Mark::of(u64::from(lock::is_poisoned(word)));
        let mark = (0..self.bytes).fold(mark, |mark, at| {
            // SAFETY: it lies within the value. A byte of padding may never have been written: the
            // read is volatile, so nothing is concluded from it.
            mark.with(unsafe { self.value.add(at).read_volatile() }.into())
        });
        // SAFETY: it lies beside the value, and is an atomic.
        (mark, self.writes.map_or(0, |writes| unsafe { &*writes }.load(Relaxed)))
    }
}

/// A wait with a time-out.
#[derive(Clone, Copy)]
pub(super) struct Polling {
    guards: Guarded,
    condvar: u32,
    mutex: u32,
    word: *const Word,
    /// How many steps the thread had asked for, what was on its stack, and what the mutex guarded.
    asked: u32,
    on_stack: Mark,
    content: (Mark, u32),
    /// Rounds in a row before it that changed nothing but the thread's own stack.
    rounds: u32,
    /// Somebody has noticed that the thread went on.
    noticed: bool,
}

/// Says where the running thread stands, which is about to wait with a time-out.
#[inline(never)]
pub(crate) fn polls(standing: &Standing, guards: Guarded) {
    with_current(|runtime| {
        let current = usize::from(runtime.current);
        let thread = &mut runtime.threads[current];
        thread.standing = *standing;
        thread.guards = Some(guards);
    });
}

impl Thread {
    /// Would it do the same for ever, as long as nobody else does anything?
    pub(crate) fn goes_round(&self) -> bool {
        self.state == State::Spinning || self.is_endless()
    }

    /// Does it sleep with a time-out that would change nothing?
    fn is_endless(&self) -> bool {
        self.polling.is_some() && self.state == State::Asking && self.request.op == Op::Asleep
    }

    /// Where it does so.
    pub(crate) fn goes_round_at(&self) -> &'static Location<'static> {
        if self.is_endless() { self.request.place } else { self.waits_at }
    }
}

impl Runtime {
    /// The thread has just fallen asleep with a time-out. Would that change anything?
    pub(super) fn may_poll(&mut self, thread: u8, request: &Request) {
        let own = self.spins.frame;
        let Some(guards) = self.threads[usize::from(thread)].guards.take() else { return };
        self.anyone_polls = true;
        self.wipes_from_now_on();
        let slot = &mut self.threads[usize::from(thread)];
        // SAFETY: the thread has asked from where it stands, and lends the mutex, which it has just
        // given back.
        let (on_stack, content) =
            unsafe { (slot.on_stack(own), guards.content((*request.mutex_word).get())) };
        let mut now = Polling {
            guards,
            condvar: request.object,
            mutex: request.mutex,
            word: request.mutex_word,
            asked: slot.asked,
            on_stack,
            content,
            rounds: 0,
            noticed: false,
        };
        let before = slot.polling.filter(|before| {
            (before.condvar, before.mutex) == (now.condvar, now.mutex)
                && (before.asked + 1, before.content.0) == (now.asked, now.content.0)
                && !before.noticed
        });
        let mut endless = false;
        if let Some(before) = before {
            now.rounds = before.rounds + 1;
            let is_proven = (before.on_stack, before.content) == (now.on_stack, now.content);
            endless = is_proven || now.rounds >= ROUNDS;
            self.spins.cut |= endless && !is_proven;
        }
        slot.polling = Some(now);
        if endless && !self.spins.wasted {
            slot.request.op = Op::Asleep;
            self.endless.push((slot.last_step, None));
        }
    }

    /// A step has been taken: has it noticed a thread that polls, or made a difference to one?
    #[inline(never)]
    pub(super) fn tell_pollers(&mut self, actor: u8, nth: u32, request: &Request, action: Action) {
        for (number, thread) in self.threads.iter_mut().enumerate() {
            let is_endless = thread.is_endless();
            let asleep = is_endless || thread.request.op == Op::TimeOut;
            let Some(polling) = &mut thread.polling else { continue };
            // SAFETY: the thread borrows the mutex, which is free, or its own.
            let is_changed =
                || unsafe { polling.guards.content((*polling.word).get()) != polling.content };
            let on_mutex = request.object == polling.mutex || request.mutex == polling.mutex;
            match action {
                Action::Reacquire if number == usize::from(actor) => {
                    polling.noticed |= is_changed();
                }
                _ if number == usize::from(actor) => {}
                Action::TryLockFailed => polling.noticed |= on_mutex && !asleep,
                Action::NotifyOne | Action::NotifyAll | Action::NotifyNobody => {
                    polling.noticed |= request.object == polling.condvar && !asleep;
                }
                Action::Unlock | Action::Wait | Action::ClearPoison
                    if on_mutex && is_endless && is_changed() =>
                {
                    thread.request.op = Op::TimeOut;
                    thread.woken.push(Waking { by: nth, thread: number as u8, looks: None });
                    let wait = self.endless.iter_mut().find(|(wait, _)| *wait == thread.last_step);
                    wait.expect("it was noted").1 = Some(nth);
                }
                _ => {}
            }
        }
    }

    /// Could the thread that waits since step `wait` have taken its time-out instead of step `nth`?
    pub(crate) fn may_time_out(&self, wait: u32, nth: u32) -> bool {
        let endless = self.endless.iter().find(|endless| endless.0 == wait);
        endless.is_none_or(|&(_, woken)| woken.is_some_and(|by| by < nth))
    }
}
