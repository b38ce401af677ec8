//! Executions under Rust's orderings beside interleavings, in one run: what the memory model costs.
//!
//!     cargo bench --bench rc11

use criterion::{Criterion, criterion_group, criterion_main};
use racelab::counter::{RacyCounter, race};
use racelab::explore::{Explorer, Memory};
use racelab::primitives::Model;
use racelab::race::ORDERINGS;
use std::hint::black_box;
use std::time::Duration;

fn memories(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("memory");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for (threads, increments) in [(2, 1), (3, 1), (3, 2)] {
        for memory in [Memory::SequentiallyConsistent, Memory::Rc11] {
            let name = format!("racy {threads}×{increments}, {}", memory.name());
            let explorer = Explorer::new().memory(memory).counting(false);
            group.bench_function(name, |bencher| {
                bencher.iter(|| {
                    explorer.explore(|| race::<Model, RacyCounter<Model>>(threads, increments))
                });
            });
        }
    }
    group.bench_function("every race of orderings, rc11", |bencher| {
        let explorer = Explorer::new().memory(Memory::Rc11);
        bencher.iter(|| {
            for subject in ORDERINGS.iter().flat_map(|race| race.subjects()) {
                let _ = black_box(subject.check(&explorer));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, memories);
criterion_main!(benches);
