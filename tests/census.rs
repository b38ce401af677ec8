//! `racelab census`, as its users meet it.

use std::process::{Command, Output, Stdio};

fn census(words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_racelab"));
    command.arg("census").args(words.split_whitespace()).stdin(Stdio::null());
    command.output().expect("the command starts")
}

#[track_caller]
fn printed(words: &str) -> String {
    let output = census(words);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

#[test]
fn a_bar_a_value_and_the_least_with_a_way_to_it() {
    let text = printed("racy --increments 2 --format ascii --width 60");
    assert!(text.is_ascii(), "{text}");
    assert!(text.lines().all(|line| line.len() <= 60), "{text}");
    let bars: Vec<&str> = text.lines().filter(|line| line.contains('#')).collect();
    let [two, three, four] = bars.as_slice() else { panic!("{text}") };
    assert!(two.starts_with("2  32  ###") && two.ends_with("lost"), "{text}");
    assert!(three.starts_with("3  32  ###") && three.ends_with("lost"), "{text}");
    assert!(four.starts_with("4   6  ###") && !four.ends_with("lost"), "{text}");
    assert!(text.contains("70 interleavings, counted on"), "{text}");
    assert!(text.contains("The least possible count is 2, of 4."), "{text}");
    assert!(text.contains("returned 2"), "{text}");
}

#[test]
fn far_past_what_can_be_run_the_counts_are_exact_and_the_least_is_still_2() {
    let json: serde_json::Value =
        serde_json::from_str(&printed("racy --increments 10 --format json")).expect("JSON");
    assert_eq!(json["interleavings"], "137846528820");
    assert_eq!(json["least"]["value"], 2);
    let outcomes = json["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.len(), 19, "2 to 20");
    let counts = outcomes.iter().map(|o| o["interleavings"].as_str().unwrap());
    let sum: u128 = counts.map(|count| count.parse::<u128>().unwrap()).sum();
    assert_eq!(sum, 137_846_528_820);
    // Nothing is lost in one order of the twenty increments in C(20, 10).
    let last = outcomes.last().unwrap();
    assert_eq!((&last["value"], &last["lost"]), (&20.into(), &false.into()));
    assert_eq!(last["interleavings"], "184756");
}

#[test]
fn a_counter_that_cannot_lose_has_one_bar_and_no_way_to_a_loss() {
    let text = printed("mutex --increments 5 --format ascii");
    let bars: Vec<&str> = text.lines().filter(|line| line.contains('#')).collect();
    assert!(bars.len() == 1 && bars[0].starts_with("10  252  ###"), "{text}");
    assert!(!text.contains("least"), "{text}");
}

#[test]
fn a_data_race_has_no_values_to_count() {
    let output = census("unsafe --increments 1");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(output.stdout.is_empty() && told.lines().count() == 1, "{told}");
    assert!(told.contains("data race") && told.contains("check unsafe"), "{told}");
}

#[test]
fn the_picture_stands_alone() {
    let svg = printed("racy --increments 1 --format svg");
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
    assert!(svg.contains("1: 4, lost.") && svg.contains("2: 2."), "{svg}");
}

#[test]
fn what_cannot_be_counted_is_refused_on_one_line() {
    for (words, part) in [
        ("volatile", "exists on real threads only"),
        ("racy --increments 0", "from 1 to 1,000"),
        ("atomic --increments 70", "more interleavings than 128 bits can count"),
    ] {
        let output = census(words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words}: {told}");
        assert!(told.starts_with("error: ") && told.contains(part), "{words}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}
