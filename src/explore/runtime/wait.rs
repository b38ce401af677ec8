//! Who can go on: with a step, or without one.

use super::{Request, Runtime, State, Waking};
use crate::trace::Mode;

impl Runtime {
    /// The threads whose step can be taken now, as a bit set.
    #[inline]
    pub(crate) fn enabled(&self) -> u64 {
        let mut enabled = 0;
        let mut asking = self.asking;
        while asking != 0 {
            let thread = asking.trailing_zeros();
            asking &= asking - 1;
            let request = &self.threads[thread as usize].request;
            if request.word.is_null() || request.enabled(self.word(request)) {
                enabled |= 1 << thread;
            }
        }
        enabled
    }

    /// In how many ways a thread can take the step that it has asked for.
    #[inline]
    pub(crate) fn alternatives(&self, thread: u8) -> u32 {
        match self.threads[usize::from(thread)].request.has_alternatives() {
            true => self.count_alternatives(thread),
            false => 1,
        }
    }

    #[inline(never)] // few steps have any
    fn count_alternatives(&self, thread: u8) -> u32 {
        let actor = &self.threads[usize::from(thread)];
        let request = &actor.request;
        let fails_anew = || !actor.failures.iter().any(|failed| failed.fails_like(request));
        request.alternatives(self.word(request), fails_anew)
    }

    /// The state of the object a pending request is about.
    #[inline]
    pub(crate) fn word(&self, request: &Request) -> u64 {
        if request.word.is_null() {
            return 0;
        }
        // SAFETY: the request is pending, so its thread borrows the object.
        unsafe { (*request.word).get() }
    }

    /// A thread that waits for something other than a step and has it now.
    pub(super) fn released(&mut self) -> Option<u8> {
        let mut waiting = self.live & !self.asking;
        while waiting != 0 {
            let thread = waiting.trailing_zeros() as u8;
            waiting &= waiting - 1;
            let free = match self.threads[usize::from(thread)].state {
                State::Joining(other) => self.has_finished(other),
                State::Returning(other) => self.has_returned(other),
                State::Released => true,
                State::Spinning => self.has_news(thread),
                _ => false,
            };
            if free {
                return Some(thread);
            }
        }
        None
    }

    pub(super) fn release(&mut self, thread: u8) {
        let by = self.steps.wrapping_sub(1);
        let released = &mut self.threads[usize::from(thread)];
        if let (State::Spinning, Some(first)) = (released.state, released.looked_at.first()) {
            // Of several changes that commute any may be the one that wakes: classes do not tell.
            let by_share = self.objects[first.object as usize].changed_by.mode();
            self.uncountable |= by_share == Some(Mode::Share);
            released.woken.push(Waking {
                by,
                thread,
                looks: Some((first.step, released.last_step)),
            });
            released.looked_at.clear();
        }
        released.state = State::Running;
    }

    /// Has anything changed that the thread looked at?
    pub(super) fn has_news(&self, thread: u8) -> bool {
        self.threads[usize::from(thread)]
            .looked_at
            .iter()
            .any(|look| self.objects[look.object as usize].version != look.version)
    }
}
