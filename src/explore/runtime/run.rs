//! One execution, from the first step to the last.

use super::thread::Body;
use super::{CURRENT, Runtime, State, Taken, Thread, Waking, abandon, panics, thread_at};
use crate::explore::ExploreError;
use crate::trace::Mode;
use corosensei::stack::{DefaultStack, Stack};
use corosensei::{Coroutine, CoroutineResult};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Who goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// This thread, with this alternative of its step.
    Go(u8, u32),
    /// Nobody: give the execution up.
    Stop,
}

/// Decides who goes at each step.
pub(crate) trait Driver {
    /// How many steps of the runtime's script are to be repeated before anything new.
    fn repeats(&self) -> usize {
        0
    }
    /// The next step to repeat, where the runtime's script has none; asked before [`Driver::pick`].
    fn scripted(&mut self, _: &mut Runtime) -> Option<(u8, u32)> {
        None
    }
    /// Picks among the threads in `enabled`, a bit set that is not empty.
    fn pick(&mut self, runtime: &mut Runtime, enabled: u64) -> Pick;
    /// Told of every step that was picked (not of scripted ones), before the thread runs on.
    fn taken(&mut self, runtime: &mut Runtime, thread: u8, choice: u32, taken: &Taken);
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Every thread ended.
    Finished,
    /// Threads are left and none can go on. They are still there: see [`abandon::abandon`].
    Deadlock,
    /// All that are left spin, and nobody can change what they look at.
    Livelock,
    /// The step limit was reached.
    StepLimit,
    /// The driver gave it up, or the runtime found an error.
    Stopped,
}

/// Runs one execution of `body` to its end and looks at it through `at_end` before what is left
/// of it is unwound.
pub(crate) fn run<D: Driver, R>(
    runtime: &mut Runtime,
    driver: &mut D,
    max_steps: u32,
    body: &mut dyn FnMut(),
    at_end: impl FnOnce(&mut Runtime, &mut D, Ending) -> R,
) -> R {
    // From here on the runtime is reached through this pointer only: the coroutines use it too, so
    // no `&mut` may be assumed to be unique across a switch.
    let rt: *mut Runtime = runtime;
    CURRENT.set(rt);
    let quiet = panics::quiet();
    // SAFETY: `rt` is valid for the whole call; every reference made from it below ends before the
    // next switch to a coroutine. `body` outlives the coroutines: all are finished or reset before
    // this function returns.
    let result = unsafe {
        (*rt).begin();
        (*rt).script.truncate(driver.repeats());
        let main: *mut dyn FnMut() = std::mem::transmute::<&mut dyn FnMut(), _>(body);
        spawn(rt, None, move || (*main)());
        settle(rt, None);
        let ending = drive(rt, driver, max_steps);
        let result = at_end(&mut *rt, driver, ending);
        if (*rt).live != 0 {
            abandon::abandon(rt);
        }
        result
    };
    drop(quiet);
    CURRENT.set(std::ptr::null_mut());
    result
}

/// # Safety
/// `rt` is the current runtime, and no reference to it is alive.
unsafe fn drive<D: Driver>(rt: *mut Runtime, driver: &mut D, max_steps: u32) -> Ending {
    loop {
        // SAFETY: by the caller's promise; the reference is not used across `resume`.
        let runtime = unsafe { &mut *rt };
        if runtime.live == 0 {
            return Ending::Finished;
        }
        if runtime.error.is_some() {
            return Ending::Stopped;
        }
        let thread = match runtime.repeated().or_else(|| driver.scripted(runtime)) {
            Some((thread, choice)) => {
                runtime.perform(thread, choice);
                thread
            }
            None => {
                let enabled = runtime.enabled();
                if enabled == 0 {
                    let spins = runtime.threads.iter().any(|t| t.state == State::Spinning);
                    return if spins { Ending::Livelock } else { Ending::Deadlock };
                }
                if runtime.steps >= max_steps {
                    return Ending::StepLimit;
                }
                let Pick::Go(thread, choice) = driver.pick(runtime, enabled) else {
                    return Ending::Stopped;
                };
                let taken = runtime.perform_and_tell(thread, choice);
                driver.taken(runtime, thread, choice, &taken);
                thread
            }
        };
        runtime.forget_reasons(thread);
        // A thread that fell asleep with this step has asked for its next one already.
        let runs = runtime.threads[usize::from(thread)].state == State::Running;
        // SAFETY: by the caller's promise; `runtime` is not used after this.
        unsafe { settle(rt, runs.then_some(thread)) };
    }
}

/// Lets a thread run on, then everyone who can run without taking a step, until all have stopped.
///
/// # Safety
/// As for [`drive`].
#[inline(always)]
unsafe fn settle(rt: *mut Runtime, mut next: Option<u8>) {
    // SAFETY: by the caller's promise; each access is a short one between two switches.
    unsafe {
        loop {
            if let Some(thread) = next {
                resume(rt, thread);
            }
            next = (*rt).newborn.pop();
            while next.is_none() {
                if !(*rt).news {
                    return;
                }
                next = (*rt).released();
                match next {
                    Some(thread) => (*rt).release(thread),
                    None => (*rt).news = false,
                }
            }
        }
    }
}

/// Switches to a thread until it stops again.
///
/// # Safety
/// As for [`drive`].
#[inline(always)]
pub(super) unsafe fn resume(rt: *mut Runtime, thread: u8) {
    // SAFETY: by the caller's promise. Each coroutine has a place of its own, and nobody touches
    // that of a coroutine that runs.
    unsafe {
        (*rt).current = thread;
        let slot = (*rt).coroutines.of(thread);
        let coroutine = (*slot).as_mut().expect("a live thread has one");
        if let CoroutineResult::Return(()) = coroutine.resume(thread_at(rt, thread).result) {
            bury(rt, thread);
        }
        (*rt).current = u8::MAX;
    }
}

/// Puts away what is left of a thread that has ended.
///
/// # Safety
/// As for [`drive`]; the thread's coroutine has returned.
unsafe fn bury(rt: *mut Runtime, thread: u8) {
    // SAFETY: by the caller's promise.
    unsafe {
        let slot = (*rt).coroutines.of(thread);
        (*rt).stacks.extend((*slot).take().map(Coroutine::into_stack));
        thread_at(rt, thread).state = State::Finished;
        (*rt).live &= !(1 << thread);
        (*rt).news = true;
    }
}

/// Starts a thread; it will run to its first stop before anyone takes another step.
///
/// # Safety
/// `rt` is the current runtime and no reference to it is alive; `body` lives until the thread has
/// ended or was abandoned.
pub(super) unsafe fn spawn(
    rt: *mut Runtime,
    name: Option<Cow<'static, str>>,
    body: impl FnOnce(),
) -> u8 {
    // SAFETY: by the caller's promise.
    let runtime = unsafe { &mut *rt };
    let parent = runtime.current;
    let number = match parent {
        u8::MAX => 0,
        _ => {
            let spawner = &mut runtime.threads[usize::from(parent)];
            let index = spawner.children;
            spawner.children += 1;
            match runtime.thread_number(parent, index) {
                Some(number) => number,
                None => {
                    runtime.error.get_or_insert(ExploreError::TooManyThreads);
                    std::panic::resume_unwind(Box::new(abandon::Abandoned));
                }
            }
        }
    };
    let stack = runtime.stacks.pop().unwrap_or_else(|| {
        DefaultStack::new(runtime.stack_size).expect("no memory for another thread's stack")
    });
    // The lowest page of the mapping is the guard page; a large frame may jump over a part of it.
    let limit = stack.limit().get();
    let guard = limit.saturating_sub(64 << 10)..limit + (8 << 10);
    while runtime.threads.len() <= usize::from(number) {
        runtime.threads.push(Thread::new());
    }
    // SAFETY: the closure's borrows live until the coroutine has ended, by the caller's promise.
    let coroutine: Body = unsafe {
        Coroutine::with_stack_unchecked(stack, move |yielder, _| {
            thread_at(rt, number).yielder = yielder;
            let result = catch_unwind(AssertUnwindSafe(body));
            if let Err(payload) = result {
                (*rt).note_panic(number, payload.as_ref());
                // Dropping a payload may run the program's code, and that may panic.
                let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
            }
        })
    };
    let thread = &mut runtime.threads[usize::from(number)];
    // SAFETY: a thread that is not yet alive does not run.
    unsafe { *runtime.coroutines.of(number) = Some(coroutine) };
    thread.guard = guard;
    thread.state = State::Running;
    thread.name = name;
    if parent != u8::MAX {
        // What the parent has done and learnt comes before whatever the child does.
        let pair = runtime.threads.get_disjoint_mut([usize::from(parent), usize::from(number)]);
        let [spawner, child] = pair.expect("a child has a number of its own");
        child.after.extend_from_slice(&spawner.after);
        child.woken.extend_from_slice(&spawner.woken);
        if spawner.last_step != super::NONE {
            child.after.push(spawner.last_step);
        }
    }
    if let Some(knowledge) = runtime.knowing() {
        knowledge.spawned(parent, number);
    }
    runtime.live |= 1 << number;
    runtime.newborn.insert(0, number);
    number
}

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

    /// The state of the object a pending request is about.
    #[inline]
    pub(crate) fn word(&self, request: &super::Request) -> u64 {
        if request.word.is_null() {
            return 0;
        }
        // SAFETY: the request is pending, so its thread borrows the object.
        unsafe { (*request.word).get() }
    }

    /// A thread that waits for something other than a step and has it now.
    fn released(&mut self) -> Option<u8> {
        let mut waiting = self.live & !self.asking;
        while waiting != 0 {
            let thread = waiting.trailing_zeros() as u8;
            waiting &= waiting - 1;
            let free = match self.threads[usize::from(thread)].state {
                State::Joining(other) => self.threads[usize::from(other)].state == State::Finished,
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

    fn release(&mut self, thread: u8) {
        let by = self.steps.wrapping_sub(1);
        let released = &mut self.threads[usize::from(thread)];
        if let (State::Spinning, Some(first)) = (released.state, released.looked_at.first()) {
            // Of several changes that commute any may be the one that wakes: classes do not tell.
            let by_share = self.objects[first.object as usize].changed_by.mode();
            self.uncountable |= by_share == Some(Mode::Share);
            released.woken.push(Waking { by, thread, looks: (first.step, released.last_step) });
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
