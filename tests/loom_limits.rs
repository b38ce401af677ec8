//! What loom misses and what it invents, held fast, so that it is noticed when loom changes.
//!
//! Measured on loom 0.7.3; upstream: tokio-rs/loom, issues 166, 180 and 392.

use racelab::LoomMode::{self, Gated, Interleavings, Plain};
use racelab::primitives::{AtomicInteger, JoinHandle, Loom, Primitives};
use racelab::{LoomExplorer, Report};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};

/// Two threads load, then store one more. Returns what each had read, and the end.
fn load_then_store(mode: LoomMode) -> Report<(u64, u64, u64)> {
    LoomExplorer::new().mode(mode).explore(|| {
        let count = Arc::new(<Loom as Primitives>::AtomicU64::named("count", 0));
        let increment = || {
            let count = Arc::clone(&count);
            Loom::spawn("", move || {
                let seen = count.load(Acquire);
                count.store(seen + 1, Release);
                seen
            })
        };
        let (a, b) = (increment(), increment());
        let (a, b) = (a.join(), b.join());
        (a, b, count.load(Acquire))
    })
}

fn values<T: Clone>(report: &Report<T>) -> Vec<T> {
    report.outcomes().iter().map(|o| o.result().expect("no failures").clone()).collect()
}

#[test]
fn with_plain_loads_and_stores_loom_never_lets_the_second_thread_go_first() {
    let report = load_then_store(Plain);
    assert_eq!(values(&report), [(0, 0, 1), (0, 1, 2)], "never (1, 0, 2)");
    let coverage = report.coverage().expect("straight-line threads");
    assert_eq!((coverage.visited, coverage.total), (5, 6));
    assert!(!report.is_complete());
    assert!(report.to_string().contains("5 of 6 visited"), "{report}");
}

#[test]
fn a_start_gate_brings_the_missing_executions_back() {
    let report = load_then_store(Gated);
    assert_eq!(values(&report), [(0, 0, 1), (0, 1, 2), (1, 0, 2)]);
    let coverage = report.coverage().expect("straight-line threads");
    assert_eq!((coverage.visited, coverage.total), (6, 6));
    // Six interleavings and two executions that are none: a load reads what is out of date.
    assert_eq!(report.traces(), 8);
}

#[test]
fn with_loads_and_stores_as_read_modify_writes_loom_visits_exactly_the_interleavings() {
    let report = load_then_store(Interleavings);
    assert_eq!(values(&report), [(0, 0, 1), (0, 1, 2), (1, 0, 2)]);
    assert_eq!(report.traces(), 6);
    assert!(report.is_complete());
}

/// Each thread stores to its own flag, then loads the other's: may both read 0?
fn store_buffering(mode: LoomMode, store: Ordering, load: Ordering) -> Report<(u32, u32)> {
    LoomExplorer::new().mode(mode).explore(move || {
        let x = Arc::new(<Loom as Primitives>::AtomicU32::named("x", 0));
        let y = Arc::new(<Loom as Primitives>::AtomicU32::named("y", 0));
        let (x2, y2) = (Arc::clone(&x), Arc::clone(&y));
        let thread = Loom::spawn("", move || {
            x2.store(1, store);
            y2.load(load)
        });
        y.store(1, store);
        let mine = x.load(load);
        (thread.join(), mine)
    })
}

#[test]
fn seqcst_is_no_more_than_acquire_and_release_to_loom() {
    let weak = store_buffering(Gated, Release, Acquire);
    let strong = store_buffering(Gated, SeqCst, SeqCst);
    assert_eq!(values(&weak), values(&strong));
    // The language forbids it: all SeqCst accesses have one order, and the first of the two loads
    // comes after both stores in it. So this is a false alarm, and no interleaving shows it.
    let alarm = strong.outcome(&(0, 0)).expect("loom's false alarm");
    assert_eq!(alarm.interleavings(), Some(0));
    assert!(alarm.example().steps().iter().any(|step| step.stale.is_some()));
}

#[test]
fn in_interleavings_both_threads_cannot_read_0() {
    for (store, load) in [(Relaxed, Relaxed), (SeqCst, SeqCst)] {
        let report = store_buffering(Interleavings, store, load);
        assert_eq!(values(&report), [(0, 1), (1, 0), (1, 1)]);
        assert_eq!(report.interleavings(), Some(6));
        assert!(report.is_complete());
    }
}
