//! Programs as data.

use proptest::prelude::*;

/// One statement of a thread. Objects are numbered; whoever runs the program makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stmt {
    Load(usize),
    Store(usize, u64),
    Add(usize, u64),
    Max(usize, u64),
    Swap(usize, u64),
    /// One compare-exchange of the value to the other.
    Exchange(usize, u64, u64),
    /// Doubles and adds one, by a compare-exchange loop.
    ExchangeLoop(usize),
    /// Yields until the atomic holds something.
    SpinUntilSet(usize),
    /// Leaves the rest of the body out unless the atomic holds something.
    EndUnlessSet(usize),
    Yield,
    Fence,
    Lock(usize),
    TryLock(usize),
    Unlock(usize),
    /// Adds to what the mutex guards, if this thread holds it.
    Guarded(usize),
    Read,
    TryRead,
    Write,
    TryWrite,
    /// Gives every read-write lock guard of this thread back.
    Release,
    /// Waits on the condition variable, if this thread holds mutex 0.
    Wait,
    WaitTimeout,
    NotifyOne,
    NotifyAll,
    Send(u64),
    Receive,
    TryReceive,
    SendBounded(u64),
    TrySendBounded(u64),
    ReceiveBounded,
    TryReceiveBounded,
    /// Drops this thread's ends of both channels.
    Hang,
    Choose(usize),
    Park,
    ParkTimeout,
    /// Unparks the main thread or the thread with this number, if it has begun.
    Unpark(usize),
    Arrive,
    Once,
    CellRead,
    CellWrite,
    /// Starts the next thread that is still to be started by this one.
    Spawn,
    /// Joins the oldest child that is not joined yet.
    Join,
    Panic,
    // What follows only the model has; see `model_only`.
    /// Has the oldest child that is not joined yet finished?
    IsFinished,
    /// Starts all threads that are still to be started, and waits for them.
    Scope,
    IsPoisoned(usize),
    ClearPoison(usize),
    /// Was the `Once` called?
    IsCompleted,
    SetOnce(u64),
    GetOnce,
    GetOrInit(u64),
    /// Uses a static that is made on its first use, with steps.
    Lazy,
    /// Adds to what a static mutex guards.
    StaticLock,
    StaticAdd,
    /// Uses a thread-local value, whose drop adds to atomic 0.
    Touch,
    ReceiveTimeout,
    // Of this thread's references to a counted value, whose drop adds to atomic 1.
    Clone,
    Drop,
    Count,
    TryUnwrap,
    GetMut,
    Downgrade,
    Upgrade,
}

/// One thread.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Who starts it: an earlier thread, or (0) the main thread.
    pub parent: usize,
    /// Nobody joins it.
    pub detached: bool,
    pub body: Vec<Stmt>,
}

/// A program. Thread 0 is main: it starts its children at its `Spawn`s (the rest at its end), and
/// joins them at its end.
#[derive(Clone, Debug)]
pub struct Program {
    pub threads: Vec<Thread>,
}

impl std::fmt::Display for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, Thread { parent, detached, body }) in self.threads.iter().enumerate() {
            let detached = if *detached { ", detached" } else { "" };
            writeln!(f, "thread {number} (of {parent}{detached}): {body:?}")?;
        }
        Ok(())
    }
}

impl Program {
    /// Threads, each with who starts it.
    pub fn of(threads: &[(usize, &[Stmt])]) -> Self {
        let thread = |&(parent, body): &(usize, &[Stmt])| {
            let body = body.to_vec();
            Thread { parent, detached: false, body }
        };
        Program { threads: threads.iter().map(thread).collect() }
    }

    pub fn uses(&self, which: impl Fn(&Stmt) -> bool) -> bool {
        self.threads.iter().any(|thread| thread.body.iter().any(&which))
    }

    pub fn thread_uses(&self, thread: usize, which: impl Fn(&Stmt) -> bool) -> bool {
        self.threads[thread].body.iter().any(which)
    }

    /// Who receives from a channel: the first thread that wants to.
    pub fn receiver(&self, which: impl Fn(&Stmt) -> bool) -> Option<usize> {
        (0..self.threads.len()).find(|&thread| self.thread_uses(thread, &which))
    }

    pub fn children(&self, parent: usize) -> Vec<usize> {
        (1..self.threads.len()).filter(|&t| self.threads[t].parent == parent).collect()
    }

    pub fn uses_channels(&self) -> bool {
        self.uses(|s| is_send(s) || is_receive(s) || is_send_bounded(s) || is_receive_bounded(s))
    }

    /// Can shuttle run it, and does it mean the same by it?
    ///
    /// Its parks and waits may end for no reason, its time-outs never pass, a barrier is two steps,
    /// and it has no choices, no cells and no spinning that ends when nothing changes.
    pub fn is_for_shuttle(&self) -> bool {
        use Stmt::*;
        let foreign = |s: &Stmt| {
            matches!(
                s,
                Choose(_)
                    | Park
                    | ParkTimeout
                    | WaitTimeout
                    | Unpark(_)
                    | CellRead
                    | CellWrite
                    | SpinUntilSet(_)
                    | Panic
                    | Fence
                    | Arrive
            ) || is_model_only(s)
        };
        // It refuses a second read lock by one thread, which std may grant and the explorer does.
        let locks = |s: &&Stmt| matches!(s, Read | TryRead | Write | TryWrite);
        let twice = |thread: &Thread| thread.body.iter().filter(locks).count() > 1;
        // While a sender waits, its try_send finds the channel full even when a slot is free. In std
        // (and here) a free slot is whoever's comes first.
        let waits_and_tries = self.uses(|s| matches!(s, SendBounded(_)))
            && self.uses(|s| matches!(s, TrySendBounded(_)));
        self.threads.len() <= 3
            && !waits_and_tries
            && !self.uses(foreign)
            && !self.threads.iter().any(twice)
            && !self.threads.iter().any(|thread| thread.detached)
    }
}

/// Only the model has it.
pub fn is_model_only(stmt: &Stmt) -> bool {
    use Stmt::*;
    is_counted(stmt)
        || matches!(stmt, IsFinished | Scope | IsPoisoned(_) | ClearPoison(_) | IsCompleted)
        || matches!(stmt, SetOnce(_) | GetOnce | GetOrInit(_) | Lazy | StaticLock | StaticAdd)
        || matches!(stmt, Touch | ReceiveTimeout)
}

/// Uses the thread's references to the counted value.
pub fn is_counted(stmt: &Stmt) -> bool {
    use Stmt::*;
    matches!(stmt, Clone | Drop | Count | TryUnwrap | GetMut | Downgrade | Upgrade)
}

pub fn is_receive(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Receive | Stmt::TryReceive | Stmt::ReceiveTimeout)
}

pub fn is_receive_bounded(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::ReceiveBounded | Stmt::TryReceiveBounded)
}

pub fn is_send(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Send(_))
}

pub fn is_send_bounded(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::SendBounded(_) | Stmt::TrySendBounded(_))
}

/// A family of statements that have something to say to each other.
fn family(which: usize) -> Vec<Stmt> {
    use Stmt::*;
    match which {
        0 => vec![Load(0), Store(0, 1), Add(0, 1), Load(1), Store(1, 2), Swap(0, 5), Max(0, 2)],
        1 => vec![Load(0), Store(0, 1), Exchange(0, 0, 1), Exchange(0, 1, 2), ExchangeLoop(0)],
        2 => vec![Lock(0), Unlock(0), Guarded(0), TryLock(0), Lock(0), Load(0), Store(0, 3)],
        3 => vec![Lock(0), Lock(1), Unlock(0), Unlock(1), Guarded(0), Guarded(1), TryLock(1)],
        4 => vec![Read, Write, TryRead, TryWrite, Release, Release, Add(0, 1), Load(0)],
        5 => vec![Lock(0), Lock(0), Wait, WaitTimeout, NotifyOne, NotifyAll, Unlock(0), Guarded(0)],
        6 => {
            vec![Send(1), Send(2), Receive, TryReceive, ReceiveTimeout, Hang, Load(0), Store(0, 1)]
        }
        7 => vec![
            SendBounded(1),
            SendBounded(2),
            TrySendBounded(3),
            ReceiveBounded,
            TryReceiveBounded,
            Hang,
        ],
        8 => vec![Park, ParkTimeout, Unpark(0), Unpark(1), Unpark(2), Load(0), Store(0, 1)],
        9 => vec![Choose(2), Choose(3), Load(0), Store(0, 1), Add(0, 2), Lock(0), Unlock(0)],
        10 => vec![Arrive, Once, Once, Load(0), Store(0, 1), Add(0, 1)],
        11 => vec![Spawn, Join, Load(0), Store(0, 1), Add(0, 1), Lock(0), Guarded(0)],
        12 => vec![
            SpinUntilSet(0),
            SpinUntilSet(1),
            EndUnlessSet(0),
            Store(0, 1),
            Add(1, 1),
            Yield,
            Load(0),
            Store(1, 0),
        ],
        13 => vec![CellRead, CellWrite, Lock(0), Unlock(0), Store(0, 1), Load(0), Fence],
        14 => vec![EndUnlessSet(0), EndUnlessSet(1), Store(0, 1), Store(1, 0), Add(1, 1), Load(0)],
        15 => vec![Panic, Lock(0), Guarded(0), Unlock(0), Add(0, 1), Join, Write, Release],
        16 => vec![Spawn, IsFinished, IsFinished, Join, Scope, Store(0, 1), Load(0), Panic],
        17 => vec![Panic, Lock(0), Unlock(0), IsPoisoned(0), ClearPoison(0), TryLock(0), Load(0)],
        18 => vec![Once, IsCompleted, SetOnce(1), SetOnce(2), GetOnce, GetOrInit(3), Load(1)],
        19 => vec![Lazy, Lazy, StaticLock, StaticAdd, StaticAdd, Load(0), Store(1, 1)],
        20 => vec![Touch, Spawn, Join, Scope, Load(0), Store(0, 5), IsFinished],
        21 => vec![Clone, Drop, Drop, Count, TryUnwrap, Load(1), Store(1, 5)],
        22 => vec![Drop, GetMut, Downgrade, Upgrade, Upgrade, Count, Load(1)],
        _ => vec![Read, Read, TryRead, Write, Release, Load(0), Store(0, 1), Lock(0)],
    }
}

const FAMILIES: usize = 24;

/// Random programs: two to four threads over one or two families of statements.
pub fn programs() -> impl Strategy<Value = Program> {
    let shape = prop_oneof![
        3 => Just((2usize, 5usize)),
        4 => Just((3, 3)),
        2 => Just((4, 2)),
    ];
    (shape, 0..FAMILIES, 0..FAMILIES, any::<bool>()).prop_flat_map(
        |((threads, longest), first, second, mixed)| {
            let mut statements = family(first);
            if mixed {
                statements.extend(family(second));
            }
            let stmt = proptest::sample::select(statements);
            // Main is one of the threads in half of the programs, and only starts and joins in
            // the others.
            let body = proptest::collection::vec(stmt.clone(), 1..=longest);
            let main = proptest::collection::vec(stmt, 0..=longest.min(3));
            let thread = (body, any::<proptest::sample::Index>(), 0..10u8);
            (main, proptest::collection::vec(thread, threads - 1..=threads), any::<bool>())
                .prop_map(move |(main, others, idle)| {
                    let main = if idle { Vec::new() } else { main };
                    let count = if idle { threads } else { threads - 1 };
                    let mut all = vec![Thread { parent: 0, detached: false, body: main }];
                    for (body, parent, detached) in others.into_iter().take(count) {
                        // Mostly main's child, sometimes an earlier thread's.
                        let parent = match detached % 3 {
                            0 => parent.index(all.len()),
                            _ => 0,
                        };
                        all.push(Thread { parent, detached: detached == 9, body });
                    }
                    Program { threads: all }
                })
        },
    )
}
