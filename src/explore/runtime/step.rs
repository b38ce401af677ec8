//! Asking for a step, and performing it.

use super::request::{Bits, Effect, NONE, Op, Request};
use super::thread::Look;
use super::{CURRENT, Runtime, State, Word, abandon, thread_at, with_current};
use crate::trace::{Action, ObjectId, Step, ThreadId};
use std::panic::Location;
use std::sync::atomic::Ordering;

/// What a step found and did: enough to analyse it later, without values.
#[derive(Clone, Copy)]
pub(crate) struct Taken {
    pub request: Request,
    pub action: Action,
    /// The states of its object and of a wait's mutex before the step.
    pub before: u64,
    pub mutex_before: u64,
    /// Did it change its object's state?
    pub changed: bool,
}

/// What a memory with stale reads decides about a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// The value that the step finds.
    pub value: u64,
    /// A weak compare-exchange fails for no reason.
    pub fails: bool,
    /// Does it read?
    pub reads: bool,
    /// Does it write?
    pub writes: bool,
    /// Does what it writes become the newest value?
    pub newest: bool,
    /// As [`Step::stale`].
    pub stale: Option<Option<usize>>,
    /// As [`Step::behind`].
    pub behind: Option<Option<usize>>,
}

/// Asks for a step on `word` and returns what it gives, once the scheduler has let the thread go.
#[inline]
#[track_caller]
pub(crate) fn step(word: &Word, bits: Bits, op: Op, order: Ordering, a: u64, b: u64) -> u64 {
    let place = Location::caller();
    with_current(|runtime| {
        let (object, word) = word.locate(runtime);
        let (mutex, mutex_word) = (NONE, std::ptr::null());
        let failure = order;
        runtime.note_request(Request {
            op,
            bits,
            order,
            failure,
            object,
            mutex,
            word,
            mutex_word,
            a,
            b,
            place,
        });
    });
    ask()
}

/// As [`step`], for the few steps with a second object, a second ordering, or no object.
#[track_caller]
pub(crate) fn step_with(
    word: Option<&Word>,
    mutex: Option<&Word>,
    bits: Bits,
    op: Op,
    (order, failure): (Ordering, Ordering),
    a: u64,
    b: u64,
) -> u64 {
    let place = Location::caller();
    with_current(|runtime| {
        let (object, word) = match word {
            Some(word) => word.locate(runtime),
            None => (NONE, std::ptr::null()),
        };
        let (mutex, mutex_word) = match mutex {
            Some(word) => word.locate(runtime),
            None => (NONE, std::ptr::null()),
        };
        runtime.note_request(Request {
            op,
            bits,
            order,
            failure,
            object,
            mutex,
            word,
            mutex_word,
            a,
            b,
            place,
        });
    });
    ask()
}

/// Stops the current thread until its request has been granted.
#[inline]
fn ask() -> u64 {
    let rt = CURRENT.get();
    // SAFETY: `rt` is the current runtime (`with_current` has just checked it); the accesses are
    // short ones on either side of the switch. The yielder belongs to the running coroutine.
    unsafe {
        let thread = (*rt).current;
        if (*rt).abandoning {
            return abandon::inert_step(rt, thread);
        }
        thread_at(rt, thread).state = State::Asking;
        (*rt).asking |= 1 << thread;
        if !(*rt).goes_on_by_itself(thread) {
            (*thread_at(rt, thread).yielder).suspend(());
            if (*rt).abandoning {
                return abandon::inert_step(rt, thread);
            }
        }
        thread_at(rt, thread).result
    }
}

/// Stops the current thread in a state that is not a request, until `settle` lets it go on.
#[track_caller]
pub(crate) fn wait_in(state: State) {
    let place = Location::caller();
    let rt = CURRENT.get();
    // SAFETY: as in `ask`.
    unsafe {
        let thread = (*rt).current;
        if (*rt).abandoning {
            abandon::inert_step(rt, thread);
            return;
        }
        (*rt).anyone_spins |= state == State::Spinning;
        thread_at(rt, thread).waits_at = place;
        thread_at(rt, thread).state = state;
        (*thread_at(rt, thread).yielder).suspend(());
        if (*rt).abandoning {
            abandon::inert_step(rt, (*rt).current);
        }
    }
}

/// The value in the memory of a plain cell.
pub(super) fn peek(address: u64, bits: Bits) -> u64 {
    let width = match bits {
        Bits::Unsigned(width) | Bits::Signed(width) => width,
        Bits::Bool => 8,
        Bits::Pointer | Bits::Opaque => return 0,
    };
    // SAFETY: the address is that of a live cell of an integer or `bool` of this width, borrowed by
    // the thread whose step is being recorded; all modelled threads run on this OS thread.
    unsafe {
        match width {
            8 => u64::from(*(address as *const u8)),
            16 => u64::from(*(address as *const u16)),
            32 => u64::from(*(address as *const u32)),
            _ => *(address as *const u64),
        }
    }
}

impl Runtime {
    /// Notes what the running thread is about to ask for.
    #[inline]
    fn note_request(&mut self, request: Request) {
        if let Some(info) = self.objects.get_mut(request.object as usize)
            && info.bits == Bits::Opaque
        {
            info.bits = request.bits;
            if matches!(request.op, Op::CellRead | Op::CellWrite) {
                info.initial = peek(request.a, request.bits);
            }
        }
        let thread = self.current;
        if self.knowledge.is_some() {
            self.note_touch(thread, request.object, request.mutex);
        }
        self.threads[usize::from(thread)].request = request;
    }

    fn note_touch(&mut self, thread: u8, object: u32, mutex: u32) {
        let operation = self.threads[usize::from(thread)].operation;
        let Some(knowledge) = self.knowing() else { return };
        for object in [object, mutex].into_iter().filter(|&object| object != NONE) {
            knowledge.touched(thread, operation, object);
        }
    }

    /// Performs the step that `thread` has asked for; the thread does not run yet.
    #[inline(always)]
    pub(super) fn perform(&mut self, thread: u8, choice: u32) -> Taken {
        let index = usize::from(thread);
        let request = self.threads[index].request;
        let seen = self.seen.take();
        let before = seen.map_or_else(|| self.word(&request), |seen| seen.value);
        let mut effect = request.effect(before, thread, choice);
        if seen.is_some_and(|seen| seen.fails) {
            effect = Effect { action: Action::CompareExchangeFailed, result: before, word: before };
        }
        let (changed, writes) = match seen {
            None => (effect.word != before, effect.word != before),
            Some(seen) => (
                seen.newest && effect.word != self.word(&request),
                // A read-modify-write that leaves the value as it was has only looked.
                seen.writes && !(seen.reads && effect.word == before),
            ),
        };
        let mut taken = Taken { request, action: effect.action, before, mutex_before: 0, changed };
        let nth = self.steps;
        if self.recording.is_some() {
            self.record(thread, choice, &taken, &effect, seen);
        }
        self.steps += 1;
        self.asking &= !(1 << thread);
        let actor = &mut self.threads[index];
        actor.result = match request.op {
            Op::Choose => u64::from(choice),
            _ => effect.result,
        };
        actor.failed = effect.action == Action::CompareExchangeFailed;
        actor.state = State::Running;
        actor.last_step = nth;
        if !request.word.is_null() {
            let info = &mut self.objects[request.object as usize];
            if changed {
                info.version += 1;
                info.changed_by = effect.action;
                info.changed_at = nth;
                self.news |= self.anyone_spins;
                // SAFETY: the request is pending, so its thread borrows the object.
                unsafe { (*request.word).set(effect.word) };
            }
            // Who saw an old value has not seen the news.
            let stale = seen.is_some_and(|seen| seen.stale.is_some());
            let version = info.version.wrapping_sub(u32::from(stale));
            if writes {
                actor.looked_at.clear();
            } else if request.op != Op::Store && actor.looked_at.len() < 64 {
                // A blind store that changes nothing has not looked either.
                let look = Look { object: request.object, version, step: nth };
                actor.looked_at.push(look);
            }
        }
        match effect.action {
            // Most steps, told apart at once.
            Action::Load | Action::Store | Action::FetchAdd => {}
            Action::Lock | Action::ReadLock | Action::Reacquire => {
                self.held.push((request.object, thread, request.place));
            }
            Action::Unlock | Action::ReadUnlock => self.give_back(request.object, thread),
            Action::Wait => taken.mutex_before = self.fall_asleep(thread, &request),
            Action::TimeOut if !request.mutex_word.is_null() => self.wake(thread, nth, 1),
            Action::NotifyOne | Action::NotifyAll => {
                let mut woken = effect.result;
                while woken != 0 {
                    self.wake(woken.trailing_zeros() as u8, nth, 0);
                    woken &= woken - 1;
                }
            }
            Action::Arrive if effect.result == 1 => self.open_barrier(request.object, nth),
            _ => {}
        }
        let result = self.threads[index].result;
        if let Some(knowledge) = self.knowing() {
            knowledge.stepped(thread, &taken, result, effect.word);
        }
        taken
    }

    /// A thread holds a lock no longer.
    fn give_back(&mut self, object: u32, thread: u8) {
        if let Some(at) = self.held.iter().rposition(|held| (held.0, held.1) == (object, thread)) {
            self.held.swap_remove(at);
        }
    }

    /// The second half of a wait: the mutex is given back, and the thread asks to sleep on.
    fn fall_asleep(&mut self, thread: u8, request: &Request) -> u64 {
        // SAFETY: the waiting thread borrows the mutex through its guard.
        let mutex = unsafe { &*request.mutex_word };
        let before = mutex.get();
        mutex.set(0);
        let info = &mut self.objects[request.mutex as usize];
        info.version += 1;
        info.changed_by = Action::Unlock;
        info.changed_at = self.steps - 1;
        self.news |= self.anyone_spins;
        self.give_back(request.mutex, thread);
        let sleeper = &mut self.threads[usize::from(thread)];
        sleeper.request.op = if request.a == 1 { Op::TimeOut } else { Op::Asleep };
        sleeper.state = State::Asking;
        self.asking |= 1 << thread;
        before
    }

    /// Wakes a thread that waits on a condition variable: it asks for its mutex again.
    fn wake(&mut self, thread: u8, by: u32, timed_out: u64) {
        let sleeper = &mut self.threads[usize::from(thread)];
        let request = &mut sleeper.request;
        request.op = Op::Reacquire;
        request.object = request.mutex;
        request.word = request.mutex_word;
        request.mutex = NONE;
        request.mutex_word = std::ptr::null();
        request.b = timed_out;
        // Its own time-out comes first anyway.
        if timed_out == 0 {
            sleeper.after.push(by);
        }
        sleeper.state = State::Asking;
        self.asking |= 1 << thread;
    }

    /// Lets everyone go on who has arrived at the barrier.
    fn open_barrier(&mut self, object: u32, by: u32) {
        self.news = true;
        for thread in &mut self.threads {
            if thread.state == State::AtBarrier(object) {
                thread.state = State::Released;
                thread.after.push(by);
            }
        }
    }

    fn record(
        &mut self,
        thread: u8,
        choice: u32,
        taken: &Taken,
        effect: &Effect,
        seen: Option<Seen>,
    ) {
        let mut step = self.describe(thread, choice, taken, (effect.result, effect.word), seen);
        let mut after: Vec<usize> =
            self.threads[usize::from(thread)].after.iter().map(|&step| step as usize).collect();
        after.sort_unstable();
        after.dedup();
        step.after = after;
        if let Some(steps) = &mut self.recording {
            steps.push(step);
        }
    }

    /// A step that has been performed, while its thread has not gone on.
    pub(crate) fn describe_taken(&self, thread: u8, choice: u32, taken: &Taken) -> Step {
        let result = self.threads[usize::from(thread)].result;
        self.describe(thread, choice, taken, (result, self.word(&taken.request)), None)
    }

    /// The step with its values, as a trace has it; without what it comes after.
    fn describe(
        &self,
        thread: u8,
        choice: u32,
        taken: &Taken,
        (result, word): (u64, u64),
        seen: Option<Seen>,
    ) -> Step {
        let request = &taken.request;
        let bits = request.bits;
        let (mut read, mut written) = (None, None);
        match taken.action {
            Action::Load | Action::CompareExchangeFailed => read = bits.value(result),
            Action::Store => written = bits.value(word),
            Action::CellRead => read = bits.value(peek(request.a, bits)),
            Action::Swap
            | Action::FetchAdd
            | Action::FetchSub
            | Action::FetchUpdate
            | Action::CompareExchange => {
                read = bits.value(result);
                written = bits.value(word);
            }
            _ => {}
        }
        let failed = taken.action == Action::CompareExchangeFailed;
        let order = if failed { request.failure } else { request.order };
        let ordered = matches!(
            taken.action,
            Action::Load
                | Action::Store
                | Action::Swap
                | Action::FetchAdd
                | Action::FetchSub
                | Action::FetchUpdate
                | Action::CompareExchange
                | Action::CompareExchangeFailed
                | Action::Fence
        );
        let alternatives = request.alternatives(taken.before);
        let actor = &self.threads[usize::from(thread)];
        Step {
            thread: ThreadId(thread),
            action: taken.action,
            object: (request.object != NONE).then_some(ObjectId(request.object)),
            mutex: (taken.action == Action::Wait).then_some(ObjectId(request.mutex)),
            order: ordered.then_some(order),
            read,
            written,
            choice: (alternatives > 1 || request.op == Op::Choose || seen.is_some() && choice > 0)
                .then_some(choice),
            place: request.place.into(),
            operation: actor.operation,
            after: Vec::new(),
            alone: self.live == 1 << thread,
            stale: seen.and_then(|seen| seen.stale),
            behind: seen.and_then(|seen| seen.behind),
        }
    }
}

/// The running thread has written a cell, at this address: only now can the value be seen.
pub(crate) fn cell_written(word: &Word, address: u64, bits: Bits) {
    with_current(|runtime| {
        if runtime.abandoning {
            return;
        }
        let value = (!matches!(bits, Bits::Opaque | Bits::Pointer)).then(|| peek(address, bits));
        // The writer has not stopped since its step was granted, so that step is the last one.
        if let Some(step) = runtime.recording.as_mut().and_then(|steps| steps.last_mut()) {
            step.written = value.and_then(|value| bits.value(value));
        }
        if runtime.knowledge.is_some() {
            let (object, _) = word.locate(runtime);
            let thread = runtime.current;
            if let Some(knowledge) = runtime.knowing() {
                knowledge.cell_written(thread, object, value);
            }
        }
    });
}

/// What a lock guards or a message says, where that can be compared by its bits.
pub(crate) fn content_of<T: ?Sized>(value: *const T) -> (Bits, u64) {
    // SAFETY: the pointer is that of a value the calling thread owns or holds the lock of.
    if unsafe { size_of_val(&*value) } == 0 {
        return (Bits::Unsigned(64), 0);
    }
    let bits = Bits::of::<T>();
    (bits, peek(value as *const () as u64, bits))
}

/// As [`step`], for a `Drop`: it has no caller, so the place comes from what it undoes.
pub(crate) fn step_at(place: &'static Location<'static>, word: &Word, op: Op) -> u64 {
    step_value_at(place, word, op, (Bits::Opaque, 0))
}

/// As [`step_at`], with an operand.
pub(crate) fn step_value_at(
    place: &'static Location<'static>,
    word: &Word,
    op: Op,
    (bits, a): (Bits, u64),
) -> u64 {
    with_current(|runtime| {
        let (object, word) = word.locate(runtime);
        runtime.note_request(Request {
            op,
            bits,
            order: Ordering::Relaxed,
            failure: Ordering::Relaxed,
            object,
            mutex: NONE,
            word,
            mutex_word: std::ptr::null(),
            a,
            b: 0,
            place,
        });
    });
    ask()
}

/// Has the running thread's compare-exchange, its last step, failed?
pub(crate) fn failed() -> bool {
    with_current(|runtime| {
        !runtime.abandoning && runtime.threads[usize::from(runtime.current)].failed
    })
}

/// The number of an object that has been used.
pub(crate) fn object_of(word: &Word) -> u32 {
    with_current(|runtime| word.locate(runtime).0)
}

/// Changes an object's state in a way that no step could tell.
pub(crate) fn change_silently(word: &Word, change: impl FnOnce(u64) -> u64) {
    with_current(|runtime| {
        let (object, word) = word.locate(runtime);
        // SAFETY: `locate` gives the object itself or the runtime's copy of it; both are alive.
        let word = unsafe { &*word };
        word.set(change(word.get()));
        if let Some(knowledge) = runtime.knowing() {
            knowledge.changed_silently(object, word.get());
        }
    });
}
