//! What each step does to a word.
//!
//! Every object is a word and every step a function on words, so that the explorer can ask, of a
//! state that is long gone, whether a step could be taken there and how it would touch the object.

use super::request::{Bits, Op, Request};
use crate::trace::Action;

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

/// The word of a mutex or a read-write lock: readers in it, the writer (its number + 1), writers that
/// wait for it (where that is a step), poison.
pub(crate) mod lock {
    pub(crate) const READER: u64 = 1;
    pub(crate) const WRITER: u64 = 1 << 32;
    pub(crate) const QUEUED: u64 = 1 << 40;
    pub(crate) const POISON: u64 = 1 << 63;
    /// Who has it, readers and writer.
    const HELD: u64 = WRITER * 0x100 - 1;
    pub(crate) fn is_free(word: u64) -> bool {
        word & HELD == 0
    }
    /// Can one more reader take it? As std's on Linux, readers wait while a writer waits.
    pub(crate) fn is_for_readers(word: u64) -> bool {
        word & !POISON < WRITER
    }
    /// The lock as it is when nobody has it any more.
    pub(crate) fn freed(word: u64) -> u64 {
        word & !HELD
    }
    pub(crate) fn is_poisoned(word: u64) -> bool {
        word & POISON != 0
    }
    /// What who has taken it gets to know: that it has, and whether it is poisoned.
    pub(crate) const TAKEN: u64 = 1;
    pub(crate) const TAKEN_POISONED: u64 = 3;
    /// What a waiter gets to know besides: that its time-out came first.
    pub(crate) const TIMED_OUT: u64 = 4;
    pub(crate) fn taken(word: u64) -> u64 {
        if is_poisoned(word) { TAKEN_POISONED } else { TAKEN }
    }
}

/// The word of an `Arc`'s counts: the references that keep the value, and those that do not.
pub(crate) mod count {
    pub(crate) const STRONG: u64 = 1;
    pub(crate) const WEAK: u64 = 1 << 32;
    pub(crate) fn both(word: u64) -> (usize, usize) {
        ((word % WEAK) as usize, (word / WEAK) as usize)
    }
}

/// A `Once`'s word.
pub(crate) mod once {
    pub(crate) const NEW: u64 = 0;
    pub(crate) const RUNNING: u64 = 1;
    pub(crate) const DONE: u64 = 2;
    /// Its initialisation has panicked.
    pub(crate) const POISONED: u64 = 3;
}

/// The word of a thread that tasks share: which of them have been woken, a bit a task, and who runs
/// (its number + 1).
pub(crate) mod executor {
    /// Who runs stands above the bits of all threads that there can be.
    const RUNS: u64 = 1 << 56;
    const WOKEN: u64 = RUNS - 1;
    /// Why a task stops running.
    pub(crate) const AT_AWAIT: u64 = 0;
    pub(crate) const ENDED: u64 = 1;
    pub(crate) const CANCELLED: u64 = 2;
    /// The thread while this task runs.
    pub(crate) fn run_by(task: u8) -> u64 {
        (u64::from(task) + 1) * RUNS
    }
    pub(crate) fn is_free(word: u64) -> bool {
        word < RUNS
    }
    pub(crate) fn is_woken(word: u64, task: u64) -> bool {
        word & 1 << task != 0
    }
    /// A task that nobody shares the thread with never gives it away.
    pub(crate) fn may_run(word: u64, task: u64) -> bool {
        is_free(word) || word / RUNS == task + 1
    }
    /// The thread when this task has begun to run: it has to be woken anew.
    pub(crate) fn taken(word: u64, task: u8) -> u64 {
        word & WOKEN & !(1 << task) | run_by(task)
    }
    /// The thread when nobody runs, and these have been woken.
    pub(crate) fn given_away(word: u64, woken: u64) -> u64 {
        word & WOKEN | woken
    }
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
            Op::CompareExchange if word == self.a => done(Action::CompareExchange, word, self.b),
            // Its other alternative is to fail for no reason.
            Op::CompareExchangeWeak if word == self.a && choice == 0 => {
                done(Action::CompareExchange, word, self.b)
            }
            Op::CompareExchange | Op::CompareExchangeWeak => {
                done(Action::CompareExchangeFailed, word, word)
            }
            Op::AddUnlessZero if count::both(word).0 > 0 => update(Action::FetchAdd, word + self.a),
            Op::SubIfOne if count::both(word).0 == 1 => update(Action::FetchSub, word - self.a),
            Op::AddUnlessZero | Op::SubIfOne => done(Action::CompareExchangeFailed, word, word),
            Op::Fence => done(Action::Fence, 0, 0),
            Op::CellRead => done(Action::CellRead, 0, 0),
            Op::CellWrite => done(Action::CellWrite, 0, 0),
            Op::CellGet => done(Action::CellGet, 0, 0),
            Op::CellReadEnd => done(Action::CellReadEnd, 0, 0),
            Op::CellWriteEnd => done(Action::CellWriteEnd, 0, 0),
            Op::Lock | Op::TryLock | Op::WriteLock if lock::is_free(word) => {
                let word = if self.is_queued() { word - lock::QUEUED } else { word };
                done(Action::Lock, lock::taken(word), word + owner * lock::WRITER)
            }
            Op::WriteLock => done(Action::LockQueued, 0, word + lock::QUEUED),
            Op::Lock => unreachable!("a lock that is taken is waited for"),
            Op::TryLock => done(Action::TryLockFailed, 0, word),
            // Did the wait end by its time-out?
            Op::Reacquire => {
                let result = lock::taken(word) + self.b * lock::TIMED_OUT;
                done(Action::Reacquire, result, word + owner * lock::WRITER)
            }
            Op::Unlock => done(Action::Unlock, 0, lock::freed(word) | self.b),
            Op::TryReadLock if !lock::is_for_readers(word) => {
                done(Action::TryReadLockFailed, 0, word)
            }
            Op::ReadLock | Op::TryReadLock => {
                done(Action::ReadLock, lock::taken(word), word + lock::READER)
            }
            Op::ReadUnlock => done(Action::ReadUnlock, 0, word - lock::READER),
            Op::Downgrade => done(Action::Downgrade, 0, lock::freed(word) + lock::READER),
            Op::IsPoisoned => done(Action::IsPoisoned, u64::from(lock::is_poisoned(word)), word),
            Op::ClearPoison => done(Action::ClearPoison, 0, word & !lock::POISON),
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
            Op::OnceEnter | Op::OnceLook | Op::OnceWait if word == once::DONE => {
                done(Action::OnceDone, word, word)
            }
            Op::OnceLook => done(Action::OnceNotDone, word, word),
            // Whoever does not force it gives up.
            Op::OnceEnter if word == once::POISONED && self.a == 0 => {
                done(Action::OncePoisoned, word, word)
            }
            Op::OnceWait => done(Action::OncePoisoned, word, word),
            Op::OnceEnter => done(Action::OnceBegin, word, once::RUNNING),
            Op::OnceEnd => done(Action::OnceEnd, 0, self.a),
            Op::TaskStart => done(Action::TaskStart, 0, executor::taken(word, thread)),
            Op::GoOn => done(Action::GoOn, 0, executor::taken(word, thread)),
            Op::GiveAway => {
                let action = match self.b {
                    executor::AT_AWAIT => Action::Await,
                    executor::CANCELLED => Action::TaskCancelled,
                    _ => Action::TaskEnd,
                };
                done(action, 0, executor::given_away(word, self.a))
            }
            Op::WakeTask => done(Action::WakeTask, 0, word | 1 << self.a),
            Op::Choose => done(Action::Choose, 0, 0),
        }
    }
}

/// The position of the `n`-th set bit (from 0) of `mask`.
fn nth_set_bit(mask: u64, n: u32) -> u32 {
    let rest = (0..n).fold(mask, |mask, _| mask & mask.wrapping_sub(1));
    rest.trailing_zeros()
}
