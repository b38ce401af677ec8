//! Every action there is, and what is to be known of it: one table, from which all else follows.
//!
//! Which steps may change places, what happens before what, what is drawn as a value: each is read
//! off here, so that no two of them can disagree about an action.

use super::Mode;
use serde::{Deserialize, Serialize};

/// What a step does to its object, in general.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// How it touches its object; `None` where it touches nothing.
    pub mode: Option<Mode>,
    pub on: On,
    /// Does it learn a value that is shown?
    pub reads: bool,
    /// Does it put one there?
    pub writes: bool,
    /// Does its thread learn what those knew who left something here, and on whom it depends? (What
    /// a step on an atomic learns and leaves is said by its ordering.)
    pub learns: bool,
    /// Does it leave what its thread knows?
    pub leaves: bool,
}

/// What kind of object an action is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// On none.
    Nothing,
    /// One with a value and orderings.
    Atomic,
    /// A plain one, whose accesses can race.
    Cell,
    /// One that keeps its own order: a lock, a channel.
    Chain,
}

const NONE: Option<Mode> = None;
const READ: Option<Mode> = Some(Mode::Read);
const SHARE: Option<Mode> = Some(Mode::Share);
const WRITE: Option<Mode> = Some(Mode::Write);

/// The columns of a row: what there is to say of a value (on atomics and cells), and of what is
/// handed on (on chains).
macro_rules! columns {
    ($on:ident reads) => {
        (On::$on, true, false, false, false)
    };
    ($on:ident writes) => {
        (On::$on, false, true, false, false)
    };
    ($on:ident updates) => {
        (On::$on, true, true, false, false)
    };
    (Cell ends) => {
        (On::Cell, false, false, false, false)
    };
    (Nothing silent) => {
        (On::Nothing, false, false, false, false)
    };
    (Chain silent) => {
        (On::Chain, false, false, false, false)
    };
    (Chain learns) => {
        (On::Chain, false, false, true, false)
    };
    (Chain leaves) => {
        (On::Chain, false, false, false, true)
    };
    (Chain learns_and_leaves) => {
        (On::Chain, false, false, true, true)
    };
}

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident: $mode:ident, $on:ident $does:ident;)*) => {
        /// What a step does. The object and the values stand beside it, in [`Step`](super::Step).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            #[cfg(test)]
            pub(crate) const ALL: &[Action] = &[$(Action::$action),*];
        }

        static FACTS: [Facts; [$(Action::$action),*].len()] = [$({
            let (on, reads, writes, learns, leaves) = columns!($on $does);
            Facts { mode: $mode, on, reads, writes, learns, leaves }
        }),*];
    };
}

actions! {
    /// Reads an atomic.
    Load: READ, Atomic reads;
    /// Writes an atomic.
    Store: WRITE, Atomic writes;
    /// Reads and writes an atomic in one step.
    Swap: WRITE, Atomic updates;
    /// Adds in one step.
    FetchAdd: WRITE, Atomic updates;
    /// Subtracts in one step.
    FetchSub: WRITE, Atomic updates;
    /// Any other read-modify-write: and, or, xor, nand, max, min.
    FetchUpdate: WRITE, Atomic updates;
    /// A compare-exchange that found what it expected and wrote.
    CompareExchange: WRITE, Atomic updates;
    /// A compare-exchange that found something else (or failed spuriously): only a read.
    CompareExchangeFailed: READ, Atomic reads;
    /// A fence: orders the steps around it, touches nothing.
    Fence: NONE, Nothing silent;
    /// Reads a plain cell.
    CellRead: READ, Cell reads;
    /// Writes a plain cell.
    CellWrite: WRITE, Cell writes;
    /// Gets a plain cell's pointer, and only reads through it, as far as can be seen.
    CellGet: WRITE, Cell reads;
    /// Gets a plain cell's pointer, and writes through it.
    CellGetWrite: WRITE, Cell updates;
    /// Ends a read of a plain cell in which its thread has taken steps.
    CellReadEnd: READ, Cell ends;
    /// Ends a write of a plain cell in which its thread has taken steps.
    CellWriteEnd: WRITE, Cell writes;
    /// Takes a mutex, or a read-write lock for writing.
    Lock: WRITE, Chain learns;
    /// Finds a read-write lock taken, and waits to take it for writing: from now on, readers wait too.
    LockQueued: WRITE, Chain silent;
    /// Tries to take a mutex (or to write-lock) and finds it taken.
    TryLockFailed: READ, Chain silent;
    /// Gives a mutex (or a write lock) back.
    Unlock: WRITE, Chain leaves;
    /// Takes a read-write lock for reading. Readers do not wait for each other, and so learn from
    /// writers only.
    ReadLock: SHARE, Chain learns;
    /// Tries to read-lock and finds a writer, in it or waiting for it.
    TryReadLockFailed: READ, Chain silent;
    /// Keeps a write lock as a read lock.
    Downgrade: WRITE, Chain leaves;
    /// Gives a read lock back.
    ReadUnlock: SHARE, Chain leaves;
    /// Asks whether a lock is poisoned.
    IsPoisoned: READ, Chain silent;
    /// Clears a lock of poison.
    ClearPoison: WRITE, Chain silent;
    /// Releases the mutex and falls asleep on the condition variable, in one step.
    Wait: WRITE, Chain silent;
    /// A wait's time-out is taken.
    TimeOut: WRITE, Chain silent;
    /// Takes the mutex again after a wait.
    Reacquire: WRITE, Chain learns;
    /// Wakes one waiter. What its thread knew is learnt through the mutex.
    NotifyOne: WRITE, Chain silent;
    /// Wakes all waiters.
    NotifyAll: WRITE, Chain silent;
    /// Notifies, and finds nobody asleep.
    NotifyNobody: READ, Chain silent;
    /// Sends a message.
    Send: WRITE, Chain learns_and_leaves;
    /// Tries to send and finds the channel full.
    TrySendFull: READ, Chain silent;
    /// Sends to a channel whose receiver is gone.
    SendClosed: READ, Chain learns;
    /// Takes a message.
    Receive: WRITE, Chain learns_and_leaves;
    /// Tries to receive and finds nothing.
    TryReceiveEmpty: READ, Chain silent;
    /// Learns that the channel is empty and every sender is gone.
    ReceiveClosed: READ, Chain learns;
    /// A sender goes; with the last one the channel is closed.
    CloseSender: SHARE, Chain leaves;
    /// The receiver goes.
    CloseReceiver: WRITE, Chain learns_and_leaves;
    /// Consumes the thread's park token.
    Park: WRITE, Chain learns;
    /// Gives a thread its park token.
    Unpark: WRITE, Chain leaves;
    /// Arrives at a barrier.
    Arrive: WRITE, Chain learns_and_leaves;
    /// Starts the one initialisation of a `Once`.
    OnceBegin: WRITE, Chain learns;
    /// Finishes it.
    OnceEnd: WRITE, Chain leaves;
    /// Finds it finished.
    OnceDone: READ, Chain learns;
    /// Finds it not finished, and goes on.
    OnceNotDone: READ, Chain silent;
    /// Finds that it has panicked.
    OncePoisoned: READ, Chain learns;
    /// A task begins: it takes the thread that it shares with others.
    TaskStart: WRITE, Chain learns;
    /// A task waits at an `.await` and gives its thread away.
    Await: WRITE, Chain leaves;
    /// A task that has been woken takes its thread again and goes on behind its `.await`.
    GoOn: WRITE, Chain learns;
    /// A task has ended and gives its thread away.
    TaskEnd: WRITE, Chain leaves;
    /// A task that was cancelled has dropped what it had, and gives its thread away.
    TaskCancelled: WRITE, Chain leaves;
    /// Wakes a task of another thread.
    WakeTask: WRITE, Chain leaves;
    /// A free choice.
    Choose: NONE, Nothing silent;
}

impl Action {
    #[inline]
    pub(super) fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }

    /// How the step touches its object; `None` where it touches nothing.
    #[inline]
    pub fn mode(self) -> Option<Mode> {
        self.facts().mode
    }

    /// Is it a step on an atomic?
    pub fn is_atomic_access(self) -> bool {
        self.facts().on == On::Atomic
    }

    /// Is it an access of a plain cell, which others can race with?
    pub(crate) fn is_plain_access(self) -> bool {
        self.facts().on == On::Cell
    }

    /// On an object that keeps its own order: does the step learn what those knew who left something
    /// there, and does it leave what its thread knows?
    pub(crate) fn learns_and_leaves(self) -> (bool, bool) {
        let facts = self.facts();
        (facts.learns, facts.leaves)
    }

    /// Does its thread get hold of what a lock guards, or of a message?
    pub(crate) fn finds_content(self) -> bool {
        matches!(self, Action::Lock | Action::ReadLock | Action::Reacquire | Action::Receive)
    }

    /// Does it put a value into an atomic or a cell?
    pub fn writes_value(self) -> bool {
        self.facts().writes
    }

    /// Does it learn the value of an atomic or a cell?
    pub fn reads_value(self) -> bool {
        self.facts().reads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_puts_a_value_there_touches_it_as_a_writer() {
        for &action in Action::ALL {
            let facts = action.facts();
            assert_eq!(facts.mode.is_none(), facts.on == On::Nothing, "{action:?}");
            assert!(!facts.writes || facts.mode == Some(Mode::Write), "{action:?}");
            let has_value = matches!(facts.on, On::Atomic | On::Cell);
            assert!(has_value || !facts.reads && !facts.writes, "{action:?}");
            // Two reads are not ordered, so one that left something would leave it to nobody.
            assert!(!facts.leaves || facts.mode != Some(Mode::Read), "{action:?}");
        }
    }
}
