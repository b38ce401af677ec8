//! A modelled thread: a coroutine that stops before each shared step.

use super::Mark;
use super::poll::{Guarded, Polling};
use super::request::{Bits, NONE, Op, Request};
use super::stacks::ThreadStack;
use super::standing::Standing;
use super::word::Word;
use crate::trace::{ObjectKind, Place, ThreadId};
use corosensei::{Coroutine, Yielder};
use std::borrow::Cow;
use std::cell::UnsafeCell;
use std::panic::Location;
use std::sync::atomic::Ordering;

/// Goes on with what the thread's step gave.
pub(super) type Body = Coroutine<u64, (), (), ThreadStack>;

/// What a thread stops with.
pub(super) type Stopped = Yielder<u64, ()>;

/// The coroutines by thread, each in a place of its own that never moves: whoever runs in one may
/// start another.
pub(super) struct Coroutines(Box<[UnsafeCell<Option<Body>>]>);

impl Coroutines {
    pub(super) fn new() -> Self {
        Coroutines((0..=ThreadId::MAX).map(|_| UnsafeCell::new(None)).collect())
    }

    pub(super) fn of(&self, thread: u8) -> *mut Option<Body> {
        self.0[usize::from(thread)].get()
    }
}

/// Where a thread stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Not spawned in this execution (yet).
    Absent,
    /// Running its own code, which nobody else can see.
    Running,
    /// Stopped before the step it has asked for.
    Asking,
    /// Waits for a thread to end. Not a step: it goes on by itself.
    Joining(u8),
    /// Waits for a thread's closure to return: all that the end of a scope waits for.
    Returning(u8),
    /// Waits for the last thread to arrive at a barrier.
    AtBarrier(u32),
    /// May go on: the barrier it waited at has opened.
    Released,
    /// Has looked and found nothing new: waits until something it looked at changes.
    Spinning,
    /// Has ended.
    Finished,
}

/// A panic: its message and its place.
#[derive(Clone, Debug)]
pub(crate) struct Panic {
    pub message: String,
    pub place: Option<Place>,
    /// Its number among the panics of the execution.
    pub order: u32,
    /// The latest steps that the thread comes after: its last one, and those of whoever it joined.
    pub after: Vec<u32>,
    /// Somebody took the error from `join`, or the panic of its scope answers for it.
    pub taken: bool,
    /// Whose scope that is.
    pub(super) passed_to: Option<u8>,
    /// The scope's owner ended with a panic too: nobody has caught it there.
    pub is_uncaught: bool,
}

/// A step that changed nothing: its thread knows this version of the object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub object: u32,
    pub version: u32,
    pub step: u32,
    /// What was asked for, and what it gave.
    pub op: Op,
    pub failed: bool,
    pub operands: (u64, u64),
    pub place: &'static Location<'static>,
    pub result: u64,
}

impl Look {
    /// A round of more looks than this is not compared with the next one.
    pub(super) const MOST: usize = 64;

    /// Does the request ask for the same?
    pub(super) fn is(&self, request: &Request) -> bool {
        (self.object, self.op, self.operands)
            == (request.object, request.op, (request.a, request.b))
            && self.place == request.place
    }

    /// A mark with what was asked for and what came of it.
    pub(super) fn mark(&self, mark: Mark) -> Mark {
        let place = std::ptr::from_ref(self.place) as u64;
        let mark = mark.with(self.op as u64).with(place).with(self.operands.0);
        mark.with(self.operands.1).with(self.result).with(u64::from(self.failed))
    }
}

/// The end of a thread's spinning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waking {
    /// The step that changed something it had looked at.
    pub by: u32,
    pub thread: u8,
    /// Its first and its last look before it spun; `None` if it waits for that very step.
    pub looks: Option<(u32, u32)>,
}

pub(crate) struct Thread {
    pub(super) yielder: *const Stopped,
    pub(crate) state: State,
    pub(crate) request: Request,
    /// What the step returned to the thread.
    pub(super) result: u64,
    pub(crate) name: Option<Cow<'static, str>>,
    /// What `unpark` gives it and `park` takes.
    pub(super) token: Box<Word>,
    /// Whether it has ended, where a program can tell.
    pub(super) end: Box<Word>,
    /// How many threads it has spawned.
    pub(super) children: u16,
    /// How many objects it has made.
    pub(super) made: u32,
    /// The number of operations it has begun.
    pub(crate) operation: u32,
    /// Its last step, as an index into the execution's steps.
    pub(crate) last_step: u32,
    /// Steps that come before its next one for a reason other than an object.
    pub(crate) after: Vec<u32>,
    /// What ended the spinning that comes before its next step: its own, and that of a thread it
    /// has joined or was started by.
    pub(crate) woken: Vec<Waking>,
    /// Objects it has looked at since it last changed something.
    pub(super) looked_at: Vec<Look>,
    /// How many steps it has asked for; how many it had at its last yield.
    pub(super) asked: u32,
    pub(super) yielded_at: u32,
    /// Yields in a row without having asked for anything, and what was on its stack at the last.
    pub(super) idle: u32,
    pub(super) idle_stack: Option<Mark>,
    /// Rounds in a row that changed nothing but its own stack.
    pub(super) rounds: u32,
    /// If it next comes to a yield with this round, having asked for so many steps, it spins.
    pub(super) then_spins: Option<(Mark, u32)>,
    /// Where it stands when it has stopped at a yield, or waits with a time-out.
    pub(super) standing: Standing,
    /// Its last wait with a time-out, if that has not been ended by a notify.
    pub(super) polling: Option<Polling>,
    /// What the mutex guards with which it is about to wait so.
    pub(super) guards: Option<Guarded>,
    /// Would a further round after its last yield have been like the one before?
    pub(super) spun: bool,
    /// How often it has yielded.
    pub(super) yields: u32,
    /// Was its last step a compare-exchange that failed?
    pub(super) failed: bool,
    /// The weak compare-exchanges that have failed for no reason since anyone wrote their object.
    pub(super) failures: Vec<Request>,
    /// Where it waits, when it waits for something that is not a step.
    pub(crate) waits_at: &'static Location<'static>,
    pub(crate) panic: Option<Panic>,
    /// Panics of its own that are under way, while it does not run.
    pub(super) panics_under_way: u32,
    /// The threads that have ended before whatever it does next, as a bit set.
    pub(super) joined: u64,
    /// Values that it is dropping with their last reference, which was not counted.
    pub(super) uncounted: u32,
    /// Has its closure returned?
    pub(super) returned: bool,
    /// How much of its stack it may use, in bytes.
    pub(super) stack_bytes: usize,
    /// The lowest address of its stack that it may use.
    pub(super) floor: usize,
    /// Where its stack ended when it last asked for something.
    pub(super) mark: usize,
    /// The pages below its stack.
    #[cfg(unix)]
    pub(super) guard: std::ops::Range<usize>,
}

/// A thread's last yield.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Yielded {
    /// Its number among the thread's yields.
    pub count: u32,
    /// Would a further round have been like the one before?
    pub spun: bool,
}

impl Thread {
    /// Its last yield.
    pub(crate) fn yielded(&self) -> Yielded {
        Yielded { count: self.yields, spun: self.spun }
    }

    pub(super) fn new() -> Self {
        let nowhere = Location::caller();
        Thread {
            yielder: std::ptr::null(),
            state: State::Absent,
            request: Request {
                op: Op::Fence,
                bits: Bits::Opaque,
                order: Ordering::SeqCst,
                failure: Ordering::SeqCst,
                object: NONE,
                mutex: NONE,
                word: std::ptr::null(),
                mutex_word: std::ptr::null(),
                a: 0,
                b: 0,
                place: nowhere,
            },
            result: 0,
            name: None,
            token: Box::new(Word::new(ObjectKind::Park, 0)),
            end: Box::new(Word::new(ObjectKind::Thread, 0)),
            children: 0,
            made: 0,
            operation: 0,
            last_step: NONE,
            after: Vec::new(),
            woken: Vec::new(),
            looked_at: Vec::new(),
            asked: 0,
            yielded_at: 0,
            idle: 0,
            idle_stack: None,
            rounds: 0,
            spun: false,
            then_spins: None,
            standing: Standing::NOWHERE,
            polling: None,
            guards: None,
            yields: 0,
            failed: false,
            failures: Vec::new(),
            waits_at: nowhere,
            panic: None,
            panics_under_way: 0,
            joined: 0,
            uncounted: 0,
            returned: false,
            stack_bytes: 0,
            floor: 0,
            mark: 0,
            #[cfg(unix)]
            guard: 0..0,
        }
    }

    /// Ready for the next execution; keeps its allocations.
    pub(super) fn reset(&mut self) {
        self.state = State::Absent;
        self.name = None;
        self.token.renew();
        self.end.renew();
        self.children = 0;
        self.made = 0;
        self.operation = 0;
        self.last_step = NONE;
        self.after.clear();
        self.woken.clear();
        self.looked_at.clear();
        self.asked = 0;
        self.yielded_at = 0;
        self.idle = 0;
        self.idle_stack = None;
        self.rounds = 0;
        self.spun = false;
        self.then_spins = None;
        self.polling = None;
        self.guards = None;
        self.yields = 0;
        self.failed = false;
        self.failures.clear();
        self.panic = None;
        self.panics_under_way = 0;
        self.joined = 0;
        self.uncounted = 0;
        self.returned = false;
    }
}
