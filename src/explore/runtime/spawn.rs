//! Starting a thread of the program: a coroutine on a stack of its own.

use super::stacks::ThreadStack;
use super::thread::Body;
use super::{NONE, Runtime, State, Thread, leave, thread_at};
use crate::explore::ExploreError;
use corosensei::Coroutine;
use corosensei::stack::Stack;
use smallbox::SmallBox;
use smallbox::space::S8;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

/// What a thread runs, once: boxed, so that starting one is compiled once and not for each body, and
/// in place where it is small, so that it allocates nothing.
pub(crate) type ThreadBody<'a> = SmallBox<dyn FnMut() + 'a, S8>;

/// With less than this no thread comes far.
const LEAST: usize = 16 << 10;

/// Runs what belongs to a thread; a panic ends it, and is the thread's.
unsafe fn for_itself(rt: *mut Runtime, thread: u8, body: &mut dyn FnMut()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(body)) {
        // SAFETY: `rt` is the current runtime, and no reference to it is alive.
        unsafe { (*rt).note_panic(thread, payload.as_ref()) };
        // Dropping a payload may run the program's code, and that may panic.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    }
}

/// Nothing has started, and the execution has been given up: nobody goes on.
#[cold]
fn give_up(parent: u8) -> u8 {
    match parent {
        u8::MAX => 0,
        _ => leave::for_good(),
    }
}

impl Runtime {
    /// A stack for a thread that has asked for so many bytes, if for any.
    fn stack(&mut self, asked: usize) -> Result<ThreadStack, ExploreError> {
        let bytes = self.stack_size.max(asked);
        match self.stacks.pop() {
            Some(stack) if stack.bytes() == bytes => return Ok(stack),
            other => self.stacks.extend(other),
        }
        self.other_stack(bytes)
    }

    #[cold]
    fn other_stack(&mut self, bytes: usize) -> Result<ThreadStack, ExploreError> {
        if let Some(nth) = self.stacks.iter().position(|stack| stack.bytes() == bytes) {
            return Ok(self.stacks.swap_remove(nth));
        }
        if bytes < LEAST {
            return Err(ExploreError::StackSize { bytes, least: LEAST });
        }
        ThreadStack::new(bytes).map_err(|error| {
            let what = format!("no stack of {bytes} bytes for a thread of the program");
            ExploreError::Unavailable { what, why: error.to_string() }
        })
    }
}

/// Starts a thread; it will run to its first stop before anyone takes another step.
///
/// # Safety
/// `rt` is the current runtime and no reference to it is alive; what `body` borrows lives until the
/// thread has ended or its execution has, after which it does not run.
pub(super) unsafe fn spawn(
    rt: *mut Runtime,
    name: Option<Cow<'static, str>>,
    stack_size: usize,
    place: &'static Location<'static>,
    mut body: ThreadBody<'_>,
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
                    runtime.refuse(ExploreError::TooManyThreads);
                    return give_up(parent);
                }
            }
        }
    };
    let stack = match runtime.stack(stack_size) {
        Ok(stack) => stack,
        Err(error) => {
            runtime.refuse(error);
            return give_up(parent);
        }
    };
    while runtime.threads.len() <= usize::from(number) {
        runtime.threads.push(Thread::new());
    }
    #[cfg(unix)] // elsewhere a stack is not all there before it is used
    if runtime.spins.wipes > 0 {
        let bytes = runtime.spins.wipes.min(stack.bytes() / 2);
        // SAFETY: nobody runs on the stack, and it is that large.
        unsafe { std::ptr::write_bytes((stack.base().get() - bytes) as *mut u8, 0, bytes) };
    }
    let (stack_bytes, floor) = (stack.bytes(), stack.floor());
    #[cfg(unix)]
    let guard = stack.guard();
    // SAFETY: the closure's borrows live until the coroutine has ended, by the caller's promise.
    let coroutine: Body = unsafe {
        Coroutine::with_stack_unchecked(stack, move |yielder, _| {
            thread_at(rt, number).yielder = yielder;
            for_itself(rt, number, &mut *body);
            if let Some(mut exit) = (*rt).at_exit {
                for_itself(rt, number, &mut exit);
            }
        })
    };
    let thread = &mut runtime.threads[usize::from(number)];
    // SAFETY: a thread that is not yet alive does not run.
    unsafe { *runtime.coroutines.of(number) = Some(coroutine) };
    thread.stack_bytes = stack_bytes;
    thread.floor = floor;
    thread.mark = 0;
    #[cfg(unix)]
    {
        thread.guard = guard;
    }
    thread.state = State::Running;
    thread.name = name;
    thread.request.place = place;
    if parent != u8::MAX {
        // What the parent has done and learnt comes before whatever the child does.
        let pair = runtime.threads.get_disjoint_mut([usize::from(parent), usize::from(number)]);
        let [spawner, child] = pair.expect("a child has a number of its own");
        child.after.extend_from_slice(&spawner.after);
        child.woken.extend_from_slice(&spawner.woken);
        child.joined = spawner.joined;
        if spawner.last_step != NONE {
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
