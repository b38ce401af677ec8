//! Who waits for whom at the end of a deadlock, drawn: a circle to be followed, or a chain that leads
//! to nobody.

use racelab::diagram::{Timeline, mermaid, svg};
use racelab::model::sync::{Condvar, Mutex, mpsc};
use racelab::model::thread;
use racelab::{Explorer, Trace, list};
use std::sync::Arc;

/// The first deadlock of a race as it is written.
fn deadlock(race: &str) -> Trace {
    let subject = list::find(race).unwrap().subject();
    let report = subject.check(&Explorer::new().prove_up_to(0)).unwrap();
    let stuck = report.failures().find(|failure| !failure.example().waiting().is_empty());
    stuck.expect("some interleaving stands still").example().clone()
}

/// The lines that draw who waits for whom, without the places.
fn drawn(trace: &Trace) -> Vec<String> {
    let picture = Timeline::new(trace).width(200).to_string();
    let lines = picture.lines().skip_while(|line| !line.starts_with("schedule"));
    let lines = lines.take_while(|line| !line.starts_with("  src/"));
    let without = |line: &str| {
        let words = line.split(' ').filter(|word| !word.starts_with("src/"));
        words.collect::<Vec<_>>().join(" ").replace(" at held", " held")
    };
    lines.map(without).collect()
}

/// How many arrows of the circle, and of what leads to it or to nobody, the SVG has.
fn arrows(trace: &Trace) -> (usize, usize) {
    let picture = svg(trace);
    let count = |class: &str| picture.matches(&format!("<path class=\"{class}\"")).count();
    (count("over"), count("awaits"))
}

#[test]
fn two_transfers_wait_in_a_circle() {
    let trace = deadlock("lock-order");
    let circle = [
        "schedule AB: deadlock: each waits for the next, and the last for the first",
        "  ┌─▶ A waits for mutex account 2 at held by B since",
        "  │   ▼",
        "  │   B waits for mutex account 1 at held by A since",
        "  └───┘",
        "      M waits for thread A to end at",
    ];
    assert_eq!(drawn(&trace), circle.map(|line| line.replace(" at held", " held")));
    assert_eq!(arrows(&trace), (2, 0));
    let mermaid = mermaid(&trace);
    assert!(mermaid.contains("A--)B: waits for account 2"), "{mermaid}");
    assert!(mermaid.contains("B--)A: waits for account 1"), "{mermaid}");
}

#[test]
fn three_philosophers_wait_in_a_circle() {
    let trace = deadlock("dining-philosophers");
    let lines = drawn(&trace);
    let threads: Vec<_> = lines.iter().filter(|line| line.contains("fork")).collect();
    assert_eq!(threads.len(), 3, "{lines:?}");
    assert!(
        threads[0].starts_with("  ┌─▶ A") && threads[2].ends_with("held by A since"),
        "{lines:?}"
    );
    assert_eq!(lines.iter().filter(|line| *line == "  │   ▼").count(), 2);
    assert_eq!(arrows(&trace), (3, 0));
}

#[test]
fn who_holds_what_it_waits_for_waits_for_itself_and_others_wait_for_it() {
    let trace = deadlock("self-deadlock");
    let lines = drawn(&trace);
    assert!(lines[0].ends_with("deadlock: a thread waits for itself"), "{lines:?}");
    assert_eq!(lines[1], "  ┌─▶ A waits for mutex door held by itself since");
    assert_eq!(lines[2], "  └───┘");
    assert!(
        lines.contains(&"      B waits for mutex door held by A since".to_owned()),
        "{lines:?}"
    );
    assert_eq!(arrows(&trace), (1, 1));
}

#[test]
fn who_alone_could_empty_a_full_channel_waits_for_itself() {
    let lines = drawn(&deadlock("full-channel"));
    assert!(lines[0].ends_with("a thread waits for itself"), "{lines:?}");
    assert!(
        lines[1].ends_with("it is full, and only the one who waits takes messages out"),
        "{lines:?}"
    );
}

#[test]
fn who_missed_the_signal_waits_for_nobody() {
    let trace = deadlock("lost-wakeup");
    let lines = drawn(&trace);
    assert!(lines[0].ends_with("nobody is left who could change that"), "{lines:?}");
    let missed = "the signal of step 4 came before it fell asleep at step 5";
    assert!(lines[3].contains("A waits for condvar finished"), "{lines:?}");
    assert!(lines[3].ends_with(missed), "{lines:?}");
    assert_eq!(lines[4], "      ▼ nobody");
    assert_eq!(arrows(&trace), (0, 1));
    assert!(svg(&trace).contains(">nobody</text>"));
}

#[test]
fn the_circle_fits_a_terminal_and_can_be_drawn_in_ascii() {
    for race in
        ["lock-order", "dining-philosophers", "self-deadlock", "full-channel", "lost-wakeup"]
    {
        let trace = deadlock(race);
        let picture = Timeline::new(&trace).width(80).to_string();
        assert!(picture.lines().all(|line| line.chars().count() <= 80), "{picture}");
        let what = trace.waiting().iter().find(|waiting| waiting.holder.is_some());
        let name = what.and_then(|waiting| waiting.what.strip_prefix("mutex "));
        let cells = picture.lines().find(|line| line.trim_start().starts_with('✗')).unwrap();
        assert!(name.is_none_or(|name| cells.contains(name)), "{race}: {cells}");
        assert!(Timeline::new(&trace).ascii(true).to_string().is_ascii(), "{race}");
    }
}

/// The sentences about who waits, of the first deadlock of a program.
fn told<T: std::fmt::Debug + Ord + Clone + Send>(program: impl Fn() -> T + Send + Sync) -> String {
    let report = Explorer::new().prove_up_to(0).explore(program);
    let stuck = report.failures().next().expect("some interleaving stands still");
    mermaid(stuck.example())
}

/// Somebody waits for the bell.
fn sleeper(bell: &Arc<(Mutex<()>, Condvar)>) -> thread::JoinHandle<()> {
    let bell = Arc::clone(bell);
    thread::spawn(move || {
        let guard = bell.0.lock().unwrap();
        drop(bell.1.wait(guard).unwrap());
    })
}

fn bell() -> Arc<(Mutex<()>, Condvar)> {
    Arc::new((Mutex::new(()), Condvar::named("bell")))
}

#[test]
fn where_a_signal_went_is_said() {
    let nobody_rings = told(|| sleeper(&bell()).join().unwrap());
    assert!(nobody_rings.contains("waits for condvar bell"), "{nobody_rings}");
    assert!(nobody_rings.contains(": nobody has sent a signal"), "{nobody_rings}");

    let both_sleep = Explorer::replay("AABB", || {
        let bell = bell();
        let sleepers = [sleeper(&bell), sleeper(&bell)];
        bell.1.notify_one();
        sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    });
    let one_wakes = mermaid(&both_sleep);
    assert!(one_wakes.contains(": the signal of step 5 woke another"), "{one_wakes}");
}

#[test]
fn an_empty_channel_that_is_still_open_is_waited_for_in_vain() {
    let text = told(|| {
        let (sender, receiver) = mpsc::channel::<()>();
        let _ = receiver.recv();
        drop(sender);
    });
    assert!(text.contains(": it is empty, and nobody sends any more"), "{text}");
}

#[test]
fn a_full_channel_that_nobody_reads_is_waited_for_in_vain() {
    let text = told(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        drop(receiver);
    });
    assert!(text.contains(": it is full, and nobody has taken anything out"), "{text}");
}
