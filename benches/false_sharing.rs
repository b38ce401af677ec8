//! False sharing: a race that is never wrong, only slow.
//!
//! You will see what an increment costs two threads that never touch the same number: once with both
//! numbers on one cache line, which the two cores then take from each other at every increment, and
//! once with a line for each. No outcome differs, so no checker has anything to say here.
//!
//! Run it with `cargo bench --bench false_sharing`; it needs two cores to show.

use criterion::{Criterion, criterion_group, criterion_main};
use crossbeam::utils::CachePadded;
use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// Each of the two increments its own number so often; from the first increment to the last.
fn each_its_own(numbers: [&AtomicU64; 2], increments: u64) -> Duration {
    let line = Barrier::new(2);
    let count = |number: &AtomicU64| {
        line.wait();
        let begin = Instant::now();
        for _ in 0..increments {
            black_box(number).fetch_add(1, Relaxed);
        }
        begin.elapsed()
    };
    let [a, b] = numbers;
    let took = thread::scope(|scope| {
        let other = scope.spawn(|| count(b));
        let own = count(a);
        own.max(other.join().expect("it only counts"))
    });
    assert_eq!(numbers.map(|number| number.load(Relaxed)), [increments; 2], "slow, and right");
    took
}

fn false_sharing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("two threads, a number each");
    group.bench_function("on one cache line", |bencher| {
        bencher.iter_custom(|increments| {
            let numbers = CachePadded::new([const { AtomicU64::new(0) }; 2]);
            each_its_own([&numbers[0], &numbers[1]], increments)
        });
    });
    group.bench_function("on a line each", |bencher| {
        bencher.iter_custom(|increments| {
            let numbers = [const { CachePadded::new(AtomicU64::new(0)) }; 2];
            each_its_own([&numbers[0], &numbers[1]], increments)
        });
    });
    group.finish();
}

criterion_group!(benches, false_sharing);
criterion_main!(benches);
