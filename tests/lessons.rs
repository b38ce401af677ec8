//! Every lesson runs, shows what its header promises, and can be read on a screen or two.

use std::path::PathBuf;
use std::process::Command;

/// What each lesson has to print, whatever the machine.
const SHOWN: &[(&str, &[&str])] = &[
    ("01_lost_update", &["for 6 interleavings", "1: 4 interleavings", "because thread"]),
    ("02_real_threads", &["load, then store: 2 threads", "fetch_add: 2 threads"]),
    ("03_data_race", &["data race on count", "yes        1", "no         1"]),
    ("04_wrong_fixes", &["36 of 70", "6 of 10", "4 of 6", "None."]),
    ("05_mutex", &["2: 2 interleavings", "waits for m"]),
    ("06_fetch_add", &["2: 2 interleavings", "3: 6 interleavings"]),
    ("07_compare_exchange", &["2: 6 interleavings", "no write"]),
    ("08_sharded", &["0: 3 interleavings", "1: 6 interleavings", "2: 3 interleavings"]),
    ("09_actor", &["2: 40 interleavings", "waits for inbox"]),
    ("10_no_sharing", &["fold and reduce"]),
    ("11_check_your_own", &["2: 4 interleavings, forbidden (sold twice)", "1: 6 interleavings"]),
    ("12_two_requests", &["[1, 1]: 4 interleavings", "one object", "object"]),
    (
        "13_orderings",
        &["fails SeqCst stores, Acquire loads", "data race", "holds   fetch_add, Relaxed"],
    ),
    ("14_no_interleaving", &["(0, 0): 1 execution", "no interleaving explains these values"]),
];

fn lessons() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("examples").expect("the lessons are in examples");
    let mut lessons: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    lessons.retain(|path| path.file_stem().unwrap().to_string_lossy().starts_with(['0', '1']));
    lessons.sort();
    lessons
}

#[test]
fn every_lesson_is_listed_here() {
    let listed: Vec<_> = SHOWN.iter().map(|(name, _)| format!("examples/{name}.rs")).collect();
    let found: Vec<_> = lessons().iter().map(|path| path.to_str().unwrap().to_owned()).collect();
    assert_eq!(listed, found);
}

#[test]
fn every_lesson_opens_with_what_you_will_see_and_the_command() {
    for path in lessons() {
        let text = std::fs::read_to_string(&path).unwrap();
        let header: Vec<_> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let header = header.join("\n");
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(header.contains("//! You will see"), "{name} does not say what you will see");
        let run = header.lines().find(|line| line.contains("    cargo run "));
        let run = run.unwrap_or_else(|| panic!("{name} does not say how to run it"));
        assert!(run.ends_with(&format!("--example {name}")), "{name}: {run}");
        assert!(text.lines().count() <= 80, "{name} is too long for a screen or two");
    }
}

#[test]
fn every_lesson_prints_what_it_promises() {
    for (name, shown) in SHOWN {
        let mut run = Command::new(env!("CARGO"));
        run.args(["run", "--quiet", "--example", name]);
        if !cfg!(debug_assertions) {
            run.arg("--release");
        }
        let output = run.output().expect("cargo runs");
        let text = String::from_utf8(output.stdout).expect("a lesson prints text");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name} failed:\n{text}\n{errors}");
        for part in *shown {
            assert!(text.contains(part), "{name} does not show {part:?}:\n{text}");
        }
    }
}
