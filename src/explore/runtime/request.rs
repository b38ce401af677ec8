//! What a thread asks for before each step.

use super::effect::{channel, count, executor, lock, once};
use super::script::Scripted;
use super::word::Word;
use crate::trace::{self, Action, Mode, Value};
use std::panic::Location;
use std::sync::atomic::Ordering;

/// No object.
pub(crate) const NONE: u32 = u32::MAX;

/// How the 64 bits of an atomic or a cell are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bits {
    Unsigned(u8),
    Signed(u8),
    Bool,
    Pointer,
    /// Counts of references.
    Count,
    /// Not shown.
    Opaque,
}

impl Bits {
    /// Of a value that says nothing: all of its kind are the same.
    pub(crate) const NOTHING: Bits = Bits::Unsigned(0);

    /// Of a `T`. By name, since the type need not be `'static`.
    pub(crate) fn of<T: ?Sized>() -> Bits {
        match std::any::type_name::<T>() {
            "u8" => Bits::Unsigned(8),
            "u16" => Bits::Unsigned(16),
            "u32" => Bits::Unsigned(32),
            "u64" | "usize" => Bits::Unsigned(64),
            "i8" => Bits::Signed(8),
            "i16" => Bits::Signed(16),
            "i32" => Bits::Signed(32),
            "i64" | "isize" => Bits::Signed(64),
            "bool" => Bits::Bool,
            _ => Bits::Opaque,
        }
    }

    /// Cuts a result down to the width of the type: arithmetic wraps around.
    pub(crate) fn wrap(self, value: u64) -> u64 {
        match self {
            Bits::Unsigned(width) | Bits::Signed(width) if width < 64 => value & ((1 << width) - 1),
            _ => value,
        }
    }

    fn signed(self, value: u64) -> i64 {
        match self {
            Bits::Signed(width) => (value << (64 - width)) as i64 >> (64 - width),
            _ => value as i64,
        }
    }

    pub(super) fn less(self, a: u64, b: u64) -> bool {
        match self {
            Bits::Signed(_) => self.signed(a) < self.signed(b),
            _ => a < b,
        }
    }

    pub(crate) fn value(self, value: u64) -> Option<Value> {
        match self {
            Bits::NOTHING => None,
            Bits::Unsigned(_) => Some(Value::Unsigned(value)),
            Bits::Signed(_) => Some(Value::Signed(self.signed(value))),
            Bits::Bool => Some(Value::Bool(value != 0)),
            Bits::Pointer => Some(Value::Pointer(value != 0)),
            Bits::Count => Some(Value::Unsigned(count::both(value).0 as u64)),
            Bits::Opaque => None,
        }
    }
}

/// What a thread wants to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Load,
    Store,
    Swap,
    Add,
    Sub,
    And,
    Or,
    Xor,
    Nand,
    Max,
    Min,
    CompareExchange,
    CompareExchangeWeak,
    /// Adds to a count of references, unless there are none that keep the value.
    AddUnlessZero,
    /// Subtracts from a count of references, if there is one that keeps the value.
    SubIfOne,
    Fence,
    CellRead,
    CellWrite,
    /// Gets the cell's pointer, to read or to write through it.
    CellGet,
    /// The end of an access in which steps were taken.
    CellReadEnd,
    CellWriteEnd,
    Lock,
    /// Takes a read-write lock for writing if it is free; if not, waits for it with a `Lock`.
    WriteLock,
    TryLock,
    Unlock,
    ReadLock,
    TryReadLock,
    ReadUnlock,
    Downgrade,
    IsPoisoned,
    ClearPoison,
    Wait,
    /// Asleep on a condition variable, without a time-out: only a notify ends it.
    Asleep,
    TimeOut,
    Reacquire,
    NotifyOne,
    NotifyAll,
    Send,
    TrySend,
    Receive,
    TryReceive,
    DropSender,
    DropReceiver,
    Park,
    /// A park with a time-out, which may be taken whenever there is no token.
    ParkTimeout,
    Unpark,
    Arrive,
    /// Whether a `Once` has run; goes on at once.
    OnceLook,
    OnceEnter,
    /// Waits until a `Once` has run.
    OnceWait,
    OnceEnd,
    TaskStart,
    /// Waits to be woken, and for the thread.
    GoOn,
    /// A task stops running: at an await, or for good.
    GiveAway,
    WakeTask,
    Choose,
}

impl Op {
    /// Is it an access of a plain cell, or the end of one?
    pub(super) fn is_on_cell(self) -> bool {
        matches!(self, Op::CellRead | Op::CellWrite | Op::CellReadEnd | Op::CellWriteEnd)
            || self == Op::CellGet
    }
}

/// One step, asked for.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    pub op: Op,
    pub bits: Bits,
    pub order: Ordering,
    /// The ordering of a compare-exchange that fails.
    pub failure: Ordering,
    pub object: u32,
    /// The mutex of a wait.
    pub mutex: u32,
    pub word: *const Word,
    pub mutex_word: *const Word,
    /// Operands: the value to write or add; of a compare-exchange the expected one and the new one;
    /// of a channel its capacity and the message; of a choice the number of alternatives; of a cell
    /// its address; of a lock whether its thread has queued for it; of an unlock what the lock guards,
    /// and the poison it leaves; of entering a `Once` whether poison is ignored; of going on the task's
    /// own number; of giving a thread away whom its task has woken, as a bit set, and why it stops.
    pub a: u64,
    pub b: u64,
    pub place: &'static Location<'static>,
}

// SAFETY: the pointers are followed only while the request is pending, on the thread that runs its
// execution; afterwards a request is looked at, not followed.
unsafe impl Send for Request {}

impl Request {
    /// Could the step be taken on an object in this state?
    #[inline]
    pub(crate) fn enabled(&self, word: u64) -> bool {
        match self.op {
            Op::Lock | Op::Reacquire => lock::is_free(word),
            Op::ReadLock => lock::is_for_readers(word),
            Op::Receive => channel::messages(word) > 0 || channel::senders(word) == 0,
            Op::Send => channel::messages(word) < self.a || channel::receiver_gone(word),
            Op::Park => word != 0,
            Op::OnceEnter => word != once::RUNNING,
            Op::OnceWait => word == once::DONE || word == once::POISONED && self.a == 0,
            Op::TaskStart => executor::is_free(word),
            Op::GoOn => executor::is_woken(word, self.a) && executor::may_run(word, self.a),
            Op::Asleep => false,
            _ => true,
        }
    }

    /// Is it what was asked for in an earlier execution, in which all went the same way until here?
    pub(crate) fn is_repeated(&self, before: &Request) -> bool {
        let same_step = (self.op, self.object, self.order, self.failure)
            == (before.op, before.object, before.order, before.failure);
        let same_values = self.has_address()
            || is_same_value(self.a, before.a) && is_same_value(self.b, before.b);
        same_step && self.place == before.place && same_values
    }

    /// Does it find what it found when it was first asked for, and give the same?
    #[inline(always)]
    pub(super) fn repeats_values(&self, word: u64, before: &Scripted) -> bool {
        word == before.before && self.a == before.a || self.may_repeat(word, before)
    }

    #[cold]
    fn may_repeat(&self, word: u64, before: &Scripted) -> bool {
        let same_operand = self.has_address() || is_same_value(self.a, before.a);
        is_same_value(word, before.before) && same_operand
    }

    /// Is an operand one that may differ when the request is repeated?
    pub(crate) fn may_have_addresses(&self) -> bool {
        !self.has_address() && [self.a, self.b].into_iter().any(may_be_address)
    }

    /// Is its operand an address: of a cell, or the value of a pointer?
    pub(crate) fn has_address(&self) -> bool {
        self.op.is_on_cell() || self.bits == Bits::Pointer
    }

    /// The request in words, for whoever has to find it in the program.
    pub(crate) fn described(&self) -> String {
        use Op::*;
        let Request { op, place, bits, a, b, .. } = self;
        let value =
            |value| bits.value(value).map_or_else(String::new, |value| format!("({value})"));
        let operand = match op {
            Store | Swap | Add | Sub | And | Or | Xor | Nand | Max | Min => value(*a),
            CompareExchange | CompareExchangeWeak => value(*a) + &value(*b),
            _ => String::new(),
        };
        format!("{op:?}{operand} at {}:{}", place.file(), place.line())
    }

    /// How the step touches its object, if that is the same in every state and it never waits.
    #[inline]
    pub(crate) fn mode(&self) -> Option<Mode> {
        match self.op {
            Op::Load | Op::CellRead | Op::CellReadEnd => Some(Mode::Read),
            Op::Store | Op::Swap | Op::Add | Op::Sub => Some(Mode::Write),
            Op::CellWrite | Op::CellWriteEnd | Op::CellGet => Some(Mode::Write),
            _ => None,
        }
    }

    /// Does it take a lock that its thread has queued for?
    pub(super) fn is_queued(&self) -> bool {
        self.op == Op::Lock && self.a == 1
    }

    /// Can this kind of step ever have to wait?
    pub(crate) fn may_block(&self) -> bool {
        use Op::*;
        matches!(
            self.op,
            Lock | Reacquire
                | ReadLock
                | Receive
                | Send
                | Park
                | OnceEnter
                | OnceWait
                | TaskStart
                | GoOn
        )
    }

    /// The step taken, as far as its place in happens-before is concerned.
    pub(crate) fn in_trace(&self, thread: u8, action: Action) -> trace::Event {
        let object = |slot: u32| (slot != NONE).then_some(slot);
        let failed = action == Action::CompareExchangeFailed;
        trace::Event {
            thread: usize::from(thread),
            action,
            object: object(self.object),
            mutex: object(self.mutex),
            order: Some(if failed { self.failure } else { self.order }),
            stale: None,
            is_late: false,
        }
    }

    /// Can this kind of step have more than one?
    #[inline]
    pub(super) fn has_alternatives(&self) -> bool {
        matches!(self.op, Op::Choose | Op::NotifyOne | Op::CompareExchangeWeak)
    }

    /// How many alternatives the step has in this state: waiters to wake, values to choose, failing
    /// for no reason.
    ///
    /// `fails_anew`: where a weak compare-exchange could succeed, has its thread not yet seen it fail
    /// just so? Once is enough to see what comes of it, and a loop could go on failing for ever.
    pub(crate) fn alternatives(&self, word: u64, fails_anew: impl FnOnce() -> bool) -> u32 {
        match self.op {
            Op::Choose => self.a as u32,
            Op::NotifyOne => waiters(word).max(1),
            Op::CompareExchangeWeak if word == self.a && fails_anew() => 2,
            _ => 1,
        }
    }

    /// Would a failure of the one tell no more than one of the other, as long as nobody writes?
    pub(crate) fn fails_like(&self, other: &Request) -> bool {
        let key = |r: &Request| (r.op, r.object, r.a, r.b, r.place);
        key(self) == key(other)
    }
}

/// Are two operands the same, as far as can be told?
fn is_same_value(now: u64, before: u64) -> bool {
    now == before || may_be_address(now) && may_be_address(before)
}

/// Addresses, which a program may keep in integers, differ from one execution to the next without
/// making it another one.
pub(crate) fn may_be_address(value: u64) -> bool {
    (1 << 32..1 << 47).contains(&value)
}

/// How many threads wait. Out of line: all other steps need not count.
#[inline(never)]
fn waiters(word: u64) -> u32 {
    word.count_ones()
}
