//! The log of one execution under loom: who did what, in which order.
//!
//! All modelled threads are coroutines of one thread of the operating system, so the log is a
//! `thread_local!` of std types. It is borrowed for moments only, never across an operation of
//! loom's: such an operation may switch to another modelled thread, which writes its own steps.
//!
//! Who is running is remembered by [`uninterrupted`]: whoever calls into loom puts its own number
//! back when it returns.

use super::stop::{OnHang, Stop};
use super::threads::{Wait, WaitingThread};
use crate::loom::LoomMode;
use crate::trace::{Action, Object, ObjectId, Place, Step, ThreadId, Value};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

thread_local! {
    static LOG: Cell<Option<Box<Log>>> = const { Cell::new(None) };
}

/// What one execution leaves behind. Threads and objects are numbered as they came.
pub(crate) struct Log {
    /// No other execution of the process has this number.
    pub(crate) execution: u64,
    pub(crate) mode: LoomMode,
    pub(crate) threads: Vec<ThreadLog>,
    pub(crate) objects: Vec<ObjectLog>,
    pub(crate) steps: Vec<Step>,
    /// The first data race: cell, the access that found it, the access it races with.
    pub(crate) race: Option<(ObjectId, RacyAccess, RacyAccess)>,
    /// Who waited for what when no thread could go on.
    pub(crate) deadlock: Option<Vec<WaitingThread>>,
    pub(crate) stop: Option<Stop>,
    /// Something was asked of loom that it does not explore: real loads and stores, or the choice
    /// of the waiter that is woken.
    pub(crate) unexplored: bool,
    /// Unlocking is a point where loom may switch: only needed by programs that `try_lock`.
    pub(crate) unlocks_are_points: bool,
    /// No operation reaches loom any more.
    pub(crate) dead: bool,
    /// Takes the log when a thread can neither go on nor unwind: see `stop::hang`.
    pub(super) on_hang: OnHang,
    /// For each step: was there anyone to race with, whatever the schedule?
    pub(crate) contended: Vec<bool>,
    /// The one object of the start gate.
    pub(crate) gate: Option<Arc<::loom::sync::atomic::AtomicUsize>>,
    pub(super) current: usize,
    pub(super) unjoined: usize,
}

/// One access of a data race: thread, does it write, where.
pub(crate) type RacyAccess = (ThreadId, bool, Place);

/// A thread as the log sees it.
pub(crate) struct ThreadLog {
    /// Whose child it is. The children of one parent are logged in their order.
    pub(crate) parent: usize,
    pub(crate) name: &'static str,
    /// How to wake it.
    pub(super) handle: Option<::loom::thread::Thread>,
    pub(super) made: u32,
    pub(super) operation: u32,
    pub(super) depth: u32,
    /// Has the present operation taken a step?
    pub(super) begun: bool,
    pub(super) last: Option<usize>,
    /// Steps that its next step comes after, for a reason other than a shared object.
    pub(super) after: Vec<usize>,
    pub(super) waiting: Option<(Wait, Place)>,
    pub(super) ended: bool,
    /// It has begun to unwind. It may have caught that: see `stop::unwinds`.
    pub(crate) unwinding: bool,
    /// How often it asked for something that an execution which cannot go on does not give.
    pub(super) abandoned: u32,
    /// The panic that ended it, until a thread that joins it takes it over.
    pub(crate) panic: Option<PanicNote>,
    /// The panic of a joined thread, which it may catch or pass on.
    pub(super) passing: Option<PanicNote>,
}

/// A caught panic: who, what, where.
#[derive(Clone)]
pub(crate) struct PanicNote {
    pub(crate) thread: ThreadId,
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
}

/// An object as the log sees it.
pub(crate) struct ObjectLog {
    /// Who made it, and which of the things it made.
    pub(crate) maker: usize,
    pub(crate) index: u32,
    pub(crate) object: Object,
}

impl Log {
    pub(crate) fn new(
        execution: u64,
        mode: LoomMode,
        unlocks_are_points: bool,
        on_hang: OnHang,
    ) -> Log {
        let mut log = Log {
            execution,
            mode,
            threads: Vec::with_capacity(4),
            objects: Vec::with_capacity(4),
            steps: Vec::with_capacity(32),
            race: None,
            deadlock: None,
            stop: None,
            unexplored: false,
            unlocks_are_points,
            dead: false,
            on_hang,
            contended: Vec::with_capacity(32),
            gate: None,
            current: 0,
            unjoined: 0,
        };
        log.threads.push(ThreadLog::new(0, ""));
        log
    }

    /// How to wake the main thread.
    pub(crate) fn set_main(&mut self, handle: ::loom::thread::Thread) {
        self.threads[0].handle = Some(handle);
    }

    /// The running thread, as it is numbered in this execution.
    pub(super) fn me(&self) -> ThreadId {
        ThreadId(self.current as u8)
    }

    pub(crate) fn mine(&mut self) -> &mut ThreadLog {
        &mut self.threads[self.current]
    }

    /// Writes down a step of the running thread, and returns its index.
    pub(super) fn step(&mut self, done: Done, place: Place) -> usize {
        let at = self.steps.len();
        let alone = self.threads.iter().filter(|thread| !thread.ended).count() == 1;
        self.contended.push(self.unjoined > 0);
        let thread = self.me();
        let mine = self.mine();
        mine.last = Some(at);
        mine.begun = true;
        let after = std::mem::take(&mut mine.after);
        let operation = mine.operation;
        let Done { action, object, mutex, order, read, written, stale } = done;
        self.steps.push(Step {
            thread,
            action,
            object,
            mutex,
            order,
            read,
            written,
            choice: None,
            place,
            operation,
            after,
            alone,
            stale,
            behind: None,
        });
        at
    }
}

impl ThreadLog {
    pub(super) fn new(parent: usize, name: &'static str) -> ThreadLog {
        ThreadLog {
            parent,
            name,
            handle: None,
            made: 0,
            operation: 0,
            depth: 0,
            begun: false,
            last: None,
            after: Vec::new(),
            waiting: None,
            ended: false,
            unwinding: false,
            abandoned: 0,
            panic: None,
            passing: None,
        }
    }
}

/// What a step did, apart from who and where.
pub(super) struct Done {
    pub(super) action: Action,
    pub(super) object: Option<ObjectId>,
    pub(super) mutex: Option<ObjectId>,
    pub(super) order: Option<Ordering>,
    pub(super) read: Option<Value>,
    pub(super) written: Option<Value>,
    pub(super) stale: Option<Option<usize>>,
}

impl Done {
    pub(super) fn on(action: Action, object: ObjectId) -> Done {
        Done {
            action,
            object: Some(object),
            mutex: None,
            order: None,
            read: None,
            written: None,
            stale: None,
        }
    }
}

/// Puts a log in place for the execution that begins.
pub(crate) fn begin(log: Log) {
    LOG.set(Some(Box::new(log)));
}

/// Takes the log of the execution that has ended, if there is one.
pub(crate) fn take() -> Option<Log> {
    LOG.take().map(|log| *log)
}

/// The running thread, where a program is being explored.
pub(crate) fn current() -> Option<usize> {
    try_with(|log| log.current)
}

/// Is a program being explored on this thread of the operating system?
pub(crate) fn is_active() -> bool {
    try_with(|_| ()).is_some()
}

/// Are loads and stores read-modify-writes to loom?
pub(super) fn is_exact() -> bool {
    try_with(|log| log.mode.is_exact()).unwrap_or(true)
}

/// The log while somebody reads or writes it. Taken out and put back, and not handed to a closure
/// by `LocalKey::with`, which the compiler would make anew for each of the closures.
struct Lent(Option<Box<Log>>);

impl Lent {
    fn now() -> Lent {
        Lent(LOG.take())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        LOG.set(self.0.take());
    }
}

/// Reads or writes the log; `None` when nothing is being explored.
pub(crate) fn try_with<R>(f: impl FnOnce(&mut Log) -> R) -> Option<R> {
    Lent::now().0.as_deref_mut().map(f)
}

/// Reads or writes the log, from within an operation that has already been let in.
pub(super) fn with<R>(f: impl FnOnce(&mut Log) -> R) -> R {
    try_with(f).expect("an operation that was let in belongs to an execution")
}

/// Calls into loom, and remembers who called: other threads may run before it returns.
pub(super) fn uninterrupted<R>(call: impl FnOnce() -> R) -> R {
    let me = with(|log| log.current);
    let result = call();
    with(|log| log.current = me);
    result
}

/// Runs `body` as one operation of the running thread.
pub(super) fn operation<R>(body: impl FnOnce() -> R) -> R {
    let turn = |by: i32| {
        try_with(|log| {
            let mine = log.mine();
            mine.depth = mine.depth.saturating_add_signed(by);
            // Only the outermost operation counts, and only if something has happened in it.
            let outermost = if by > 0 { mine.depth == 1 } else { mine.depth == 0 };
            if outermost && std::mem::take(&mut mine.begun) {
                mine.operation += 1;
            }
        });
    };
    turn(1);
    let result = body();
    turn(-1);
    result
}
