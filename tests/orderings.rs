//! The catalogue's races of orderings: every case does what it says, under each memory.

use racelab::explore::{Explorer, Memory};
use racelab::race::{CATALOGUE, RELAXED_COUNTER, Race};
use racelab::report::Grade;

#[test]
fn under_rusts_orderings_the_weak_cases_fail_and_the_strong_ones_hold() {
    for race in CATALOGUE {
        for case in race.cases {
            let explorer = Explorer::new().memory(Memory::Rc11);
            let report = race.check(case, &explorer).unwrap();
            report.assert_complete();
            let broken = report.graded(Grade::Forbidden).next();
            assert_eq!(broken.is_none(), case.holds, "{}, {}: {report}", race.name, case.name);
        }
    }
}

#[test]
fn interleavings_alone_show_nothing_wrong_with_weak_orderings() {
    let races = CATALOGUE.iter().filter(|race| race.name != RELAXED_COUNTER.name);
    for race in races {
        for case in race.cases {
            let report = race.check(case, &Explorer::new()).unwrap();
            let values = report.graded(Grade::Forbidden).filter(|o| o.result().is_ok()).count();
            assert_eq!(values, 0, "{}, {}: {report}", race.name, case.name);
        }
    }
}

#[test]
fn a_forbidden_value_that_only_the_orderings_allow_comes_with_the_cycle_that_proves_it() {
    for name in ["message-passing", "store-buffering", "independent-reads"] {
        let race = Race::named(name).unwrap();
        for case in race.cases.iter().filter(|case| !case.holds) {
            let report = race.check(case, &Explorer::new().memory(Memory::Rc11)).unwrap();
            for outcome in report.graded(Grade::Forbidden) {
                let trace = outcome.example();
                assert!(!trace.is_sequentially_consistent(), "{name}, {}", case.name);
                let picture = racelab::diagram::timeline(trace);
                assert!(picture.contains("no interleaving explains these values"), "{picture}");
                assert!(picture.contains("is not yet visible to"), "{picture}");
            }
        }
    }
}

#[test]
fn on_real_threads_every_case_that_holds_holds() {
    for race in CATALOGUE {
        for case in race.cases.iter().filter(|case| case.holds) {
            let seen = (case.on_threads)();
            assert!(!(race.is_forbidden)(&seen), "{}, {}: {seen:?}", race.name, case.name);
        }
    }
}

fn command(words: &[&str]) -> (Option<i32>, String, String) {
    let racelab = std::process::Command::new(env!("CARGO_BIN_EXE_racelab")).args(words).output();
    let output = racelab.expect("the command runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_checks_under_either_memory() {
    let (code, text, _) = command(&["check", "store-buffering", "--memory", "rc11"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("no interleaving explains these values"), "{text}");
    let (code, text, _) = command(&["check", "store-buffering"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text, _) = command(&["check", "racy", "--memory", "rc11", "--format", "json"]);
    assert_eq!(code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["memory"], &json["executions"]), (&"rc11".into(), &"4".into()));
    let (code, text, _) = command(&["check", "spin-lock", "--memory", "rc11", "--format", "json"]);
    assert_eq!(code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["cases"].as_array().unwrap().len(), 4);
    let (code, _, error) = command(&["check", "racy", "--memory", "rc11", "--engine", "loom"]);
    assert_eq!(code, Some(2));
    assert_eq!(error.trim().lines().count(), 1, "{error}");
}
