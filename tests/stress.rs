//! Real threads: what a stress run counts, and that the racy counter's loss can be seen.
//!
//! The counters that lose *exactly* so much are made here, so that the figures can be asserted; the
//! one test that waits for a real loss repeats until it is there.

use racelab::counter::{Counter, RacyCounter};
use racelab::explore::{Explorer, Memory};
use racelab::list::{self, Role, Subject};
use racelab::stress::{RoundEnd, Rounds, Stress, cores};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// Drops every `n`-th increment, on any machine and in any order.
struct Forgets {
    every: u64,
    calls: AtomicU64,
}

impl Forgets {
    fn every(every: u64) -> impl Fn() -> Self {
        move || Forgets { every, calls: AtomicU64::new(0) }
    }
}

impl Counter for Forgets {
    fn increment(&self) {
        self.calls.fetch_add(1, Relaxed);
    }
    fn get(&self) -> u64 {
        let calls = self.calls.load(Relaxed);
        calls - calls / self.every
    }
}

#[test]
fn what_is_lost_is_counted_exactly() {
    let tally = Stress::new().threads(3).increments(40).rounds(5).run(Forgets::every(4));
    assert_eq!((tally.expected(), tally.got(), tally.lost()), (600, 450, 150));
    assert_eq!(tally.rounds(), 5);
    assert_eq!(tally.share(), 0.25);
    assert_eq!(tally.first_loss().unwrap().round, 1);
}

#[test]
fn a_counter_that_keeps_everything_runs_to_its_bound() {
    let tally = Stress::new().increments(10).rounds(7).run(Forgets::every(u64::MAX));
    assert_eq!((tally.rounds(), tally.lost(), tally.first_loss()), (7, 0, None));
}

#[test]
fn a_run_until_a_loss_stops_with_the_round_that_loses() {
    let made = AtomicUsize::new(0);
    // The third counter is the first that forgets.
    let new = || {
        let third = made.fetch_add(1, Relaxed) == 2;
        Forgets { every: if third { 20 } else { u64::MAX }, calls: AtomicU64::new(0) }
    };
    let tally = Stress::new().increments(10).until_loss().run(new);
    // A round without a loss is followed by one twice as long: 20, 40 and 80 increments.
    assert_eq!((tally.rounds(), tally.expected(), tally.lost()), (3, 140, 4));
    assert_eq!(tally.first_loss().unwrap().round, 3);
}

#[test]
fn a_run_until_a_loss_can_be_asked_to_go_on_after_it() {
    let half = Duration::from_millis(5);
    let tally = Stress::new().increments(20).until_loss().at_least(half).run(Forgets::every(20));
    assert!(tally.elapsed() >= half);
    assert_eq!((tally.lost(), tally.expected()), (2 * tally.rounds(), 40 * tally.rounds()));
}

#[test]
fn without_time_there_is_still_one_round() {
    let stress = Stress::new().until_loss().at_most(Duration::ZERO);
    assert_eq!(stress.run(Forgets::every(u64::MAX)).rounds(), 1);
}

#[test]
fn zero_threads_and_zero_increments_become_one() {
    let tally = Stress::new().threads(0).increments(0).rounds(0).run(Forgets::every(u64::MAX));
    assert_eq!((tally.rounds(), tally.expected(), tally.got()), (1, 1, 1));
}

#[test]
fn each_round_is_watched() {
    let mut seen = Vec::new();
    let stress = Stress::new().increments(10).rounds(3);
    stress.run_with(Forgets::every(u64::MAX), |tally| seen.push(tally.expected()));
    assert_eq!(seen, [20, 40, 60]);
}

#[test]
fn a_panic_in_an_increment_comes_out() {
    struct Broken;
    impl Counter for Broken {
        fn increment(&self) {
            panic!("out of order");
        }
        fn get(&self) -> u64 {
            0
        }
    }
    let outcome = std::panic::catch_unwind(|| Stress::new().increments(1).run(|| Broken));
    let message = *outcome.unwrap_err().downcast::<&str>().unwrap();
    assert_eq!(message, "out of order");
}

/// Not a matter of luck: with two cores a round of 200,000 increments overlaps, and if the machine
/// is so busy that one does not, the next one is tried, for minutes if need be.
#[test]
fn the_racy_counter_loses_on_two_cores() {
    if cores() < 2 {
        eprintln!("skipped: on one core the threads take turns, so a loss may never come");
        return;
    }
    let bound = Duration::from_secs(300);
    let tally = Stress::new().until_loss().at_most(bound).run(RacyCounter::new);
    assert!(tally.lost() > 0, "{tally}");
    assert_eq!(tally.got() + tally.lost(), tally.expected());
}

#[test]
fn the_tally_reads_as_a_verdict() {
    let text = Stress::new().threads(2).increments(1_000).run(Forgets::every(1_000)).to_string();
    assert!(text.starts_with("2 threads, 1 round\n"), "{text}");
    assert!(text.contains("lost                    2  (0.10% of all)"), "{text}");
    assert!(text.contains("first loss seen in round 1, after "), "{text}");
}

#[test]
fn a_round_that_would_never_end_stops_when_its_time_is_over() {
    let endless = Stress::new().threads(3).increments(u64::MAX / 4).at_most(Duration::ZERO);
    let tally = endless.run(Forgets::every(u64::MAX));
    assert_eq!((tally.rounds(), tally.lost()), (1, 0), "what was made is what is expected");
    assert!(tally.expected() >= 3, "each thread increments once at least");
}

#[test]
fn a_program_that_stands_still_is_told_and_a_cure_is_run_until_the_time_is_over() {
    let stuck = list::find("self-deadlock").unwrap().subject();
    let rounds = Rounds::run(&stuck, Duration::from_secs(60), |_| ());
    assert_eq!(rounds.forbidden, Some(RoundEnd::Stuck), "{rounds:?}");
    for cure in list::find("check-then-act").unwrap().subjects() {
        if cure.variant.role == Role::Cure {
            let rounds = Rounds::run(&cure, Duration::from_millis(50), |_| ());
            assert_eq!(rounds.forbidden, None, "{cure}: {rounds:?}");
            assert_eq!(rounds.endings.keys().collect::<Vec<_>>(), [&RoundEnd::Returned(40.into())]);
            assert!(rounds.count() > 0);
        }
    }
}

/// Races that two cores show within seconds, by name and variant.
const SEEN: &[(&str, &str)] = &[
    ("chat-room", "1"),
    ("check-then-act", "1"),
    ("collaborative-editing", "1"),
    ("missed-close", "1"),
    ("multiplayer-game", "1"),
    ("relaxed-counter", "1"),
];

/// And those for which they take longer: `RACELAB_LONG=1` runs them too, in two or three minutes.
const SEEN_LATE: &[(&str, &str)] = &[
    ("compound-action", "1"),
    ("dekker", "1"),
    ("full-channel", "1"),
    ("late-guard", "1"),
    ("livelock", "1"),
    ("lock-order", "1"),
    ("lost-wakeup", "1"),
    ("over-released", "1"),
    ("peterson", "1"),
    ("reference-count", "1"),
    ("store-buffering", "1"),
    ("torn-read", "1"),
];

/// As for the racy counter, the bound is for a machine that is busy with something else.
#[test]
fn what_the_explorer_finds_two_cores_show_and_what_they_show_the_explorer_finds() {
    if cores() < 2 {
        eprintln!("skipped: on one core the threads take turns, so nothing may ever go wrong");
        return;
    }
    let late = if std::env::var_os("RACELAB_LONG").is_some() { SEEN_LATE } else { &[] };
    for (name, variant) in SEEN.iter().chain(late) {
        let entry = list::find(name).unwrap();
        let subject = Subject { variant: entry.variant(variant).unwrap(), ..entry.subject() };
        let rounds = Rounds::run(&subject, Duration::from_secs(300), |_| ());
        assert!(rounds.forbidden.is_some(), "{subject}: {rounds:?}");
        let report = subject.check(&Explorer::new().memory(Memory::Rc11)).unwrap();
        // After a data race anything may happen.
        let undefined = report.failures().any(|failure| !failure.example().data_races().is_empty());
        for ending in rounds.endings.keys() {
            let found = match ending {
                RoundEnd::Returned(value) => undefined || report.outcome(value).is_some(),
                RoundEnd::Panicked | RoundEnd::Stuck => report.failures().next().is_some(),
            };
            assert!(found, "{subject} ended in {ending:?}, and the explorer knows nothing of it");
        }
    }
}
