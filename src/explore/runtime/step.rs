//! Performing a step: what it does to its object, to its thread and to whoever it wakes.

use super::effect::{Effect, lock};
use super::request::{NONE, Op, Request};
use super::thread::{Look, Thread};
use super::{Runtime, State};
use crate::trace::{Action, Mode};

/// What a step found and did: enough to analyse it later, without values.
#[derive(Clone, Copy)]
pub(crate) struct Taken {
    pub request: Request,
    pub action: Action,
    /// The state of its object before the step.
    pub before: u64,
    /// In how many ways it could have been taken.
    pub alternatives: u32,
    /// Did it change its object's state?
    pub changed: bool,
}

impl Taken {
    fn new(request: Request, done: Done, alternatives: u32) -> Self {
        let Done { action, before, changed } = done;
        Taken { request, action, before, alternatives, changed }
    }
}

/// As [`Taken`], without what was asked for.
#[derive(Clone, Copy)]
pub(super) struct Done {
    action: Action,
    before: u64,
    changed: bool,
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
    /// Does it look at an old value, while there is a newer one?
    pub outdated: bool,
    /// As [`Step::stale`].
    pub stale: Option<Option<usize>>,
    /// As [`Step::behind`].
    pub behind: Option<Option<usize>>,
}

impl Runtime {
    /// Performs the step that `thread` has asked for, and says what it found and did; the thread
    /// does not run yet.
    #[inline]
    pub(super) fn perform_and_tell(&mut self, thread: u8, choice: u32) -> Taken {
        let request = self.threads[usize::from(thread)].request;
        let alternatives = self.alternatives(thread);
        let done = self.perform(thread, choice);
        Taken::new(request, done, alternatives)
    }

    /// Performs the step that `thread` has asked for; the thread does not run yet.
    #[inline]
    pub(super) fn perform(&mut self, thread: u8, choice: u32) -> Done {
        if self.seen.is_some() || self.recording.is_some() || self.knowledge.is_some() {
            return self.perform_watched(thread, choice);
        }
        self.perform_as::<false>(thread, choice)
    }

    /// As [`perform`](Self::perform), where a memory decides what is seen, or somebody looks on.
    #[inline(never)]
    fn perform_watched(&mut self, thread: u8, choice: u32) -> Done {
        self.perform_as::<true>(thread, choice)
    }

    #[inline(always)]
    fn perform_as<const WATCHED: bool>(&mut self, thread: u8, choice: u32) -> Done {
        let index = usize::from(thread);
        let seen = if WATCHED { self.seen.take() } else { None };
        // Looked at where it stands: most steps are only repeated, and a copy costs as much as they.
        let request = &self.threads[index].request;
        let Request { op, object, word, place, .. } = *request;
        let operands = (request.a, request.b);
        let before = seen.map_or_else(|| self.word(request), |seen| seen.value);
        // Where the memory decides what is seen, it also says what fails.
        let way = if seen.is_some() { 0 } else { choice };
        let mut effect = request.effect(before, thread, way);
        if seen.is_some_and(|seen| seen.fails) {
            effect = Effect { action: Action::CompareExchangeFailed, result: before, word: before };
        }
        let (changed, writes) = match seen {
            None => (effect.word != before, effect.word != before),
            Some(seen) => {
                // A read-modify-write that leaves the value as it was has only looked. A store is
                // another one to read, and learn from, whatever it writes.
                let writes = seen.writes && !(seen.reads && effect.word == before);
                (seen.newest && writes, writes)
            }
        };
        let done = Done { action: effect.action, before, changed };
        let told = WATCHED.then(|| {
            let alternatives = if seen.is_some() { 1 } else { self.alternatives(thread) };
            Taken::new(*request, done, alternatives)
        });
        let nth = self.steps;
        if self.recording.is_some()
            && let Some(taken) = &told
        {
            self.record(thread, choice, taken, &effect, seen);
        }
        self.steps += 1;
        self.note_on_path(thread, choice);
        self.asking &= !(1 << thread);
        let actor = &mut self.threads[index];
        actor.result = match op {
            Op::Choose => u64::from(choice),
            _ => effect.result,
        };
        actor.failed = effect.action == Action::CompareExchangeFailed;
        actor.state = State::Running;
        actor.last_step = nth;
        if !word.is_null() {
            let info = &mut self.objects[object as usize];
            info.users |= 1 << thread;
            if changed {
                info.version += 1;
                info.changed_by = effect.action;
                info.changed_at = nth;
                self.news |= self.anyone_spins;
                // SAFETY: the request is pending, so its thread borrows the object.
                unsafe { (*word).set(effect.word) };
            }
            // Who saw an old value has not seen the news: there is some, since some store came later.
            let outdated = seen.is_some_and(|seen| seen.outdated);
            let version = info.version - u32::from(outdated);
            if writes {
                actor.looked_at.clear();
            } else if op != Op::Store && actor.looked_at.len() < Look::MOST {
                // A blind store that changes nothing has not looked either.
                let (failed, result) = (actor.failed, actor.result);
                actor.looked_at.push(Look {
                    object,
                    version,
                    step: nth,
                    op,
                    failed,
                    operands,
                    place,
                    result,
                });
            }
        }
        if self.anyone_failed && effect.action.mode() == Some(Mode::Write) {
            // It may fail anew.
            let forget = |thread: &mut Thread| thread.failures.retain(|f| f.object != object);
            self.threads.iter_mut().for_each(forget);
        }
        match effect.action {
            // Most steps, told apart at once.
            Action::Load | Action::Store | Action::FetchAdd => {}
            Action::CompareExchangeFailed if way == 1 => {
                let actor = &mut self.threads[index];
                actor.failures.push(actor.request);
                self.anyone_failed = true;
            }
            _ => self.affect_threads(thread, nth, &effect),
        }
        if let Some(taken) = told {
            self.note_left(&taken);
            let result = self.threads[index].result;
            if let Some(knowledge) = self.knowing() {
                knowledge.stepped(thread, &taken, result, effect.word);
            }
        }
        done
    }

    /// What a step does to its thread and to others: who holds a lock, who sleeps, who may go on.
    fn affect_threads(&mut self, thread: u8, nth: u32, effect: &Effect) {
        let request = self.threads[usize::from(thread)].request;
        if self.anyone_polls {
            self.tell_pollers(thread, nth, &request, effect.action);
        }
        if !self.reading.is_empty() && request.may_wait_for_others() {
            self.note_waiting(thread);
        }
        match effect.action {
            Action::Lock | Action::ReadLock | Action::Reacquire => {
                self.held.push((request.object, thread, request.place));
                self.note_queue(thread, &request);
            }
            Action::TaskStart | Action::GoOn => {
                self.give_back(request.object, thread);
                self.held.push((request.object, thread, request.place));
            }
            Action::Unlock | Action::ReadUnlock | Action::Downgrade => {
                self.give_back(request.object, thread);
                self.note_reading_less(thread, &request);
            }
            Action::Await | Action::TaskEnd | Action::TaskCancelled => {
                self.give_back(request.object, thread);
            }
            Action::LockQueued => self.queue(thread),
            Action::Wait => self.fall_asleep(thread, &request),
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
    }

    /// A thread holds a lock no longer.
    fn give_back(&mut self, object: u32, thread: u8) {
        if let Some(at) = self.held.iter().rposition(|held| (held.0, held.1) == (object, thread)) {
            self.held.swap_remove(at);
        }
    }

    /// The second half of a wait: the mutex is given back, and the thread asks to sleep on.
    fn fall_asleep(&mut self, thread: u8, request: &Request) {
        // SAFETY: the waiting thread borrows the mutex through its guard.
        unsafe { (*request.mutex_word).set(lock::freed((*request.mutex_word).get())) };
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
        match request.a {
            1 => self.may_poll(thread, request),
            _ => sleeper.polling = None,
        }
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
            sleeper.polling = None;
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
}
