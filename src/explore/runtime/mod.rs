//! Runs a program's threads as coroutines on one OS thread, one step at a time.
//!
//! A thread stops *before* every shared step and says what it is about to do ([`Request`]); a
//! [`Driver`] picks who goes; the step is performed, and the thread runs on to its next stop. Code
//! between steps is the thread's own and nobody can see it, so it runs at once.
//!
//! # Layout
//! - `word`: the state of one shared object
//! - `request`: what a thread asks for; `effect`: what each step does to a word
//! - `thread`: a coroutine and where it stands
//! - `run`: one execution, from the first step to the last; `spawn`: starting a thread; `script`: the
//!   steps that are repeated; `wait`: who can go on
//! - `ask`: asking for a step; `step`: performing it; `record`: writing it down
//! - `spin`: threads that look, find nothing new, and yield; `trial`: whether they would do so for ever;
//!   `poll`: those that wait with a time-out; `standing`: where a thread stands
//! - `objects`: what is known of an object; `called`: its name in pictures
//! - `knowledge`: what threads have learnt and objects hold; `state`: when two executions are in the
//!   same state; `mark`: what a state is known by
//! - `queue`: writers that wait for a read-write lock
//! - `uncounted`: what is dropped with its last reference
//! - `calls`: what the model's types ask besides steps
//! - `got`: pointers to cells
//! - `lifetime`: how long accesses and objects last; `counted`: whether a count ends them
//! - `leave`: threads that are left where they are, when their execution has ended or is refused
//! - `stacks`: what threads run on
//! - `clock`: when it has to be over; `pulse`: signs of life
//! - `panics`: one quiet panic hook; `panic_count`: each thread takes its panics along; `overflow`: stack overflow; `statics`: what outlives a run

mod ask;
mod called;
mod calls;
mod clock;
#[cfg(test)]
mod commute;
mod counted;
pub(crate) mod effect;
mod got;
mod knowledge;
mod leave;
mod lifetime;
mod mark;
mod objects;
mod overflow;
mod panic_count;
mod panics;
mod poll;
mod pulse;
mod queue;
mod record;
mod request;
mod run;
mod script;
mod spawn;
mod spin;
mod stacks;
mod standing;
mod state;
mod statics;
mod step;
mod thread;
mod trial;
mod uncounted;
mod wait;
pub(crate) mod word;

pub(crate) use ask::{
    add_silently, failed, object_of, step, step_at, step_ordered_at, step_value_at, step_with,
    step_with_at, wait_in, wait_to_spin,
};
pub(crate) use called::Names;
pub(crate) use calls::{address_of, must_be_under_way, needs, note_panic, number_of, spawn_thread};
pub(crate) use clock::Clock;
use got::Got;
pub(crate) use got::got;
pub(crate) use knowledge::Knowledge;
pub(crate) use leave::has_left;
pub(crate) use lifetime::{Becomes, Undefined, Use, access_begins, access_ends, claimed};
use lifetime::{Dropped, Open};
pub(crate) use mark::Mark;
use objects::ObjectInfo;
pub(crate) use overflow::is_spoilt;
pub(crate) use poll::{Guarded, polls};
pub(crate) use pulse::{Pulse, pulse};
pub(crate) use record::{cell_written, content_of, found};
pub(crate) use request::{Bits, NONE, Op, Request, may_be_address};
pub(crate) use run::{Driver, Ending, Pick, run};
pub(crate) use script::Scripted;
pub(crate) use spin::ROUNDS;
use spin::Spins;
use stacks::ThreadStack;
pub(crate) use standing::Standing;
pub(crate) use state::Shown;
pub(crate) use statics::{is_static_now, place_of, place_of_new, refuse_static, type_id};
pub(crate) use step::{Seen, Taken};
use thread::Coroutines;
pub(crate) use thread::{Panic, State, Thread, Waking, Yielded};
pub(crate) use uncounted::Uncounted;
pub(crate) use word::Word;

use crate::trace::{Claim, Step, ThreadId, Value};
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{ExploreError, Finer};

/// Threads by parent and index; main first.
type ThreadTable = Arc<Mutex<Vec<(u8, u16)>>>;

/// The state of one execution; its allocations serve the next one too.
pub(crate) struct Runtime {
    /// A number no other execution in the process has.
    pub(super) execution: u64,
    pub(crate) threads: Vec<Thread>,
    coroutines: Coroutines,
    /// Threads that have not ended, as a bit set.
    pub(crate) live: u64,
    /// Threads that have asked for a step, as a bit set.
    pub(crate) asking: u64,
    /// Threads that are tasks, which share a thread of the program, as a bit set.
    tasks: u64,
    /// Who runs now.
    current: u8,
    newborn: Vec<u8>,
    /// Something has happened for which a thread may have waited that did not ask for a step.
    news: bool,
    /// Some thread has spun in this execution.
    anyone_spins: bool,
    /// Some thread has waited with a time-out in this execution.
    anyone_polls: bool,
    /// The waits whose time-out would have changed nothing, and what then made a difference.
    pub(super) endless: Vec<(u32, Option<u32>)>,
    /// Some weak compare-exchange has failed for no reason in this execution.
    anyone_failed: bool,
    /// The locks that are held, by object and thread, and where they were taken.
    held: Vec<(u32, u8, &'static Location<'static>)>,
    /// The read locks that are held, by object and thread.
    reading: Vec<(u32, u8)>,
    /// The steps to repeat before anything new.
    pub(crate) script: Vec<Scripted>,
    /// Every thread ever seen, by parent and index among its children: the same number, and so the
    /// same letter, in every execution.
    table: Vec<(u8, u16)>,
    /// The same for all workers of a parallel exploration, who may meet them in any order.
    shared_table: ThreadTable,
    pub(crate) objects: Vec<ObjectInfo>,
    /// Two objects of one execution have had the same key.
    pub(crate) crowded: bool,
    statics: Vec<(usize, Box<ManuallyDrop<Word>>, u32)>,
    /// The values of statics.
    places: Vec<statics::Place>,
    /// The accesses of cells that have not ended.
    open: Vec<Open>,
    /// The pointers to cells that were got.
    got: Vec<Got>,
    /// The steps that got pointers through which was written.
    written: Vec<u32>,
    /// The objects that were dropped.
    dropped: Vec<Dropped>,
    /// The objects that have become others, by address, and the claims that made them so.
    renewed: Vec<(usize, usize)>,
    /// Who has had an object for itself that others had used.
    pub(crate) claims: Vec<Claim>,
    /// Why the execution could not go on.
    pub(crate) undefined: Option<Undefined>,
    /// What was done to objects between steps, since no step can tell: the object, the steps taken
    /// before, and what was added to its word.
    pub(crate) silent: Vec<(u32, u32, u64)>,
    /// The addresses that pointers have held, by their number.
    addresses: Vec<usize>,
    pub(crate) clock: Clock,
    /// The step at which the limits are to be looked at.
    limit: u32,
    /// Steps taken.
    pub(crate) steps: u32,
    /// The steps with their values, when somebody wants to see them.
    pub(crate) recording: Option<Vec<Step>>,
    /// What the memory lets the next step see, where that is not simply the newest value.
    pub(crate) seen: Option<Seen>,
    /// What the running thread has found behind the lock of its last step, or in the message.
    pub(crate) found: Option<Value>,
    /// What its threads have learnt, when somebody wants to know its states.
    pub(crate) knowledge: Option<Box<Knowledge>>,
    /// What a thread does at its end.
    at_exit: Option<fn()>,
    stacks: Vec<ThreadStack>,
    stack_size: usize,
    /// Which finer steps are taken.
    pub(crate) finer: Finer,
    /// The lowest address that it may use of its stack.
    floor: usize,
    /// Some thread has stopped in this execution with panics under way.
    panics_put_down: bool,
    /// How many threads have ended with a panic.
    pub(crate) panics: u32,
    /// Executions some of whose threads were left.
    pub(crate) left: u64,
    /// What their stacks take.
    pub(crate) left_bytes: u64,
    /// A thread has waited for any of several objects to change: interleavings cannot be counted.
    pub(crate) uncountable: bool,
    pub(crate) error: Option<ExploreError>,
    /// The thread that has used up its stack.
    overflowed: Option<u8>,
    /// The execution ends: because of an error or an overflow.
    given_up: bool,
    /// A number for all steps so far: who took them, and which of their alternatives.
    path: u64,
    /// Who spins, and who only seemed to.
    pub(crate) spins: Spins,
}

thread_local! {
    static CURRENT: Cell<*mut Runtime> = const { Cell::new(std::ptr::null_mut()) };
}

/// What has to be done before a program runs on this OS thread.
pub(crate) fn prepare() {
    panics::install();
    overflow::install();
}

/// Is this OS thread running a program under exploration?
pub(crate) fn is_exploring() -> bool {
    !CURRENT.get().is_null()
}

/// Has whatever is dropped here outlived its execution? Then giving it back is no step of anybody's:
/// a `Drop` must not panic for that, and nothing it would change is looked at again.
#[inline]
pub(crate) fn is_over() -> bool {
    CURRENT.get().is_null()
}

/// The runtime of the exploration this thread of the program belongs to.
///
/// # Panics
/// Outside an exploration.
#[inline]
#[track_caller]
pub(crate) fn with_current<R>(f: impl FnOnce(&mut Runtime) -> R) -> R {
    let runtime = current();
    // SAFETY: `run` sets the pointer to a runtime that outlives the execution and clears it after.
    // Only one coroutine runs at a time, and no reference made here lives across a switch.
    unsafe {
        leave::check(runtime);
        f(&mut *runtime)
    }
}

/// As [`with_current`], for those who switch to another thread.
#[inline]
#[track_caller]
fn current() -> *mut Runtime {
    let runtime = CURRENT.get();
    if runtime.is_null() {
        outside();
    }
    runtime
}

#[cold]
#[track_caller]
fn outside() -> ! {
    panic!(
        "racelab::model works only inside a program under exploration: call this from the closure \
         given to racelab::explore, or use std's type outside"
    );
}

// SAFETY: it goes from thread to thread only between executions, when no coroutine is alive and no
// pointer it holds is used before it has been set again.
unsafe impl Send for Runtime {}

/// A thread's slot, reached through the runtime's pointer.
///
/// # Safety
/// `rt` is the current runtime, and the reference ends before the next switch to a coroutine.
unsafe fn thread_at<'a>(rt: *mut Runtime, thread: u8) -> &'a mut Thread {
    // SAFETY: by the caller's promise.
    let threads = unsafe { &mut (*rt).threads };
    &mut threads[usize::from(thread)]
}

impl Runtime {
    pub(crate) fn new(stack_size: usize, finer: Finer) -> Self {
        Runtime {
            execution: 0,
            threads: Vec::new(),
            coroutines: Coroutines::new(),
            live: 0,
            asking: 0,
            tasks: 0,
            current: u8::MAX,
            newborn: Vec::new(),
            news: false,
            anyone_spins: false,
            anyone_polls: false,
            endless: Vec::new(),
            anyone_failed: false,
            held: Vec::new(),
            reading: Vec::new(),
            script: Vec::new(),
            table: vec![(u8::MAX, 0)],
            shared_table: Arc::default(),
            objects: Vec::new(),
            crowded: false,
            statics: Vec::new(),
            places: Vec::new(),
            open: Vec::new(),
            got: Vec::new(),
            written: Vec::new(),
            dropped: Vec::new(),
            renewed: Vec::new(),
            claims: Vec::new(),
            undefined: None,
            silent: Vec::new(),
            addresses: Vec::new(),
            clock: Clock::default(),
            limit: 0,
            steps: 0,
            recording: None,
            seen: None,
            found: None,
            knowledge: None,
            at_exit: None,
            stacks: Vec::new(),
            stack_size,
            finer,
            floor: 0,
            panics_put_down: false,
            panics: 0,
            left: 0,
            left_bytes: 0,
            uncountable: false,
            error: None,
            overflowed: None,
            given_up: false,
            path: 0,
            spins: Spins::default(),
        }
    }

    /// The threads met so far, by number.
    pub(crate) fn threads_known(&self) -> Vec<(u8, u16)> {
        self.table.clone()
    }

    /// Takes over the numbers that threads had in an earlier exploration of the same program.
    pub(crate) fn know_threads(&mut self, table: Vec<(u8, u16)>) {
        self.shared_table = Arc::new(Mutex::new(table.clone()));
        self.table = table;
    }

    /// A runtime for another worker of the same exploration.
    pub(crate) fn colleague(&self) -> Self {
        let mut runtime = Runtime::new(self.stack_size, self.finer);
        runtime.shared_table = Arc::clone(&self.shared_table);
        runtime.spins = self.spins.shared();
        runtime
    }

    /// The runtime as it is before the first step of a new execution.
    fn begin(&mut self, max_steps: u32) {
        /// Numbers are taken by the block, so that workers need not pass one counter to and fro.
        const BLOCK: u64 = 1024;
        static BLOCKS: AtomicU64 = AtomicU64::new(0);
        self.execution += 1;
        if self.execution.is_multiple_of(BLOCK) || self.execution == 1 {
            // Number 0 belongs to no execution.
            self.execution = (BLOCKS.fetch_add(1, Ordering::Relaxed) * BLOCK).max(1);
        }
        self.threads.iter_mut().for_each(Thread::reset);
        self.live = 0;
        self.asking = 0;
        self.tasks = 0;
        self.current = u8::MAX;
        self.newborn.clear();
        self.held.clear();
        self.reading.clear();
        self.news = false;
        self.anyone_spins = false;
        self.anyone_polls = false;
        self.endless.clear();
        self.anyone_failed = false;
        self.objects.clear();
        self.statics.clear();
        self.open.clear();
        self.got.clear();
        self.written.clear();
        self.dropped.clear();
        self.renewed.clear();
        self.claims.clear();
        self.undefined = None;
        self.silent.clear();
        self.addresses.clear();
        self.set_limit(max_steps);
        self.steps = 0;
        self.panics = 0;
        self.at_exit = None;
        self.panics_put_down = false;
        self.overflowed = None;
        self.given_up = false;
        self.path = 0;
        if let Some(steps) = &mut self.recording {
            steps.clear();
        }
        self.spins.wasted = false;
        self.seen = None;
        if let Some(knowledge) = &mut self.knowledge {
            knowledge.begin();
        }
    }

    /// The number of the `index`-th child of `parent`.
    fn thread_number(&mut self, parent: u8, index: u16) -> Option<u8> {
        let find = |table: &[(u8, u16)]| table.iter().position(|&entry| entry == (parent, index));
        let number = find(&self.table).unwrap_or_else(|| {
            let mut shared = self.shared_table.lock().unwrap_or_else(PoisonError::into_inner);
            if shared.is_empty() {
                shared.push(self.table[0]);
            }
            let number = find(&shared).unwrap_or_else(|| {
                shared.push((parent, index));
                shared.len() - 1
            });
            self.table.clone_from(&shared);
            number
        });
        (number < ThreadId::MAX).then_some(number as u8)
    }

    /// Who holds a lock, and where it was taken: of several readers the first thread.
    pub(crate) fn holder(&self, object: u32) -> Option<(u8, &'static Location<'static>)> {
        let holders = self.held.iter().filter(|held| held.0 == object);
        holders.map(|&(_, thread, place)| (thread, place)).min_by_key(|&(thread, _)| thread)
    }
}
