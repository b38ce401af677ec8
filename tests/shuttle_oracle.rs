//! An independent, complete oracle: shuttle's depth-first search.
//!
//! The programs are written a second time, against shuttle's own primitives, and each logs its
//! steps. shuttle reduces nothing, so it runs every interleaving, most of them many times (starts
//! and ends of threads are points of choice too); the distinct logs are the interleavings. They are
//! the same in number, outcome by outcome, as those that racelab's engines count.

use racelab::counter::{
    AtomicCounter, CompareExchangeCounter, Counter, MutexCounter, RacyCounter, race,
};
use racelab::primitives::{Loom, Model};
use racelab::{Report, explore, explore_with_loom};
use shuttle::sync::Mutex;
use shuttle::sync::atomic::AtomicU64;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex as StdMutex};

/// A step, as a program logs it: which thread, and what it did.
type Log = Vec<(usize, &'static str)>;

/// Where the running execution logs its steps. It is locked for a push and never across a step.
#[derive(Clone, Default)]
struct Steps(Arc<StdMutex<Log>>);

impl Steps {
    fn push(&self, thread: usize, step: &'static str) {
        self.0.lock().expect("no thread panics here").push((thread, step));
    }
}

/// Runs the increments of `threads` threads under shuttle's DFS and returns, for each final value,
/// how many distinct interleavings end at it. The main thread is one of them: shuttle then has
/// fewer starts and ends to try in every order.
fn oracle<S: Send + Sync + 'static>(
    threads: usize,
    increments: usize,
    make: fn() -> S,
    increment: fn(&S, &dyn Fn(&'static str)),
    get: fn(&S) -> u64,
) -> BTreeMap<u64, u128> {
    let found: Arc<StdMutex<BTreeSet<(u64, Log)>>> = Arc::default();
    let collect = Arc::clone(&found);
    shuttle::check_dfs(
        move || {
            let (shared, steps) = (Arc::new(make()), Steps::default());
            let spawn = |thread| {
                let (shared, steps) = (Arc::clone(&shared), steps.clone());
                shuttle::thread::spawn(move || {
                    let log = |step| steps.push(thread, step);
                    (0..increments).for_each(|_| increment(&shared, &log));
                })
            };
            let running: Vec<_> = (1..threads).map(spawn).collect();
            let log = |step| steps.push(0, step);
            (0..increments).for_each(|_| increment(&shared, &log));
            running.into_iter().for_each(|thread| thread.join().expect("no thread panics here"));
            let log = std::mem::take(&mut *steps.0.lock().expect("no thread panics here"));
            collect.lock().expect("no thread panics here").insert((get(&shared), log));
        },
        None,
    );
    let mut counts = BTreeMap::new();
    for (value, _) in found.lock().expect("no thread panics here").iter() {
        *counts.entry(*value).or_default() += 1;
    }
    counts
}

fn racy(threads: usize, increments: usize) -> BTreeMap<u64, u128> {
    let increment = |count: &AtomicU64, log: &dyn Fn(&'static str)| {
        let seen = count.load(SeqCst);
        log("load");
        count.store(seen + 1, SeqCst);
        log("store");
    };
    oracle(threads, increments, || AtomicU64::new(0), increment, |count| count.load(SeqCst))
}

fn fetch_add(threads: usize, increments: usize) -> BTreeMap<u64, u128> {
    let increment = |count: &AtomicU64, log: &dyn Fn(&'static str)| {
        count.fetch_add(1, SeqCst);
        log("fetch_add");
    };
    oracle(threads, increments, || AtomicU64::new(0), increment, |count| count.load(SeqCst))
}

fn compare_exchange(threads: usize, increments: usize) -> BTreeMap<u64, u128> {
    let increment = |count: &AtomicU64, log: &dyn Fn(&'static str)| {
        let mut seen = count.load(SeqCst);
        log("load");
        loop {
            match count.compare_exchange(seen, seen + 1, SeqCst, SeqCst) {
                Ok(_) => return log("exchange"),
                Err(now) => seen = now,
            }
            log("fail");
        }
    };
    oracle(threads, increments, || AtomicU64::new(0), increment, |count| count.load(SeqCst))
}

fn mutex(threads: usize, increments: usize) -> BTreeMap<u64, u128> {
    let increment = |count: &Mutex<u64>, log: &dyn Fn(&'static str)| {
        let mut count = count.lock().expect("no thread panics here");
        log("lock");
        *count += 1;
        log("unlock");
    };
    let get = |count: &Mutex<u64>| *count.lock().expect("no thread panics here");
    oracle(threads, increments, || Mutex::new(0), increment, get)
}

/// The same for one of racelab's reports.
fn counted(report: &Report<u64>) -> BTreeMap<u64, u128> {
    assert!(report.is_complete(), "{report}");
    let row = |outcome: &racelab::Outcome<u64>| {
        let value = *outcome.result().expect("no failures");
        (value, outcome.interleavings().expect("small enough to count"))
    };
    report.outcomes().iter().map(row).collect()
}

fn loom<C: Counter + Default>(threads: usize, increments: usize) -> BTreeMap<u64, u128> {
    counted(&explore_with_loom(move || race::<Loom, C>(threads, increments)))
}

fn explorer<C: Counter + Default>(threads: usize, increments: usize) -> BTreeMap<u64, u128> {
    counted(&explore(|| race::<Model, C>(threads, increments)))
}

/// Interleavings by final value, for so many threads and increments.
type Counted = fn(usize, usize) -> BTreeMap<u64, u128>;

const SIZES: [(usize, usize); 3] = [(2, 1), (2, 2), (3, 1)];

/// Asserts that all find the same values, each in as many interleavings, and this many in all.
fn agree(oracle: Counted, engines: [Counted; 2], all: [u128; 3]) {
    for ((threads, increments), all) in SIZES.into_iter().zip(all) {
        let expected = oracle(threads, increments);
        assert_eq!(expected.values().sum::<u128>(), all, "shuttle, {threads}x{increments}");
        for (name, engine) in ["loom", "the explorer"].into_iter().zip(engines) {
            assert_eq!(engine(threads, increments), expected, "{name}, {threads}x{increments}");
        }
    }
}

#[test]
fn load_then_store_has_the_same_interleavings_for_each_outcome() {
    agree(racy, [loom::<RacyCounter<Loom>>, explorer::<RacyCounter<Model>>], [6, 70, 90]);
}

#[test]
fn fetch_add_has_the_same_interleavings() {
    agree(fetch_add, [loom::<AtomicCounter<Loom>>, explorer::<AtomicCounter<Model>>], [2, 6, 6]);
}

#[test]
fn compare_exchange_has_the_same_interleavings() {
    agree(
        compare_exchange,
        [loom::<CompareExchangeCounter<Loom>>, explorer::<CompareExchangeCounter<Model>>],
        [6, 126, 198],
    );
}

#[test]
fn a_mutex_has_the_same_interleavings() {
    agree(mutex, [loom::<MutexCounter<Loom>>, explorer::<MutexCounter<Model>>], [2, 6, 6]);
}
