//! Real programs under Rust's orderings: what each ordering is needed for, and the limits.

mod support;

use racelab::diagram::timeline;
use racelab::explore::{Explorer, Memory, explore};
use racelab::model::cell::UnsafeCell;
use racelab::model::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use racelab::model::sync::{Condvar, Mutex, mpsc};
use racelab::model::thread;
use racelab::{Failure, Report};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use support::rc11;

fn values<T: Clone + Ord>(report: &Report<T>) -> BTreeSet<T> {
    let values = report.outcomes().iter().map(|outcome| outcome.result());
    values.map(|value| value.map_err(ToString::to_string).unwrap().clone()).collect()
}

fn racy(threads: usize, order: (Ordering, Ordering)) -> u64 {
    let count = Arc::new(AtomicU64::new(0));
    let start = |_| {
        let count = Arc::clone(&count);
        thread::spawn(move || {
            let seen = count.load(order.0);
            count.store(seen + 1, order.1);
        })
    };
    let threads: Vec<_> = (0..threads).map(start).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    count.load(Relaxed)
}

#[test]
fn seqcst_everywhere_does_not_fix_a_load_and_a_store() {
    for (threads, executions) in [(2, 4), (3, 36)] {
        let relaxed = rc11(|| racy(threads, (Relaxed, Relaxed)));
        let strongest = rc11(|| racy(threads, (SeqCst, SeqCst)));
        assert_eq!(relaxed.executions(), executions);
        assert_eq!(strongest.executions(), executions);
        assert!(strongest.outcome(&1).is_some(), "all but one update lost");
        assert!(!strongest.outcome(&1).unwrap().example().lost_updates().is_empty());
        assert_eq!(strongest.redundant(), 0);
    }
}

#[test]
fn relaxed_is_enough_for_a_counter_that_adds_in_one_step() {
    let report = rc11(|| {
        let count = Arc::new(AtomicU64::new(0));
        let start = |_| {
            let count = Arc::clone(&count);
            thread::spawn(move || count.fetch_add(1, Relaxed))
        };
        let threads: Vec<_> = (0..3).map(start).collect();
        threads.into_iter().for_each(|thread| _ = thread.join().unwrap());
        count.load(Relaxed)
    });
    assert_eq!(values(&report), BTreeSet::from([3]));
    assert_eq!(report.executions(), 6);
}

#[test]
fn a_mutex_counter_has_one_execution_for_each_order_of_the_threads() {
    let program = || {
        let count = Arc::new(Mutex::new(0));
        let start = |_| {
            let count = Arc::clone(&count);
            thread::spawn(move || *count.lock().unwrap() += 1)
        };
        let threads: Vec<_> = (0..3).map(start).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        *count.lock().unwrap()
    };
    let report = rc11(program);
    assert_eq!(values(&report), BTreeSet::from([3]));
    assert_eq!(report.executions(), explore(program).executions());
    assert_eq!(report.executions(), 6);
}

/// A message is written, a flag is raised; who sees the flag reads the message.
fn message(raise: Ordering, look: Ordering) -> Option<u32> {
    struct Shared {
        message: UnsafeCell<u32>,
        flag: AtomicBool,
    }
    // SAFETY: this is what is on trial: the flag is meant to order the accesses to the message.
    unsafe impl Sync for Shared {}
    let shared = Arc::new(Shared { message: UnsafeCell::new(0), flag: AtomicBool::new(false) });
    let theirs = Arc::clone(&shared);
    let writer = thread::spawn(move || {
        // SAFETY: as promised above.
        theirs.message.with_mut(|message| unsafe { *message = 7 });
        theirs.flag.store(true, raise);
    });
    // SAFETY: as promised above.
    let read = || shared.message.with(|message| unsafe { *message });
    let seen = shared.flag.load(look).then(read);
    writer.join().unwrap();
    seen
}

#[test]
fn a_message_needs_release_and_acquire() {
    let report = rc11(|| message(Release, Acquire));
    assert_eq!(values(&report), BTreeSet::from([None, Some(7)]));
    for (raise, look) in [(Relaxed, Acquire), (Release, Relaxed), (Relaxed, Relaxed)] {
        let report = rc11(|| message(raise, look));
        let races =
            report.failures().filter(|o| matches!(o.result(), Err(Failure::DataRace { .. })));
        assert_eq!(races.count(), 1, "{raise:?} and {look:?}: {report}");
    }
}

/// The flag is raised and then stored again; who sees the second store reads the message.
fn overwritten_flag(again: fn(&AtomicU32)) -> u32 {
    struct Shared {
        message: UnsafeCell<u32>,
        flag: AtomicU32,
    }
    // SAFETY: this is what is on trial: the flag is meant to order the accesses to the message.
    unsafe impl Sync for Shared {}
    let shared = Arc::new(Shared { message: UnsafeCell::new(0), flag: AtomicU32::new(0) });
    let theirs = Arc::clone(&shared);
    let writer = thread::spawn(move || {
        // SAFETY: as promised above.
        theirs.message.with_mut(|message| unsafe { *message = 7 });
        theirs.flag.store(1, Release);
        again(&theirs.flag);
    });
    // SAFETY: as promised above.
    let read = || shared.message.with(|message| unsafe { *message });
    let seen = if shared.flag.load(Acquire) == 2 { read() } else { 0 };
    writer.join().unwrap();
    seen
}

/// C++20 has it so, and Rust with it; in C++11 the second store went on with the first one's
/// release sequence.
#[test]
fn a_relaxed_store_ends_a_release_sequence_and_a_read_modify_write_goes_on_with_it() {
    for memory in [Memory::SequentiallyConsistent, Memory::Rc11] {
        let explore = |again| Explorer::new().memory(memory).explore(|| overwritten_flag(again));
        let stored = explore(|flag| flag.store(2, Relaxed));
        let failures: Vec<_> = stored.failures().collect();
        let [race] = failures[..] else { panic!("{memory:?}: {stored}") };
        assert!(matches!(race.result(), Err(Failure::DataRace { .. })), "{memory:?}: {stored}");
        assert_eq!(race.example().data_races().len(), 1, "{memory:?}");
        let picture = timeline(race.example());
        assert_eq!(picture.matches("  races with ").count(), 2, "{picture}");

        let added = explore(|flag| _ = flag.fetch_add(1, Relaxed));
        assert_eq!(values(&added), BTreeSet::from([0, 7]), "{memory:?}");
    }
}

#[test]
fn a_loop_that_waits_for_a_flag_ends_and_sees_the_message() {
    let wait = |look: Ordering| {
        move || {
            let (data, flag) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
            let (d, f) = (Arc::clone(&data), Arc::clone(&flag));
            let writer = thread::spawn(move || {
                d.store(7, Relaxed);
                f.store(true, Release);
            });
            while !flag.load(look) {
                thread::yield_now();
            }
            let seen = data.load(Relaxed);
            writer.join().unwrap();
            seen
        }
    };
    assert_eq!(values(&rc11(wait(Acquire))), BTreeSet::from([7]));
    assert_eq!(values(&rc11(wait(Relaxed))), BTreeSet::from([0, 7]));
}

#[test]
fn a_flag_that_nobody_raises_is_waited_for_in_vain() {
    let report = Explorer::new().memory(Memory::Rc11).explore(|| {
        let flag = AtomicBool::new(false);
        while !flag.load(Acquire) {
            thread::yield_now();
        }
    });
    assert!(matches!(report.outcomes()[0].result(), Err(Failure::StepLimit { .. })));
}

#[test]
fn a_weak_compare_exchange_may_fail_for_no_reason_and_a_strong_one_may_not() {
    let once = |weak: bool| {
        move || {
            let x = AtomicU32::new(0);
            match weak {
                true => x.compare_exchange_weak(0, 1, Relaxed, Relaxed),
                false => x.compare_exchange(0, 1, Relaxed, Relaxed),
            }
        }
    };
    assert_eq!(values(&rc11(once(true))), BTreeSet::from([Ok(0), Err(0)]));
    assert_eq!(values(&rc11(once(false))), BTreeSet::from([Ok(0)]));
    let increments = rc11(|| {
        let count = Arc::new(AtomicU32::new(0));
        let start = |_| {
            let count = Arc::clone(&count);
            thread::spawn(move || {
                let mut seen = count.load(Relaxed);
                while let Err(now) = count.compare_exchange_weak(seen, seen + 1, Relaxed, Relaxed) {
                    seen = now;
                }
            })
        };
        let threads: Vec<_> = (0..2).map(start).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        count.load(Relaxed)
    });
    assert_eq!(values(&increments), BTreeSet::from([2]));
}

/// Dekker's entry: raise your flag, look at the other's; both get in if both looks are stale.
fn both_enter(
    between: impl Fn() + Send + Sync + Copy + 'static,
    order: (Ordering, Ordering),
) -> bool {
    let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
    let start = |me: usize| {
        let flags = Arc::clone(&flags);
        thread::spawn(move || {
            flags[me].store(true, order.0);
            between();
            !flags[1 - me].load(order.1)
        })
    };
    let threads = [start(0), start(1)];
    threads.map(|thread| thread.join().unwrap()) == [true, true]
}

#[test]
fn store_buffering_is_cured_by_seqcst_fences_or_accesses_and_by_nothing_weaker() {
    let forbids = |report: Report<bool>| report.outcome(&true).is_none();
    assert!(forbids(rc11(|| both_enter(|| (), (SeqCst, SeqCst)))));
    assert!(forbids(rc11(|| both_enter(|| fence(SeqCst), (Relaxed, Relaxed)))));
    assert!(!forbids(rc11(|| both_enter(|| (), (Release, Acquire)))));
    assert!(!forbids(rc11(|| both_enter(|| fence(AcqRel), (Release, Acquire)))));
    assert!(!forbids(rc11(|| both_enter(|| (), (SeqCst, Acquire)))));
}

#[test]
fn no_interleaving_explains_store_buffering_and_the_cycle_says_why() {
    let report = rc11(|| both_enter(|| (), (Relaxed, Relaxed)));
    let fenced = rc11(|| both_enter(|| fence(AcqRel), (Relaxed, Relaxed)));
    for report in [&report, &fenced] {
        let trace = report.outcome(&true).unwrap().example();
        assert!(!trace.is_sequentially_consistent());
        let cycle = trace.cycle().unwrap();
        // The fence between a thread's two steps is no part of the proof.
        assert_eq!(cycle.edges().len(), 4, "{cycle}");
        for (edge, next) in cycle.edges().iter().zip(cycle.edges().iter().cycle().skip(1)) {
            assert_eq!(edge.to, next.from, "{cycle}");
        }
        assert!(cycle.to_string().contains("which step"), "{cycle}");
    }
    let other = report.outcome(&false).unwrap().example();
    assert!(other.is_sequentially_consistent());
    assert_eq!(other.cycle(), None);
}

#[test]
fn locks_channels_and_condition_variables_order_what_surrounds_them() {
    let through_channel = rc11(|| {
        let x = Arc::new(AtomicU32::new(0));
        let (sender, receiver) = mpsc::channel();
        let theirs = Arc::clone(&x);
        let thread = thread::spawn(move || {
            theirs.store(1, Relaxed);
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
        let seen = x.load(Relaxed);
        thread.join().unwrap();
        seen
    });
    assert_eq!(values(&through_channel), BTreeSet::from([1]));
    let through_condvar = rc11(|| {
        let x = Arc::new(AtomicU32::new(0));
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let (theirs, other) = (Arc::clone(&x), Arc::clone(&pair));
        let thread = thread::spawn(move || {
            theirs.store(1, Relaxed);
            *other.0.lock().unwrap() = true;
            other.1.notify_one();
        });
        let mut ready = pair.0.lock().unwrap();
        while !*ready {
            ready = pair.1.wait(ready).unwrap();
        }
        drop(ready);
        let seen = x.load(Relaxed);
        thread.join().unwrap();
        seen
    });
    assert_eq!(values(&through_condvar), BTreeSet::from([1]));
}

#[test]
fn a_deadlock_is_found_whichever_memory_is_explored() {
    let program = || {
        let locks = Arc::new((Mutex::new(()), Mutex::new(())));
        let other = Arc::clone(&locks);
        let thread = thread::spawn(move || {
            let _second = other.1.lock().unwrap();
            let _first = other.0.lock().unwrap();
        });
        let first = locks.0.lock().unwrap();
        let second = locks.1.lock().unwrap();
        drop((first, second));
        thread.join().unwrap();
    };
    let (ours, plain) = (rc11(program), explore(program));
    assert_eq!(ours.executions(), plain.executions());
    assert_eq!(ours.failures().count(), 1, "{ours}");
}
