//! One execution, from the first step to the last.

use super::spawn::spawn;
use super::{CURRENT, Runtime, State, Taken, Thread, leave, panic_count, panics, pulse, thread_at};
use crate::explore::Finer;
use corosensei::{Coroutine, CoroutineResult};
use smallbox::smallbox;

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
    /// The execution under way is run again, with the same steps.
    fn rerun(&mut self);
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
    /// Threads are left and none can go on. They are still there: see [`leave`].
    Deadlock,
    /// All that are left spin, and nobody can change what they look at.
    Livelock,
    /// The step limit was reached.
    StepLimit,
    /// Going on would have been undefined behaviour: see [`Undefined`](super::Undefined).
    Undefined,
    /// The driver gave it up, its time was over, the runtime found an error, or a thread has used up its stack.
    Stopped,
}

/// Runs one execution of `body` to its end and looks at it through `at_end` while the threads that
/// are left are still there.
pub(crate) fn run<D: Driver, R>(
    runtime: &mut Runtime,
    driver: &mut D,
    max_steps: u32,
    body: &mut dyn FnMut(),
    at_end: impl FnOnce(&mut Runtime, &mut D, Ending) -> R,
) -> R {
    runtime.spins.frame = (&raw const max_steps).addr();
    // From here on the runtime is reached through this pointer only: the coroutines use it too, so
    // no `&mut` may be assumed to be unique across a switch.
    let rt: *mut Runtime = runtime;
    panics::look_after();
    assert!(!super::is_spoilt(), "no program runs on an OS thread that one has spoilt");
    // Whatever panics below, no thread is left in it and the runtime is not left current.
    let _left = Leaves(rt);
    // SAFETY: `rt` is valid for the whole call; every reference made from it below ends before the
    // next switch to a coroutine. `body` outlives the coroutines: none of them runs after this
    // function has returned.
    let ending = unsafe {
        let _current = Current::set(rt);
        let main: *mut dyn FnMut() = std::mem::transmute::<&mut dyn FnMut(), _>(body);
        loop {
            (*rt).begin(max_steps);
            pulse::begins((*rt).execution);
            (*rt).script.truncate(driver.repeats());
            spawn(rt, None, 0, pulse::beginning(), smallbox!(move || (*main)()));
            settle(rt, None);
            if let Some(ending) = drive(rt, driver, max_steps) {
                if (*rt).error.is_none() && (*rt).is_left_uncounted() {
                    (*rt).needs(Finer::COUNTS);
                    break Ending::Stopped;
                }
                break ending;
            }
            if (*rt).live != 0 {
                leave::leave(rt);
            }
            // The next run has statics of its own, as the first one had.
            (*rt).leave_statics();
            driver.rerun();
        }
    };
    // SAFETY: no coroutine runs any more.
    at_end(unsafe { &mut *rt }, driver, ending)
}

/// Makes a runtime the current one until it is dropped.
struct Current(panics::Quiet);

impl Current {
    fn set(rt: *mut Runtime) -> Self {
        CURRENT.set(rt);
        Current(panics::quiet())
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        CURRENT.set(std::ptr::null_mut());
        pulse::ends();
    }
}

/// Leaves the threads that have not ended, and statics, when it is dropped.
struct Leaves(*mut Runtime);

impl Drop for Leaves {
    fn drop(&mut self) {
        // SAFETY: `run` makes this from its own reference and holds none when it ends.
        unsafe {
            if (*self.0).live != 0 {
                leave::leave(self.0);
            }
            (*self.0).leave_statics();
        }
    }
}

/// Takes step after step until the execution has ended; `None` if it was wasted (see
/// [`spin`](super::spin)) and has to be run again.
///
/// # Safety
/// `rt` is the current runtime, and no reference to it is alive.
unsafe fn drive<D: Driver>(rt: *mut Runtime, driver: &mut D, max_steps: u32) -> Option<Ending> {
    loop {
        // SAFETY: by the caller's promise; the reference is not used across `resume`.
        let runtime = unsafe { &mut *rt };
        if runtime.given_up {
            let undefined = runtime.undefined.is_some();
            return Some(if undefined { Ending::Undefined } else { Ending::Stopped });
        }
        if runtime.live == 0 {
            return (!runtime.spins.wasted).then_some(Ending::Finished);
        }
        if runtime.spins.wasted {
            let thread = runtime.goes_through()?;
            // SAFETY: as below.
            unsafe { settle(rt, thread) };
            continue;
        }
        let thread = match runtime.repeated().or_else(|| driver.scripted(runtime)) {
            Some((thread, choice)) => {
                runtime.perform(thread, choice);
                thread
            }
            None => {
                let enabled = runtime.enabled();
                if enabled == 0 {
                    let spins = runtime.threads.iter().any(Thread::goes_round);
                    return Some(if spins { Ending::Livelock } else { Ending::Deadlock });
                }
                if runtime.steps >= runtime.limit
                    && let Some(ending) = runtime.at_limit(max_steps)
                {
                    return Some(ending);
                }
                let Pick::Go(thread, choice) = driver.pick(runtime, enabled) else {
                    return Some(Ending::Stopped);
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
                while thread_at(rt, thread).state == State::Spinning && !Runtime::stays(rt, thread)
                {
                    thread_at(rt, thread).state = State::Running;
                    resume(rt, thread);
                }
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
        let running = thread_at(rt, thread);
        if (*rt).panics_put_down {
            panic_count::take_up(running);
        }
        pulse::goes_on(thread, running.request.place, (*rt).steps);
        (*rt).floor = running.floor;
        (*rt).current = thread;
        let slot = (*rt).coroutines.of(thread);
        let coroutine = (*slot).as_mut().expect("a live thread has one");
        if let CoroutineResult::Return(()) = coroutine.resume(thread_at(rt, thread).result) {
            bury(rt, thread);
        }
        if std::thread::panicking() {
            panic_count::put_down(rt, thread);
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
