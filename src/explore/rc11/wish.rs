//! A thread's request, as the memory model sees it.

use super::event::{Choice, EventId, Op, Reason, Step};
use crate::explore::runtime::{Op as Asked, Request, Runtime};
use crate::trace::{Action, Mode, ObjectKind};

/// A request with what the memory model has to know besides.
#[derive(Clone)]
pub(super) struct Wish {
    pub request: Request,
    op: Op,
    /// What it does to an object that keeps its own order, once it can be taken.
    pub action: Option<Action>,
    reasons: Vec<Reason>,
    /// Writes that it must not read again: its thread waits for something else.
    pub declined: Vec<EventId>,
    /// Writes on which it has failed for no reason before, and need not do so again.
    pub failed_on: Vec<EventId>,
    /// The steps that ended the spinning before it.
    woken_by: Vec<EventId>,
}

impl Step for Wish {
    fn op(&self) -> Op {
        self.op
    }

    fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    fn woken_by(&self) -> &[EventId] {
        &self.woken_by
    }

    fn update(&self, read: u64) -> Option<u64> {
        let effect = self.request.effect(read, 0, 0);
        (effect.action != Action::CompareExchangeFailed).then_some(effect.word)
    }

    fn declines(&self, choice: Choice) -> bool {
        match choice {
            Choice::Fail(write) if self.failed_on.contains(&write) => true,
            Choice::Read(write) | Choice::Fail(write) => self.declined.contains(&write),
            _ => false,
        }
    }
}

impl Wish {
    /// What `thread` waits to do. `step` gives the request of an earlier event.
    pub fn of<'a>(runtime: &Runtime, thread: u8, step: impl Fn(EventId) -> &'a Request) -> Wish {
        let actor = &runtime.threads[usize::from(thread)];
        let request = actor.request;
        let mut after = actor.after.clone();
        after.sort_unstable();
        after.dedup();
        let reason = |event| {
            let notifies = matches!(step(event).op, Asked::NotifyOne | Asked::NotifyAll);
            // A notify wakes; what its thread knew is learnt through the mutex.
            Reason { event, teaches: !notifies }
        };
        let reasons = after.into_iter().map(reason).collect();
        let woken_by = actor.woken.iter().map(|waking| waking.by).collect();
        let (op, action) = op(runtime, thread, &request);
        Wish { request, op, action, reasons, declined: Vec::new(), failed_on: Vec::new(), woken_by }
    }

    /// Would the step, asked for once more, do the same to an object that keeps its own order?
    pub fn does_the_same(&self, request: &Request, thread: u8, word: impl FnOnce() -> u64) -> bool {
        self.action.is_none_or(|action| {
            let word = word();
            request.enabled(word) && request.effect(word, thread, 0).action == action
        })
    }

    /// The same step, asked for once more with other values.
    pub fn with_values_of(&self, request: &Request) -> Wish {
        let op = match self.op {
            Op::Store { location, order, .. } => Op::Store { location, order, value: request.a },
            op => op,
        };
        Wish { request: *request, op, ..self.clone() }
    }

    /// The same step, with the events before it renumbered.
    pub fn renumbered(&self, number: impl Fn(EventId) -> EventId) -> Wish {
        let mut wish = self.clone();
        wish.reasons.iter_mut().for_each(|reason| reason.event = number(reason.event));
        wish
    }
}

/// What the step is to the memory. An atomic's steps and a cell's are told by what is asked for; on
/// any other object each step is a touch, a mere look too, since its writes are touches.
fn op(runtime: &Runtime, thread: u8, request: &Request) -> (Op, Option<Action>) {
    let (location, order, failure) = (request.object, request.order, request.failure);
    let kind = runtime.objects.get(location as usize).map(|object| object.kind);
    let op = match (kind, request.op) {
        (_, Asked::Fence) => Op::Fence { order },
        (_, Asked::Choose) => Op::Pick { ways: request.a as u32 },
        (Some(ObjectKind::Cell), asked) => {
            let writes = matches!(asked, Asked::CellWrite | Asked::CellWriteEnd);
            Op::Plain { location, writes }
        }
        (Some(kind), Asked::Load) if kind.is_atomic() => Op::Load { location, order },
        (Some(kind), Asked::Store) if kind.is_atomic() => {
            Op::Store { location, value: request.a, order }
        }
        (Some(kind), asked) if kind.is_atomic() => {
            let weak = asked == Asked::CompareExchangeWeak;
            Op::Update { location, order, failure, weak }
        }
        _ => return touch(runtime, thread, request),
    };
    (op, None)
}

/// A step on an object that keeps its own order.
fn touch(runtime: &Runtime, thread: u8, request: &Request) -> (Op, Option<Action>) {
    let word = runtime.word(request);
    // What waits is taken for what it would do.
    let (mode, action) = match request.enabled(word) {
        true => {
            let action = request.effect(word, thread, 0).action;
            (action.mode().unwrap_or(Mode::Write), Some(action))
        }
        false if request.op == Asked::ReadLock => (Mode::Share, None),
        false => (Mode::Write, None),
    };
    let (acquires, releases) = match action {
        // It gives its mutex back.
        Some(Action::Wait) => (false, true),
        Some(action) => action.learns_and_leaves(),
        None => (true, true),
    };
    let second = (action == Some(Action::Wait)).then_some(request.mutex);
    let ways = if action.is_some() { request.alternatives(word, || false) } else { 1 };
    (Op::Touch { object: request.object, mode, second, acquires, releases, ways }, action)
}
