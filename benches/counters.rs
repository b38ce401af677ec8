//! What each counter costs, beside the bare primitive that it is built on.
//!
//! You will see criterion's time for one increment of every counter on 1, 2 and 4 threads, and then
//! a table of ratios, counter to bare primitive, from rounds that take turns.
//!
//! Run it with `cargo bench --bench counters`; `-- --test` only tries that everything runs.

use criterion::{Criterion, criterion_group};
use crossbeam::{channel, utils::CachePadded};
use racelab::counter::*;
use std::cell::UnsafeCell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::*};
use std::thread;
use std::time::{Duration, Instant};

/// Runs one thing on `threads` threads, `increments` times each, and says how long it took.
type Round = fn(threads: usize, increments: u64) -> Duration;

/// A counter and what it is built on.
struct Case {
    counter: &'static str,
    counter_round: Round,
    bare: &'static str,
    bare_round: Round,
}

macro_rules! case {
    ($counter:ident, $bare:literal, $bare_round:expr) => {
        Case {
            counter: stringify!($counter),
            counter_round: |threads, increments| {
                let counter = <$counter>::for_threads(threads);
                let increment = || black_box(&counter).increment();
                let begin = start(threads, |_| repeat(increments, increment));
                black_box(counter.get()); // an actor is done only when it has answered
                begin.elapsed()
            },
            bare: $bare,
            bare_round: $bare_round,
        }
    };
}

const CASES: &[Case] = &[
    case!(UnsafeCounter, "volatile read and write", volatile),
    case!(RacyCounter, "load and store", load_and_store),
    case!(MutexCounter, "parking_lot::Mutex", parking_lot_mutex),
    case!(MutexCounter, "std::sync::Mutex", std_mutex),
    case!(AtomicCounter, "fetch_add, shared", fetch_add_shared),
    case!(CompareExchangeCounter, "fetch_update", fetch_update),
    case!(ShardedCounter, "fetch_add, a local each", fetch_add_local),
    case!(ActorCounter, "crossbeam channel", crossbeam_channel),
];

fn volatile(threads: usize, increments: u64) -> Duration {
    struct Shared(UnsafeCell<u64>);
    // SAFETY: false, as for the counter that it is measured against: a data race, only ever timed.
    unsafe impl Sync for Shared {}
    let count = Shared(UnsafeCell::new(0));
    let count = &count;
    let increment = || {
        let pointer = black_box(count).0.get();
        // SAFETY: valid and aligned; that it is alone with the number is not true.
        unsafe { pointer.write_volatile(pointer.read_volatile().wrapping_add(1)) }
    };
    start(threads, |_| repeat(increments, increment)).elapsed()
}

fn load_and_store(threads: usize, increments: u64) -> Duration {
    let count = AtomicU64::new(0);
    let increment = || {
        let count = black_box(&count);
        count.store(count.load(Relaxed).wrapping_add(1), Relaxed);
    };
    start(threads, |_| repeat(increments, increment)).elapsed()
}

fn parking_lot_mutex(threads: usize, increments: u64) -> Duration {
    let count = parking_lot::Mutex::new(0u64);
    let increment = || {
        let mut count = black_box(&count).lock();
        *count = count.wrapping_add(1);
    };
    start(threads, |_| repeat(increments, increment)).elapsed()
}

fn std_mutex(threads: usize, increments: u64) -> Duration {
    let count = std::sync::Mutex::new(0u64);
    let increment = || {
        let mut count = black_box(&count).lock().unwrap();
        *count = count.wrapping_add(1);
    };
    start(threads, |_| repeat(increments, increment)).elapsed()
}

fn fetch_add_shared(threads: usize, increments: u64) -> Duration {
    let count = AtomicU64::new(0);
    let increment = || black_box(&count).fetch_add(1, Relaxed);
    start(threads, |_| repeat(increments, increment)).elapsed()
}

fn fetch_update(threads: usize, increments: u64) -> Duration {
    let count = AtomicU64::new(0);
    let increment = || {
        let add = |seen: u64| Some(seen.wrapping_add(1));
        let _ = black_box(&count).fetch_update(Relaxed, Relaxed, add);
    };
    start(threads, |_| repeat(increments, increment)).elapsed()
}

fn fetch_add_local(threads: usize, increments: u64) -> Duration {
    let counts: Vec<_> = (0..threads).map(|_| CachePadded::new(AtomicU64::new(0))).collect();
    let body = |thread: usize| {
        let count = &counts[thread];
        repeat(increments, || black_box(count).fetch_add(1, Relaxed));
    };
    start(threads, body).elapsed()
}

/// A channel as wide as the actor's, and a thread that counts what arrives.
fn crossbeam_channel(threads: usize, increments: u64) -> Duration {
    let (sender, receiver) = channel::bounded::<u64>(1024);
    let counting = thread::spawn(move || receiver.iter().fold(0, u64::wrapping_add));
    let body = |_| repeat(increments, || black_box(&sender).send(1).unwrap());
    let begin = start(threads, body);
    drop(sender);
    black_box(counting.join().unwrap());
    begin.elapsed()
}

fn repeat<R>(increments: u64, increment: impl Fn() -> R) {
    for _ in 0..increments {
        black_box(increment());
    }
}

/// Runs `body` on all threads; returns when all are done, with the moment when the first began.
fn start(threads: usize, body: impl Fn(usize) + Sync) -> Instant {
    let arrived = AtomicUsize::new(0);
    let run = |thread| {
        arrived.fetch_add(1, Relaxed);
        while arrived.load(Relaxed) < threads {
            thread::yield_now();
        }
        let begin = Instant::now();
        body(thread);
        begin
    };
    let run = &run;
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|i| scope.spawn(move || run(i))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).min().unwrap()
    })
}

fn counters(criterion: &mut Criterion) {
    for threads in [1, 2, 4] {
        let mut group = criterion.benchmark_group(format!("threads {threads}"));
        group.warm_up_time(Duration::from_millis(200));
        group.measurement_time(Duration::from_millis(800));
        group.sample_size(10);
        let mut seen = Vec::new();
        for case in CASES {
            for (name, run) in [(case.bare, case.bare_round), (case.counter, case.counter_round)] {
                if !seen.contains(&name) {
                    seen.push(name);
                    group.bench_function(name, |b| b.iter_custom(|n| run(threads, n)));
                }
            }
        }
        group.finish();
    }
}

/// Prints counter to bare, the median of rounds that take turns: what disturbs the machine for a
/// while disturbs both.
fn ratios() {
    const ROUNDS: usize = 51;
    const INCREMENTS: u64 = 50_000;
    println!(
        "{:>7}  {:<22} {:>9}  {:<24} {:>9} {:>7}",
        "threads", "counter", "ns", "bare", "ns", "ratio"
    );
    for threads in [1, 2, 4] {
        for case in CASES {
            let mut rounds: Vec<[f64; 3]> = (0..ROUNDS)
                .map(|_| {
                    let [counter, bare] = [case.counter_round, case.bare_round]
                        .map(|run| run(threads, INCREMENTS).as_nanos() as f64 / INCREMENTS as f64);
                    [counter, bare, counter / bare]
                })
                .collect();
            let [counter, bare, ratio] = [0, 1, 2].map(|column| {
                rounds.sort_by(|a, b| a[column].total_cmp(&b[column]));
                rounds[ROUNDS / 2][column]
            });
            let Case { counter: name, bare: bare_name, .. } = case;
            println!(
                "{threads:>7}  {name:<22} {counter:>9.2}  {bare_name:<24} {bare:>9.2} {ratio:>6.2}×"
            );
        }
    }
}

criterion_group!(benches, counters);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    if !std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        ratios();
    }
}
