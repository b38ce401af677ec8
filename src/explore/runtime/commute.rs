//! Holds the lists of operations against each other: whatever the dependence relation calls
//! independent commutes, on every small state of every kind of object.

use super::effect::{Effect, channel, executor, lock, once};
use super::request::{Bits, NONE, Op, Request};
use std::panic::Location;
use std::sync::atomic::Ordering::SeqCst;

/// What kind of object an operation is on. A new operation has to find its place here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Value,
    Lock,
    Condvar,
    Channel,
    Park,
    Barrier,
    Once,
    Executor,
    /// On none, or on a cell, whose word says nothing.
    Nothing,
}

fn kind(op: Op) -> Kind {
    use Op::*;
    match op {
        Load | Store | Swap | Add | Sub | And | Or | Xor | Nand | Max | Min => Kind::Value,
        CompareExchange | CompareExchangeWeak | AddUnlessZero | SubIfOne => Kind::Value,
        Lock | WriteLock | TryLock | Unlock | ReadLock | TryReadLock | ReadUnlock => Kind::Lock,
        Downgrade | IsPoisoned | ClearPoison | Reacquire => Kind::Lock,
        Wait | Asleep | TimeOut | NotifyOne | NotifyAll => Kind::Condvar,
        Send | TrySend | Receive | TryReceive | DropSender | DropReceiver => Kind::Channel,
        Park | ParkTimeout | Unpark => Kind::Park,
        Arrive => Kind::Barrier,
        OnceLook | OnceEnter | OnceWait | OnceEnd => Kind::Once,
        TaskStart | GoOn | GiveAway | WakeTask => Kind::Executor,
        Fence | Choose | CellRead | CellWrite | CellReadEnd | CellWriteEnd => Kind::Nothing,
        CellGet => Kind::Nothing,
    }
}

/// Every operation with the operands that make a difference.
fn requests() -> Vec<Request> {
    use Op::*;
    let mut all: Vec<(Op, u64, u64)> = Vec::new();
    for a in 0..3 {
        for op in [Store, Swap, Add, Sub, And, Or, Xor, Nand, Max, Min] {
            all.push((op, a, 0));
        }
        for b in 0..3 {
            all.push((CompareExchange, a, b));
            all.push((CompareExchangeWeak, a, b));
        }
    }
    for op in
        [Load, Lock, WriteLock, TryLock, ReadLock, TryReadLock, ReadUnlock, Downgrade, IsPoisoned]
    {
        all.push((op, 0, 0));
    }
    for op in [ClearPoison, Wait, TimeOut, NotifyOne, NotifyAll, DropSender, DropReceiver] {
        all.push((op, 0, 0));
    }
    for op in [Park, ParkTimeout, Unpark, OnceLook] {
        all.push((op, 0, 0));
    }
    for op in [Send, TrySend, Receive, TryReceive] {
        all.push((op, 2, 0));
    }
    all.extend([(AddUnlessZero, 1, 0), (SubIfOne, 1, 0)]);
    all.extend([
        (Lock, 1, 0),
        (Unlock, 0, 0),
        (Unlock, 0, lock::POISON),
        (Reacquire, 0, 0),
        (Reacquire, 0, 1),
    ]);
    all.extend([(OnceEnter, 0, 0), (OnceEnter, 1, 0), (OnceWait, 0, 0), (OnceWait, 1, 0)]);
    all.extend([(OnceEnd, once::DONE, 0), (OnceEnd, once::POISONED, 0), (Arrive, 3, 0)]);
    all.extend([(TaskStart, 0, 0), (GoOn, 1, 0), (GoOn, 2, 0), (WakeTask, 1, 0), (WakeTask, 2, 0)]);
    for woken in [0, 1 << 1, 1 << 2, 1 << 1 | 1 << 2] {
        all.extend([executor::AT_AWAIT, executor::ENDED].map(|why| (GiveAway, woken, why)));
    }
    all.into_iter().map(|(op, a, b)| request(op, a, b)).collect()
}

fn request(op: Op, a: u64, b: u64) -> Request {
    Request {
        op,
        bits: Bits::Unsigned(8),
        order: SeqCst,
        failure: SeqCst,
        object: 0,
        mutex: NONE,
        word: std::ptr::null(),
        mutex_word: std::ptr::null(),
        a,
        b,
        place: Location::caller(),
    }
}

/// The small states of an object.
fn words(kind: Kind) -> Vec<u64> {
    match kind {
        Kind::Value => vec![0, 1, 2, 3, 255],
        Kind::Lock => {
            let held = [0, 1, 2, 3, lock::WRITER, 2 * lock::WRITER, 3 * lock::WRITER];
            let queued = |word| [0, 1, 2].map(|writers| word + writers * lock::QUEUED);
            let words = held.into_iter().flat_map(queued);
            words.flat_map(|word| [word, word | lock::POISON]).collect()
        }
        Kind::Condvar => (0..16).collect(),
        Kind::Channel => {
            let counts = (0..3).flat_map(|senders| (0..3).map(move |messages| (senders, messages)));
            let word = |(senders, messages)| senders * channel::SENDER + messages;
            let open = counts.map(word);
            open.flat_map(|word| [word, word | channel::RECEIVER_GONE]).collect()
        }
        Kind::Park => vec![0, 1],
        Kind::Barrier => vec![0, 1, 2],
        Kind::Once => vec![once::NEW, once::RUNNING, once::DONE, once::POISONED],
        Kind::Executor => {
            let runs = [0, executor::run_by(1), executor::run_by(2), executor::run_by(3)];
            let woken = [0, 1 << 1, 1 << 2, 1 << 1 | 1 << 2];
            runs.into_iter().flat_map(|runs| woken.map(|woken| runs | woken)).collect()
        }
        Kind::Nothing => vec![0],
    }
}

/// Can a program be where these threads ask for this?
fn is_legal(word: u64, asked: &[(u8, &Request)]) -> bool {
    let count = |ops: &[Op]| asked.iter().filter(|(_, r)| ops.contains(&r.op)).count() as u64;
    let writers = |(thread, request): &(u8, &Request)| {
        let owns = !matches!(request.op, Op::Unlock | Op::Downgrade);
        owns || word / lock::WRITER % 0x100 == u64::from(*thread) + 1
    };
    let waits = |(thread, request): &(u8, &Request)| match request.op {
        Op::Wait => word & 1 << thread == 0,
        Op::TimeOut => word & 1 << thread != 0,
        _ => true,
    };
    match kind(asked[0].1.op) {
        Kind::Lock => {
            let readers = word % lock::WRITER;
            let queued = (word & !lock::POISON) / lock::QUEUED;
            let takers = asked.iter().filter(|(_, request)| request.is_queued()).count() as u64;
            count(&[Op::ReadUnlock]) <= readers && takers <= queued && asked.iter().all(writers)
        }
        Kind::Condvar => asked.iter().all(waits),
        Kind::Channel => {
            let sends = count(&[Op::Send, Op::TrySend]).min(1);
            let receives = count(&[Op::Receive, Op::TryReceive, Op::DropReceiver]);
            let gone = u64::from(channel::receiver_gone(word));
            count(&[Op::DropSender]) + sends <= channel::senders(word) && receives + gone <= 1
        }
        Kind::Park => count(&[Op::Park, Op::ParkTimeout]) <= 1,
        Kind::Once => {
            let ends = count(&[Op::OnceEnd]);
            ends == 0 || ends == 1 && word == once::RUNNING
        }
        // Who runs asks to stop, or to be woken when it has the thread alone; nobody else does so.
        Kind::Executor => asked.iter().all(|&(thread, request)| match request.op {
            Op::GiveAway => {
                word >= executor::run_by(thread)
                    && !executor::is_free(word)
                    && word < executor::run_by(thread + 1)
            }
            Op::GoOn => request.a == u64::from(thread),
            _ => true,
        }),
        _ => true,
    }
}

/// All effects of a step in this state: one for each alternative; none where it has to wait.
fn effects(request: &Request, thread: u8, word: u64) -> Vec<Effect> {
    match request.enabled(word) {
        true => (0..request.alternatives(word, || true))
            .map(|c| request.effect(word, thread, c))
            .collect(),
        false => Vec::new(),
    }
}

/// Does the relation let the two change places?
fn independent(a: &Effect, b: &Effect) -> bool {
    let modes = a.action.mode().zip(b.action.mode());
    modes.is_none_or(|(a, b)| !a.conflicts(b))
}

fn same(a: &Effect, b: &Effect) -> bool {
    (a.action, a.result, a.word) == (b.action, b.result, b.word)
}

#[test]
fn what_the_relation_calls_independent_commutes() {
    let all = requests();
    let (mut held, mut pairs) = (0, 0);
    for (p, q) in all.iter().flat_map(|p| all.iter().map(move |q| (p, q))) {
        if kind(p.op) != kind(q.op) {
            continue;
        }
        for word in words(kind(p.op)) {
            if !is_legal(word, &[(1, p), (2, q)]) {
                continue;
            }
            for first in effects(p, 1, word) {
                let now = effects(q, 2, word);
                let then = effects(q, 2, first.word);
                for second in &now {
                    pairs += 1;
                    if !independent(&first, second) {
                        continue;
                    }
                    held += 1;
                    let what = format!("{:?} and {:?} in {word:#x}", p.op, q.op);
                    let found =
                        then.iter().any(|e| (e.action, e.result) == (second.action, second.result));
                    assert!(found, "{what}: the first changes what the second does");
                    let other = effects(p, 1, second.word);
                    let meets = |e: &Effect| then.iter().any(|f| e.word == f.word);
                    assert!(other.iter().any(meets), "{what}: the orders end differently");
                }
                // A step that lets another go is not independent of it.
                let lets_go =
                    now.is_empty() && then.iter().any(|second| independent(&first, second));
                assert!(!lets_go, "{:?} lets {:?} go in {word:#x}", p.op, q.op);
            }
        }
    }
    assert!(held > 500 && pairs > held, "{held} of {pairs} pairs are independent");
}

#[test]
fn what_is_said_of_an_operation_in_general_holds_in_every_state() {
    for request in requests() {
        let words: Vec<u64> = words(kind(request.op))
            .into_iter()
            .filter(|&w| is_legal(w, &[(1, &request)]))
            .collect();
        if words.is_empty() {
            continue; // it is another thread's
        }
        let waits = words.iter().any(|&word| !request.enabled(word));
        assert_eq!(request.may_block(), waits, "{:?} has to wait somewhere", request.op);
        let done = words.iter().flat_map(|&word| effects(&request, 1, word));
        for effect in done {
            let mode = effect.action.mode();
            assert!(
                request.mode().is_none() || request.mode() == mode && !waits,
                "{:?}",
                request.op
            );
            // What only learns leaves the state as it is.
            if mode == Some(crate::trace::Mode::Read) {
                let before = words
                    .iter()
                    .filter(|&&word| effects(&request, 1, word).iter().any(|e| same(e, &effect)));
                assert!(before.copied().any(|word| word == effect.word), "{:?}", request.op);
            }
        }
    }
}
