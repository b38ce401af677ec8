//! A weak compare-exchange may fail although nobody came between, under every memory.

mod support;

use proptest::prelude::*;
use racelab::explore::{Explorer, Memory, Reduction, explore};
use racelab::model::sync::atomic::AtomicU32;
use racelab::model::thread;
use racelab::{Proof, Report};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use support::rc11;

fn counts<T: Clone + Ord>(report: &Report<T>) -> BTreeMap<T, Option<u128>> {
    let outcomes = report.outcomes().iter();
    outcomes.map(|o| (o.result().unwrap().clone(), o.interleavings())).collect()
}

#[test]
fn it_fails_for_no_reason_or_it_does_not() {
    let program = || AtomicU32::new(0).compare_exchange_weak(0, 1, SeqCst, SeqCst);
    rc11(program).assert_outcomes(&[Ok(0), Err(0)]);
    let report = explore(program);
    assert_eq!(counts(&report), BTreeMap::from([(Ok(0), Some(1)), (Err(0), Some(1))]));
    assert_eq!(report.executions(), 2);
}

#[test]
fn a_loop_of_them_ends() {
    let program = || {
        let x = Arc::new(AtomicU32::new(0));
        let increment = |x: &AtomicU32| {
            let (mut seen, mut failures) = (x.load(SeqCst), 0);
            while let Err(now) = x.compare_exchange_weak(seen, seen + 1, SeqCst, SeqCst) {
                failures += 1;
                seen = now;
            }
            failures
        };
        let other = Arc::clone(&x);
        let thread = thread::spawn(move || increment(&other));
        let mine = increment(&x);
        (mine + thread.join().unwrap(), x.load(SeqCst))
    };
    let literal = Explorer::new().reduction(Reduction::None).explore(program);
    let report = Explorer::new().prove_up_to(0).prove_by_states(true).explore(program);
    assert_eq!(counts(&report), counts(&literal));
    assert_eq!(report.proof(), Proof::States);
    assert!(report.outcomes().iter().all(|outcome| outcome.result().unwrap().1 == 2), "{report}");
    let most = report.outcomes().iter().map(|outcome| outcome.result().unwrap().0).max();
    // Each thread fails once on 0 and once on 1, and once because it came too late.
    assert_eq!(most, Some(4), "{report}");
}

#[test]
fn it_fails_again_once_the_state_is_another_one() {
    let report = explore(|| {
        let x = AtomicU32::new(0);
        let fails = |_: u32| {
            let failed = x.compare_exchange_weak(0, 1, SeqCst, SeqCst).is_err();
            x.store(2, SeqCst);
            x.store(0, SeqCst);
            failed
        };
        [fails(0), fails(1)]
    });
    report.assert_outcomes(&[[false, false], [false, true], [true, false], [true, true]]);
}

#[test]
fn a_schedule_says_where_it_fails() {
    let program = || {
        let x = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&x);
        let thread =
            thread::spawn(move || other.compare_exchange_weak(0, 1, SeqCst, SeqCst).is_ok());
        let seen = x.load(SeqCst);
        (thread.join().unwrap(), seen)
    };
    let all = [("MA", (true, 0)), ("MA1", (false, 0)), ("A", (true, 1)), ("A0", (true, 1))];
    for (schedule, ends) in all.into_iter().chain([("A1", (false, 0))]) {
        let trace = Explorer::replay(schedule, program);
        assert_eq!(trace.ending(), format!("returned {ends:?}"), "{schedule}");
        assert_eq!(trace.schedule(), schedule.replace('0', ""));
    }
    let error = Explorer::new().try_replay("A2", program).unwrap_err().to_string();
    assert!(error.contains("A has the choices 0 to 1"), "{error}");
    for outcome in explore(program).outcomes() {
        let again = Explorer::replay(&outcome.example().schedule(), program);
        assert_eq!(&again, outcome.example());
    }
}

/// One step on one of two atomics.
#[derive(Clone, Copy, Debug)]
enum Step {
    Load(usize),
    Store(usize, u32),
    Weak(usize, u32, u32),
    Strong(usize, u32, u32),
    /// Until it succeeds, or three times.
    Again(usize, u32, u32),
}

fn run(thread: &[Step], x: &[AtomicU32; 2]) -> Vec<u32> {
    let told = |result: Result<u32, u32>| match result {
        Ok(seen) => seen,
        Err(seen) => 10 + seen,
    };
    let step = |step: &Step| match *step {
        Step::Load(at) => x[at].load(SeqCst),
        Step::Store(at, value) => {
            x[at].store(value, SeqCst);
            0
        }
        Step::Weak(at, from, to) => told(x[at].compare_exchange_weak(from, to, SeqCst, SeqCst)),
        Step::Strong(at, from, to) => told(x[at].compare_exchange(from, to, SeqCst, SeqCst)),
        Step::Again(at, from, to) => {
            let tried = (0..3)
                .take_while(|_| x[at].compare_exchange_weak(from, to, SeqCst, SeqCst).is_err());
            tried.count() as u32
        }
    };
    thread.iter().map(step).collect()
}

fn body(program: &[Vec<Step>]) -> (Vec<Vec<u32>>, [u32; 2]) {
    let x = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let start = |steps: &Vec<Step>| {
        let (steps, x) = (steps.clone(), Arc::clone(&x));
        thread::spawn(move || run(&steps, &x))
    };
    let threads: Vec<_> = program.iter().map(start).collect();
    let told = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    (told, [0, 1].map(|at| x[at].load(SeqCst)))
}

fn programs() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let (at, value) = (0..2usize, 0..2u32);
    let exchange = (at.clone(), value.clone(), value.clone());
    let step = prop_oneof![
        2 => at.clone().prop_map(Step::Load),
        2 => (at, value).prop_map(|(at, value)| Step::Store(at, value)),
        3 => exchange.clone().prop_map(|(at, from, to)| Step::Weak(at, from, to)),
        1 => exchange.clone().prop_map(|(at, from, to)| Step::Strong(at, from, to)),
        1 => exchange.prop_map(|(at, from, to)| Step::Again(at, from, to)),
    ];
    let small = |program: &Vec<Vec<Step>>| program.iter().map(Vec::len).sum::<usize>() <= 6;
    let thread = prop::collection::vec(step, 1..4);
    prop::collection::vec(thread, 2..4).prop_filter("small", small)
}

/// Set `RACELAB_SWEEP` to the number of random programs for a long sweep.
fn cases() -> u32 {
    std::env::var("RACELAB_SWEEP").map_or(100, |cases| cases.parse().expect("a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn every_interleaving_is_counted_once_whatever_fails(program in programs()) {
        let literal = Explorer::new().reduction(Reduction::None).classes(true);
        let literal = literal.explore(|| body(&program));
        let report = Explorer::new().classes(true).prove_by_states(true);
        let report = report.explore(|| body(&program));
        prop_assert_eq!(counts(&report), counts(&literal));
        prop_assert_eq!(report.executions(), report.traces());
        prop_assert_eq!(report.executions(), literal.traces());
        prop_assert_eq!(report.redundant(), 0);
        prop_assert!(report.proof() != Proof::None, "{:?}", report.proof());
        let shared = Explorer::new().jobs(2).explore(|| body(&program));
        prop_assert_eq!(counts(&shared), counts(&literal));
        prop_assert_eq!(shared.executions(), report.executions());
        // What an interleaving shows, Rust's orderings allow: all are the strongest here.
        let ours = Explorer::new().memory(Memory::Rc11).explore(|| body(&program));
        prop_assert_eq!(
            counts(&ours).into_keys().collect::<Vec<_>>(),
            counts(&literal).into_keys().collect::<Vec<_>>()
        );
    }
}
