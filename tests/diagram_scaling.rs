//! Drawing takes work in proportion to the steps: twice the trace, twice the work and no more.
//!
//! Work is counted, not timed: the bytes that are allocated. What allocates nothing shows in processor
//! time, where the square of the steps is told from their number with much room between; that takes long
//! traces, so `cargo test` leaves it out, and `RACELAB_LONG=1` does it.

use racelab::Trace;
use racelab::diagram::{Timeline, causes, json, mermaid, page, svg};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::Write;

/// The system's allocator, which counts for each thread: tests run side by side.
struct Counting;

thread_local! {
    static BYTES: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed on to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.with(|bytes| bytes.set(bytes.get() + layout.size() as u64));
        // SAFETY: by the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One step: thread, action, object, and what else is said of it.
type Step = (usize, &'static str, usize, String);

/// The trace as it would be written; the objects are of this kind.
fn trace(kind: &str, objects: usize, steps: &[Step]) -> Trace {
    let list = |items: Vec<String>| items.join(",");
    let threads = (0..4).map(|id| format!(r#"{{"id":{id},"name":null}}"#)).collect();
    let object = |id: usize| {
        let initial = if kind == "mutex" { "null" } else { r#"{"unsigned":0}"# };
        format!(r#"{{"name":"x{id}","kind":"{kind}","initial":{initial}}}"#)
    };
    let step = |(thread, action, object, more): &Step| {
        format!(
            r#"{{"thread":{thread},"action":"{action}","object":{object},"mutex":null,
               "order":null,"read":{{"unsigned":1}},"written":{{"unsigned":2}},"choice":null,
               "place":{{"file":"no.rs","line":{thread},"column":1}},"operation":0{more}}}"#
        )
    };
    let mut text = String::from(r#"{"format":"racelab-trace","version":1,"trace":{"threads":["#);
    let objects = (0..objects).map(object).collect();
    let steps = steps.iter().map(step).collect();
    let _ = write!(text, r#"{}],"objects":[{}],"#, list(threads), list(objects));
    let _ = write!(text, r#""steps":[{}],"ending":"returned 1"}}}}"#, list(steps));
    json::read(&text).expect("it is a trace")
}

fn step(thread: usize, action: &'static str, object: usize) -> Step {
    (thread, action, object, String::new())
}

/// Traces of about so many steps, each of which was slow to draw in a way of its own.
fn traces(steps: usize) -> Vec<(&'static str, Trace)> {
    let rounds = steps / 6;
    let all = |action: &'static str| (1..=3).map(move |thread| step(thread, action, 0));
    let pairs = |first: &'static str, second: &'static str| -> Vec<Step> {
        (0..rounds).flat_map(|_| all(first).chain(all(second))).collect()
    };
    let one_overwrites_all = || {
        let between = (0..steps).map(|_| step(2, "store", 0));
        [step(1, "load", 0)].into_iter().chain(between).chain([step(1, "store", 0)])
    };
    // The second thread ends at once: whoever looks for its next step looks in vain.
    let one_ends =
        || [step(2, "load", 0)].into_iter().chain((0..steps).map(|_| step(1, "load", 0)));
    let stale = |i: usize| (3, "load", 0, format!(r#","stale":{}"#, i / 2));
    let read_late =
        || (0..steps).map(|i| if i % 2 == 0 { step(1, "store", 0) } else { stale(i - 1) });
    let alone = (0..steps).map(|_| (0, "load", 0, r#","alone":true"#.to_owned()));
    let many = (0..steps).map(|i| step(1 + i % 3, "store", i));
    let locked = (0..steps).map(|i| step(1 + i / 2 % 3, ["lock", "unlock"][i % 2], 0));
    vec![
        ("racy", trace("atomic", 1, &pairs("load", "store"))),
        ("plain", trace("cell", 1, &pairs("cell_read", "cell_write"))),
        ("one overwrites all", trace("atomic", 1, &one_overwrites_all().collect::<Vec<_>>())),
        ("one ends", trace("atomic", 1, &one_ends().collect::<Vec<_>>())),
        ("read late", trace("atomic", 1, &read_late().collect::<Vec<_>>())),
        ("alone", trace("atomic", 1, &alone.collect::<Vec<_>>())),
        ("many objects", trace("atomic", steps, &many.collect::<Vec<_>>())),
        ("locked", trace("mutex", 1, &locked.collect::<Vec<_>>())),
    ]
}

type Drawing = fn(&Trace) -> String;

const DRAWINGS: [(&str, Drawing); 7] = [
    ("timeline", |trace| Timeline::new(trace).to_string()),
    ("full", |trace| Timeline::new(trace).fold_above(usize::MAX).to_string()),
    ("svg", svg),
    ("page", page),
    ("mermaid", mermaid),
    ("json", json::write),
    ("causes", |trace| causes(trace).join("\n")),
];

fn bytes(draw: Drawing, trace: &Trace) -> u64 {
    let before = BYTES.get();
    let drawn = draw(trace);
    assert!(!drawn.contains('\u{1b}'));
    BYTES.get() - before
}

/// Is there time for long traces?
fn is_long() -> bool {
    std::env::var_os("RACELAB_LONG").is_some()
}

#[test]
fn twice_the_steps_take_twice_the_work() {
    let steps = if is_long() { 1_500 } else { 1_000 };
    for ((name, small), (_, large)) in traces(steps).into_iter().zip(traces(2 * steps)) {
        for (format, draw) in DRAWINGS {
            let (once, twice) = (bytes(draw, &small), bytes(draw, &large));
            // Tables grow by doubling, so a little more than twice is still in proportion.
            let most = once * 5 / 2 + 100_000;
            assert!(twice <= most, "{name} as {format}: {once} bytes, then {twice}");
        }
    }
}

/// The processor time that this thread has used so far: the machine may be busy with other things.
#[cfg(unix)]
fn processor_time() -> std::time::Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes the time through the pointer, which is that of a local variable.
    let told = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(told, 0, "every system has this clock");
    std::time::Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(unix)]
#[test]
fn four_times_the_steps_take_no_more_than_nine_times_the_time() {
    let time = |draw: Drawing, trace: &Trace| {
        let before = processor_time();
        draw(trace);
        processor_time() - before
    };
    if !is_long() {
        return;
    }
    for ((name, small), (_, large)) in traces(1_000).into_iter().zip(traces(4_000)) {
        for (format, draw) in DRAWINGS {
            // In proportion it is four times, the square would be sixteen. Whoever was disturbed
            // tries again.
            let tries = (0..5).map(|_| (time(draw, &small), time(draw, &large)));
            let told: Vec<_> =
                tries.take_while(|(once, fourfold)| *fourfold >= *once * 9).collect();
            assert!(told.len() < 5, "{name} as {format}: {told:?}");
        }
    }
}
