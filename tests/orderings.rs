//! The races of orderings, beyond what holds for the whole list (`tests/list.rs`).

use racelab::explore::{Explorer, Memory};
use racelab::list::{self, Role};
use racelab::race::{ORDERINGS, RELAXED_COUNTER};
use racelab::report::Grade;
use std::sync::atomic::Ordering::{self, Relaxed};

/// This strong holds; one weaker, in whichever place, fails.
#[test]
fn every_cure_is_the_weakest_of_its_kind() {
    for race in list::all() {
        let cures = race.variants.iter().filter(|variant| variant.role == Role::Cure);
        for cure in cures.filter(|cure| cure.orderings.is_some()) {
            let weaker: Vec<_> = race.weaker(cure).collect();
            let name = format!("{}: {}", race.name, cure.name);
            for other in &weaker {
                assert!(other.role != Role::Cure, "{name}: {} holds as well", other.name);
            }
            let cure = cure.orderings.unwrap();
            let weaker: Vec<_> = weaker.iter().map(|other| other.orderings.unwrap()).collect();
            let strong = (0..).zip(cure.accesses).filter(|(_, order)| **order != Relaxed);
            for (at, order) in strong {
                let weakened = weaker.iter().any(|other| other.accesses[at] != *order);
                assert!(weakened, "{name}: nobody weakens access {at}");
            }
            let count = |fences: &[Option<Ordering>], order| {
                fences.iter().filter(|fence| **fence == order).count()
            };
            for order in cure.fences.iter().filter(|fence| fence.is_some()) {
                let kept = count(cure.fences, *order);
                let weakened = weaker.iter().any(|other| count(other.fences, *order) < kept);
                assert!(weakened, "{name}: nobody weakens a fence {order:?}");
            }
        }
    }
}

#[test]
fn interleavings_alone_show_nothing_wrong_with_weak_orderings() {
    let races = ORDERINGS.iter().filter(|race| race.name != RELAXED_COUNTER.name);
    for subject in races.flat_map(|race| race.subjects()) {
        let report = subject.check(&Explorer::new()).unwrap();
        let values = report.graded(Grade::Forbidden).filter(|o| o.result().is_ok()).count();
        assert_eq!(values, 0, "{subject}: {report}");
    }
}

#[test]
fn a_forbidden_value_that_only_the_orderings_allow_comes_with_the_cycle_that_proves_it() {
    for name in ["message-passing", "store-buffering", "independent-reads"] {
        let race = list::find(name).unwrap();
        for subject in race.subjects().filter(|subject| subject.variant.role != Role::Cure) {
            let report = subject.check(&Explorer::new().memory(Memory::Rc11)).unwrap();
            for outcome in report.graded(Grade::Forbidden) {
                let trace = outcome.example();
                assert!(!trace.is_sequentially_consistent(), "{subject}");
                let picture = racelab::diagram::timeline(trace);
                assert!(picture.contains("no interleaving explains these values"), "{picture}");
                assert!(picture.contains("is not yet visible to"), "{picture}");
            }
        }
    }
}

fn command(words: &[&str]) -> (Option<i32>, String, String) {
    let mut racelab = std::process::Command::new(env!("CARGO_BIN_EXE_racelab"));
    racelab.args(words).env_remove("CARGO_MANIFEST_DIR").stdin(std::process::Stdio::null());
    let output = racelab.output().expect("the command runs");
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

fn replayed(name: &str, case: &str, schedule: &str, memory: &str) -> (Option<i32>, String, String) {
    let case = if case.is_empty() { vec![] } else { vec!["--case", case] };
    let words = ["replay", name, schedule, "--memory", memory, "--format", "json"];
    command(&[&words[..], &case].concat())
}

/// A schedule that `check` prints is one that `replay` takes, and it is the same execution.
#[test]
fn a_schedule_found_under_rc11_is_replayed_exactly_and_refused_where_it_cannot_be() {
    let json = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
    let mut only_rc11 = 0;
    for race in ORDERINGS {
        let (_, text, _) = command(&["check", race.name, "--memory", "rc11", "--format", "json"]);
        for (at, case) in (1..).zip(json(&text)["cases"].as_array().unwrap()) {
            let at = format!("{at}");
            for outcome in case["outcomes"].as_array().unwrap() {
                let schedule = outcome["schedule"].as_str().unwrap();
                let name = format!("{} {at} {schedule}", race.name);
                let (code, text, error) = replayed(race.name, &at, schedule, "rc11");
                assert_eq!(code, Some(0), "{name}: {error}");
                let trace = json(&text);
                assert_eq!(trace["schedule"], schedule, "{name}");
                let ending = match outcome["failure"].as_str() {
                    Some(failure) => failure.to_owned(),
                    None if outcome["value"].is_array() => {
                        format!("returned [{}]", outcome["words"].as_str().unwrap())
                    }
                    None => format!("returned {}", outcome["value"]),
                };
                assert_eq!(trace["trace"]["ending"], ending, "{name}");
                let cycle = outcome["cycle"].as_array().unwrap();
                let told = trace["explanation"].as_array().unwrap();
                assert!(cycle.iter().all(|line| told.contains(line)), "{name}");
                let (code, _, error) = replayed(race.name, &at, schedule, "sc");
                if !cycle.is_empty() {
                    only_rc11 += 1;
                    assert_eq!(code, Some(2), "{name}");
                    assert_eq!(error.trim().lines().count(), 1, "{error}");
                    let why = "under sequential consistency a load sees the newest store";
                    assert!(error.contains(why), "{name}: {error}");
                    assert!(error.contains("--memory rc11"), "{name}: {error}");
                }
            }
        }
    }
    assert!(only_rc11 > 10, "{only_rc11}");
}

#[test]
fn a_replay_under_rc11_of_a_counter_is_that_of_its_check() {
    let (_, text, _) = command(&["check", "racy", "--memory", "rc11", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    for outcome in json["outcomes"].as_array().unwrap() {
        let schedule = outcome["schedule"].as_str().unwrap();
        let (_, text, _) = replayed("racy", "", schedule, "rc11");
        let trace: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(trace["trace"]["ending"], format!("returned {}", outcome["value"]));
    }
    // An older value can be read in a counter too, and the picture says which and why.
    let (_, text, _) = command(&["replay", "racy", "AAB1B", "--memory", "rc11"]);
    assert!(text.contains("the write of step 2 is not yet visible to B"), "{text}");
    assert!(text.contains("returned 1"), "{text}");
}

#[test]
fn show_draws_and_lists_under_either_memory() {
    let (code, text, _) = command(&["show", "store-buffering", "--memory", "rc11"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("no interleaving explains these values"), "{text}");
    assert!(text.contains("is not yet visible to"), "{text}");
    let (_, text, _) = command(&["show", "store-buffering", "--case", "relaxed"]);
    assert!(!text.contains("an older value"), "{text}");
    let (_, text, _) = command(&["show", "store-buffering", "--all", "--memory", "rc11"]);
    assert_eq!(text.lines().count(), 4, "{text}");
    assert_eq!(text.matches("no interleaving explains it").count(), 1, "{text}");
    let (_, text, _) = command(&["show", "message-passing", "--all", "--case", "1"]);
    assert_eq!(text.lines().count(), 6, "{text}");
}

#[test]
fn where_a_memory_or_a_case_makes_no_sense_one_line_says_what_to_do() {
    let refused = [
        (&["show", "racy", "--memory", "rc11", "--interleaving", "2"][..], "--all lists them"),
        (&["census", "racy", "--memory", "rc11"], "racelab check NAME --memory rc11"),
        (&["stress", "racy", "--memory", "rc11"], "racelab check NAME --memory rc11"),
        (&["diagram", "-", "--memory", "rc11"], "racelab show NAME --memory rc11"),
        (&["show", "racy", "--variant", "2"], "leave out --variant"),
        (&["show", "store-buffering", "--case", "9"], "8 (SeqCst everywhere)"),
        (&["replay", "spin-lock", "A", "--threads", "3"], "leave out --threads"),
        (&["check", "spin-lock", "--increments", "2"], "leave out --threads"),
        (&["show", "store-bufferin"], "did you mean 'store-buffering'?"),
        (&["stress", "store-buffering", "--threads", "3"], "leave out --threads"),
    ];
    for (words, way_out) in refused {
        let (code, text, error) = command(words);
        assert_eq!((code, text.as_str()), (Some(2), ""), "{words:?}: {error}");
        assert_eq!(error.trim().lines().count(), 1, "{words:?}: {error}");
        assert!(error.contains(way_out), "{words:?}: {error}");
    }
}
