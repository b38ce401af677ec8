//! Starting a thread of the program: a coroutine on a stack of its own.

use super::thread::Body;
use super::{NONE, Runtime, State, Thread, leave, thread_at};
use crate::explore::ExploreError;
use corosensei::Coroutine;
use corosensei::stack::{DefaultStack, Stack};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Starts a thread; it will run to its first stop before anyone takes another step.
///
/// # Safety
/// `rt` is the current runtime and no reference to it is alive; what `body` borrows lives until the
/// thread has ended or its execution has, after which it does not run.
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
                    runtime.refuse(ExploreError::TooManyThreads);
                    leave::for_good();
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
