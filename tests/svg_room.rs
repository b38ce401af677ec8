//! In every SVG the text has room: none leaves the edge or its box, and none lies on another.
//!
//! How wide a text is depends on the reader's fonts; it is measured here as the widest of those that the
//! style names draws it, DejaVu.

use racelab::diagram::svg;
use racelab::explore::{Explorer, Memory};
use racelab::model::sync::Mutex;
use racelab::model::sync::atomic::{AtomicU64, Ordering::SeqCst};
use racelab::model::thread;
use racelab::{Trace, list};
use std::sync::Arc;

/// The widths of DejaVu Sans Bold, in thousandths of its size: `a` to `z`, and what else is met.
const BOLD: [u32; 26] = [
    675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595,
    478, 712, 652, 924, 645, 652, 582,
];

fn bold(c: char) -> u32 {
    match c {
        'a'..='z' => BOLD[c as usize - 'a' as usize],
        '0'..='9' => 696,
        ' ' => 348,
        '.' | ',' | ':' => 400,
        '-' => 415,
        'W' => 1103,
        'M' => 995,
        _ => 850,
    }
}

/// A text: from where to where, its base line, and what it says.
#[derive(Debug)]
struct Text {
    left: f64,
    right: f64,
    y: i32,
    words: String,
}

/// A tag's attribute.
fn attribute<'t>(tag: &'t str, name: &str) -> &'t str {
    let (_, value) = tag.split_once(&format!(" {name}=\"")).unwrap_or((tag, "\""));
    value.split('"').next().unwrap_or("")
}

fn number(tag: &str, name: &str) -> i32 {
    attribute(tag, name).parse().unwrap_or_else(|_| panic!("{name} of {tag}"))
}

fn tags<'s>(svg: &'s str, name: &'s str) -> impl Iterator<Item = (&'s str, &'s str)> {
    let begin = format!("<{name} ");
    svg.lines().filter_map(move |line| line.strip_prefix(begin.as_str())?.split_once('>'))
}

fn texts(svg: &str) -> Vec<Text> {
    let text = |(tag, more): (&str, &str)| {
        let tag = format!(" {tag}");
        let words = more.strip_suffix("</text>").expect("a line each");
        let words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        let words = words.replace("&#39;", "'").replace("&amp;", "&");
        let class = attribute(&tag, "class");
        let size = if class.contains("small") { 12.0 } else { 14.0 };
        let width = match class {
            "cause" => words.chars().map(bold).sum::<u32>() as f64 * 0.015,
            _ => words.chars().count() as f64 * 0.602 * size,
        };
        let x = f64::from(number(&tag, "x"));
        let left = match attribute(&tag, "text-anchor") {
            "middle" => x - width / 2.0,
            "end" => x - width,
            _ => x,
        };
        Text { left, right: left + width, y: number(&tag, "y"), words }
    };
    tags(svg, "text").map(text).collect()
}

#[track_caller]
fn assert_room(what: &str, trace: &Trace) {
    let svg = svg(trace);
    let head = svg.lines().next().unwrap();
    let (width, height) = (f64::from(number(head, "width")), number(head, "height"));
    let texts = texts(&svg);
    assert!(texts.len() > 5, "{what}: {svg}");
    for (nth, text) in texts.iter().enumerate() {
        let inside = text.left >= 0.0 && text.right <= width && (12..height).contains(&text.y);
        assert!(inside, "{what}: {text:?} leaves the edge, {width} by {height}");
        let beside =
            |other: &&Text| other.y == text.y && other.left < text.right && text.left < other.right;
        let on = texts[nth + 1..].iter().find(beside);
        assert!(on.is_none(), "{what}: {text:?} lies on {on:?}");
    }
    let mut widths = Vec::new();
    for (tag, _) in tags(&svg, "rect") {
        let tag = format!(" {tag}");
        if !attribute(&tag, "class").starts_with("box") {
            continue;
        }
        let (left, top) = (f64::from(number(&tag, "x")), number(&tag, "y"));
        let right = left + f64::from(number(&tag, "width"));
        let middle = (left + right) / 2.0;
        let own = texts.iter().find(|text| {
            (top..top + number(&tag, "height")).contains(&text.y)
                && ((text.left + text.right) / 2.0 - middle).abs() < 1.0
                && !text.words.is_empty()
        });
        let own = own.unwrap_or_else(|| panic!("{what}: an empty box: {tag}"));
        assert!(left + 4.0 < own.left && own.right < right - 4.0, "{what}: {own:?} in {tag}");
        widths.push(number(&tag, "width"));
    }
    widths.dedup();
    assert!(widths.len() <= 1, "{what}: boxes of unequal width, {widths:?}");
}

#[test]
fn text_has_room_in_the_pictures_of_the_list() {
    for (name, memory, size) in [
        ("racy", Memory::SequentiallyConsistent, Some([2, 1])),
        ("racy", Memory::SequentiallyConsistent, Some([3, 2])),
        ("mutex", Memory::SequentiallyConsistent, Some([2, 1])),
        ("actor", Memory::SequentiallyConsistent, Some([2, 1])),
        ("lock-order", Memory::SequentiallyConsistent, None),
        ("lost-wakeup", Memory::SequentiallyConsistent, None),
        ("store-buffering", Memory::Rc11, None),
    ] {
        let entry = list::all().find(|entry| entry.name == name).unwrap();
        for subject in entry.subjects().filter(list::Subject::is_modelled) {
            let subject = size.map_or(subject, |size| subject.sized(size));
            let explorer = Explorer::new().memory(memory).prove_up_to(0).max_executions(100);
            for outcome in explorer.explore(|| subject.run()).outcomes() {
                assert_room(&format!("{subject}"), outcome.example());
            }
        }
    }
}

#[test]
fn text_has_room_where_names_endings_and_panics_are_long() {
    let long = "the_number_of_all_requests_that_have_been_answered_so_far";
    let report = Explorer::new().explore(|| {
        let count = Arc::new(AtomicU64::named(long, 0));
        let lock = Arc::new(Mutex::named("a lock with a name that is not short either", 0));
        let threads: Vec<_> = (0..2)
            .map(|nth| {
                let (count, lock) = (Arc::clone(&count), Arc::clone(&lock));
                let body = move || {
                    let seen = count.load(SeqCst);
                    *lock.lock().unwrap() += nth;
                    count.store(seen + 1, SeqCst);
                };
                let name = format!("a worker with a long name, number {nth}");
                thread::Builder::new().name(name).spawn(body).unwrap()
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let count = count.load(SeqCst);
        assert_eq!(count, 2, "{}", "WWW MMM a message that goes on and on ".repeat(9));
        [long; 4]
    });
    for outcome in report.outcomes() {
        assert_room("long names", outcome.example());
    }
    let report = Explorer::new().explore(|| {
        let x = AtomicU64::new(0);
        assert_eq!(x.load(SeqCst), 1, "{}", "W".repeat(500));
    });
    assert_room("one long word", report.outcomes()[0].example());
}
