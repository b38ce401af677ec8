//! The same source on a real executor of one thread.

use racelab::Explorer;
use racelab::list::Promise;
use racelab::race::TASKS;
use racelab::stress::Rounds;
use std::time::Duration;

#[test]
fn on_a_real_executor_broken_tasks_fail_every_time() {
    for subject in TASKS.iter().flat_map(|entry| entry.subjects()) {
        // A real executor takes its tasks in one order, and in that a longer wait is long enough.
        if subject.variant.promise == Promise::Holds || subject.variant.name == "wait longer" {
            continue;
        }
        let rounds = Rounds::run(&subject, Duration::from_secs(1), |_| {});
        assert_eq!(rounds.count(), 1, "{subject}: {rounds:?}");
        assert!(rounds.forbidden.is_some(), "{subject}: {rounds:?}");
    }
}

#[test]
fn what_a_real_executor_ends_in_the_explorer_has_found() {
    for subject in TASKS.iter().flat_map(|entry| entry.subjects()) {
        if subject.variant.name == "lock, then await" {
            continue; // it never ends
        }
        let report = subject.check(&Explorer::new()).unwrap();
        let seen = subject.run_on_threads();
        assert!(report.outcome(&seen).is_some(), "{subject}: {seen:?}\n{report}");
    }
}
