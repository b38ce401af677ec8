//! What decides how a program goes on: what its threads have learnt and what its objects hold.
//!
//! Two moments of two executions are the same *state* of the program when every thread stands at
//! the same place having learnt the same, and every object holds the same. A thread's locals cannot
//! be looked at, but a program under exploration is deterministic, so they are determined by what
//! the thread has learnt in its steps; and so is what it leaves behind a lock or in a message, where
//! that is not a plain number that can be compared itself.
//!
//! What a thread learns inside an [`operation`](crate::model::operation) that returns nothing is
//! forgotten when it ends. Everything else is remembered for good.
//!
//! It is kept only where somebody asks for states.

use super::effect::lock;
use super::record::peek;
use super::{Bits, Mark, NONE, Runtime, Taken};
use crate::trace::Action;
use std::collections::VecDeque;

/// What all threads have learnt and all objects hold.
#[derive(Default)]
pub(crate) struct Knowledge {
    pub(super) threads: Vec<Known>,
    pub(super) objects: Vec<Held>,
    /// Has any thread yielded, in any execution? Only then does it matter what a thread has looked
    /// at since it last changed something.
    pub(crate) anyone_yields: bool,
    /// Nobody will ask any more in this execution.
    pub(crate) idle: bool,
}

/// What a thread has learnt.
#[derive(Clone, Copy, Default)]
pub(super) struct Known {
    /// Its results, and where it got them.
    pub(super) learnt: Mark,
    /// What it had learnt when its operation began.
    pub(super) outside: Mark,
    /// Operations begun and not ended.
    pub(super) depth: u32,
    /// Steps since the operation began.
    pub(super) steps: u32,
}

/// A touch of an object: by whom, in which operation, at which step of it, knowing what.
type Touch = (u8, u32, u32, Mark);

/// What an object holds.
#[derive(Default)]
pub(super) struct Held {
    /// The first touch of the first thread that has touched it. It names an object that was not
    /// registered when it was made: whoever touches it at this place has the same one in hand.
    pub(super) touch: Option<Touch>,
    pub(super) word: u64,
    /// What a lock guards, a cell holds or a pointer points to.
    pub(super) content: Mark,
    /// The value of a cell, where it is one.
    pub(super) value: Option<u64>,
    /// The messages of a channel.
    pub(super) messages: VecDeque<Mark>,
    /// The threads that hold a lock, as a bit set.
    pub(super) holders: u64,
}

/// Can a value of this kind be compared by its bits?
fn is_plain(bits: Bits) -> bool {
    !matches!(bits, Bits::Opaque | Bits::Pointer)
}

impl Knowledge {
    /// Nothing is known before the first step of an execution.
    pub(super) fn begin(&mut self) {
        self.threads.clear();
        self.objects.clear();
        self.idle = false;
    }

    pub(super) fn object_made(&mut self, word: u64) {
        self.objects.push(Held { word, ..Held::default() });
    }

    fn thread(&mut self, thread: u8) -> &mut Known {
        let index = usize::from(thread);
        if self.threads.len() <= index {
            self.threads.resize(index + 1, Known::default());
        }
        &mut self.threads[index]
    }

    /// A child is made of what its parent knows.
    pub(super) fn spawned(&mut self, parent: u8, child: u8) {
        let inherited = match parent {
            u8::MAX => Mark::NONE,
            _ => self.thread(parent).learnt,
        };
        let learnt = inherited.with(u64::from(child));
        *self.thread(child) = Known { learnt, ..Known::default() };
    }

    /// Who joins a thread gets what it returned.
    pub(super) fn joined(&mut self, thread: u8, other: u8) {
        let theirs = self.thread(other).learnt;
        let known = self.thread(thread);
        known.learnt = known.learnt.and(theirs);
    }

    pub(super) fn operation_begins(&mut self, thread: u8, number: u32) {
        let known = self.thread(thread);
        known.depth += 1;
        if known.depth == 1 {
            known.learnt = known.learnt.with(u64::from(number));
            known.outside = known.learnt;
            known.steps = 0;
        }
    }

    /// An operation has returned, with something (`kept`) or nothing.
    pub(super) fn operation_ends(&mut self, thread: u8, kept: bool) {
        let known = self.thread(thread);
        known.depth -= 1;
        if known.depth == 0 && !kept {
            // One mark further than the beginning, or the next step could be taken for the first.
            known.learnt = known.outside.with(u64::MAX);
            known.steps = 0;
        }
    }

    /// The thread asks for a step on the object.
    pub(super) fn touched(&mut self, thread: u8, operation: u32, object: u32) {
        let known = *self.thread(thread);
        let touch = (thread, operation, known.steps, known.learnt);
        let first = &mut self.objects[object as usize].touch;
        // Compared by what comes before the mark: a thread's first touch stays its first.
        let place = |touch: &Touch| (touch.0, touch.1, touch.2);
        if first.as_ref().is_none_or(|first| place(&touch) < place(first)) {
            *first = Some(touch);
        }
    }

    pub(super) fn changed_silently(&mut self, object: u32, word: u64) {
        self.objects[object as usize].word = word;
    }

    /// The thread has written a cell.
    pub(super) fn cell_written(&mut self, thread: u8, object: u32, value: Option<u64>) {
        let learnt = self.thread(thread).learnt;
        let held = &mut self.objects[object as usize];
        held.content = value.map_or(learnt, Mark::of);
        held.value = value;
    }

    /// The value of a cell, once it has been written.
    pub(crate) fn cell(&self, object: u32) -> Option<u64> {
        self.objects[object as usize].value
    }

    /// The object's word.
    pub(crate) fn word(&self, object: u32) -> u64 {
        self.objects[object as usize].word
    }

    /// Who holds the lock.
    pub(crate) fn holders(&self, object: u32) -> u64 {
        self.objects[object as usize].holders
    }

    /// The thread has taken a step: what it learns from it, and what it leaves behind.
    pub(super) fn stepped(&mut self, thread: u8, taken: &Taken, result: u64, word: u64) {
        use Action::*;
        let request = &taken.request;
        let me = u64::from(thread);
        let mut known = *self.thread(thread);
        if request.object == NONE {
            known.learnt = known.learnt.with(result);
            known.steps += 1;
            *self.thread(thread) = known;
            return;
        }
        let held = &mut self.objects[request.object as usize];
        let news = match taken.action {
            CellRead | CellWrite if is_plain(request.bits) => {
                Mark::of(peek(request.a, request.bits))
            }
            Load | Swap | CompareExchange | CompareExchangeFailed
                if request.bits == Bits::Pointer =>
            {
                held.content.with(u64::from(taken.action == CompareExchange))
            }
            CellRead | CellWrite | Load | OnceBegin | OnceDone | Lock | ReadLock | Reacquire => {
                held.content.with(result)
            }
            // Tasks of one thread tell each other things that are no steps.
            TaskStart | GoOn => held.content.with(result),
            Receive => held.messages.pop_front().unwrap_or_default(),
            // Whom it wakes, the program is not told.
            NotifyOne | NotifyAll | NotifyNobody => Mark::NONE,
            // What was there does not tell, where it may fail for no reason.
            CompareExchangeFailed => Mark::of(result).with(1),
            _ => Mark::of(result),
        };
        known.learnt = known.learnt.and(news);
        known.steps += 1;
        let left = |value: u64| match is_plain(request.bits) {
            true => Mark::of(value),
            false => known.learnt,
        };
        match taken.action {
            Unlock | Downgrade => held.content = left(request.a),
            OnceEnd | Await | TaskEnd | TaskCancelled => held.content = known.learnt,
            WakeTask => held.content = held.content.and(known.learnt),
            Store | Swap | CompareExchange if request.bits == Bits::Pointer => {
                held.content = known.learnt;
            }
            Send => held.messages.push_back(left(request.b)),
            CloseReceiver => held.messages.clear(),
            _ => {}
        }
        match taken.action {
            Lock | ReadLock | Reacquire => held.holders |= 1 << me,
            Unlock | ReadUnlock => held.holders &= !(1 << me),
            _ => {}
        }
        held.word = word;
        if taken.action == Wait {
            let mutex = &mut self.objects[request.mutex as usize];
            mutex.content = left(request.b);
            mutex.holders &= !(1 << me);
            mutex.word = lock::freed(mutex.word);
        }
        *self.thread(thread) = known;
    }
}

impl Runtime {
    /// What is known, while somebody wants to know.
    #[inline]
    pub(super) fn knowing(&mut self) -> Option<&mut Knowledge> {
        self.knowledge.as_deref_mut().filter(|knowledge| !knowledge.idle)
    }
}
