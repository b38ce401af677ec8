//! What the README shows is what the command prints.

use std::process::Command;

const README: &str = include_str!("../README.md");

fn racelab(words: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_racelab"));
    let output = command.args(words.split_whitespace()).output().expect("the command starts");
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

/// The text between a line that begins a block and the line that ends it.
fn block(begin: &str) -> &'static str {
    let (_, rest) = README.split_once(begin).unwrap_or_else(|| panic!("no block {begin:?}"));
    rest.split_once("\n```").expect("a block has an end").0
}

#[test]
fn the_picture_is_the_one_that_replay_draws() {
    let drawn = racelab("replay racy ABAB");
    let shown = block("```text\n");
    assert_eq!(
        shown,
        drawn.trim_end(),
        "the README's picture is out of date; it should be:\n{drawn}"
    );
}

#[test]
fn the_verdict_is_the_one_that_check_prints() {
    let words = "check racy --threads 3 --increments 2";
    let printed = racelab(words);
    let shown = block(&format!("$ cargo run --release -- {words}\n"));
    let (verdict, _) = shown.split_once("\n\n...").expect("the drawing is left out");
    // All but the time it took.
    let timeless = |text: &str| {
        let words: Vec<_> = text.split_whitespace().collect();
        let text = words.join(" ");
        let (before, after) = text.split_once(" executions, ").expect("the time comes next");
        let (_, after) = after.split_once(". That").expect("the time ends");
        format!("{before}{after}")
    };
    let (printed, verdict) = (timeless(&printed), timeless(verdict));
    assert!(printed.starts_with(&verdict), "the README says:\n{verdict}\nnow it is:\n{printed}");
}

#[test]
fn every_file_it_points_to_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = README.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local: Vec<_> = links.filter(|link| !link.starts_with("http")).collect();
    assert!(local.len() >= 5, "{local:?}");
    for link in local {
        assert!(root.join(link).exists(), "{link} is not there");
    }
}

#[test]
fn the_example_it_names_is_there() {
    let (_, name) = README.split_once("cargo run --example ").expect("the third command");
    let name = name.split_whitespace().next().expect("a name");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    assert!(path.join(format!("{name}.rs")).exists(), "examples/{name}.rs is not there");
}
