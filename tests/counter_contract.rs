//! One suite that every counter must pass: see the contract on [`Counter`].
//!
//! Each test walks the whole ladder, so a new rung is held to it without a line here.

use racelab::counter::{ActorCounter, Counter, LADDER, Maker, rayon};
use racelab::list::{self, Entry, Role};
use racelab::stress::Stress;
use std::collections::HashSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const MANY: u64 = 10_000;

/// A counter of the list, and what makes more of it.
struct Rung {
    name: &'static str,
    entry: &'static Entry,
    make: fn(usize) -> Box<dyn Counter>,
    starting_at: fn(u64) -> Box<dyn Counter>,
}

/// Every counter.
fn ladder() -> impl Iterator<Item = Rung> {
    LADDER.iter().map(|entry| {
        let Maker { make, starting_at, .. } = entry.usual().runs.hammer.expect(entry.name);
        Rung { name: entry.name, entry, make, starting_at }
    })
}

/// Those that keep their count with many threads.
fn exact() -> impl Iterator<Item = Rung> {
    ladder().filter(|rung| rung.entry.usual().role == Role::Cure)
}

/// `threads` real threads, `increments` each, on a counter that somebody else keeps.
fn hammer(counter: &dyn Counter, threads: usize, increments: u64) {
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..increments).for_each(|_| counter.increment()));
        }
    });
}

#[test]
fn every_counter_starts_at_zero() {
    for rung in ladder() {
        assert_eq!((rung.make)(2).get(), 0, "{}", rung.name);
    }
}

#[test]
fn every_counter_is_exact_on_a_single_thread() {
    for rung in ladder() {
        let counter = (rung.make)(1);
        for n in 1..=100 {
            counter.increment();
            assert_eq!(counter.get(), n, "{}", rung.name);
        }
    }
}

#[test]
fn every_counter_is_exact_when_threads_come_one_after_the_other() {
    for rung in ladder() {
        let counter = (rung.make)(4);
        for n in 1..=4 {
            hammer(&*counter, 1, 100);
            assert_eq!(counter.get(), n * 100, "{}", rung.name);
        }
    }
}

#[test]
fn an_exact_counter_is_exact_on_many_threads() {
    for rung in exact() {
        for threads in [2, 4, 8] {
            let counter = (rung.make)(threads);
            hammer(&*counter, threads, MANY);
            assert_eq!(counter.get(), threads as u64 * MANY, "{} on {threads}", rung.name);
        }
    }
}

#[test]
fn an_exact_counter_is_exact_with_more_threads_than_it_was_made_for() {
    for rung in exact() {
        let counter = (rung.make)(1);
        hammer(&*counter, 4, MANY);
        assert_eq!(counter.get(), 4 * MANY, "{}", rung.name);
    }
}

#[test]
fn an_exact_counter_never_goes_back_while_others_count() {
    for rung in exact() {
        let counter = (rung.make)(2);
        thread::scope(|scope| {
            let counting = [(); 2].map(|()| scope.spawn(|| hammer(&*counter, 1, MANY)));
            let mut last = 0;
            while !counting.iter().all(|thread| thread.is_finished()) {
                let now = counter.get();
                assert!((last..=2 * MANY).contains(&now), "{}: {last}, then {now}", rung.name);
                last = now;
            }
        });
        assert_eq!(counter.get(), 2 * MANY, "{}", rung.name);
    }
}

#[test]
fn every_counter_goes_on_at_zero_past_the_largest_number() {
    for rung in ladder() {
        let counter = (rung.starting_at)(u64::MAX - 1);
        assert_eq!(counter.get(), u64::MAX - 1, "{}", rung.name);
        counter.increment();
        assert_eq!(counter.get(), u64::MAX, "{}", rung.name);
        counter.increment();
        assert_eq!(counter.get(), 0, "{}", rung.name);
        counter.increment();
        assert_eq!(counter.get(), 1, "{}", rung.name);
    }
}

#[test]
fn an_exact_counter_wraps_exactly_on_many_threads() {
    for rung in exact() {
        let counter = (rung.starting_at)(u64::MAX - 5);
        hammer(&*counter, 4, 1000);
        assert_eq!(counter.get(), 4000 - 6, "{}", rung.name);
    }
}

#[test]
fn every_counter_can_be_dropped_by_any_thread_used_or_not() {
    for rung in ladder() {
        drop((rung.make)(2));
        let counter: Arc<dyn Counter> = Arc::from((rung.make)(2));
        let last = Arc::clone(&counter);
        drop(counter);
        thread::spawn(move || last.increment()).join().expect(rung.name); // dropped over there
    }
}

#[test]
fn the_race_returns_the_count_of_all_threads() {
    let count = |rung: &Rung, size| rung.entry.subject().sized(size).run_on_threads();
    for rung in ladder() {
        assert_eq!(count(&rung, [1, 10]), 10.into(), "{}", rung.name);
        assert_eq!(count(&rung, [0, 10]), 0.into(), "{}", rung.name);
    }
    for rung in exact() {
        assert_eq!(count(&rung, [3, 1000]), 3000.into(), "{}", rung.name);
    }
}

#[test]
fn stopping_the_actor_counts_all_that_was_sent() {
    let counter = ActorCounter::new();
    hammer(&counter, 4, MANY); // nobody waits for an answer: many messages are still on their way
    assert_eq!(counter.stop(), 4 * MANY);
}

#[test]
fn rayon_counts_the_same_apart_and_together() {
    let items: Vec<u64> = (0..MANY).collect();
    let hit = |n: &u64| n.is_multiple_of(3);
    assert_eq!(rayon::count_apart(&items, hit), MANY.div_ceil(3));
    for rung in exact() {
        let counter = (rung.make)(4);
        rayon::count_together(&items, hit, &*counter);
        assert_eq!(counter.get(), MANY.div_ceil(3), "{}", rung.name);
    }
}

#[test]
fn a_losing_counter_loses_on_real_threads_sooner_or_later() {
    if racelab::stress::cores() < 2 {
        println!("one core: threads take turns, and a loss may take hours; nothing is tried");
        return;
    }
    for rung in ladder().filter(|rung| rung.entry.usual().role != Role::Cure) {
        let stress = Stress::new().increments(100_000).until_loss();
        let tally = stress.at_most(Duration::from_secs(60)).run(|| (rung.make)(2));
        assert!(tally.lost() > 0, "{} lost nothing in {} rounds", rung.name, tally.rounds());
    }
}

#[test]
fn the_ladder_lists_each_counter_once_with_its_own_source() {
    let names: HashSet<_> = LADDER.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), LADDER.len(), "two counters have the same name");
    for rung in ladder() {
        let found = list::find(rung.name).expect(rung.name);
        let Maker { counter, .. } = found.usual().runs.hammer.unwrap();
        let Entry { path, source, .. } = rung.entry;
        assert!(source.contains(&format!("pub struct {counter}")), "{}", rung.name);
        for section in ["# Orderings", "# Trade-offs", "# Sources"] {
            assert!(source.contains(section), "{path} has no {section}");
        }
    }
}

#[test]
fn the_ladder_goes_from_worst_to_best() {
    let cures: Vec<_> = ladder().map(|rung| rung.entry.usual().role == Role::Cure).collect();
    assert!(cures.is_sorted(), "a losing counter stands after an exact one");
}
