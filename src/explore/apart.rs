//! An OS thread of its own for each worker of an exploration.
//!
//! A program under exploration leaves traces on the OS thread that runs it: thread-locals, locks that
//! remember their owner, the count of panics under way. None of that is the caller's business, and
//! what the caller's thread is doing (a task of a pool's, a panic's unwinding) is none of the
//! program's.
//!
//! An OS thread on which a program was stopped in the middle of its own code is never run again: what
//! it has borrowed, locked or half written stays as it is, and it waits for ever.

use super::os_threads::{self, Marked};
use super::watchdog::Watch;
use super::{ExploreError, Explorer, runtime};
use parking_lot::Mutex;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, Builder, JoinHandle};
use std::time::Duration;

/// As much as a program's main thread has: outcomes are compared and printed on it.
const STACK: usize = 8 << 20;

/// Runs `body` on an OS thread of its own and returns what it does. A panic comes back as it was.
///
/// # Errors
/// When the operating system has no thread to give.
pub(super) fn apart<R: Send>(
    settings: &Explorer,
    body: impl FnOnce() -> R + Send,
) -> Result<R, ExploreError> {
    let mut results = side_by_side(settings, vec![body])?;
    Ok(results.pop().expect("one body has one result"))
}

/// Runs each of `bodies` on an OS thread of its own and returns what they do, in their order. Of
/// several panics the first body's comes back.
///
/// # Errors
/// When the operating system has not so many threads to give. Then none of the bodies has run.
pub(super) fn side_by_side<R, F>(
    settings: &Explorer,
    bodies: Vec<F>,
) -> Result<Vec<R>, ExploreError>
where
    R: Send,
    F: FnOnce() -> R + Send,
{
    let results: Vec<_> = bodies.iter().map(|_| Mutex::new(None)).collect();
    let bodies = bodies.into_iter().zip(&results).map(|(body, result)| {
        let body: Body<'_> = Box::new(move || {
            let returned = catch_unwind(AssertUnwindSafe(body));
            *result.lock() = Some(returned);
        });
        body
    });
    run_all(settings, bodies.collect())?;
    let results = results.into_iter().map(|result| result.into_inner().expect("each has one"));
    let results = results.collect::<thread::Result<Vec<R>>>();
    Ok(results.unwrap_or_else(|panic| resume_unwind(panic)))
}

/// What an OS thread runs: it keeps its result, and its panic, itself.
type Body<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Runs each of `bodies`, on an OS thread of its own, to its end.
fn run_all(settings: &Explorer, bodies: Vec<Body<'_>>) -> Result<(), ExploreError> {
    let (leave, left) = channel();
    let mut threads = Vec::with_capacity(bodies.len());
    let mut spoilt = vec![false; bodies.len()];
    let mut any_left = false;
    let mut refused = None;
    for (number, body) in bodies.into_iter().enumerate() {
        // SAFETY: what the body borrows outlives this function, which does not return before each
        // thread has been joined or, if it was spoilt, has told that its body has returned: then it
        // is in a loop that uses nothing. Nothing unwinds between here and there: what may panic is
        // the bodies, which catch that themselves.
        match unsafe { Waiting::start(settings.patience, number, body, &leave) } {
            Ok(waiting) => threads.push(waiting),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    drop(leave);
    for waiting in &threads {
        // A thread that hears nothing ends without having run its body.
        let _ = waiting.go.send(refused.is_none());
    }
    for _ in &threads {
        // A thread that did not run its body leaves nothing, and neither do those behind it.
        let Ok(Left { number, is_spoilt, has_left }) = left.recv() else { break };
        any_left |= has_left;
        spoilt[number] = is_spoilt;
    }
    for (waiting, spoilt) in threads.into_iter().zip(spoilt) {
        if !spoilt {
            let _ = waiting.thread.join();
        }
    }
    if any_left {
        os_threads::wait(settings.patience);
    }
    match refused {
        None => Ok(()),
        Some(why) => {
            let what = "no OS thread for an exploration to run on".to_owned();
            Err(ExploreError::Unavailable { what, why })
        }
    }
}

/// What a thread tells when its body has returned.
struct Left {
    number: usize,
    is_spoilt: bool,
    has_left: bool,
}

/// An OS thread that waits to be told whether to run its body.
struct Waiting {
    go: Sender<bool>,
    thread: JoinHandle<()>,
}

impl Waiting {
    /// # Safety
    /// What `body` borrows must outlive the thread, or its telling that the body has returned if it
    /// is spoilt.
    unsafe fn start(
        patience: Duration,
        number: usize,
        body: Body<'_>,
        leave: &Sender<Left>,
    ) -> Result<Self, String> {
        let (go, told) = channel();
        let leave = leave.clone();
        let body = move || {
            if told.recv() == Ok(true) {
                runtime::prepare();
                let marked = Marked::this_thread();
                let watch = Watch::this_thread(patience);
                body();
                drop(watch);
                let (is_spoilt, has_left) = (runtime::is_spoilt(), runtime::has_left());
                // A thread that is spoilt stays the explorer's.
                let marked = is_spoilt.then_some(marked);
                let _ = leave.send(Left { number, is_spoilt, has_left });
                while marked.is_some() {
                    thread::park();
                }
            }
        };
        // Panics are told as those of whoever explores.
        let name = thread::current().name().map(str::to_owned);
        let builder = Builder::new().stack_size(STACK);
        let builder = match name {
            Some(name) => builder.name(name),
            None => builder,
        };
        // SAFETY: by the caller's promise.
        let thread = unsafe { builder.spawn_unchecked(body) };
        let thread = thread.map_err(|error| error.to_string())?;
        Ok(Waiting { go, thread })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_run_at_the_same_time_and_their_results_keep_their_order() {
        let barrier = std::sync::Barrier::new(3);
        let numbers = [1, 2, 3].map(|number| {
            let barrier = &barrier;
            move || {
                barrier.wait();
                number
            }
        });
        assert_eq!(side_by_side(&Explorer::new(), numbers.into()), Ok(vec![1, 2, 3]));
    }

    #[test]
    fn a_panic_comes_back_as_it_was_when_all_have_ended() {
        let ended = std::sync::atomic::AtomicU32::new(0);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            side_by_side(
                &Explorer::new(),
                (0..3)
                    .map(|number| {
                        let ended = &ended;
                        move || {
                            ended.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                            if number == 1 {
                                std::panic::panic_any(number);
                            }
                        }
                    })
                    .collect(),
            )
        }));
        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&1));
        assert_eq!(ended.into_inner(), 3);
    }

    #[test]
    fn the_thread_is_named_as_the_one_that_it_stands_in_for() {
        let name = || thread::current().name().map(str::to_owned);
        assert_eq!(apart(&Explorer::new(), name).unwrap(), name());
        assert_ne!(
            apart(&Explorer::new(), || thread::current().id()).unwrap(),
            thread::current().id()
        );
    }
}
