//! The state of the program, made of what is known of its threads and objects.

use super::knowledge::Knowledge;
use super::request::Request;
use super::{Bits, Mark, NONE, Runtime, State, effect};
use crate::trace::{ObjectKind, Value};

impl Runtime {
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
                State::Returning(other) => (8, u64::from(other)),
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
            for failed in &thread.failures {
                // It does not fail so again before somebody writes.
                state = state.and(self.asked(knowledge, failed));
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
        if !request.op.is_on_cell() && request.bits != Bits::Pointer {
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
            ObjectKind::Mutex | ObjectKind::RwLock => {
                let (holders, guards) = (knowledge.holders(object), info.guarded);
                Shown::Lock { holders, guards }
            }
            ObjectKind::Channel => Shown::Messages(effect::channel::messages(word)),
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
    /// The holders of a lock, as a bit set, and what it guards.
    Lock {
        holders: u64,
        guards: Option<Value>,
    },
    Messages(u64),
}
