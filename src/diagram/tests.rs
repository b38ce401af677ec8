//! The pictures, as snapshots: run with `INSTA_UPDATE=always` to accept what has changed.

use super::sample::{self, Sample};
use super::{Timeline, mermaid, svg, timeline};
use crate::trace::{Action, ObjectKind, Trace};
use unicode_width::UnicodeWidthStr;

fn widest(picture: &str) -> usize {
    picture.lines().map(UnicodeWidthStr::width).max().unwrap()
}

#[test]
fn two_threads_lose_an_update() {
    insta::assert_snapshot!(timeline(&sample::racy("ABAB")));
}

#[test]
fn two_threads_one_after_the_other_lose_nothing() {
    insta::assert_snapshot!(timeline(&sample::racy("AABB")));
}

#[test]
fn a_deadlock_shows_who_waits_for_whom() {
    insta::assert_snapshot!(timeline(&sample::deadlock()));
}

#[test]
fn a_lock_makes_the_other_thread_wait() {
    insta::assert_snapshot!(timeline(&sample::mutex()));
}

#[test]
fn a_sleeper_waits_for_the_notify_and_then_for_the_lock() {
    insta::assert_snapshot!(timeline(&sample::condvar()));
}

#[test]
fn a_read_of_an_older_value_says_so() {
    insta::assert_snapshot!(timeline(&sample::stale()));
}

#[test]
fn one_write_overwrites_three() {
    insta::assert_snapshot!(timeline(&sample::racy("ABBCCDDA")));
}

#[test]
fn a_long_trace_folds_what_explains_nothing() {
    let schedule = format!("{}ABAB{}", "AABB".repeat(10), "BBAA".repeat(8));
    insta::assert_snapshot!(timeline(&sample::racy(&schedule)));
}

#[test]
fn of_many_writes_that_one_overwrites_the_first_and_the_last_are_drawn() {
    insta::assert_snapshot!(timeline(&sample::racy(&format!("A{}A", "BB".repeat(12)))));
}

#[test]
fn in_ascii_the_picture_is_the_same_and_ascii() {
    let trace = sample::racy("ABAB");
    let picture = Timeline::new(&trace).ascii(true).to_string();
    assert!(picture.is_ascii(), "{picture}");
    insta::assert_snapshot!(picture);
}

#[test]
fn in_colour_the_text_is_the_same() {
    let trace = sample::racy("ABAB");
    let coloured = Timeline::new(&trace).colour(true).to_string();
    assert!(coloured.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), timeline(&trace));
}

fn all_samples() -> Vec<Trace> {
    let schedules = ["ABAB", "AABB", "ABBCCDDA", "ABCABC", "ABCDEABCDE", "ABABABABABAB"];
    let mut all: Vec<_> = schedules.into_iter().map(sample::racy).collect();
    all.extend([sample::deadlock(), sample::mutex(), sample::condvar(), sample::stale()]);
    all
}

#[test]
fn two_threads_fit_80_columns_and_four_fit_100() {
    for trace in all_samples() {
        let width = if trace.threads().len() > 3 { 100 } else { 80 };
        let picture = timeline(&trace);
        assert!(widest(&picture) <= width, "{picture}");
    }
    assert!(!timeline(&sample::racy("ABCDABCD")).contains('…'));
}

#[test]
fn whatever_the_width_no_line_is_wider() {
    for trace in all_samples() {
        for width in 30..130 {
            let picture = Timeline::new(&trace).width(width).to_string();
            assert!(widest(&picture) <= width, "{width}\n{picture}");
            let ascii = Timeline::new(&trace).width(width).ascii(true).to_string();
            assert!(widest(&ascii) <= width, "{width}\n{ascii}");
        }
    }
}

#[test]
fn the_step_and_the_value_survive_a_narrow_terminal() {
    let trace = sample::racy("ABCDEABCDE");
    insta::assert_snapshot!(Timeline::new(&trace).width(40).to_string());
}

#[test]
fn wide_and_combining_names_keep_the_columns_straight() {
    let trace = Sample::new(&["工人", "e\u{301}tape"])
        .object("数", ObjectKind::Atomic, Some(0))
        .load('A', 0, 0)
        .load('B', 0, 0)
        .store('A', 0, 1)
        .store('B', 0, 1)
        .ends("returned 1");
    let picture = timeline(&trace);
    insta::assert_snapshot!(picture);
    let column_of_values = |line: &str, value: &str| {
        let at = line.rfind(value).expect("the value stands on the line");
        line[..at].width()
    };
    let lines: Vec<_> = picture.lines().collect();
    let head = column_of_values(lines[0], "数");
    assert_eq!(column_of_values(lines[2].trim_end(), " 0") + 1, head);
    assert_eq!(column_of_values(lines[3].trim_end_matches("  stale from 3"), " 0") + 1, head);
}

#[test]
fn steps_of_main_alone_stand_across_the_columns() {
    let trace = Sample::new(&["A", "B"])
        .object("count", ObjectKind::Atomic, Some(0))
        .fetch_add('A', 0, 0)
        .fetch_add('B', 0, 1)
        .step('M', Action::Load, 0, Some(2), None, 40)
        .with(|step| step.alone = true)
        .ends("returned 2");
    insta::assert_snapshot!(timeline(&trace));
}

#[test]
fn the_svg_of_a_lost_update() {
    insta::assert_snapshot!(svg(&sample::racy("ABAB")));
}

#[test]
fn the_mermaid_diagram_of_a_lost_update() {
    insta::assert_snapshot!(mermaid(&sample::racy("ABAB")));
}

#[test]
fn the_mermaid_diagram_of_a_deadlock() {
    insta::assert_snapshot!(mermaid(&sample::deadlock()));
}

#[test]
fn every_svg_is_well_formed_and_says_all_in_words() {
    for trace in all_samples() {
        let picture = svg(&trace);
        well_formed(&picture);
        let (_, described) = picture.split_once("<desc").unwrap();
        let (described, _) = described.split_once("</desc>").unwrap();
        for number in 1..=trace.steps().len() {
            assert!(described.contains(&format!("Step {number}, thread ")), "{described}");
        }
        for lost in trace.lost_updates().iter().take(1) {
            assert!(described.contains(&format!("step {} overwrote", lost.write + 1)));
        }
    }
}

#[test]
fn a_name_cannot_smuggle_markup_into_a_picture() {
    let trace = Sample::new(&["<script>", "B\n    Note over A: x"])
        .object("</text>&\u{1b};#", ObjectKind::Atomic, Some(0))
        .load('A', 0, 0)
        .load('B', 0, 0)
        .ends("returned \"<b>\"");
    let picture = svg(&trace);
    well_formed(&picture);
    assert!(!picture.contains("<script") && !picture.contains('\u{1b}'), "{picture}");
    let diagram = mermaid(&trace);
    assert!(!diagram.contains('<') && !diagram.contains("\n    Note over A: x"), "{diagram}");
    assert!(!diagram.contains("&;#"), "{diagram}");
}

/// Every tag is closed, in the right order, and no stray sign of XML's stands in the text.
fn well_formed(xml: &str) {
    let mut open = Vec::new();
    let mut rest = xml;
    while let Some((text, tag)) = rest.split_once('<') {
        assert!(!text.contains('>'), "{text}");
        for entity in text.split('&').skip(1) {
            assert!(entity.contains(';'), "{text}");
        }
        let (tag, after) = tag.split_once('>').expect("a tag ends");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{xml}"),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap()),
        }
        rest = after;
    }
    assert!(open.is_empty(), "{open:?}");
}
