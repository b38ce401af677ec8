//! Loops that wait: cut short where a further round provably changes nothing, followed where it does.

use racelab::explore::Memory;
use racelab::model::hint::spin_loop;
use racelab::model::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use racelab::model::sync::{Condvar, Mutex, mpsc};
use racelab::model::thread::{self, park, park_timeout, sleep, yield_now};
use racelab::{Explorer, Failure, Outcome, Reduction, Report};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

type Counted<T> = BTreeMap<Result<T, Failure>, Option<u128>>;

fn counted<T: Ord + Clone>(report: &Report<T>) -> Counted<T> {
    let entry = |o: &Outcome<T>| (o.result().cloned().map_err(Clone::clone), o.interleavings());
    report.outcomes().iter().map(entry).collect()
}

/// Explores by classes and literally, and under Rust's orderings, which allow no other outcome here; all
/// must tell the same. Returns the outcomes.
fn explored<T, F>(program: F) -> Counted<T>
where
    F: Fn() -> T + Send + Sync,
    T: Ord + Clone + Debug + Send,
{
    let explorer = Explorer::new().prove_up_to(0).classes(true);
    let dpor = explorer.clone().explore(&program);
    let weak = explorer.clone().classes(false).memory(Memory::Rc11).explore(&program);
    let literal = explorer.reduction(Reduction::None).explore(&program);
    assert!(dpor.is_complete(), "{dpor}");
    assert!(literal.is_complete(), "{literal}");
    let keys = |report: &Report<T>| counted(report).into_keys().collect::<Vec<_>>();
    assert_eq!(keys(&dpor), keys(&literal));
    assert!(weak.is_complete(), "{weak}");
    assert_eq!(keys(&dpor), keys(&weak));
    if dpor.interleavings().is_some() {
        assert_eq!(counted(&dpor), counted(&literal));
        assert_eq!(dpor.traces(), dpor.executions(), "{dpor}");
    }
    counted(&dpor)
}

fn values<T: Ord + Clone>(counted: &Counted<T>) -> Vec<T> {
    counted.keys().map(|result| result.clone().expect("no failure")).collect()
}

#[test]
fn a_loop_that_tries_three_times_may_give_up() {
    let found = explored(|| {
        let m = Arc::new(Mutex::new(0));
        let other = Arc::clone(&m);
        let holder = thread::spawn(move || *other.lock().unwrap() += 1);
        let mut got = false;
        for _ in 0..3 {
            if m.try_lock().is_ok() {
                got = true;
                break;
            }
            yield_now();
        }
        holder.join().unwrap();
        got
    });
    assert_eq!(values(&found), [false, true]);
}

#[test]
fn a_loop_that_spins_twice_and_parks_then_parks() {
    let program = |unparks: bool| {
        move || {
            let set = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&set);
            let main = thread::current();
            let setter = thread::spawn(move || {
                theirs.store(true, SeqCst);
                if unparks {
                    main.unpark();
                }
            });
            let (mut n, mut parked) = (0, false);
            while !set.load(SeqCst) {
                n += 1;
                if n < 3 {
                    spin_loop();
                } else {
                    parked = true;
                    park();
                }
            }
            setter.join().unwrap();
            parked
        }
    };
    assert_eq!(values(&explored(program(true))), [false, true]);
    let found = explored(program(false));
    assert!(found.keys().any(|r| matches!(r, Err(Failure::Deadlock { .. }))), "{found:?}");
    assert!(found.contains_key(&Ok(false)));
}

#[test]
fn a_yield_between_a_load_and_a_store_waits_for_nobody() {
    for pause in [yield_now, || sleep(Duration::from_millis(1))] {
        let found = explored(move || {
            let count = Arc::new(AtomicU32::new(0));
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let count = Arc::clone(&count);
                    thread::spawn(move || {
                        let seen = count.load(SeqCst);
                        pause();
                        count.store(seen + 1, SeqCst);
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            count.load(SeqCst)
        });
        assert_eq!(found, BTreeMap::from([(Ok(1), Some(4)), (Ok(2), Some(2))]));
    }
}

#[test]
fn one_thread_alone_that_loads_yields_and_stores_ends() {
    let found = explored(|| {
        let x = AtomicU32::new(0);
        for _ in 0..20 {
            let seen = x.load(SeqCst);
            yield_now();
            x.store(seen + 1, SeqCst);
        }
        x.load(SeqCst)
    });
    assert_eq!(found, BTreeMap::from([(Ok(20), Some(1))]));
}

#[test]
fn a_loop_that_waits_for_a_flag_is_two_classes() {
    let report = Explorer::new().explore(|| {
        let set = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&set);
        let setter = thread::spawn(move || theirs.store(true, SeqCst));
        while !set.load(SeqCst) {
            spin_loop();
        }
        setter.join().unwrap();
    });
    report.assert_complete();
    assert_eq!((report.executions(), report.interleavings()), (2, Some(2)));
}

#[test]
fn a_loop_that_polls_with_a_time_out_is_cut_short() {
    let found = explored(|| {
        let set = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&set);
        let setter = thread::spawn(move || theirs.store(true, SeqCst));
        while !set.load(SeqCst) {
            park_timeout(Duration::from_millis(1));
        }
        setter.join().unwrap();
    });
    assert_eq!(values(&found), [()]);
    let found = explored(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || sender.send(7).unwrap());
        let got = loop {
            if let Ok(got) = receiver.recv_timeout(Duration::from_millis(1)) {
                break got;
            }
        };
        other.join().unwrap();
        got
    });
    assert_eq!(values(&found), [7]);
}

#[test]
fn yielding_without_a_step_ends_where_the_loop_does() {
    let found = explored(|| {
        for _ in 0..100 {
            yield_now();
        }
        7
    });
    assert_eq!(values(&found), [7]);
    let report = Explorer::new().explore(|| {
        loop {
            yield_now();
        }
    });
    let failure = report.failures().next().expect("it does not end");
    assert!(matches!(failure.result(), Err(Failure::StepLimit { limit: None, .. })), "{report}");
}

#[test]
fn a_loop_that_counts_for_ever_is_followed_for_some_rounds_and_not_called_complete() {
    let report = Explorer::new().explore(|| {
        let set = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&set);
        let setter = thread::spawn(move || theirs.store(true, SeqCst));
        let mut rounds = 0u64;
        while !set.load(SeqCst) {
            rounds += 1;
            yield_now();
        }
        setter.join().unwrap();
        rounds
    });
    assert!(!report.is_complete());
    assert!(report.outcomes().len() > 10, "{report}");
    assert!(report.to_string().contains("counts its rounds"), "{report}");
}

#[test]
fn a_loop_that_gives_way_more_and_more_is_followed_as_long_as_it_changes() {
    let found = explored(|| {
        let set = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&set);
        let setter = thread::spawn(move || theirs.store(true, SeqCst));
        let mut step = 0u32;
        while !set.load(SeqCst) {
            step = (step + 1).min(6);
            yield_now();
        }
        setter.join().unwrap();
        step
    });
    assert_eq!(values(&found), [0, 1, 2, 3, 4, 5, 6]);
}

/// One thread that waits with a time-out until the other has set something, under a mutex.
fn polls<T>(
    value: T,
    is_set: fn(&T) -> bool,
    set: fn(&mut T),
    notifies: bool,
) -> impl Fn() -> bool + Send + Sync
where
    T: Clone + Send + Sync + 'static,
{
    move || {
        let shared = Arc::new((Mutex::new(value.clone()), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let setter = thread::spawn(move || {
            set(&mut theirs.0.lock().unwrap());
            if notifies {
                theirs.1.notify_one();
            }
        });
        let mut timed_out = false;
        let mut guard = shared.0.lock().unwrap();
        while !is_set(&guard) {
            let (again, result) = shared.1.wait_timeout(guard, Duration::from_millis(1)).unwrap();
            guard = again;
            timed_out = result.timed_out();
        }
        drop(guard);
        setter.join().unwrap();
        timed_out
    }
}

#[test]
fn a_loop_that_waits_with_a_time_out_is_cut_short() {
    for notifies in [false, true] {
        let found = explored(polls(false, |set| *set, |set| *set = true, notifies));
        assert_eq!(values(&found), [false, true]);
        // Read only: what a `Vec` owns is not compared, and need not be.
        let found = explored(polls(vec![0; 3], |set| set[1] == 1, |set| set[1] = 1, notifies));
        assert_eq!(values(&found), [false, true]);
        // What was set may lie in the padding's neighbour.
        let found = explored(polls((0u8, 0u64), |set| set.0 == 1, |set| set.0 = 1, notifies));
        assert_eq!(values(&found), [false, true]);
    }
}

#[test]
fn a_loop_that_waits_with_a_time_out_for_nobody_does_not_end() {
    let report = Explorer::new().explore(polls(false, |set| *set, |_| {}, true));
    let mut failures = report.failures();
    let failure = failures.next().expect("it does not end");
    assert!(matches!(failure.result(), Err(Failure::StepLimit { limit: None, .. })), "{report}");
    assert!(failures.next().is_none(), "{report}");
}

#[test]
fn a_loop_that_may_change_what_it_looks_at_is_followed_for_some_rounds_and_not_called_complete() {
    let report = Explorer::new().prove_up_to(0).explore(|| {
        let shared = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || theirs.0.lock().unwrap().push(7));
        let mut guard = shared.0.lock().unwrap();
        let got = loop {
            if let Some(got) = guard.pop() {
                break got;
            }
            guard = shared.1.wait_timeout(guard, Duration::from_millis(1)).unwrap().0;
        };
        drop(guard);
        other.join().unwrap();
        got
    });
    assert_eq!(values(&counted(&report)), [7]);
    assert!(!report.is_complete(), "{report}");
}

#[test]
fn a_loop_that_waits_three_times_may_give_up() {
    let found = explored(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let setter = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_all();
        });
        let mut rounds = 0;
        let mut guard = shared.0.lock().unwrap();
        while !*guard && rounds < 3 {
            guard = shared.1.wait_timeout(guard, Duration::from_millis(1)).unwrap().0;
            rounds += 1;
        }
        let set = *guard;
        drop(guard);
        setter.join().unwrap();
        (rounds, set)
    });
    let expected = [(0, true), (1, true), (2, true), (3, false), (3, true)];
    assert_eq!(values(&found), expected);
}

#[test]
fn two_loops_that_wait_with_a_time_out_do_not_keep_each_other_going() {
    let found = explored(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let pollers: Vec<_> = (0..2)
            .map(|_| {
                let (shared, time) = (Arc::clone(&shared), Duration::from_millis(1));
                thread::spawn(move || {
                    let mut guard = shared.0.lock().unwrap();
                    while !*guard {
                        guard = shared.1.wait_timeout(guard, time).unwrap().0;
                    }
                })
            })
            .collect();
        *shared.0.lock().unwrap() = true;
        pollers.into_iter().for_each(|poller| poller.join().unwrap());
    });
    assert_eq!(values(&found), [()]);
}

#[test]
fn a_round_that_another_has_noticed_is_followed() {
    // The other may find the mutex taken by round after round: as often as it looks.
    let found = explored(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            let failures = (0..3).filter(|_| theirs.0.try_lock().is_err()).count();
            *theirs.0.lock().unwrap() = true;
            failures
        });
        let mut guard = shared.0.lock().unwrap();
        while !*guard {
            guard = shared.1.wait_timeout(guard, Duration::from_millis(1)).unwrap().0;
        }
        drop(guard);
        other.join().unwrap()
    });
    assert_eq!(values(&found), [0, 1, 2, 3]);
    // And notify when it does not sleep.
    let found = explored(|| {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.1.notify_one();
            theirs.1.notify_one();
            *theirs.0.lock().unwrap() = 1;
        });
        let mut notified = 0;
        let mut guard = shared.0.lock().unwrap();
        while *guard == 0 {
            let (again, result) = shared.1.wait_timeout(guard, Duration::from_millis(1)).unwrap();
            guard = again;
            notified += u32::from(!result.timed_out());
        }
        drop(guard);
        other.join().unwrap();
        notified
    });
    assert_eq!(values(&found), [0, 1, 2]);
}
