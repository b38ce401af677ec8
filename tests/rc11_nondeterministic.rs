//! Programs that do something else when they are run again, and programs that wait by looking:
//! under Rust's orderings, too, the first are told apart from the second, and neither stops the
//! explorer.

mod support;

use racelab::explore::{Explorer, Memory};
use racelab::model::sync::atomic::{AtomicBool, AtomicU32, AtomicU64 as WideAtomic};
use racelab::model::sync::{Condvar, Mutex};
use racelab::model::thread;
use racelab::{Failure, Report};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::time::Duration;
use support::rc11;

/// A program of two threads that knows how often it was run; what each does is up to `body`.
fn counts_runs(
    body: impl Fn(u64, usize, &[AtomicU32; 3]) + Send + Sync + Copy + 'static,
) -> Report<()> {
    let runs = AtomicU64::new(0);
    Explorer::new().memory(Memory::Rc11).explore(|| {
        let run = runs.fetch_add(1, Relaxed);
        let x: Arc<[AtomicU32; 3]> = Arc::default();
        let start = |me| {
            let x = Arc::clone(&x);
            thread::spawn(move || body(run, me, &x))
        };
        let threads = [start(0), start(1)];
        let _ = threads.map(|thread| thread.join().unwrap());
    })
}

#[track_caller]
fn assert_nondeterministic<T: Debug>(report: &Report<T>) {
    let differs = |failure: &Failure| matches!(failure, Failure::Nondeterministic { .. });
    let found = report.failures().any(|outcome| outcome.result().is_err_and(differs));
    assert!(found && !report.is_complete(), "{report}");
}

#[test]
fn what_differs_from_run_to_run_is_told_whatever_it_is() {
    // Another object, from the third run on.
    assert_nondeterministic(&counts_runs(|run, me, x| {
        x[if run > 1 + me as u64 { 2 } else { me }].store(1, SeqCst);
        x[1 - me].load(SeqCst);
    }));
    // A step less, and no step at all: the repeated run ends too early.
    assert_nondeterministic(&counts_runs(|run, _, x| {
        x[0].load(SeqCst);
        if run % 2 == 0 {
            x[0].store(1, SeqCst);
        }
    }));
    assert_nondeterministic(&counts_runs(|run, _, x| {
        if run < 3 {
            x[0].load(SeqCst);
            x[0].store(1, SeqCst);
        }
    }));
    // A step more: the repeated run goes on where it had ended.
    assert_nondeterministic(&counts_runs(|run, me, x| {
        x[0].store(1, SeqCst);
        if run == 1 && me == 1 {
            x[1].load(SeqCst);
        }
    }));
    // Another operand.
    assert_nondeterministic(&counts_runs(|run, _, x| {
        x[0].load(SeqCst);
        x[0].store(run as u32, SeqCst);
    }));
    assert_nondeterministic(&counts_runs(|run, _, x| _ = x[0].fetch_add(run as u32, SeqCst)));
    assert_nondeterministic(&counts_runs(|run, _, x| {
        let _ = x[0].compare_exchange(run as u32 % 2, 1, SeqCst, SeqCst);
    }));
    // Another ordering.
    assert_nondeterministic(&counts_runs(|run, _, x| {
        x[0].load(if run % 2 == 0 { SeqCst } else { Relaxed });
    }));
}

#[test]
fn another_number_of_threads_is_told() {
    for threads in [|run: u64| 4 - run.min(3), |run: u64| 1 + run.min(3)] {
        let runs = AtomicU64::new(0);
        assert_nondeterministic(&Explorer::new().memory(Memory::Rc11).explore(|| {
            let x = Arc::new(AtomicU32::new(0));
            let start = |_| {
                let x = Arc::clone(&x);
                thread::spawn(move || x.fetch_add(1, Relaxed))
            };
            let threads: Vec<_> = (0..threads(runs.fetch_add(1, Relaxed))).map(start).collect();
            threads.into_iter().for_each(|thread| _ = thread.join().unwrap());
        }));
    }
}

#[test]
fn where_a_number_may_be_an_address_each_run_reads_its_own() {
    let runs = AtomicU64::new(0);
    let report = rc11(|| {
        let address = 0x7f00_0000_1000 + runs.fetch_add(1, Relaxed) * 64;
        let x = Arc::new([WideAtomic::new(0), WideAtomic::new(address + 16)]);
        let other = Arc::clone(&x);
        let thread = thread::spawn(move || {
            other[0].store(address, Release);
            let _ = other[0].compare_exchange(address, address + 8, Relaxed, Relaxed);
            other[1].load(Relaxed)
        });
        let seen = [x[0].load(Acquire), x[1].swap(address, Relaxed), x[0].load(Relaxed)];
        let theirs = thread.join().unwrap();
        let known = [0, address, address + 8, address + 16];
        seen.iter().chain([&theirs]).all(|seen| known.contains(seen))
    });
    report.assert_outcomes(&[true]);
}

/// Spreads a number over all its bits.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[derive(Default)]
struct Shared {
    numbers: [AtomicU32; 2],
    flag: AtomicBool,
    lock: Mutex<u32>,
    ready: Condvar,
}

/// One of twelve things to do with what is shared; some wait by looking again.
fn act(shared: &Arc<Shared>, what: u64) {
    let x = &shared.numbers[(what / 16 % 2) as usize];
    match what % 12 {
        0 => _ = x.load(SeqCst),
        1 => _ = x.load(Relaxed),
        2 => x.store(1, Relaxed),
        3 => x.store(0, Release),
        4 => _ = x.fetch_add(1, Relaxed),
        5 => *shared.lock.lock().unwrap() += 1,
        6 => {
            let [x, y] = &shared.numbers;
            while x.load(Relaxed) == 0 && y.load(Acquire) == 0 {
                thread::yield_now();
            }
        }
        7 => {
            while shared.flag.swap(true, Acquire) {
                thread::yield_now();
            }
            shared.flag.store(false, Release);
        }
        8 => {
            let guard = shared.lock.lock().unwrap();
            drop(shared.ready.wait_timeout(guard, Duration::from_millis(1)).unwrap());
        }
        9 => {
            *shared.lock.lock().unwrap() = 2;
            shared.ready.notify_one();
        }
        10 => {
            let other = Arc::clone(shared);
            thread::spawn(move || other.numbers[1].store(2, Release)).join().unwrap();
        }
        _ => _ = x.compare_exchange_weak(0, 2, Release, Relaxed),
    }
}

/// Two or three threads that take a few steps each. In some runs, if any, they take others.
fn random_program(seed: u64, runs: Option<&AtomicU64>) -> u32 {
    let run = runs.map_or(0, |runs| runs.fetch_add(1, Relaxed));
    let is_odd = mix(seed * 77 + run).is_multiple_of(4) && run > seed % 5;
    let shared = Arc::new(Shared::default());
    let start = |me: u64| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            for step in 0..1 + mix(seed + 9 * me) % 3 {
                let what = mix(seed * 1000 + me * 10 + step);
                let other = mix(what + run);
                act(&shared, if is_odd && other.is_multiple_of(2) { mix(other) } else { what });
            }
        })
    };
    let more = u64::from(is_odd && mix(run).is_multiple_of(3));
    let threads: Vec<_> = (0..2 + more).map(start).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    shared.numbers[0].load(Relaxed)
}

#[test]
fn random_programs_get_a_verdict_whether_they_are_deterministic_or_not() {
    let explorer = Explorer::new().memory(Memory::Rc11).max_steps(300).max_executions(300);
    let (mut differ, mut spin) = (0, 0);
    for seed in 0..600 {
        let runs = AtomicU64::new(0);
        for runs in [None, Some(&runs)] {
            let report = explorer.explore(|| random_program(seed, runs));
            for failure in report.failures().filter_map(|outcome| outcome.result().err()) {
                match failure {
                    Failure::Nondeterministic { .. } => {
                        assert!(runs.is_some(), "seed {seed}: {failure}");
                        differ += 1;
                    }
                    Failure::StepLimit { .. } => spin += 1,
                    _ => panic!("seed {seed}: {failure}"),
                }
            }
        }
    }
    assert!(differ > 10 && spin > 10, "{differ} and {spin} are too few to show anything");
}

#[test]
fn a_store_of_the_value_that_was_there_may_be_waited_for_and_read() {
    // The loop counts its rounds, so it is followed for some of them; that is no round like another
    // which reads another store of the same value.
    let report = Explorer::new().memory(Memory::Rc11).explore(|| {
        let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let other = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            other.0.store(0, Relaxed);
            other.1.store(1, Relaxed);
        });
        let mut rounds = 1;
        while shared.0.load(Relaxed) == 0 && shared.1.load(Relaxed) == 0 {
            rounds += 1;
            thread::yield_now();
        }
        writer.join().unwrap();
        rounds
    });
    let rounds: BTreeSet<i32> =
        report.outcomes().iter().map(|outcome| *outcome.result().unwrap()).collect();
    assert!(BTreeSet::from([1, 2, 3]).is_subset(&rounds), "{report}");
    assert!(!report.is_complete(), "{report}");
    for outcome in report.outcomes() {
        let trace = outcome.example();
        assert_eq!(trace.ending(), format!("returned {}", outcome.result().unwrap()));
    }
}

#[test]
fn spins_of_several_threads_are_followed_to_their_end() {
    let spin_lock = |threads: u32| {
        rc11(move || {
            let lock = Arc::new((AtomicBool::new(false), AtomicU32::new(0)));
            let start = |_| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || {
                    while lock.0.compare_exchange(false, true, Acquire, Relaxed).is_err() {
                        thread::yield_now();
                    }
                    lock.1.store(lock.1.load(Relaxed) + 1, Relaxed);
                    lock.0.store(false, Release);
                })
            };
            let threads: Vec<_> = (0..threads).map(start).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            lock.1.load(Relaxed)
        })
    };
    spin_lock(2).assert_outcomes(&[2]);
    spin_lock(3).assert_outcomes(&[3]);
    let barrier = rc11(|| {
        let arrived = Arc::new(AtomicU32::new(0));
        let start = |_| {
            let arrived = Arc::clone(&arrived);
            thread::spawn(move || {
                arrived.fetch_add(1, Release);
                while arrived.load(Acquire) < 3 {
                    thread::yield_now();
                }
            })
        };
        let threads: Vec<_> = (0..3).map(start).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        arrived.load(Relaxed)
    });
    barrier.assert_outcomes(&[3]);
}

#[test]
fn a_wait_with_a_time_out_may_be_notified_and_may_not() {
    let report = rc11(|| {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        let other = Arc::clone(&shared);
        let notifier = thread::spawn(move || other.1.notify_one());
        let guard = shared.0.lock().unwrap();
        let waited = shared.1.wait_timeout(guard, Duration::from_millis(1)).unwrap().1;
        notifier.join().unwrap();
        waited.timed_out()
    });
    report.assert_outcomes(&[false, true]);
    assert_eq!(report.executions(), 3);
}
