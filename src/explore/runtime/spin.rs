//! Threads that look, find nothing new, and yield.
//!
//! A loop that waits could go round for ever. Where a further round provably changes nothing, it need
//! not be followed: the thread *spins*, until something it has looked at changes. The proof is a
//! trial. The thread is let go on, and what it asks for is answered as in the round before, without
//! being a step: nobody else has moved, so that is what it would find. If it asks for the same, and
//! comes to its yield again with the same on its stack, it would do so for ever.
//!
//! Otherwise the loop counts its rounds, or is no loop: then the yield does nothing, and what comes
//! next are steps like any other. The trial has let the thread go too far for that, so the execution
//! is gone through to its end for nothing, and run again knowing what came of the trial.
//!
//! What a loop keeps elsewhere than on its stack (behind a `Box`, in a thread-local) is not compared.
//! A loop that counts for ever is followed for [`ROUNDS`] rounds and then waits like one that spins;
//! the report says that it was cut there.

use super::thread::Look;
use super::{Mark, Runtime, State, Thread, Waking, thread_at};
use crate::trace::Mode;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// So many rounds in a row are followed that change nothing but the thread's own stack.
pub(crate) const ROUNDS: u32 = 16;

/// So often in a row a thread yields without having asked for anything.
const IDLE: u32 = 1 << 16;

/// So many steps a wasted execution may take to its end.
const THROUGH: u32 = 1_000;

/// So many bytes of a stack are wiped.
const WIPED: usize = 16 << 10;

/// What has come of trials, in all executions.
#[derive(Default)]
pub(crate) struct Spins {
    /// What was found at each yield, by all that came before: the same for all workers, whoever has
    /// found it.
    found: Arc<Mutex<HashMap<Mark, Found>>>,
    /// So many bytes of a stack are wiped before a thread starts, once a thread has yielded: what an
    /// earlier execution has left there must not decide anything.
    pub(super) wipes: usize,
    /// What came of a round, by what was on the stack and what it had looked at.
    pub(super) known: HashMap<Mark, Found>,
    /// A thread is on trial.
    pub(super) trying: bool,
    /// The execution has gone too far in a trial: it tells nothing, and has to be run again.
    pub wasted: bool,
    /// How many steps more it may take, and who took the last one.
    left: u32,
    last: u8,
    /// Where the explorer's own frames lie on the stack of the OS thread.
    pub(super) frame: usize,
    /// A loop was cut without proof.
    pub cut: bool,
}

/// How a thread went on behind a yield.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Onward {
    /// With the same round, only counting.
    Counting,
    /// With the same round, once; from then on it is always the same. Where the round began in what it
    /// had looked at.
    Once(usize),
    /// With something else.
    Elsewhere,
}

/// What a trial has shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It goes round and round; where the round begins in what it has looked at.
    Spins(usize),
    GoesOn(Onward),
}

/// A mark of what a thread has asked for and been given.
pub(super) fn marked(looks: &[Look]) -> Mark {
    looks.iter().fold(Mark::NONE, |mark, look| look.mark(mark))
}

impl Spins {
    /// What another worker of the same exploration needs.
    pub(super) fn shared(&self) -> Spins {
        Spins { found: Arc::clone(&self.found), ..Spins::default() }
    }
}

impl Runtime {
    /// The running thread yields: must it stop here?
    pub(crate) fn stops_at_yield(&mut self) -> bool {
        self.note_own_waiting();
        if self.spins.trying {
            return true;
        }
        let current = usize::from(self.current);
        if let Some(knowledge) = &mut self.knowledge {
            knowledge.anyone_yields = true;
        }
        let thread = &mut self.threads[current];
        thread.yields += 1;
        thread.spun = false;
        let idle = thread.yields > 1 && thread.yielded_at == thread.asked;
        thread.yielded_at = thread.asked;
        if idle {
            thread.looked_at.clear();
            thread.idle += 1;
            return true;
        }
        thread.idle = 0;
        thread.idle_stack = None;
        if thread.looked_at.is_empty() || thread.looked_at.len() >= Look::MOST {
            thread.looked_at.clear();
            return false;
        }
        self.wipes_from_now_on();
        if self.spins.wasted {
            return !self.has_news(self.current);
        }
        match self.found_at(self.current) {
            Some(Found::GoesOn(onward)) => {
                self.goes_on(self.current, onward);
                false
            }
            _ => true,
        }
    }

    /// Notes one more step of the execution.
    #[inline]
    pub(super) fn note_on_path(&mut self, thread: u8, choice: u32) {
        // Odd, with ones and zeros in no pattern: the fractional digits of the golden ratio.
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let step = u64::from(thread) << 32 | u64::from(choice);
        self.path = (self.path.rotate_left(23) ^ step).wrapping_add(1).wrapping_mul(FACTOR);
    }

    /// By what a yield is known in every run of the execution.
    pub(super) fn moment(&self, thread: u8) -> Mark {
        let yields = self.threads[usize::from(thread)].yields;
        Mark::of(self.path).with(u64::from(thread) << 32 | u64::from(yields))
    }

    /// What is known of the yield that the thread has come to.
    pub(super) fn found_at(&self, thread: u8) -> Option<Found> {
        let found = self.spins.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.get(&self.moment(thread)).copied()
    }

    pub(super) fn note_judgement(&self, moment: Mark, found: Found) {
        let mut all = self.spins.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(moment).or_insert(found);
    }

    /// What is on stacks is going to be compared.
    pub(super) fn wipes_from_now_on(&mut self) {
        if self.spins.wipes == 0 {
            self.spins.wipes = WIPED;
            self.is_wasted();
        }
    }

    /// The execution has gone too far, or cannot be relied on.
    pub(super) fn is_wasted(&mut self) {
        self.spins.wasted = true;
        self.spins.left = THROUGH;
        // Nobody asks for the states of such an execution.
        if let Some(knowledge) = &mut self.knowledge {
            knowledge.idle = true;
        }
    }

    /// The yield does nothing.
    pub(super) fn goes_on(&mut self, thread: u8, onward: Onward) {
        let thread = &mut self.threads[usize::from(thread)];
        thread.then_spins = match onward {
            Onward::Once(start) => {
                let round = &thread.looked_at[start..];
                Some((marked(round), thread.asked + round.len() as u32))
            }
            _ => None,
        };
        thread.rounds = if onward == Onward::Counting { thread.rounds + 1 } else { 0 };
        thread.looked_at.clear();
    }

    /// The thread has looked, and a further round would show the same. Does it go on all the same,
    /// since something has changed meanwhile?
    fn spins(&mut self, thread: u8) -> bool {
        let slot = &mut self.threads[usize::from(thread)];
        slot.rounds = 0;
        slot.spun = true;
        // Whether news came before or after this moment is no matter of dependent steps, and with
        // several objects it makes a difference how often the thread looks: classes no longer tell
        // how many interleavings there are.
        let first = slot.looked_at.first().map(|look| look.object);
        self.uncountable |= slot.looked_at.iter().any(|look| Some(look.object) != first);
        if !self.has_news(thread) {
            return false;
        }
        self.had_news(usize::from(thread));
        self.threads[usize::from(thread)].looked_at.clear();
        true
    }

    /// A thread need not spin, since something it looked at has changed already: as if it had spun
    /// and that had woken it.
    fn had_news(&mut self, thread: usize) {
        let Thread { looked_at, last_step, woken, .. } = &mut self.threads[thread];
        let Some(first) = looked_at.first() else { return };
        let looks = Some((first.step, *last_step));
        for look in looked_at.iter() {
            let info = &self.objects[look.object as usize];
            if info.version != look.version {
                // Of several changes the first is the one that counts, and only the last is known.
                let one = info.version == look.version + 1;
                self.uncountable |= !one || info.changed_by.mode() == Some(Mode::Share);
                woken.push(Waking { by: info.changed_at, thread: thread as u8, looks });
            }
        }
    }

    /// Does the thread, which has just stopped at a yield, stay there?
    ///
    /// # Safety
    /// `rt` is the current runtime, no reference to it is alive, and the thread is stopped in
    /// [`State::Spinning`].
    pub(super) unsafe fn stays(rt: *mut Runtime, thread: u8) -> bool {
        // SAFETY: by the caller's promise; each reference ends before the next switch.
        unsafe {
            let slot = thread_at(rt, thread);
            if slot.idle > 0 {
                let now = slot.on_stack((*rt).spins.frame);
                let stays = slot.idle_stack == Some(now) || slot.idle > IDLE;
                slot.idle_stack = Some(now);
                return stays;
            }
            if (*rt).spins.wasted {
                return true;
            }
            let found = match slot.rounds >= ROUNDS {
                true => {
                    (*rt).spins.cut = true;
                    Found::Spins(0)
                }
                false => Self::judged(rt, thread),
            };
            match found {
                Found::Spins(start) => {
                    thread_at(rt, thread).looked_at.drain(..start);
                    !(*rt).spins(thread)
                }
                // Only just found out: this execution has gone too far.
                Found::GoesOn(_) => (*rt).spins.wasted,
            }
        }
    }

    /// Takes any step of an execution that is wasted, so that its threads come to their ends and leave
    /// nothing behind. Returns who goes on; `None` if nobody can, or it takes too long.
    pub(super) fn goes_through(&mut self) -> Option<Option<u8>> {
        let enabled = self.enabled();
        self.spins.left = self.spins.left.checked_sub(1)?;
        if enabled == 0 {
            return None;
        }
        // In turn: one may wait for what another does, and ask again and again.
        let later = enabled & (u64::MAX << self.spins.last << 1);
        let thread = (if later == 0 { enabled } else { later }).trailing_zeros() as u8;
        self.spins.last = thread;
        self.perform(thread, 0);
        self.forget_reasons(thread);
        let runs = self.threads[usize::from(thread)].state == State::Running;
        Some(runs.then_some(thread))
    }
}
