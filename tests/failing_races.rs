//! The racy counters' counterexamples, found by loom and held fast; and the same races as tests
//! that really fail.
//!
//! `cargo test --test failing_races -- --ignored` runs those: each fails, and its message draws the
//! interleaving that loses the update.

use racelab::counter::wrong::{LockPerThreadCounter, LockTheReadCounter, SeqCstPairCounter};
use racelab::counter::{Counter, RacyCounter, UnsafeCounter, race};
use racelab::primitives::Loom;
use racelab::{Failure, Report, explore_with_loom};

/// The race that every counter runs, under loom.
fn explore<C: Counter + Default>(threads: usize, increments: usize) -> Report<u64> {
    explore_with_loom(move || race::<Loom, C>(threads, increments))
}

/// The number of interleavings that end at this value.
fn interleavings(report: &Report<u64>, value: u64) -> u128 {
    let outcome = report.outcome(&value).unwrap_or_else(|| panic!("never {value}:\n{report}"));
    outcome.interleavings().expect("small enough to count")
}

/// What the example of this value loses, in words.
fn losses(report: &Report<u64>, value: u64) -> Vec<String> {
    let outcome = report.outcome(&value).unwrap_or_else(|| panic!("never {value}:\n{report}"));
    outcome.example().lost_updates().iter().map(ToString::to_string).collect()
}

/// The schedule of the example of this value.
fn schedule(report: &Report<u64>, value: u64) -> String {
    report.outcome(&value).map(|outcome| outcome.example().schedule()).unwrap_or_default()
}

#[test]
fn load_then_store_loses_an_update_in_4_of_6_interleavings() {
    let report = explore::<RacyCounter<Loom>>(2, 1);
    report.assert_outcomes(&[1, 2]);
    assert_eq!((interleavings(&report, 1), interleavings(&report, 2)), (4, 2));
    assert_eq!(schedule(&report, 1), "ABBA");
    let lost = ["step 4 overwrote step 3, because thread A had read count at step 1"];
    assert_eq!(losses(&report, 1), lost);
    assert_eq!(losses(&report, 2), [""; 0]);
}

#[test]
fn two_threads_that_count_to_two_can_end_at_two_instead_of_four() {
    let report = explore::<RacyCounter<Loom>>(2, 2);
    report.assert_outcomes(&[2, 3, 4]);
    let counts = [2, 3, 4].map(|value| interleavings(&report, value));
    assert_eq!(counts, [32, 32, 6]);
    assert_eq!(losses(&report, 2).len(), 2, "two updates are lost");
    let lost = ["step 6 overwrote step 5, because thread B had read count at step 4"];
    assert_eq!(losses(&report, 3), lost);
}

#[test]
fn three_threads_can_lose_two_updates_at_once() {
    let report = explore::<RacyCounter<Loom>>(3, 1);
    report.assert_outcomes(&[1, 2, 3]);
    let counts = [1, 2, 3].map(|value| interleavings(&report, value));
    assert_eq!(counts, [48, 36, 6]);
    assert_eq!(schedule(&report, 1), "ABBCCA");
    let lost = [
        "step 6 overwrote step 3, because thread A had read count at step 1",
        "step 6 overwrote step 5, because thread A had read count at step 1",
    ];
    assert_eq!(losses(&report, 1), lost);
}

#[test]
fn the_strongest_ordering_loses_in_the_same_4_of_6_interleavings() {
    let report = explore::<SeqCstPairCounter<Loom>>(2, 1);
    assert_eq!((interleavings(&report, 1), interleavings(&report, 2)), (4, 2));
    let lost = ["step 4 overwrote step 3, because thread A had read count at step 1"];
    assert_eq!(losses(&report, 1), lost);
}

#[test]
fn a_lock_for_each_thread_loses_in_36_of_70_interleavings() {
    let report = explore::<LockPerThreadCounter<Loom>>(2, 1);
    assert_eq!((interleavings(&report, 1), interleavings(&report, 2)), (36, 34));
    let lost = ["step 7 overwrote step 5, because thread A had read count at step 2"];
    assert_eq!(losses(&report, 1), lost);
}

#[test]
fn a_lock_around_the_read_loses_in_6_of_10_interleavings() {
    let report = explore::<LockTheReadCounter<Loom>>(2, 1);
    assert_eq!((interleavings(&report, 1), interleavings(&report, 2)), (6, 4));
    let lost = ["step 8 overwrote step 7, because thread A had read count at step 2"];
    assert_eq!(losses(&report, 1), lost);
}

#[test]
fn a_plain_number_is_a_data_race_in_every_interleaving() {
    let report = explore::<UnsafeCounter<Loom>>(2, 1);
    let [outcome] = report.outcomes() else { panic!("{report}") };
    assert_eq!(outcome.interleavings(), Some(6));
    let Err(Failure::DataRace { object, first, second }) = outcome.result() else {
        panic!("{report}")
    };
    assert_eq!(object, "count");
    assert_eq!((first.thread, first.writes), ('A', false));
    assert_eq!((second.thread, second.writes), ('B', true));
    assert_eq!(first.place.file, "src/counter/unsafe_cell.rs");
    // Where accesses race there is no value to speak of, not even when one thread goes first.
    assert_eq!(outcome.example().schedule(), "AABB");
    assert_eq!(outcome.example().lost_updates(), []);
}

#[test]
fn a_failing_assertion_says_what_was_lost_where_and_how_often() {
    let report = explore::<RacyCounter<Loom>>(2, 1);
    let failed = std::panic::catch_unwind(|| report.assert_always(|&count| count == 2));
    let panic = failed.expect_err("it loses");
    let message = panic.downcast_ref::<String>().expect("a formatted message");
    for part in [
        "an outcome that should never be: 1: 4 interleavings",
        "step 4 overwrote step 3, because thread A had read count at step 1",
        "schedule: ABBA",
        "6 of 6 visited",
    ] {
        assert!(message.contains(part), "no {part:?} in:\n{message}");
    }
}

#[test]
#[ignore = "fails on purpose: cargo test -- --ignored"]
fn two_threads_count_to_two_with_load_and_store() {
    explore::<RacyCounter<Loom>>(2, 1).assert_always(|&count| count == 2);
}

#[test]
#[ignore = "fails on purpose: cargo test -- --ignored"]
fn two_threads_count_to_two_with_seqcst_loads_and_stores() {
    explore::<SeqCstPairCounter<Loom>>(2, 1).assert_always(|&count| count == 2);
}

#[test]
#[ignore = "fails on purpose: cargo test -- --ignored"]
fn two_threads_count_to_two_with_a_lock_for_each() {
    explore::<LockPerThreadCounter<Loom>>(2, 1).assert_always(|&count| count == 2);
}

#[test]
#[ignore = "fails on purpose: cargo test -- --ignored"]
fn two_threads_count_to_two_with_a_lock_around_the_read() {
    explore::<LockTheReadCounter<Loom>>(2, 1).assert_always(|&count| count == 2);
}

#[test]
#[ignore = "fails on purpose: cargo test -- --ignored"]
fn two_threads_count_to_two_in_a_plain_number() {
    explore::<UnsafeCounter<Loom>>(2, 1).assert_always(|&count| count == 2);
}
