//! Two engines, one verdict: racelab's explorer and loom, each counter and each kind of failure.
//!
//! They share the traces and the counting, and nothing of how an execution is chosen and run.

use proptest::collection::vec;
use proptest::prelude::*;
use racelab::counter::wrong::{LockPerThreadCounter, LockTheReadCounter, SeqCstPairCounter};
use racelab::counter::{
    ActorCounter, AtomicCounter, CompareExchangeCounter, MutexCounter, RacyCounter, ShardedCounter,
    UnsafeCounter, race,
};
use racelab::primitives::{
    AtomicInteger, Condvar, JoinHandle, Loom, Model, Mutex, Primitives, Receiver, Sender,
};
use racelab::{LoomExplorer, Report, explore, explore_with_loom};
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// What both engines have to agree on: each result, its interleavings and its example.
fn verdict<T: Debug>(report: &Report<T>) -> Vec<(String, Option<u128>, String)> {
    assert!(report.is_complete(), "{report}");
    let row = |outcome: &racelab::Outcome<T>| {
        let example = outcome.example();
        let lost: Vec<_> = example.lost_updates().iter().map(ToString::to_string).collect();
        let result = format!("{:?}", outcome.result());
        (result, outcome.interleavings(), format!("{} {}", example.schedule(), lost.join("; ")))
    };
    report.outcomes().iter().map(row).collect()
}

/// The same without the example: of several orders with as few switches either may be shown.
fn counts<T: Debug>(report: &Report<T>) -> Vec<(String, Option<u128>)> {
    verdict(report).into_iter().map(|(result, interleavings, _)| (result, interleavings)).collect()
}

macro_rules! agree {
    ($($name:ident: $counter:ident at $($threads:literal x $increments:literal),*;)*) => {$(
        #[test]
        fn $name() {
            $(
                let (threads, increments) = ($threads, $increments);
                let explored = explore(|| race::<Model, $counter<Model>>(threads, increments));
                let loomed =
                    explore_with_loom(move || race::<Loom, $counter<Loom>>(threads, increments));
                assert_eq!(verdict(&loomed), verdict(&explored), "{threads}x{increments}");
            )*
        }
    )*};
}

agree! {
    on_the_unsafe_counter: UnsafeCounter at 2 x 1, 2 x 2, 3 x 1;
    on_the_racy_counter: RacyCounter at 2 x 1, 2 x 2, 3 x 1;
    on_the_seqcst_pair: SeqCstPairCounter at 2 x 1, 2 x 2, 3 x 1;
    on_a_lock_for_each_thread: LockPerThreadCounter at 2 x 1, 2 x 2;
    on_a_lock_around_the_read: LockTheReadCounter at 2 x 1, 2 x 2;
    on_the_mutex: MutexCounter at 2 x 1, 2 x 2, 3 x 1;
    on_fetch_add: AtomicCounter at 2 x 1, 2 x 2, 3 x 1;
    on_compare_exchange: CompareExchangeCounter at 2 x 1, 2 x 2, 3 x 1;
    on_the_shards: ShardedCounter at 2 x 1, 2 x 2, 3 x 1;
    on_the_actor: ActorCounter at 2 x 1;
}

/// Runs one program in both families.
macro_rules! both {
    ($program:ident) => {
        assert_eq!(
            counts(&explore_with_loom($program::<Loom>)),
            counts(&explore($program::<Model>))
        )
    };
}

#[test]
fn on_a_deadlock_and_who_waits_for_whom() {
    fn opposite_order<P: Primitives>() -> (u64, u64) {
        let a = Arc::new(P::Mutex::named("a", 0u64));
        let b = Arc::new(P::Mutex::named("b", 0u64));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let thread = P::spawn("other", move || {
            let _b = b2.lock();
            *a2.lock() += 1;
        });
        {
            let _a = a.lock();
            *b.lock() += 1;
        }
        thread.join();
        (*a.lock(), *b.lock())
    }
    both!(opposite_order);
}

#[test]
fn on_a_panic() {
    fn panics_when_second<P: Primitives>() -> u64 {
        let count = Arc::new(P::Mutex::named("count", 0u64));
        let other = Arc::clone(&count);
        let thread = P::spawn("other", move || {
            let mut count = other.lock();
            *count += 1;
            assert_ne!(*count, 2, "I wanted to be first");
        });
        *count.lock() += 1;
        thread.join();
        *count.lock()
    }
    both!(panics_when_second);
}

#[test]
fn on_a_failing_try_lock() {
    fn tries<P: Primitives>() -> bool {
        let m = Arc::new(P::Mutex::named("m", ()));
        let other = Arc::clone(&m);
        let thread = P::spawn("other", move || other.try_lock().is_some());
        drop(m.lock());
        thread.join()
    }
    both!(tries);
}

#[test]
fn on_a_wait_and_a_notify() {
    fn waits<P: Primitives>() {
        let ready = Arc::new((P::Mutex::named("ready", false), P::Condvar::named("changed")));
        let other = Arc::clone(&ready);
        let thread = P::spawn("notifier", move || {
            *other.0.lock() = true;
            other.1.notify_one();
        });
        let mut guard = ready.0.lock();
        while !*guard {
            ready.1.wait(&mut guard);
        }
        drop(guard);
        thread.join();
    }
    both!(waits);
}

#[test]
fn on_a_bounded_channel_that_closes() {
    fn sends<P: Primitives>() -> u64 {
        let (sender, receiver) = P::channel::<u64>("channel", Some(1));
        let thread = P::spawn("sender", move || {
            (1..=3).for_each(|message| sender.send(message).expect("the receiver is there"));
        });
        let mut all = 0;
        while let Some(message) = receiver.receive() {
            all = all * 10 + message;
        }
        thread.join();
        all
    }
    both!(sends);
}

#[test]
fn on_two_senders_and_a_receiver_that_goes_early() {
    fn races<P: Primitives>() -> (bool, bool, Option<u64>) {
        let (sender, receiver) = P::channel::<u64>("channel", None);
        let second = sender.clone();
        let a = P::spawn("first", move || sender.send(1).is_ok());
        let b = P::spawn("second", move || second.send(2).is_ok());
        let got = receiver.receive();
        drop(receiver);
        (a.join(), b.join(), got)
    }
    both!(races);
}

#[test]
fn on_two_senders_that_wait_for_room() {
    fn fills<P: Primitives>() -> u64 {
        let (sender, receiver) = P::channel::<u64>("channel", Some(1));
        let second = sender.clone();
        let a = P::spawn("first", move || sender.send(1).is_ok());
        let b = P::spawn("second", move || second.send(2).is_ok());
        let got = [(); 2].map(|()| receiver.receive().expect("two are sent"));
        assert!(a.join() && b.join());
        got[0] * 10 + got[1]
    }
    both!(fills);
}

#[test]
fn on_a_try_lock_after_others_have_waited_for_the_lock() {
    fn tries<P: Primitives>() -> (u64, u64) {
        let m = Arc::new(P::Mutex::named("m", 0u64));
        let other = Arc::clone(&m);
        let thread = P::spawn("other", move || {
            *other.lock() += 1;
            other.try_lock().map_or(7, |guard| *guard)
        });
        *m.lock() += 3;
        let seen = thread.join();
        (seen, *m.lock())
    }
    both!(tries);
}

/// One thing that a thread of a random program does.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Load(usize),
    Store(usize),
    Add(usize),
    Exchange(usize),
    /// Holds a mutex while it adds to an atomic.
    Locked(usize),
    /// Takes both mutexes, in this order or the other: they may deadlock.
    Both(bool),
    TryLock(usize),
    Send,
}

/// Runs a program of two atomics, two mutexes and a channel; returns what it saw at the end.
fn run<P: Primitives>(threads: &[Vec<Deed>]) -> (u64, u64, u64) {
    struct Shared<P: Primitives> {
        atomics: [P::AtomicU64; 2],
        mutexes: [P::Mutex<u64>; 2],
    }
    let shared = Arc::new(Shared::<P> {
        atomics: [P::AtomicU64::named("x", 0), P::AtomicU64::named("y", 0)],
        mutexes: [P::Mutex::named("m", 0), P::Mutex::named("n", 0)],
    });
    let (sender, receiver) = P::channel::<u64>("channel", None);
    let start = |(number, deeds): (usize, &Vec<Deed>)| {
        let (shared, sender, deeds) = (Arc::clone(&shared), sender.clone(), deeds.clone());
        P::spawn("", move || {
            let mut seen = 0;
            for deed in deeds {
                let fresh = seen * 3 + number as u64 + 1;
                seen = match deed {
                    Deed::Load(i) => shared.atomics[i].load(SeqCst),
                    Deed::Store(i) => {
                        shared.atomics[i].store(fresh, SeqCst);
                        seen
                    }
                    Deed::Add(i) => shared.atomics[i].fetch_add(fresh, SeqCst),
                    Deed::Exchange(i) => {
                        let result = shared.atomics[i].compare_exchange(0, fresh, SeqCst, SeqCst);
                        result.unwrap_or_else(|seen| seen)
                    }
                    Deed::Locked(i) => {
                        let mut guard = shared.mutexes[i].lock();
                        *guard += fresh;
                        shared.atomics[i].fetch_add(1, SeqCst);
                        *guard
                    }
                    Deed::Both(first) => {
                        let mut a = shared.mutexes[usize::from(first)].lock();
                        let mut b = shared.mutexes[usize::from(!first)].lock();
                        *a += 1;
                        *b += fresh;
                        *a
                    }
                    Deed::TryLock(i) => shared.mutexes[i].try_lock().map_or(7, |guard| *guard),
                    Deed::Send => {
                        sender.send(fresh).expect("the receiver is there");
                        seen
                    }
                };
            }
            seen
        })
    };
    let running: Vec<_> = threads.iter().enumerate().map(start).collect();
    drop(sender);
    let mut received = 0;
    while let Some(message) = receiver.receive() {
        received = received * 5 + message;
    }
    let seen = running.into_iter().fold(0, |seen, thread| seen * 11 + thread.join());
    let held = shared.mutexes.iter().fold(0, |sum, mutex| sum * 13 + *mutex.lock());
    let left = shared.atomics.iter().fold(held, |sum, atomic| sum * 17 + atomic.load(SeqCst));
    (seen, received, left)
}

fn deed() -> impl Strategy<Value = Deed> {
    let which = 0..2usize;
    prop_oneof![
        which.clone().prop_map(Deed::Load),
        which.clone().prop_map(Deed::Store),
        which.clone().prop_map(Deed::Add),
        which.clone().prop_map(Deed::Exchange),
        which.clone().prop_map(Deed::Locked),
        any::<bool>().prop_map(Deed::Both),
        which.prop_map(Deed::TryLock),
        Just(Deed::Send),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..Default::default() })]

    #[test]
    fn on_random_programs(threads in vec(vec(deed(), 1..=2), 2..=2)) {
        let program = threads.clone();
        let limits = LoomExplorer::new().max_executions(20_000);
        let loomed = limits.explore(move || run::<Loom>(&program));
        prop_assume!(loomed.executions() < 20_000);
        let explored = explore(|| run::<Model>(&threads));
        prop_assert_eq!(counts(&loomed), counts(&explored));
    }
}

/// Many with the long tests, a few otherwise.
fn cases() -> u32 {
    if std::env::var_os("RACELAB_LONG").is_some() { 300 } else { 40 }
}
