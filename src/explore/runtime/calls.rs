//! What the model's types ask of the runtime besides steps.

use super::objects::end_name;
use super::spawn::{ThreadBody, spawn};
use super::{Bits, Runtime, State, Word, current, leave, with_current};
use crate::explore::{ExploreError, Finer};
use std::any::Any;
use std::borrow::Cow;
use std::panic::Location;

/// Starts a modelled thread.
///
/// # Safety
/// What `body` borrows must live until the thread has ended or its execution was given up.
#[track_caller]
#[inline]
pub(crate) unsafe fn spawn_thread(
    name: Option<Cow<'static, str>>,
    stack_size: usize,
    body: ThreadBody<'_>,
) -> u8 {
    // SAFETY: this is the current runtime, and no reference to it is alive here.
    unsafe { spawn(current(), name, stack_size, Location::caller(), body) }
}

/// Refuses a handle that was kept from another execution.
#[inline]
pub(crate) fn must_be_under_way(execution: u64) {
    let refused = with_current(|runtime| {
        let refused = runtime.execution != execution;
        if refused {
            runtime.refuse(ExploreError::OutsideThread);
        }
        refused
    });
    if refused {
        leave::for_good();
    }
}

/// Notes that the running thread's program panicked.
pub(crate) fn note_panic(payload: &(dyn Any + Send)) {
    with_current(|runtime| runtime.note_panic(runtime.current, payload));
}

/// The number of an address in this execution, from 1.
pub(crate) fn number_of(address: usize) -> u64 {
    with_current(|runtime| {
        let known = runtime.addresses.iter().position(|&known| known == address);
        let number = known.unwrap_or_else(|| {
            runtime.addresses.push(address);
            runtime.addresses.len() - 1
        });
        number as u64 + 1
    })
}

/// The address with this number; null for one that was never given.
pub(crate) fn address_of(number: u64) -> usize {
    with_current(|runtime| runtime.addresses.get(number as usize - 1).copied().unwrap_or_default())
}

/// Has the running thread the finer steps it needs? If not, the exploration begins anew with them, and
/// it does not go on.
pub(crate) fn needs(finer: Finer) {
    if !with_current(|runtime| runtime.needs(finer)) {
        leave::for_good();
    }
}

impl Runtime {
    /// Are these steps taken? If not, the execution ends, and the exploration begins anew.
    pub(super) fn needs(&mut self, finer: Finer) -> bool {
        let has = self.finer.has(finer);
        if !has {
            self.refuse(ExploreError::Finer(finer));
        }
        has
    }

    pub(crate) fn current_thread(&self) -> u8 {
        self.current
    }

    pub(crate) fn current_name(&self) -> (u8, Option<Cow<'static, str>>) {
        (self.current, self.threads[usize::from(self.current)].name.clone())
    }

    pub(crate) fn execution_and_thread(&self) -> (u64, u8) {
        (self.execution, self.current)
    }

    /// Whatever thread ends in this execution does this last.
    pub(crate) fn at_exit(&mut self, exit: fn()) {
        self.at_exit = Some(exit);
    }

    pub(crate) fn begin_operation(&mut self) {
        let current = usize::from(self.current);
        self.threads[current].operation += 1;
        let (thread, operation) = (self.current, self.threads[current].operation);
        if let Some(knowledge) = self.knowing() {
            knowledge.operation_begins(thread, operation);
        }
    }

    /// The running thread's operation has returned, with something (`kept`) or with nothing.
    pub(crate) fn end_operation(&mut self, kept: bool) {
        let thread = self.current;
        if let Some(knowledge) = self.knowing() {
            knowledge.operation_ends(thread, kept);
        }
    }

    pub(crate) fn has_finished(&self, thread: u8) -> bool {
        self.threads[usize::from(thread)].state == State::Finished
    }

    /// The running thread's scope answers for the panic of `thread`, if that had one that nobody took.
    pub(crate) fn pass_panic_on(&mut self, thread: u8) -> bool {
        let owner = self.current;
        let panic = self.threads[usize::from(thread)].panic.as_mut();
        let Some(panic) = panic.filter(|panic| !panic.taken) else { return false };
        panic.taken = true;
        panic.passed_to = Some(owner);
        true
    }

    /// The running thread's closure has returned; what is left is dropping what it keeps for itself.
    pub(crate) fn returns(&mut self) {
        let current = usize::from(self.current);
        self.threads[current].returned = true;
        self.news = true;
    }

    pub(crate) fn has_returned(&self, thread: u8) -> bool {
        self.threads[usize::from(thread)].returned || self.has_finished(thread)
    }

    pub(crate) fn panic_taken(&mut self, thread: u8) {
        if let Some(panic) = &mut self.threads[usize::from(thread)].panic {
            panic.taken = true;
        }
    }

    /// What the running thread does next comes after all that `thread` has done so far.
    pub(crate) fn comes_after(&mut self, thread: u8) {
        self.note_own_waiting();
        let pair = self.threads.get_disjoint_mut([usize::from(self.current), usize::from(thread)]);
        let Ok([running, ended]) = pair else { return };
        // A thread that took no step may still have learnt something: by joining others.
        running.joined |= ended.joined;
        running.joined |= u64::from(ended.state == State::Finished) << thread;
        running.after.extend_from_slice(&ended.after);
        running.woken.extend_from_slice(&ended.woken);
        if ended.last_step != super::NONE {
            running.after.push(ended.last_step);
        }
        let current = self.current;
        if let Some(knowledge) = self.knowing() {
            knowledge.joined(current, thread);
        }
    }

    /// Whether a thread has ended, as an object.
    pub(crate) fn end_of(&mut self, thread: u8) -> *const Word {
        let word: *const Word = &raw const *self.threads[usize::from(thread)].end;
        // SAFETY: as for the token.
        let end = unsafe { &*word };
        if end.number_in(self.execution).is_none() {
            end.call(end_name(thread));
            let object = self.register(end, false).expect("each execution has ends of its own");
            self.objects[object as usize].key = 3 << 62 | u64::from(thread);
        }
        word
    }

    /// The thread is a task.
    pub(crate) fn note_task(&mut self, thread: u8) {
        self.tasks |= 1 << thread;
    }

    pub(crate) fn is_task(&self, thread: u8) -> bool {
        self.tasks & 1 << thread != 0
    }

    /// The kind of value that an object holds, known before anybody asks for a step on it.
    pub(crate) fn note_bits(&mut self, object: u32, bits: Bits) {
        self.objects[object as usize].bits = bits;
    }

    /// The running thread has an object since it was made.
    pub(crate) fn note_holder(&mut self, object: u32, place: &'static Location<'static>) {
        self.held.push((object, self.current, place));
    }

    /// A thread's park token.
    pub(crate) fn token(&mut self, thread: u8) -> *const Word {
        let word: *const Word = &raw const *self.threads[usize::from(thread)].token;
        // SAFETY: the token lives in a box of the runtime's, which nothing replaces meanwhile.
        let token = unsafe { &*word };
        if token.number_in(self.execution).is_none() {
            let object = self.register(token, false).expect("each execution has tokens of its own");
            // Whoever asks for it first, it is the same token.
            self.objects[object as usize].key = 1 << 63 | u64::from(thread);
        }
        word
    }
}
