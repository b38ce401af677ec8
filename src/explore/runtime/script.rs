//! Steps that are only repeated: an execution begins like the one before it.
//!
//! Most steps of an exploration are such steps, so they take the short way: nobody is asked who goes
//! next, and a thread whose turn it is again goes on without stopping.

use super::{Runtime, State};
use std::panic::Location;

/// A step to repeat, and what must be the same for it to be the same step.
#[derive(Clone, Copy)]
pub(crate) struct Scripted {
    pub thread: u8,
    pub choice: u32,
    pub object: u32,
    /// What it finds, and its operand.
    pub before: u64,
    pub a: u64,
    pub place: &'static Location<'static>,
}

impl Runtime {
    /// The step to repeat next, if its thread asks for just that.
    #[inline(always)]
    pub(super) fn repeated(&self) -> Option<(u8, u32)> {
        let step = self.script.get(self.steps as usize)?;
        let request = &self.threads[usize::from(step.thread)].request;
        let same = self.asking & (1 << step.thread) != 0
            && request.object == step.object
            && request.repeats_values(self.word(request), step)
            && (std::ptr::eq(request.place, step.place) || request.place == step.place);
        same.then_some((step.thread, step.choice))
    }

    /// Takes the step that `thread` has just asked for, if it is the one to repeat next and nobody
    /// else has to run before it. True if the thread goes on.
    #[inline(always)]
    pub(super) fn goes_on_by_itself(&mut self, thread: u8) -> bool {
        let next = self.script.get(self.steps as usize);
        next.is_some_and(|step| step.thread == thread)
            && !self.news
            && self.spins.wipes == 0
            && self.newborn.is_empty()
            && self.repeat(thread)
    }

    /// Takes the step that `thread` has asked for, whose turn it is, if it is the same step as
    /// before. True if the thread goes on.
    #[inline(never)]
    fn repeat(&mut self, thread: u8) -> bool {
        let Some((_, choice)) = self.repeated() else { return false };
        self.perform(thread, choice);
        super::pulse::steps(self.steps);
        self.forget_reasons(thread);
        self.threads[usize::from(thread)].state == State::Running
    }

    /// The step is taken: what had to come before it is no longer news.
    #[inline]
    pub(super) fn forget_reasons(&mut self, thread: u8) {
        let thread = &mut self.threads[usize::from(thread)];
        thread.after.clear();
        thread.woken.clear();
    }
}
