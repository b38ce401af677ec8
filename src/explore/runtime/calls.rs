//! What the model's types ask of the runtime besides steps.

use super::spawn::spawn;
use super::{Runtime, State, Thread, Waking, Word, current, with_current};
use crate::trace::Mode;
use std::any::Any;
use std::borrow::Cow;

/// Starts a modelled thread.
///
/// # Safety
/// What `body` borrows must live until the thread has ended or its execution was given up.
#[track_caller]
pub(crate) unsafe fn spawn_thread(
    name: Option<Cow<'static, str>>,
    stack_size: usize,
    body: impl FnOnce(),
) -> u8 {
    // SAFETY: this is the current runtime, and no reference to it is alive here.
    unsafe { spawn(current(), name, stack_size, body) }
}

/// Notes that the running thread's program panicked.
pub(crate) fn note_panic(payload: &(dyn Any + Send)) {
    with_current(|runtime| runtime.note_panic(runtime.current, payload));
}

/// Is the running thread unwinding from a panic of its own?
///
/// `std::thread::panicking` alone would not do: another modelled thread may have stopped in the
/// middle of its unwinding, on the same OS thread.
pub(crate) fn is_unwinding() -> bool {
    std::thread::panicking()
        && with_current(|runtime| {
            // `resume_unwind` calls no hook: if nobody else has been seen to unwind, it is this one.
            let seen = runtime.threads.iter().any(|thread| thread.unwinding);
            // Nobody runs while the explorer itself does.
            runtime.threads.get_mut(usize::from(runtime.current)).is_some_and(|thread| {
                thread.unwinding |= !seen;
                thread.unwinding
            })
        })
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

impl Runtime {
    pub(crate) fn current_thread(&self) -> u8 {
        self.current
    }

    pub(crate) fn current_name(&self) -> (u8, Option<Cow<'static, str>>) {
        (self.current, self.threads[usize::from(self.current)].name.clone())
    }

    pub(crate) fn execution_and_thread(&self) -> (u64, u8) {
        (self.execution, self.current)
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

    /// The running thread has learnt something without a step.
    pub(crate) fn learn(&mut self, news: u64) {
        let thread = self.current;
        if let Some(knowledge) = self.knowing() {
            knowledge.learn(thread, news);
        }
    }

    pub(crate) fn has_finished(&self, thread: u8) -> bool {
        self.threads[usize::from(thread)].state == State::Finished
    }

    pub(crate) fn has_untaken_panic(&self, thread: u8) -> bool {
        self.threads[usize::from(thread)].panic.as_ref().is_some_and(|panic| !panic.taken)
    }

    pub(crate) fn panic_taken(&mut self, thread: u8) {
        if let Some(panic) = &mut self.threads[usize::from(thread)].panic {
            panic.taken = true;
        }
    }

    /// What the running thread does next comes after all that `thread` has done.
    pub(crate) fn comes_after(&mut self, thread: u8) {
        let pair = self.threads.get_disjoint_mut([usize::from(self.current), usize::from(thread)]);
        let Ok([running, ended]) = pair else { return };
        // A thread that took no step may still have learnt something: by joining others.
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

    /// Must the running thread wait for news before it looks again?
    pub(crate) fn must_spin(&mut self) -> bool {
        let current = usize::from(self.current);
        self.threads[current].yields += 1;
        if let Some(knowledge) = &mut self.knowledge {
            knowledge.anyone_yields = true;
        }
        let thread = &self.threads[usize::from(self.current)];
        let looked = !thread.looked_at.is_empty() && thread.looked_at.len() < 64;
        // Whether news came before or after this moment is no matter of dependent steps, and with
        // several objects it makes a difference how often the thread looks: classes no longer tell
        // how many interleavings there are.
        let first = thread.looked_at.first().map(|look| look.object);
        self.uncountable |= thread.looked_at.iter().any(|look| Some(look.object) != first);
        if looked && !self.has_news(self.current) {
            return true;
        }
        if looked {
            self.had_news(current);
        }
        self.threads[current].looked_at.clear();
        false
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

    /// A thread's park token.
    pub(crate) fn token(&mut self, thread: u8) -> *const Word {
        let word: *const Word = &raw const *self.threads[usize::from(thread)].token;
        // SAFETY: the token lives in a box of the runtime's, which nothing replaces meanwhile.
        let token = unsafe { &*word };
        if !token.belongs_to(self.execution) {
            let object = self.register(token, false).expect("each execution has tokens of its own");
            // Whoever asks for it first, it is the same token.
            self.objects[object as usize].key = 1 << 63 | u64::from(thread);
        }
        word
    }
}
