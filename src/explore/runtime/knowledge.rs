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

use super::record::peek;
use super::request::Request;
use super::{Bits, Mark, NONE, Op, Runtime, State, Taken};
use crate::trace::{Action, ObjectKind, Value};
use std::collections::VecDeque;

/// What all threads have learnt and all objects hold.
#[derive(Default)]
pub(crate) struct Knowledge {
    threads: Vec<Known>,
    objects: Vec<Held>,
    /// Has any thread yielded, in any execution? Only then does it matter what a thread has looked
    /// at since it last changed something.
    pub(crate) anyone_yields: bool,
    /// Nobody will ask any more in this execution.
    pub(crate) idle: bool,
}

/// What a thread has learnt.
#[derive(Clone, Copy, Default)]
struct Known {
    /// Its results, and where it got them.
    learnt: Mark,
    /// What it had learnt when its operation began.
    outside: Mark,
    /// Operations begun and not ended.
    depth: u32,
    /// Steps since the operation began.
    steps: u32,
}

/// A touch of an object: by whom, in which operation, at which step of it, knowing what.
type Touch = (u8, u32, u32, Mark);

/// What an object holds.
#[derive(Default)]
struct Held {
    /// The first touch of the first thread that has touched it. It names an object that was not
    /// registered when it was made: whoever touches it at this place has the same one in hand.
    touch: Option<Touch>,
    word: u64,
    /// What a lock guards, a cell holds or a pointer points to.
    content: Mark,
    /// The value of a cell, where it is one.
    value: Option<u64>,
    /// The messages of a channel.
    messages: VecDeque<Mark>,
    /// The threads that hold a lock, as a bit set.
    holders: u64,
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

    /// The thread has learnt something without a step.
    pub(super) fn learn(&mut self, thread: u8, news: u64) {
        let known = self.thread(thread);
        known.learnt = known.learnt.with(news);
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
            Receive => held.messages.pop_front().unwrap_or_default(),
            // Whom it wakes, the program is not told.
            NotifyOne | NotifyAll | NotifyNobody => Mark::NONE,
            _ => Mark::of(result),
        };
        known.learnt = known.learnt.and(news);
        known.steps += 1;
        let left = |value: u64| match is_plain(request.bits) {
            true => Mark::of(value),
            false => known.learnt,
        };
        match taken.action {
            Unlock => held.content = left(request.a),
            OnceEnd => held.content = known.learnt,
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
            mutex.word = 0;
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

    /// The state of the program, by which two executions are known to be in the same one.
    pub(crate) fn state(&self) -> Mark {
        let Some(knowledge) = &self.knowledge else { return Mark::NONE };
        let mut state = Mark::NONE.with(self.live);
        for (number, thread) in self.threads.iter().enumerate() {
            let (kind, detail) = match thread.state {
                State::Absent => continue,
                State::Running => (1, 0),
                State::Asking => (2, 0),
                State::Joining(other) => (3, u64::from(other)),
                State::AtBarrier(object) => (4, self.name(knowledge, object).0 as u64),
                State::Released => (5, 0),
                State::Spinning => (6, 0),
                State::Finished => (7, 0),
            };
            let known = knowledge.threads.get(number).copied().unwrap_or_default();
            state = state.with(number as u64).with(kind).with(detail).and(known.learnt);
            if let Some(panic) = &thread.panic {
                state = state.with(u64::from(panic.order)).with(u64::from(panic.taken));
            }
            if thread.state == State::Asking {
                state = state.and(self.asked(knowledge, &thread.request));
            }
            if knowledge.anyone_yields && thread.state != State::Finished {
                state = state.and(self.looked_at(knowledge, number as u8));
            }
        }
        let all = (0..self.objects.len() as u32).map(|object| self.held(knowledge, object).0);
        // A sum, since objects are numbered in the order in which this execution met them.
        state.and(Mark(all.fold(0, u128::wrapping_add)))
    }

    fn asked(&self, knowledge: &Knowledge, request: &Request) -> Mark {
        let place = std::ptr::from_ref(request.place) as u64;
        let mut mark = Mark::of(request.op as u64).with(place);
        // Addresses differ from one execution to the next.
        let is_address = matches!(request.op, Op::CellRead | Op::CellWrite);
        if !is_address && request.bits != Bits::Pointer {
            mark = mark.with(request.a).with(request.b);
        }
        for object in [request.object, request.mutex] {
            if object != NONE {
                mark = mark.and(self.name(knowledge, object));
            }
        }
        mark
    }

    /// What a thread that spins has looked at, and whether there is news.
    fn looked_at(&self, knowledge: &Knowledge, thread: u8) -> Mark {
        let looked = &self.threads[usize::from(thread)].looked_at;
        if looked.is_empty() {
            return Mark(0);
        }
        if looked.len() >= 64 || self.has_news(thread) {
            return Mark(1);
        }
        let mut objects: Vec<Mark> =
            looked.iter().map(|look| self.name(knowledge, look.object)).collect();
        objects.sort_unstable();
        objects.dedup();
        objects.into_iter().fold(Mark(2), Mark::and)
    }

    /// What an object is known by in every execution.
    fn name(&self, knowledge: &Knowledge, object: u32) -> Mark {
        let info = &self.objects[object as usize];
        let name = Mark::of(info.key).with(info.kind as u64);
        match knowledge.objects[object as usize].touch {
            Some((thread, operation, step, learnt)) if !info.exact => {
                let place = name.with(u64::from(thread)).with(u64::from(operation));
                place.with(u64::from(step)).and(learnt)
            }
            _ => name,
        }
    }

    /// What an object is and holds.
    fn held(&self, knowledge: &Knowledge, object: u32) -> Mark {
        let held = &knowledge.objects[object as usize];
        let info = &self.objects[object as usize];
        let word = if info.bits == Bits::Pointer { 0 } else { held.word };
        let mark = self.name(knowledge, object).with(word).and(held.content);
        held.messages.iter().fold(mark, |mark, message| mark.and(*message))
    }

    /// What an object holds, as it is shown: a value, a lock's holders, the messages in a channel.
    pub(crate) fn shown(&self, object: u32) -> Shown {
        let Some(knowledge) = &self.knowledge else { return Shown::Nothing };
        let info = &self.objects[object as usize];
        let word = knowledge.word(object);
        match info.kind {
            ObjectKind::Mutex | ObjectKind::RwLock => Shown::Holders(knowledge.holders(object)),
            ObjectKind::Channel => Shown::Messages(super::request::channel::messages(word)),
            ObjectKind::Cell => {
                let value = knowledge.cell(object).unwrap_or(info.initial);
                info.bits.value(value).map_or(Shown::Nothing, Shown::Value)
            }
            _ => info.bits.value(word).map_or(Shown::Nothing, Shown::Value),
        }
    }
}

/// What an object holds, as far as it can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shown {
    Nothing,
    Value(Value),
    /// The holders of a lock, as a bit set.
    Holders(u64),
    Messages(u64),
}
