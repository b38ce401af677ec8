//! The loom engine: what it counts, and what becomes of bad input.

use racelab::counter::{Counter, RacyCounter};
use racelab::primitives::{
    AtomicInteger, Condvar, JoinHandle, Loom, Mutex, Primitives, Receiver, Sender, UnsafeCell,
};
use racelab::{Failure, LoomError, LoomExplorer, Proof, Report, explore_with_loom};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// `spawned` threads, and the main thread if `main`, each count up `increments` times.
fn racy(spawned: usize, main: bool, increments: usize) -> Report<u64> {
    explore_with_loom(move || {
        let counter = Arc::new(RacyCounter::<Loom>::default());
        let count = move |counter: &RacyCounter<Loom>| {
            (0..increments).for_each(|_| counter.increment());
        };
        let start = |_| {
            let counter = Arc::clone(&counter);
            Loom::spawn("", move || count(&counter))
        };
        let threads: Vec<_> = (0..spawned).map(start).collect();
        if main {
            count(&counter);
        }
        threads.into_iter().for_each(JoinHandle::join);
        counter.get()
    })
}

/// Each value with its number of interleavings.
fn table<T: Copy>(report: &Report<T>) -> Vec<(T, u128)> {
    let row = |outcome: &racelab::Outcome<T>| {
        let value = *outcome.result().expect("no failures");
        (value, outcome.interleavings().expect("small enough to count"))
    };
    report.outcomes().iter().map(row).collect()
}

#[test]
fn racy_2x1_has_6_interleavings_and_4_of_them_lose_an_update() {
    for (spawned, main) in [(2, false), (1, true)] {
        let report = racy(spawned, main, 1);
        assert_eq!(table(&report), [(1, 4), (2, 2)]);
        assert_eq!(report.traces(), 6);
        let coverage = report.coverage().expect("straight-line threads");
        assert_eq!((coverage.visited, coverage.total), (6, 6));
        assert_eq!(report.proof(), Proof::ClosedForm);
        assert!(report.is_complete());
        assert!(report.to_string().contains("6 of 6 visited"), "{report}");
    }
}

#[test]
fn racy_2x2_has_70_interleavings() {
    let report = racy(2, false, 2);
    assert_eq!(table(&report), [(2, 32), (3, 32), (4, 6)]);
    assert!(report.is_complete());
}

#[test]
fn racy_3x1_has_90_interleavings() {
    for (spawned, main) in [(3, false), (2, true)] {
        let report = racy(spawned, main, 1);
        assert_eq!(table(&report), [(1, 48), (2, 36), (3, 6)]);
        assert!(report.is_complete());
    }
}

#[test]
fn two_mutexes_taken_in_opposite_order_deadlock_and_exploration_goes_on() {
    let report = explore_with_loom(|| {
        let a = Arc::new(<Loom as Primitives>::Mutex::named("a", 0u64));
        let b = Arc::new(<Loom as Primitives>::Mutex::named("b", 0u64));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let thread = Loom::spawn("other", move || {
            let _b = b2.lock();
            *a2.lock() += 1;
        });
        {
            let _a = a.lock();
            *b.lock() += 1;
        }
        thread.join();
        let (a, b) = (*a.lock(), *b.lock());
        (a, b)
    });
    assert_eq!(report.outcomes().len(), 2, "{report}");
    assert!(report.outcome(&(1, 1)).is_some());
    let deadlock = report.failures().next().expect("a deadlock");
    let Err(Failure::Deadlock { waiting }) = deadlock.result() else { panic!("{report}") };
    let said: Vec<String> = waiting.iter().map(ToString::to_string).collect();
    assert!(said[0].starts_with("M waits for mutex b at tests/loom_engine.rs:"), "{said:?}");
    assert!(said[0].contains("held by A since tests/loom_engine.rs:"), "{said:?}");
    assert!(said[1].starts_with("A waits for mutex a at"), "{said:?}");
    assert_eq!(deadlock.example().waiting(), &waiting[..]);
    assert!(report.is_complete());
}

#[test]
fn a_panic_in_a_thread_is_a_result_and_exploration_goes_on() {
    let report = explore_with_loom(|| {
        let count = Arc::new(<Loom as Primitives>::AtomicU64::named("count", 0));
        let seen = Arc::clone(&count);
        let thread = Loom::spawn("checker", move || {
            assert_eq!(seen.load(Relaxed), 0, "too late");
        });
        count.fetch_add(1, Relaxed);
        thread.join();
        count.load(Relaxed)
    });
    assert_eq!(report.outcome(&1).and_then(|outcome| outcome.interleavings()), Some(1));
    let failed = report.failures().next().expect("a panic");
    assert_eq!(failed.interleavings(), Some(1));
    let Err(Failure::Panic { thread: 'A', message, place: Some(place) }) = failed.result() else {
        panic!("{report}")
    };
    assert!(message.contains("too late"), "{message}");
    assert_eq!(place.file, "tests/loom_engine.rs");
    assert!(report.is_complete());
}

#[test]
fn a_panic_while_a_mutex_is_held_does_not_poison_it() {
    let report = explore_with_loom(|| {
        let count = Arc::new(<Loom as Primitives>::Mutex::named("count", 0u64));
        let other = Arc::clone(&count);
        let thread = Loom::spawn("falls", move || {
            *other.lock() += 1;
            let _held = other.lock();
            panic!("holding it");
        });
        *count.lock() += 1;
        let joined = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| thread.join()));
        assert!(joined.is_err());
        *count.lock()
    });
    // Main takes the error, so the execution has a value.
    report.assert_outcomes(&[2]);
    assert!(report.is_complete());
}

/// A cell that says it may be shared. It is up to the program to keep that promise.
struct Shared(<Loom as Primitives>::UnsafeCell<u64>);
// SAFETY: modelled threads run one at a time, so no two accesses really happen at once; that the
// program orders them is what the tests below let loom find out.
unsafe impl Sync for Shared {}

impl Shared {
    fn increment(&self) {
        // SAFETY: modelled threads run one at a time, and the pointer is not kept.
        let seen = self.0.with(|value| unsafe { value.read() });
        // SAFETY: as above.
        self.0.with_mut(|value| unsafe { value.write(seen + 1) });
    }
}

#[test]
fn a_cell_that_two_threads_count_in_is_a_data_race() {
    let report = explore_with_loom(|| {
        let count = Arc::new(Shared(UnsafeCell::named("count", 0)));
        let other = Arc::clone(&count);
        let thread = Loom::spawn("other", move || other.increment());
        count.increment();
        thread.join();
        count.0.with(|value| {
            // SAFETY: the other thread has ended.
            unsafe { value.read() }
        })
    });
    assert_eq!(report.interleavings(), Some(6));
    assert!(report.outcomes().iter().all(|outcome| {
        matches!(outcome.result(), Err(Failure::DataRace { object, first, second })
            if object == "count" && first.thread != second.thread && (first.writes || second.writes))
    }));
}

#[test]
fn a_cell_that_a_flag_hands_over_is_no_data_race_unless_the_flag_is_relaxed() {
    let hand_over = |store, load| {
        explore_with_loom(move || {
            let cell = Arc::new(Shared(UnsafeCell::named("cell", 0)));
            let ready = Arc::new(<Loom as Primitives>::AtomicU32::named("ready", 0));
            let (cell2, ready2) = (Arc::clone(&cell), Arc::clone(&ready));
            let thread = Loom::spawn("writer", move || {
                cell2.increment();
                ready2.store(1, store);
            });
            if ready.load(load) == 1 {
                cell.increment();
            }
            thread.join();
        })
    };
    assert_eq!(hand_over(Release, Acquire).failures().count(), 0);
    let relaxed = hand_over(Relaxed, Relaxed);
    let race = relaxed.failures().next().expect("a data race").result();
    assert!(matches!(race, Err(Failure::DataRace { .. })), "{relaxed}");
}

#[test]
fn what_destructors_ask_for_in_a_stopped_execution_neither_aborts_nor_hangs() {
    /// Locks and joins when it is dropped, as a counter with a thread of its own does.
    struct Tidy(
        Arc<<Loom as Primitives>::Mutex<u64>>,
        Option<<Loom as Primitives>::JoinHandle<()>>,
    );
    impl Drop for Tidy {
        fn drop(&mut self) {
            *self.0.lock() += 1;
            self.1.take().expect("dropped once").join();
        }
    }
    let report = explore_with_loom(|| {
        let a = Arc::new(<Loom as Primitives>::Mutex::named("a", 0u64));
        let b = Arc::new(<Loom as Primitives>::Mutex::named("b", 0u64));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let thread = Loom::spawn("other", move || {
            let _b = b2.lock();
            *a2.lock() += 1;
        });
        let _tidy = Tidy(Arc::clone(&b), Some(thread));
        let _a = a.lock();
        *b.lock() += 1;
    });
    let stuck = report.failures().next().expect("a deadlock").result();
    assert!(matches!(stuck, Err(Failure::Deadlock { .. })), "{report}");
    assert!(!report.is_complete(), "loom could not go on after it");

    let report = explore_with_loom(|| {
        let m = Arc::new(<Loom as Primitives>::Mutex::named("m", ()));
        let _held = m.lock();
        while std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(m.lock()))).is_err() {}
    });
    let stuck = report.failures().next().expect("a deadlock").result();
    assert!(matches!(stuck, Err(Failure::Deadlock { .. })), "{report}");
}

#[test]
fn a_channel_closes_and_a_bounded_one_makes_its_sender_wait() {
    let report = explore_with_loom(|| {
        let (sender, receiver) = Loom::channel::<u64>("channel", Some(1));
        let thread = Loom::spawn("sender", move || {
            (1..=3).for_each(|message| sender.send(message).expect("the receiver is there"));
        });
        let mut sum = 0;
        while let Some(message) = receiver.receive() {
            sum = sum * 10 + message;
        }
        thread.join();
        sum
    });
    report.assert_outcomes(&[123]);
    assert!(report.is_complete());
}

#[test]
fn a_wait_ends_when_it_is_notified_and_a_missed_notify_is_a_deadlock() {
    let report = explore_with_loom(|| {
        let ready = Arc::new((
            <Loom as Primitives>::Mutex::named("ready", false),
            <Loom as Primitives>::Condvar::named("changed"),
        ));
        let other = Arc::clone(&ready);
        let thread = Loom::spawn("notifier", move || {
            *other.0.lock() = true;
            other.1.notify_one();
        });
        let mut guard = ready.0.lock();
        while !*guard {
            ready.1.wait(&mut guard);
        }
        drop(guard);
        thread.join();
    });
    report.assert_outcomes(&[()]);

    let report = explore_with_loom(|| {
        let ready = Arc::new((
            <Loom as Primitives>::Mutex::named("ready", ()),
            <Loom as Primitives>::Condvar::named("changed"),
        ));
        let other = Arc::clone(&ready);
        let thread = Loom::spawn("notifier", move || other.1.notify_one());
        let mut guard = ready.0.lock();
        ready.1.wait(&mut guard);
        drop(guard);
        thread.join();
    });
    assert!(report.outcome(&()).is_some(), "{report}");
    let missed = report.failures().next().expect("a missed notify").result();
    let Err(Failure::Deadlock { waiting }) = missed else { panic!("{report}") };
    assert_eq!((waiting.len(), waiting[0].what.as_str()), (1, "condvar changed"));
}

#[test]
fn six_threads_are_an_error_that_names_the_limit() {
    let error = LoomExplorer::new()
        .try_explore(|| {
            let start = |_| Loom::spawn("", || ());
            let threads: Vec<_> = (0..5).map(start).collect();
            threads.into_iter().for_each(JoinHandle::join);
        })
        .expect_err("too many");
    assert_eq!(error, LoomError::TooManyThreads { limit: 5 });
    let said = error.to_string();
    assert!(said.contains("at most 5 threads") && said.contains("spawn 4 or fewer"), "{said}");
}

#[test]
fn a_spin_without_end_is_an_error_that_names_the_limit() {
    let error = LoomExplorer::new()
        .max_branches(50)
        .try_explore(|| {
            let flag = <Loom as Primitives>::AtomicU32::named("flag", 0);
            while flag.load(Relaxed) == 0 {}
        })
        .expect_err("too many branches");
    assert_eq!(error, LoomError::TooManyBranches { limit: 50 });
    assert!(error.to_string().contains("max_branches"), "{error}");
}

#[test]
fn an_object_made_outside_the_program_is_an_error_that_names_it() {
    let counter = Arc::new(RacyCounter::<Loom>::default());
    let error = LoomExplorer::new().try_explore(move || counter.increment()).expect_err("outside");
    assert_eq!(error, LoomError::MadeOutside { object: "count".into() });
    assert!(error.to_string().contains("make it inside the closure"), "{error}");
}

#[test]
#[should_panic(expected = "`count` belongs to the family `Loom` and nothing is being explored")]
fn an_object_used_where_nothing_is_explored_says_so() {
    RacyCounter::<Loom>::default().increment();
}

#[test]
fn an_exploration_inside_another_is_an_error() {
    let report = explore_with_loom(|| LoomExplorer::new().try_explore(|| ()).err());
    report.assert_outcomes(&[Some(LoomError::Nested)]);
}

#[test]
fn a_limit_stops_it_and_the_report_says_so() {
    let report = LoomExplorer::new().max_executions(3).explore(|| {
        let count = Arc::new(<Loom as Primitives>::AtomicU64::named("count", 0));
        let other = Arc::clone(&count);
        let thread = Loom::spawn("other", move || {
            (0..3).for_each(|_| {
                other.fetch_add(1, Relaxed);
            });
        });
        (0..3).for_each(|_| {
            count.fetch_add(1, Relaxed);
        });
        thread.join();
        count.load(Relaxed)
    });
    assert_eq!(report.executions(), 3);
    assert!(!report.is_complete());
}
