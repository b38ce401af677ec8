//! Threads under loom: spawning, waiting, joining.
//!
//! Waiting is done here and not by loom, which ends the whole exploration when no thread can go
//! on: a thread that has to wait says for what and parks. If nobody is left who could wake it, that
//! is the deadlock; it is noted, all threads unwind, and loom goes on with the next execution.

use super::log::{self, Log, PanicNote, ThreadLog};
use super::stop::{self, Abandon, Stop};
use crate::loom::panics::{self, Kept};
use crate::loom::{LoomError, LoomMode};
use crate::primitives::JoinHandle;
use crate::trace::{ObjectId, Place, ThreadId};
use ::loom::sync::{RwLock, RwLockReadGuard};
use parking_lot::Mutex;
use std::any::Any;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::Arc;

/// What a thread waits for.
#[derive(Clone, Debug)]
pub(crate) enum Wait {
    Mutex { mutex: ObjectId, holder: Option<(ThreadId, Place)> },
    Notify(ObjectId),
    Message(ObjectId),
    Room(ObjectId),
    End(ThreadId),
}

/// A thread that waits for something that never comes.
pub(crate) struct WaitingThread {
    pub(crate) thread: ThreadId,
    pub(crate) wait: Wait,
    pub(crate) place: Place,
}

/// Waits until another thread calls [`wake`]. The caller looks again then: being woken is no
/// promise.
///
/// `look` goes to loom for a look at what is waited for. It is done only in a deadlock: loom learns
/// from it which earlier step could have come after this one, which it otherwise learns when the
/// waiting is over.
pub(super) fn wait(wait: Wait, place: Place, look: &dyn Fn()) {
    let (dead, others) = log::with(|log| {
        log.mine().waiting = Some((wait, place));
        let stuck = log.threads.iter().all(|thread| thread.ended || thread.waiting.is_some());
        (log.dead || stuck, if stuck && !log.dead { declare_deadlock(log) } else { Vec::new() })
    });
    others.iter().for_each(::loom::thread::Thread::unpark);
    if !dead {
        log::uninterrupted(::loom::thread::park);
    }
    let (dead, stuck) = log::with(|log| {
        log.mine().waiting = None;
        (log.dead, log.deadlock.is_some() && log.stop.is_none())
    });
    if stuck && !std::thread::panicking() {
        look();
    }
    if dead {
        stop::abandon();
    }
}

/// Notes who waits for what, and returns the threads that have to be woken to unwind.
fn declare_deadlock(log: &mut Log) -> Vec<::loom::thread::Thread> {
    log.dead = true;
    let me = log.current;
    let mut others = Vec::new();
    let mut waiting = Vec::new();
    for (i, thread) in log.threads.iter().enumerate() {
        if let Some((wait, place)) = thread.waiting.clone() {
            waiting.push(WaitingThread { thread: ThreadId(i as u8), wait, place });
            if i != me {
                others.extend(thread.handle.clone());
            }
        }
    }
    log.deadlock = Some(waiting);
    others
}

/// Wakes threads that wait.
pub(super) fn wake(threads: impl IntoIterator<Item = usize>) {
    for thread in threads {
        let handle = log::with(|log| {
            let thread = &mut log.threads[thread];
            thread.waiting.take().and_then(|_| thread.handle.clone())
        });
        if let Some(handle) = handle {
            handle.unpark();
        }
    }
}

/// The handle of a spawned thread.
pub struct LoomJoinHandle<T> {
    thread: usize,
    shared: Arc<Shared>,
    result: Arc<Mutex<Option<std::thread::Result<T>>>>,
}

/// What a thread shares with whoever joins it.
struct Shared {
    /// Read-locked by the parent before the spawn and given back by the child at its end: giving
    /// back publishes what the child did, and reading again learns it. loom may switch at neither,
    /// so joining costs no executions; loom's own `join` is a race with each thread's end.
    end: RwLock<()>,
    joiner: Mutex<Option<usize>>,
}

/// A read lock that outlives the stack frame it was taken in.
struct Held {
    guard: Option<RwLockReadGuard<'static, ()>>,
    shared: Arc<Shared>,
}

impl Held {
    fn new(shared: Arc<Shared>) -> Held {
        let guard =
            log::uninterrupted(|| shared.end.read().expect("a read lock is never poisoned"));
        // SAFETY: the guard borrows from `shared.end`, which lives in an `Arc` that `Held` owns
        // and never replaces; `guard` is declared first and so dropped first, and it is not handed
        // out.
        let guard = unsafe {
            std::mem::transmute::<RwLockReadGuard<'_, ()>, RwLockReadGuard<'static, ()>>(guard)
        };
        Held { guard: Some(guard), shared }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Where the exploration has stopped, loom is not there to give the lock back to.
        if log::try_with(|log| log.dead).unwrap_or(true) {
            std::mem::forget(self.guard.take());
        }
    }
}

/// Starts a thread.
#[track_caller]
pub(super) fn spawn<T: Send + 'static>(
    name: &'static str,
    body: impl FnOnce() -> T + Send + 'static,
) -> LoomJoinHandle<T> {
    // Boxed, so that what follows is compiled once and not for each body.
    spawn_boxed(name, Box::new(body))
}

#[track_caller]
fn spawn_boxed<T: Send + 'static>(
    name: &'static str,
    body: Box<dyn FnOnce() -> T + Send>,
) -> LoomJoinHandle<T> {
    let result = Arc::new(Mutex::new(None));
    let left = Arc::clone(&result);
    let body = move || {
        let result = catch_unwind(AssertUnwindSafe(body));
        note_panic(result.as_ref().err().map(|payload| payload.as_ref()));
        *left.lock() = Some(result);
    };
    let (thread, shared) = start(name, Box::new(body));
    LoomJoinHandle { thread, shared, result }
}

/// Starts a thread whose body keeps its result and catches its panic itself.
#[track_caller]
fn start(name: &'static str, body: Box<dyn FnOnce() + Send>) -> (usize, Arc<Shared>) {
    let threads = log::try_with(|log| (log.threads.len(), log.dead));
    let Some((thread, dead)) = threads else {
        panic!("{}", LoomError::UsedOutside { object: format!("thread {name}") });
    };
    if dead {
        stop::abandon();
    } else if thread == ::loom::MAX_THREADS {
        stop::stop(Stop::Error(LoomError::TooManyThreads { limit: ::loom::MAX_THREADS }));
    }
    let shared = Arc::new(Shared { end: RwLock::new(()), joiner: Mutex::new(None) });
    let held = Held::new(Arc::clone(&shared));
    log::with(|log| {
        let parent = log.current;
        let mine = log.mine();
        let mut child = ThreadLog::new(parent, name);
        child.after = mine.last.into_iter().chain(mine.after.iter().copied()).collect();
        log.threads.push(child);
        log.unjoined += 1;
    });
    let gate = start_gate();
    let parents = gate.clone();
    let handle = ::loom::thread::spawn(move || {
        log::with(|log| log.current = thread);
        pass(gate);
        body();
        let stop = end(thread);
        let joiner = held.shared.joiner.lock().take();
        drop(held);
        if stop {
            resume_unwind(Box::new(Abandon));
        }
        wake(joiner);
    });
    log::with(|log| log.threads[thread].handle = Some(handle.thread().clone()));
    pass(parents);
    (thread, shared)
}

/// Marks the running thread as ended. True when the exploration has to stop.
pub(crate) fn end(thread: usize) -> bool {
    log::with(|log| {
        log.threads[thread].ended = true;
        log.threads[thread].unwinding = false;
        log.stop.is_some()
    })
}

/// The start gate of [`Gated`](LoomMode::Gated): one object that every thread touches first.
fn start_gate() -> Option<Arc<::loom::sync::atomic::AtomicUsize>> {
    log::with(|log| log.mode == LoomMode::Gated).then(|| {
        let made = log::with(|log| log.gate.clone());
        let gate = made.unwrap_or_else(|| Arc::new(::loom::sync::atomic::AtomicUsize::new(0)));
        log::with(|log| log.gate = Some(Arc::clone(&gate)));
        gate
    })
}

fn pass(gate: Option<Arc<::loom::sync::atomic::AtomicUsize>>) {
    if let Some(gate) = gate {
        // Relaxed: the gate must not order anything.
        log::uninterrupted(|| gate.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    }
}

/// Keeps what is needed to report the panic that ended the running thread, if one did.
pub(crate) fn note_panic(payload: Option<&(dyn Any + Send)>) {
    let Some(payload) = payload.filter(|payload| !payload.is::<Abandon>()) else { return };
    let hooked = panics::take();
    log::with(|log| {
        let thread = log.me();
        let mine = log.mine();
        let passed_on = mine.passing.take();
        mine.panic = match hooked.filter(|panic| panic.thread == Some(thread.index())) {
            Some(Kept { message, place, .. }) => Some(PanicNote { thread, message, place }),
            // No panic of its own: it passes on the panic of a thread that it joined.
            None => passed_on.or_else(|| {
                let message = panics::message(payload);
                Some(PanicNote { thread, message, place: None })
            }),
        };
    });
}

impl<T: Send + 'static> JoinHandle<T> for LoomJoinHandle<T> {
    #[track_caller]
    fn join(self) -> T {
        let note = joined(self.thread, &self.shared, &Place::from(Location::caller()));
        match self.result.lock().take() {
            Some(Ok(value)) => value,
            Some(Err(payload)) => pass_on(note, payload),
            None => stop::hang(),
        }
    }
}

/// Waits for a thread's end, and returns the panic that ended it.
fn joined(thread: usize, shared: &Shared, place: &Place) -> Option<PanicNote> {
    loop {
        let (ended, dead) = log::with(|log| (log.threads[thread].ended, log.dead));
        if dead {
            stop::abandon();
        }
        if ended || dead {
            break;
        }
        *shared.joiner.lock() = Some(log::with(|log| log.current));
        wait(Wait::End(ThreadId(thread as u8)), place.clone(), &|| ());
    }
    if !log::with(|log| log.dead) {
        drop(log::uninterrupted(|| shared.end.read()));
    }
    log::with(|log| {
        log.unjoined -= 1;
        let child = &mut log.threads[thread];
        let mut after = std::mem::take(&mut child.after);
        after.extend(child.last);
        let note = child.panic.take();
        log.mine().after.extend(after);
        note
    })
}

/// Goes on with the panic of a joined thread.
fn pass_on(note: Option<PanicNote>, payload: Box<dyn Any + Send>) -> ! {
    panics::take();
    let unwinds = log::with(|log| {
        log.mine().passing = note;
        std::mem::replace(&mut log.mine().unwinding, true)
    });
    if unwinds && std::thread::panicking() {
        let why = Stop::Error(LoomError::PanicWhileUnwinding);
        log::with(|log| drop(log.stop.replace(why)));
        stop::hang();
    }
    resume_unwind(payload)
}

/// Lets another thread go first.
pub(super) fn yield_now() {
    if log::with(|log| log.dead) {
        stop::abandon();
    } else {
        log::uninterrupted(::loom::thread::yield_now);
    }
}

/// The thread that runs, as the execution numbers it.
pub(super) fn index() -> usize {
    log::current().unwrap_or(0)
}
