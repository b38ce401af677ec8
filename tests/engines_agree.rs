//! Two engines, one verdict: racelab's explorer and loom, each counter and each kind of failure.
//!
//! They share the traces and the counting, and nothing of how an execution is chosen and run.

use racelab::counter::wrong::{LockPerThreadCounter, LockTheReadCounter, SeqCstPairCounter};
use racelab::counter::{
    ActorCounter, AtomicCounter, CompareExchangeCounter, MutexCounter, RacyCounter, ShardedCounter,
    UnsafeCounter, race,
};
use racelab::primitives::{Condvar, JoinHandle, Loom, Model, Mutex, Primitives, Receiver, Sender};
use racelab::{Report, explore, explore_with_loom};
use std::fmt::Debug;
use std::sync::Arc;

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
