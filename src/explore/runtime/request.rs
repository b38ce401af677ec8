//! What a thread asks for before each step, and what each step does to a word.
//!
//! Every object is a word and every step a function on words, so that the explorer can ask, of a
//! state that is long gone, whether a step could be taken there and how it would touch the object.

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
    /// Not shown.
    Opaque,
}

impl Bits {
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

    fn less(self, a: u64, b: u64) -> bool {
        match self {
            Bits::Signed(_) => self.signed(a) < self.signed(b),
            _ => a < b,
        }
    }

    pub(crate) fn value(self, value: u64) -> Option<Value> {
        match self {
            Bits::Unsigned(_) => Some(Value::Unsigned(value)),
            Bits::Signed(_) => Some(Value::Signed(self.signed(value))),
            Bits::Bool => Some(Value::Bool(value != 0)),
            Bits::Pointer => Some(Value::Pointer(value != 0)),
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
    Fence,
    CellRead,
    CellWrite,
    Lock,
    TryLock,
    Unlock,
    WriteLock,
    TryWriteLock,
    ReadLock,
    TryReadLock,
    ReadUnlock,
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
    OnceEnter,
    OnceEnd,
    Choose,
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
    /// its address; of an unlock what the lock guards.
    pub a: u64,
    pub b: u64,
    pub place: &'static Location<'static>,
}

// SAFETY: the pointers are followed only while the request is pending, on the thread that runs its
// execution; afterwards a request is looked at, not followed.
unsafe impl Send for Request {}

/// A channel's word: messages in it, senders alive, is the receiver gone?
pub(crate) mod channel {
    pub(crate) const SENDER: u64 = 1 << 32;
    pub(crate) const RECEIVER_GONE: u64 = 1 << 63;
    pub(crate) fn messages(word: u64) -> u64 {
        word & 0xffff_ffff
    }
    pub(crate) fn senders(word: u64) -> u64 {
        (word & !RECEIVER_GONE) >> 32
    }
    pub(crate) fn receiver_gone(word: u64) -> bool {
        word & RECEIVER_GONE != 0
    }
}

/// A read-write lock's word: the writer (its number + 1) above, the number of readers below.
pub(crate) mod rw {
    pub(crate) const WRITER: u64 = 1 << 32;
    pub(crate) fn writer(word: u64) -> u64 {
        word >> 32
    }
}

/// A `Once`'s word.
pub(crate) mod once {
    pub(crate) const NEW: u64 = 0;
    pub(crate) const RUNNING: u64 = 1;
    pub(crate) const DONE: u64 = 2;
}

/// What taking a step did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effect {
    pub action: Action,
    /// What the thread gets to know.
    pub result: u64,
    /// The object's new word.
    pub word: u64,
}

impl Request {
    /// Could the step be taken on an object in this state?
    #[inline]
    pub(crate) fn enabled(&self, word: u64) -> bool {
        match self.op {
            Op::Lock | Op::WriteLock | Op::Reacquire => word == 0,
            Op::ReadLock => rw::writer(word) == 0,
            Op::Receive => channel::messages(word) > 0 || channel::senders(word) == 0,
            Op::Send => channel::messages(word) < self.a || channel::receiver_gone(word),
            Op::Park => word != 0,
            Op::OnceEnter => word != once::RUNNING,
            Op::Asleep => false,
            _ => true,
        }
    }

    /// How the step touches its object, if that is the same in every state and it never waits.
    #[inline]
    pub(crate) fn mode(&self) -> Option<Mode> {
        match self.op {
            Op::Load | Op::CellRead => Some(Mode::Read),
            Op::Store | Op::Swap | Op::Add | Op::Sub | Op::CellWrite => Some(Mode::Write),
            _ => None,
        }
    }

    /// Can this kind of step ever have to wait?
    pub(crate) fn may_block(&self) -> bool {
        use Op::*;
        matches!(
            self.op,
            Lock | WriteLock | Reacquire | ReadLock | Receive | Send | Park | OnceEnter
        )
    }

    /// What the step would do to an object in this state.
    ///
    /// `thread` is who takes it, `choice` which of its alternatives. The word must enable it.
    #[inline]
    pub(crate) fn effect(&self, word: u64, thread: u8, choice: u32) -> Effect {
        match self.op {
            Op::Load => Effect { action: Action::Load, result: word, word },
            Op::Store => Effect { action: Action::Store, result: 0, word: self.a },
            _ => self.effect_of_others(word, thread, choice),
        }
    }

    /// As [`effect`](Self::effect), of all but the simplest steps.
    fn effect_of_others(&self, word: u64, thread: u8, choice: u32) -> Effect {
        let owner = u64::from(thread) + 1;
        let done = |action, result, word| Effect { action, result, word };
        let update = |action, new: u64| done(action, word, self.bits.wrap(new));
        match self.op {
            Op::Load | Op::Store => unreachable!("told apart above"),
            Op::Swap => update(Action::Swap, self.a),
            Op::Add => update(Action::FetchAdd, word.wrapping_add(self.a)),
            Op::Sub => update(Action::FetchSub, word.wrapping_sub(self.a)),
            Op::And => update(Action::FetchUpdate, word & self.a),
            Op::Or => update(Action::FetchUpdate, word | self.a),
            Op::Xor => update(Action::FetchUpdate, word ^ self.a),
            Op::Nand => update(
                Action::FetchUpdate,
                if self.bits == Bits::Bool { (word & self.a) ^ 1 } else { !(word & self.a) },
            ),
            Op::Max => {
                let larger = if self.bits.less(word, self.a) { self.a } else { word };
                update(Action::FetchUpdate, larger)
            }
            Op::Min => {
                let smaller = if self.bits.less(self.a, word) { self.a } else { word };
                update(Action::FetchUpdate, smaller)
            }
            Op::CompareExchange | Op::CompareExchangeWeak if word == self.a => {
                done(Action::CompareExchange, word, self.b)
            }
            Op::CompareExchange | Op::CompareExchangeWeak => {
                done(Action::CompareExchangeFailed, word, word)
            }
            Op::Fence => done(Action::Fence, 0, 0),
            Op::CellRead => done(Action::CellRead, 0, 0),
            Op::CellWrite => done(Action::CellWrite, 0, 0),
            Op::WriteLock => done(Action::Lock, 0, owner * rw::WRITER),
            Op::Lock => done(Action::Lock, 0, owner),
            // Did the wait end by its time-out?
            Op::Reacquire => done(Action::Reacquire, self.b, owner),
            Op::TryLock | Op::TryWriteLock if word != 0 => done(Action::TryLockFailed, 0, word),
            Op::TryWriteLock => done(Action::Lock, 1, owner * rw::WRITER),
            Op::TryLock => done(Action::Lock, 1, owner),
            Op::Unlock => done(Action::Unlock, 0, 0),
            Op::ReadLock => done(Action::ReadLock, 0, word + 1),
            Op::TryReadLock if rw::writer(word) != 0 => done(Action::TryReadLockFailed, 0, word),
            Op::TryReadLock => done(Action::ReadLock, 1, word + 1),
            Op::ReadUnlock => done(Action::ReadUnlock, 0, word - 1),
            Op::Wait => done(Action::Wait, 0, word | 1 << thread),
            Op::Asleep => unreachable!("a sleeping thread takes no step"),
            Op::TimeOut => done(Action::TimeOut, 0, word & !(1 << thread)),
            // A notify that finds nobody asleep changes nothing: to others it is a mere read.
            Op::NotifyOne | Op::NotifyAll if word == 0 => done(Action::NotifyNobody, 0, 0),
            Op::NotifyOne => {
                let woken = nth_set_bit(word, choice);
                done(Action::NotifyOne, 1 << woken, word & !(1 << woken))
            }
            Op::NotifyAll => done(Action::NotifyAll, word, 0),
            Op::Send | Op::TrySend if channel::receiver_gone(word) => {
                done(Action::SendClosed, 2, word)
            }
            Op::TrySend if channel::messages(word) >= self.a => done(Action::TrySendFull, 1, word),
            Op::Send | Op::TrySend => done(Action::Send, 0, word + 1),
            Op::Receive | Op::TryReceive if channel::messages(word) > 0 => {
                done(Action::Receive, 0, word - 1)
            }
            Op::Receive | Op::TryReceive if channel::senders(word) == 0 => {
                done(Action::ReceiveClosed, 2, word)
            }
            Op::Receive | Op::TryReceive => done(Action::TryReceiveEmpty, 1, word),
            Op::DropSender => done(Action::CloseSender, 0, word - channel::SENDER),
            Op::DropReceiver => done(Action::CloseReceiver, 0, word | channel::RECEIVER_GONE),
            Op::Park => done(Action::Park, 1, 0),
            Op::ParkTimeout if word != 0 => done(Action::Park, 1, 0),
            Op::ParkTimeout => done(Action::TimeOut, 0, 0),
            Op::Unpark => done(Action::Unpark, 0, 1),
            Op::Arrive if word + 1 == self.a => done(Action::Arrive, 1, 0),
            Op::Arrive => done(Action::Arrive, 0, word + 1),
            Op::OnceEnter if word == once::DONE => done(Action::OnceDone, once::DONE, word),
            Op::OnceEnter => done(Action::OnceBegin, once::NEW, once::RUNNING),
            Op::OnceEnd => done(Action::OnceEnd, 0, self.a),
            Op::Choose => done(Action::Choose, 0, 0),
        }
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

    /// How many alternatives the step has in this state: waiters to wake, values to choose.
    pub(crate) fn alternatives(&self, word: u64) -> u32 {
        match self.op {
            Op::Choose => self.a as u32,
            Op::NotifyOne => waiters(word).max(1),
            _ => 1,
        }
    }
}

/// How many threads wait. Out of line: all other steps need not count.
#[inline(never)]
fn waiters(word: u64) -> u32 {
    word.count_ones()
}

/// The position of the `n`-th set bit (from 0) of `mask`.
fn nth_set_bit(mask: u64, n: u32) -> u32 {
    let rest = (0..n).fold(mask, |mask, _| mask & mask.wrapping_sub(1));
    rest.trailing_zeros()
}
