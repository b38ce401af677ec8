//! Programs whose threads meet only in locks and channels: Rust's orderings add nothing to what
//! interleavings show, so both memories have the same outcomes.

use proptest::prelude::*;
use racelab::explore::{Explorer, Memory};
use racelab::model::sync::{Arc, Condvar, Mutex, OnceLock, RwLock, mpsc};
use racelab::model::thread;
use racelab::{Failure, Outcome};
use std::collections::BTreeSet;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Act {
    /// Doubles and adds, so that every order of the threads leaves another number.
    Lock(usize, u64),
    TryLock(usize, u64),
    Both(u64),
    Read,
    Write(u64),
    Send(u64),
    TryReceive,
    Notify,
    Wait,
    WaitTimeout,
    NotifyAll,
    Once(u64),
    Look,
}

struct Shared {
    mutexes: [Mutex<u64>; 2],
    number: RwLock<u64>,
    inbox: Mutex<mpsc::Receiver<u64>>,
    ready: (Mutex<bool>, Condvar),
    once: OnceLock<u64>,
}

fn act(act: Act, shared: &Shared, sender: &mpsc::Sender<u64>) -> u64 {
    let mix = |number: &mut u64, n: u64| {
        *number = *number * 3 + n;
        *number
    };
    match act {
        Act::Lock(which, n) => mix(&mut shared.mutexes[which].lock().unwrap(), n),
        Act::TryLock(which, n) => {
            shared.mutexes[which].try_lock().map_or(0, |mut number| mix(&mut number, n))
        }
        Act::Both(n) => {
            let mut first = shared.mutexes[0].lock().unwrap();
            let mut second = shared.mutexes[1].lock().unwrap();
            mix(&mut first, n) + mix(&mut second, n)
        }
        Act::Read => *shared.number.read().unwrap(),
        Act::Write(n) => mix(&mut shared.number.write().unwrap(), n),
        Act::Send(n) => sender.send(n).map_or(1, |()| 0),
        Act::TryReceive => shared.inbox.lock().unwrap().try_recv().unwrap_or(0),
        Act::Notify => {
            *shared.ready.0.lock().unwrap() = true;
            shared.ready.1.notify_one();
            0
        }
        Act::Wait => {
            let ready = shared.ready.0.lock().unwrap();
            if *ready { 1 } else { u64::from(*shared.ready.1.wait(ready).unwrap()) }
        }
        Act::WaitTimeout => {
            let ready = shared.ready.0.lock().unwrap();
            let (ready, waited) = shared.ready.1.wait_timeout(ready, Duration::ZERO).unwrap();
            u64::from(*ready) * 2 + u64::from(waited.timed_out())
        }
        Act::NotifyAll => {
            shared.ready.1.notify_all();
            0
        }
        Act::Once(n) => *shared.once.get_or_init(|| n),
        Act::Look => shared.once.get().map_or(9, |n| *n),
    }
}

fn run(program: &[Vec<Act>]) -> Vec<Vec<u64>> {
    let (sender, receiver) = mpsc::channel();
    let shared = Arc::new(Shared {
        mutexes: [Mutex::new(0), Mutex::new(0)],
        number: RwLock::new(0),
        inbox: Mutex::new(receiver),
        ready: (Mutex::new(false), Condvar::new()),
        once: OnceLock::new(),
    });
    let start = |acts: &Vec<Act>| {
        let (acts, shared, sender) = (acts.clone(), Arc::clone(&shared), sender.clone());
        thread::spawn(move || acts.iter().map(|&a| act(a, &shared, &sender)).collect())
    };
    let threads: Vec<_> = program.iter().map(start).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

type Outcomes = BTreeSet<Result<Vec<Vec<u64>>, &'static str>>;

/// The outcomes, and the number of executions.
fn explored(program: &[Vec<Act>], memory: Memory) -> (Outcomes, u64) {
    let report = Explorer::new().memory(memory).explore(|| run(program));
    assert!(report.is_complete(), "{report}");
    let end = |outcome: &Outcome<Vec<Vec<u64>>>| outcome.result().cloned().map_err(Failure::name);
    (report.outcomes().iter().map(end).collect(), report.executions())
}

fn programs() -> impl Strategy<Value = Vec<Vec<Act>>> {
    let n = 1..3u64;
    let act = prop_oneof![
        (0..2usize, n.clone()).prop_map(|(which, n)| Act::Lock(which, n)),
        (0..2usize, n.clone()).prop_map(|(which, n)| Act::TryLock(which, n)),
        n.clone().prop_map(Act::Both),
        Just(Act::Read),
        n.clone().prop_map(Act::Write),
        n.prop_map(Act::Send),
        Just(Act::TryReceive),
        Just(Act::Notify),
        Just(Act::Wait),
        Just(Act::WaitTimeout),
        Just(Act::NotifyAll),
        (1..3u64).prop_map(Act::Once),
        Just(Act::Look),
    ];
    prop::collection::vec(prop::collection::vec(act, 1..3), 2..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn both_memories_agree_where_only_locks_are_shared(program in programs()) {
        prop_assert_eq!(
            explored(&program, Memory::Rc11),
            explored(&program, Memory::SequentiallyConsistent)
        );
    }
}

/// Set `RACELAB_SWEEP` to the number of random programs for a long sweep.
fn cases() -> u32 {
    std::env::var("RACELAB_SWEEP").map_or(60, |cases| cases.parse().expect("a number"))
}
