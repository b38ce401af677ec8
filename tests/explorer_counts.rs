//! The figures of the design: classes, interleavings, outcomes.

use racelab::explore::Progress;
use racelab::model::sync::Mutex;
use racelab::model::sync::atomic::{AtomicU64, Ordering::SeqCst};
use racelab::model::thread;
use racelab::{Explorer, Proof, Reduction, Report};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

fn threads(n: usize, body: impl Fn(usize) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let handles: Vec<_> = (0..n)
        .map(|i| {
            let body = Arc::clone(&body);
            thread::spawn(move || body(i))
        })
        .collect();
    handles.into_iter().for_each(|handle| handle.join().unwrap());
}

fn racy(n: usize, increments: usize) -> u64 {
    let count = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&count);
    threads(n, move |_| {
        for _ in 0..increments {
            let seen = shared.load(SeqCst);
            shared.store(seen + 1, SeqCst);
        }
    });
    count.load(SeqCst)
}

fn table(report: &Report<u64>) -> Vec<(u64, u128)> {
    let row = |o: &racelab::Outcome<u64>| (*o.result().unwrap(), o.interleavings().unwrap());
    report.outcomes().iter().map(row).collect()
}

#[track_caller]
fn check(
    n: usize,
    increments: usize,
    executions: u64,
    interleavings: u128,
    outcomes: &[(u64, u128)],
) {
    let report = Explorer::new().explore(|| racy(n, increments));
    assert_eq!(report.executions(), executions, "{report}");
    assert_eq!(report.redundant(), 0);
    assert_eq!(report.interleavings(), Some(interleavings), "{report}");
    assert_eq!(report.proof(), Proof::ClosedForm);
    if !outcomes.is_empty() {
        assert_eq!(table(&report), outcomes);
    }
}

#[test]
fn the_racy_counter_has_the_classes_and_interleavings_of_the_design() {
    check(2, 1, 4, 6, &[(1, 4), (2, 2)]);
    check(2, 2, 34, 70, &[(2, 32), (3, 32), (4, 6)]);
    check(2, 3, 328, 924, &[(2, 8), (3, 300), (4, 416), (5, 180), (6, 20)]);
    check(3, 1, 36, 90, &[(1, 48), (2, 36), (3, 6)]);
    check(4, 1, 576, 2520, &[(1, 1152), (2, 1056), (3, 288), (4, 24)]);
    check(3, 2, 7134, 34650, &[(2, 10428), (3, 15180), (4, 7512), (5, 1440), (6, 90)]);
    check(2, 5, 34904, 184756, &[]);
}

#[test]
fn literal_enumeration_agrees() {
    for (n, increments) in [(2, 1), (2, 2), (3, 1), (2, 3)] {
        let dpor = Explorer::new().explore(|| racy(n, increments));
        let all = Explorer::new().reduction(Reduction::None).explore(|| racy(n, increments));
        assert_eq!(Some(u128::from(all.executions())), dpor.interleavings());
        assert_eq!(table(&all), table(&dpor));
    }
}

#[test]
fn fetch_add_and_mutex_have_a_class_for_each_order_of_the_threads() {
    for (n, factorial) in [(2, 2), (3, 6), (4, 24)] {
        let report = Explorer::new().explore(|| {
            let count = Arc::new(AtomicU64::new(0));
            let shared = Arc::clone(&count);
            threads(n, move |_| {
                shared.fetch_add(1, SeqCst);
            });
            count.load(SeqCst)
        });
        assert_eq!((report.executions(), report.redundant()), (factorial, 0));
        assert_eq!(table(&report), [(n as u64, u128::from(factorial))]);
        let report = Explorer::new().explore(|| {
            let count = Arc::new(Mutex::new(0));
            let shared = Arc::clone(&count);
            threads(n, move |_| *shared.lock().unwrap() += 1);
            *count.lock().unwrap()
        });
        assert_eq!((report.executions(), report.redundant()), (factorial, 0), "{report}");
        assert_eq!(table(&report), [(n as u64, u128::from(factorial))]);
    }
}

/// Everything a report says but the time it took.
fn digits(report: &Report<u64>) -> String {
    let outcomes: Vec<_> = report
        .outcomes()
        .iter()
        .map(|o| (o.result().ok(), o.executions(), o.interleavings(), o.example().schedule()))
        .collect();
    let whole = (report.executions(), report.interleavings());
    format!("{whole:?} {:?} {} {outcomes:?}", report.proof(), report.is_complete())
}

#[test]
fn several_workers_report_the_same_to_the_last_digit() {
    for (n, increments) in [(2, 1), (2, 3), (3, 1), (3, 2), (4, 1)] {
        let one = Explorer::new().explore(|| racy(n, increments));
        for jobs in [2, 3] {
            let several = Explorer::new().jobs(jobs).explore(|| racy(n, increments));
            assert_eq!(digits(&several), digits(&one), "{n}×{increments}, {jobs} jobs");
        }
    }
}

#[test]
fn an_exploration_stopped_early_says_so_and_estimates_the_whole() {
    let report = Explorer::new().max_executions(1000).explore(|| racy(3, 2));
    assert_eq!(report.executions(), 1000);
    assert!(!report.is_complete());
    assert_eq!(report.proof(), Proof::None);
    let estimate = report.estimate().expect("an estimate");
    assert!((1_000.0..1_000_000.0).contains(&estimate), "{estimate}");
}

#[test]
fn whoever_waits_is_told_how_far_it_has_come() {
    for jobs in [1, 2] {
        let told: Arc<std::sync::Mutex<Vec<Progress>>> = Arc::default();
        let notes = Arc::clone(&told);
        let explorer = Explorer::new().jobs(jobs).on_progress(move |progress| {
            let mut notes = notes.lock().unwrap();
            notes.push(*progress);
            if notes.len() == 3 {
                drop(notes);
                resume_unwind(Box::new("enough"));
            }
        });
        // It would go on for a night: the listener ends it, as no other way would end it after so
        // many calls on any machine.
        let explore = || explorer.explore(|| racy(3, 5));
        let ended = catch_unwind(AssertUnwindSafe(explore)).expect_err("it was ended");
        assert_eq!(ended.downcast_ref(), Some(&"enough"), "{jobs} jobs");
        let told = told.lock().unwrap();
        assert!(told.len() >= 3);
        for pair in told.windows(2) {
            assert!(pair[0].executions < pair[1].executions, "{told:?}");
            assert!(pair[0].interleavings < pair[1].interleavings, "{told:?}");
            assert!(pair[1].elapsed - pair[0].elapsed >= Duration::from_millis(50), "{told:?}");
        }
        for one in told.iter() {
            let counted = one.interleavings.expect("counted");
            assert!(counted >= u128::from(one.executions));
            assert!(one.explored.is_some_and(|share| (0.0..=1.0).contains(&share)), "{one:?}");
        }
    }
}

#[test]
fn a_count_that_is_given_up_stays_so_when_the_explorer_goes_back() {
    let explorer = Explorer::new().prove_up_to(0).max_executions(50);
    let report = explorer.explore(|| racy(10, 1));
    assert_eq!((report.executions(), report.interleavings()), (50, None), "{report}");
}

#[test]
fn a_step_that_could_wait_has_no_closed_form_though_it_never_had_to() {
    use racelab::model::sync::mpsc;
    // Loading commutes with all else, so in no execution that is run does the receiver come too early.
    let report = Explorer::new().prove_up_to(0).explore(|| {
        let x = Arc::new(AtomicU64::new(0));
        let (sender, receiver) = mpsc::channel();
        let sends = thread::spawn(move || sender.send(1u64).is_ok());
        let receives = thread::spawn(move || (x.load(SeqCst), receiver.recv().ok()));
        (sends.join().unwrap(), receives.join().unwrap())
    });
    assert_eq!((report.interleavings(), report.proof()), (Some(7), Proof::None), "{report}");
}
