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

use super::run::resume;
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

/// The explorer's own frames lie within so many bytes of each other.
const OWN_FRAMES: usize = 64 << 10;

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
    known: HashMap<Mark, Found>,
    /// A thread is on trial.
    trying: bool,
    /// The execution has gone too far in a trial: it tells nothing, and has to be run again.
    pub wasted: bool,
    /// How many steps more it may take.
    left: u32,
    /// A loop was cut without proof.
    pub cut: bool,
}

/// How a thread went on behind a yield.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Onward {
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
enum Found {
    /// It goes round and round; where the round begins in what it has looked at.
    Spins(usize),
    GoesOn(Onward),
}

/// A mark of what a thread has asked for and been given.
fn marked(looks: &[Look]) -> Mark {
    looks.iter().fold(Mark::NONE, |mark, look| look.mark(mark))
}

/// Where a thread stands in its own code: its stack pointer, with the registers that a call leaves as
/// they are. All else that it will read again lies on its stack above.
#[derive(Clone, Copy)]
#[repr(C)] // written by assembly
pub(super) struct Standing {
    stack_pointer: usize,
    registers: [usize; 11],
}

impl Standing {
    pub(super) const NOWHERE: Standing = Standing { stack_pointer: usize::MAX, registers: [0; 11] };

    /// Where the caller stands: its own frame is the lowest that counts.
    #[inline(always)]
    pub(super) fn here() -> Standing {
        #[allow(unused_mut, reason = "written where the registers are known")]
        let mut here = Standing::NOWHERE;
        #[cfg(target_arch = "x86_64")]
        // SAFETY: it reads registers and writes to `here` alone.
        unsafe {
            std::arch::asm!(
                "mov [{0}], rsp",
                "mov [{0} + 8], rbx",
                "mov [{0} + 16], rbp",
                "mov [{0} + 24], r12",
                "mov [{0} + 32], r13",
                "mov [{0} + 40], r14",
                "mov [{0} + 48], r15",
                in(reg) &raw mut here,
                options(nostack, preserves_flags)
            );
        }
        #[cfg(target_arch = "aarch64")]
        // SAFETY: as above.
        unsafe {
            std::arch::asm!(
                "mov {1}, sp",
                "stp {1}, x19, [{0}]",
                "stp x20, x21, [{0}, #16]",
                "stp x22, x23, [{0}, #32]",
                "stp x24, x25, [{0}, #48]",
                "stp x26, x27, [{0}, #64]",
                "stp x28, x29, [{0}, #80]",
                in(reg) &raw mut here,
                out(reg) _,
                options(nostack, preserves_flags)
            );
        }
        here
    }
}

impl Thread {
    /// All that the thread will read again, while it is stopped at a yield.
    ///
    /// # Safety
    /// The thread is stopped in [`wait_to_spin`](super::ask::wait_to_spin).
    unsafe fn on_stack(&self) -> Mark {
        let Standing { stack_pointer, registers } = self.standing;
        let end = self.yielder as usize;
        // Which stack it is differs from run to run, and what points to the frames of whoever called
        // this was left there by the explorer.
        let here = (&raw const end).addr();
        let with = |mark: Mark, word: usize| match word {
            _ if (stack_pointer..=end).contains(&word) => mark.with(1).with((end - word) as u64),
            _ if word.abs_diff(here) < OWN_FRAMES => mark.with(2),
            _ => mark.with(0).with(word as u64),
        };
        let mark = registers.into_iter().fold(Mark::NONE, with);
        (stack_pointer..end).step_by(size_of::<usize>()).fold(mark, |mark, at| {
            // SAFETY: the yielder lies just above the thread's frames, so all between is the stack of
            // a coroutine that is stopped, which nobody writes. What lies there are machine words,
            // initialised or not: the read is volatile, so nothing is concluded from it.
            with(mark, unsafe { (at as *const usize).read_volatile() })
        })
    }
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
        if self.spins.wipes == 0 {
            self.spins.wipes = WIPED;
            self.is_wasted();
        }
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
    fn moment(&self, thread: u8) -> Mark {
        let yields = self.threads[usize::from(thread)].yields;
        Mark::of(self.path).with(u64::from(thread) << 32 | u64::from(yields))
    }

    /// What is known of the yield that the thread has come to.
    fn found_at(&self, thread: u8) -> Option<Found> {
        let found = self.spins.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.get(&self.moment(thread)).copied()
    }

    fn note_judgement(&self, moment: Mark, found: Found) {
        let mut all = self.spins.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(moment).or_insert(found);
    }

    /// The execution has gone too far, or cannot be relied on.
    fn is_wasted(&mut self) {
        self.spins.wasted = true;
        self.spins.left = THROUGH;
        // Nobody asks for the states of such an execution.
        if let Some(knowledge) = &mut self.knowledge {
            knowledge.idle = true;
        }
    }

    /// The yield does nothing.
    fn goes_on(&mut self, thread: u8, onward: Onward) {
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
        let looks = (first.step, *last_step);
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
                let now = slot.on_stack();
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

    /// Whether a further round of the thread would be like the one before.
    ///
    /// # Safety
    /// As for [`stays`](Self::stays).
    unsafe fn judged(rt: *mut Runtime, thread: u8) -> Found {
        // SAFETY: by the caller's promise.
        unsafe {
            if let Some(found) = (*rt).found_at(thread) {
                return found;
            }
            let slot = thread_at(rt, thread);
            let on_stack = slot.on_stack();
            let key = on_stack.and(marked(&slot.looked_at));
            let known = match slot.then_spins == Some((marked(&slot.looked_at), slot.asked)) {
                true => Some(Found::Spins(0)),
                false => (*rt).spins.known.get(&key).copied(),
            };
            let moment = (*rt).moment(thread);
            let found = known.unwrap_or_else(|| Self::tried(rt, thread, on_stack));
            (*rt).spins.known.insert(key, found);
            (*rt).note_judgement(moment, found);
            if let Found::GoesOn(onward) = found {
                match known {
                    // Nothing was tried: the thread stands where it stood.
                    Some(_) => (*rt).goes_on(thread, onward),
                    None => (*rt).is_wasted(),
                }
            }
            found
        }
    }

    /// Lets the thread go round again.
    ///
    /// # Safety
    /// As for [`stays`](Self::stays).
    unsafe fn tried(rt: *mut Runtime, thread: u8, on_stack: Mark) -> Found {
        // SAFETY: by the caller's promise.
        unsafe {
            let slot = thread_at(rt, thread);
            let looks = slot.looked_at.clone();
            let mut start = None;
            let (yields, operation, asked) = (slot.yields, slot.operation, slot.asked);
            let (live, objects, news) = ((*rt).live, (*rt).objects.len(), (*rt).news);
            // So that no step is taken by the way.
            (*rt).news = true;
            (*rt).spins.trying = true;
            let mut goes_round = || {
                let same = Self::try_round(rt, thread, &looks, &mut start);
                same && live == (*rt).live && objects == (*rt).objects.len()
            };
            let found = if !goes_round() {
                Found::GoesOn(Onward::Elsewhere)
            } else {
                let first = thread_at(rt, thread).on_stack();
                let again = first == on_stack || goes_round();
                let settles = thread_at(rt, thread).on_stack() == first;
                match start {
                    Some(start) if first == on_stack => Found::Spins(start),
                    Some(start) if again && settles => Found::GoesOn(Onward::Once(start)),
                    _ => Found::GoesOn(Onward::Counting),
                }
            };
            (*rt).spins.trying = false;
            (*rt).news |= news;
            let slot = thread_at(rt, thread);
            if matches!(found, Found::Spins(_)) {
                slot.yields = yields;
                slot.operation = operation;
                slot.asked = asked;
                (*rt).news = news;
            }
            found
        }
    }

    /// Lets the thread go round once more. False if it asks for anything else than before, or does not
    /// come to a yield again. The round may begin behind the first of `looks`: with the first request
    /// it is known where.
    ///
    /// # Safety
    /// As for [`stays`](Self::stays).
    unsafe fn try_round(
        rt: *mut Runtime,
        thread: u8,
        looks: &[Look],
        start: &mut Option<usize>,
    ) -> bool {
        // SAFETY: by the caller's promise.
        unsafe {
            thread_at(rt, thread).state = State::Running;
            let mut at = *start;
            loop {
                resume(rt, thread);
                let slot = thread_at(rt, thread);
                match slot.state {
                    State::Asking => {
                        let same = |look: &Look| look.is(&slot.request);
                        let nth = at.or_else(|| looks.iter().position(same));
                        let Some(look) = nth.and_then(|nth| looks.get(nth)).filter(|l| same(l))
                        else {
                            return false;
                        };
                        *start = start.or(nth);
                        at = nth.map(|nth| nth + 1);
                        slot.result = look.result;
                        slot.failed = look.failed;
                        slot.state = State::Running;
                        (*rt).asking &= !(1 << thread);
                    }
                    State::Spinning => return at == Some(looks.len()),
                    _ => return false,
                }
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
        let thread = enabled.trailing_zeros() as u8;
        self.perform(thread, 0);
        self.forget_reasons(thread);
        let runs = self.threads[usize::from(thread)].state == State::Running;
        Some(runs.then_some(thread))
    }
}
