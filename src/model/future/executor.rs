//! A thread that tasks share: who runs, who has been woken, and who has to stop.

use crate::explore::runtime::effect::executor;
use crate::explore::runtime::{Bits, Op, Word, is_over, object_of, step_value_at, with_current};
use crate::model::thread::wait_for_end;
use crate::trace::ObjectKind;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// A place in the source.
pub(super) type Place = &'static Location<'static>;

/// A thread of the program, as its tasks share it. Tasks are modelled threads, told by their number;
/// sets of them are bit sets.
///
/// What is in its word changes by steps. The rest is the tasks' own: only the task that runs looks at
/// it, and who runs when is settled by the steps on the word. So it is `Relaxed`, and atomic only
/// because a waker may be carried anywhere.
pub(super) struct Executor {
    /// Who runs, and who has been woken.
    word: Word,
    books: Mutex<Books>,
    /// The task that runs, as a set of one.
    running: AtomicU64,
}

#[derive(Default)]
struct Books {
    /// The tasks that were spawned.
    tasks: u64,
    ended: u64,
    /// They are to be dropped where they are.
    cancelled: u64,
    /// Woken by the task that runs. It is no step: until that gives the thread away, nobody can tell.
    woken: u64,
    /// The main task is over, and with it all others.
    is_closing: bool,
    /// Where the running task's future said that it waits.
    place: Option<Place>,
    /// Who was started by each task, in order.
    children: BTreeMap<u8, Vec<u8>>,
    /// Whom the end of a task wakes.
    joiners: BTreeMap<u8, Waker>,
}

crate::model::thread_local! {
    static CURRENT: RefCell<Option<Arc<Executor>>> = RefCell::new(None);
}

/// The executor whose task the running thread is.
///
/// # Panics
/// Outside a task.
#[track_caller]
pub(super) fn current() -> Arc<Executor> {
    let current = CURRENT.with(|current| current.borrow().clone());
    current.expect("only a task can start another: use `block_on` or `run` first")
}

/// A future of the model says where its task will wait, should it be pending.
pub(super) fn waits_at(place: Place) {
    CURRENT.with(|current| {
        if let Some(executor) = &*current.borrow() {
            executor.books().place = Some(place);
        }
    });
}

impl Executor {
    /// A thread on which nobody runs yet.
    #[track_caller]
    pub fn free() -> Arc<Self> {
        Executor::new(0)
    }

    /// A thread on which the running thread runs its main task.
    #[track_caller]
    pub fn held_by(task: u8) -> Arc<Self> {
        let executor = Executor::new(executor::run_by(task));
        let object = object_of(&executor.word);
        let place = Location::caller();
        with_current(|runtime| runtime.note_holder(object, place));
        executor.running.store(1 << task, Relaxed);
        executor
    }

    #[track_caller]
    fn new(initial: u64) -> Arc<Self> {
        let word = Word::registered(ObjectKind::Executor, initial, None);
        Arc::new(Executor { word, books: Mutex::default(), running: AtomicU64::new(0) })
    }

    /// std's own lock: never held across a step, so never waited for.
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The running thread is a task of this executor until what this returns is dropped.
    pub fn enter(self: &Arc<Self>) -> Entered {
        Entered(CURRENT.with(|current| current.replace(Some(Arc::clone(self)))))
    }

    /// Takes a task on; from now on the thread is shared.
    pub fn add(&self, task: u8) {
        let parent = with_current(|runtime| runtime.current_thread());
        let mut books = self.books();
        books.tasks |= 1 << task;
        books.children.entry(parent).or_default().push(task);
        if books.is_closing {
            books.cancelled |= 1 << task;
        }
    }

    /// Waits for the thread, to begin with.
    pub fn start(&self, task: u8, place: Place) {
        self.step(place, Op::TaskStart, (0, 0));
        self.running.store(1 << task, Relaxed);
    }

    /// The running task is pending: gives the thread away, and takes it again when the task has been
    /// woken. What has no thread to share with others only waits.
    pub fn wait(&self, task: u8, otherwise: Place) {
        let (place, shared, woken) = {
            let mut books = self.books();
            let place = books.place.take().unwrap_or(otherwise);
            (place, books.tasks != 0, std::mem::take(&mut books.woken))
        };
        if shared {
            self.running.store(0, Relaxed);
            self.step(place, Op::GiveAway, (woken, executor::AT_AWAIT));
        }
        self.step(place, Op::GoOn, (task.into(), 0));
        self.running.store(1 << task, Relaxed);
    }

    /// The running task is over.
    pub fn end(&self, task: u8, place: Place) {
        let joiner = {
            let mut books = self.books();
            books.ended |= 1 << task;
            books.joiners.remove(&task)
        };
        joiner.into_iter().for_each(Waker::wake);
        let (woken, cancelled) = {
            let mut books = self.books();
            (std::mem::take(&mut books.woken), books.cancelled & 1 << task != 0)
        };
        self.running.store(0, Relaxed);
        let why = if cancelled { executor::CANCELLED } else { executor::ENDED };
        self.step(place, Op::GiveAway, (woken, why));
    }

    /// The main task is over: cancels all others, and waits until they are gone.
    pub fn close(&self, main: u8, place: Place) {
        let left = {
            let mut books = self.books();
            let left = books.tasks & !books.ended;
            books.is_closing = true;
            books.cancelled |= left;
            books.woken |= left;
            left
        };
        if left != 0 {
            self.end(main, place);
            self.wait_for_children(main);
        }
    }

    /// Waits until all are gone that the thread or task has started, and all that they have.
    ///
    /// Whoever has ended starts no more: so it is the same order whenever it begins.
    #[track_caller]
    pub fn wait_for_children(&self, parent: u8) {
        let children = self.books().children.get(&parent).cloned().unwrap_or_default();
        for child in children {
            wait_for_end(child);
            self.wait_for_children(child);
        }
    }

    /// Wakes a task.
    #[track_caller]
    pub fn wake(&self, task: u8) {
        let me = with_current(|runtime| runtime.current_thread());
        let mut books = self.books();
        if books.tasks != 0 && self.running.load(Relaxed) == 1 << me {
            books.woken |= 1 << task;
        } else {
            drop(books);
            self.step(Location::caller(), Op::WakeTask, (task.into(), 0));
        }
    }

    /// Has the task ended? Asked by a task of the same thread.
    pub fn has_ended(&self, task: u8) -> bool {
        self.books().ended & 1 << task != 0
    }

    pub fn is_cancelled(&self, task: u8) -> bool {
        self.books().cancelled & 1 << task != 0
    }

    /// The task is to be dropped at its await.
    #[track_caller]
    pub fn cancel(&self, task: u8) {
        if !self.has_ended(task) {
            self.books().cancelled |= 1 << task;
            self.wake(task);
        }
    }

    /// Somebody waits for the end of the task.
    pub fn note_joiner(&self, task: u8, waker: &Waker) {
        self.books().joiners.insert(task, waker.clone());
    }

    fn step(&self, place: Place, op: Op, operands: (u64, u64)) {
        step_value_at(place, &self.word, op, Bits::Opaque, operands);
    }
}

/// Ends what [`Executor::enter`] began.
pub(super) struct Entered(Option<Arc<Executor>>);

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.0.take();
        CURRENT.with(|current| *current.borrow_mut() = before);
    }
}

/// Wakes a task.
pub(super) struct Signal {
    pub executor: Arc<Executor>,
    pub task: u8,
}

impl Wake for Signal {
    #[track_caller]
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    #[track_caller]
    fn wake_by_ref(self: &Arc<Self>) {
        if !is_over() {
            self.executor.wake(self.task);
        }
    }
}
