//! An exploration that is stopped and continued reports what an uninterrupted one does.

use racelab::counter::{CompareExchangeCounter, MutexCounter, RacyCounter, race};
use racelab::explore::ExploreError;
use racelab::primitives::Model;
use racelab::{Explorer, Reduction, Report};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// What is explored.
type Program = fn() -> u64;

fn file(name: &str) -> PathBuf {
    let file = std::env::temp_dir().join(format!("racelab-{}-{name}.json", std::process::id()));
    let _ = std::fs::remove_file(&file);
    file
}

fn digits(report: &Report<u64>) -> String {
    let outcomes: Vec<_> = report
        .outcomes()
        .iter()
        .map(|o| (o.result().ok(), o.executions(), o.interleavings(), o.example().schedule()))
        .collect();
    let whole = (report.executions(), report.redundant(), report.interleavings());
    format!("{whole:?} {:?} {} {outcomes:?}", report.proof(), report.is_complete())
}

/// Explores in bites of `bite` executions; returns the last report and the number of runs.
fn in_bites(explorer: Explorer, bite: u64, program: Program) -> (Report<u64>, usize) {
    for runs in 1.. {
        let report = explorer.clone().max_executions(bite).explore(program);
        if report.is_complete() {
            return (report, runs);
        }
    }
    unreachable!()
}

#[test]
fn bite_by_bite_gives_the_same_report_to_the_last_digit() {
    let programs: [(&str, Program, u64); 4] = [
        ("racy22", || race::<Model, RacyCounter<Model>>(2, 2), 1),
        ("racy31", || race::<Model, RacyCounter<Model>>(3, 1), 7),
        ("mutex22", || race::<Model, MutexCounter<Model>>(2, 2), 2),
        ("exchange22", || race::<Model, CompareExchangeCounter<Model>>(2, 2), 5),
    ];
    for reduction in [Reduction::Dpor, Reduction::None] {
        for (name, program, bite) in programs {
            let whole = Explorer::new().reduction(reduction).explore(program);
            let file = file(&format!("{name}-{reduction:?}"));
            let explorer = Explorer::new().reduction(reduction).checkpoint(&file);
            let (report, runs) = in_bites(explorer, bite, program);
            assert!(runs > 1, "{name} was never stopped");
            assert_eq!(digits(&report), digits(&whole), "{name}");
            assert!(!file.exists(), "a finished exploration leaves no checkpoint");
        }
    }
}

#[test]
fn a_checkpoint_of_another_program_is_refused_and_kept() {
    let file = file("other");
    let stopped = Explorer::new().checkpoint(&file).max_executions(3);
    stopped.explore(|| race::<Model, RacyCounter<Model>>(2, 2));
    let before = std::fs::read(&file).unwrap();
    let explorer = Explorer::new().checkpoint(&file);
    let error = explorer.try_explore(|| race::<Model, RacyCounter<Model>>(3, 1)).unwrap_err();
    let ExploreError::Checkpoint(why) = &error else { panic!("{error}") };
    assert!(why.contains("another program"), "{why}");
    assert_eq!(std::fs::read(&file).unwrap(), before, "nothing is lost");

    std::fs::write(&file, "{}").unwrap();
    let error = explorer.try_explore(|| race::<Model, RacyCounter<Model>>(2, 2)).unwrap_err();
    assert!(error.to_string().contains("not one of racelab's"), "{error}");

    let older = String::from_utf8(before).unwrap();
    let older = older.replacen("checkpoint, version ", "checkpoint, version 0.0.", 1);
    std::fs::write(&file, older).unwrap();
    let error = explorer.try_explore(|| race::<Model, RacyCounter<Model>>(2, 2)).unwrap_err();
    assert!(error.to_string().contains("another version"), "{error}");
    std::fs::remove_file(&file).unwrap();
}

fn racy22() -> u64 {
    race::<Model, RacyCounter<Model>>(2, 2)
}

/// The refusal of an exploration with this checkpoint, and how often it has run the program.
fn refused(file: &std::path::Path) -> (String, usize) {
    let runs = AtomicUsize::new(0);
    let explored = Explorer::new().checkpoint(file).try_explore(|| {
        runs.fetch_add(1, Relaxed);
        racy22()
    });
    match explored {
        Err(ExploreError::Checkpoint(why)) => (why, runs.into_inner()),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn wherever_a_bit_is_flipped_the_checkpoint_is_refused_in_one_line() {
    let file = file("flipped");
    Explorer::new().checkpoint(&file).max_executions(9).explore(racy22);
    let whole = std::fs::read(&file).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&file, &damaged).unwrap();
        let (why, _) = refused(&file);
        assert!(
            why.lines().count() == 1 && why.contains("remove it, or name another file"),
            "{why}"
        );
    }
    std::fs::write(&file, &whole).unwrap();
    let report = Explorer::new().checkpoint(&file).explore(racy22);
    assert_eq!((report.interleavings(), report.is_complete()), (Some(70), true));
}

#[test]
fn nothing_of_anybody_elses_is_touched_and_nothing_is_left_behind() {
    let folder = file("folder").with_extension("d");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    for name in ["data.part", "data.lock", "data.tmp"] {
        std::fs::write(folder.join(name), "mine").unwrap();
    }
    let file = folder.join("data.json");
    Explorer::new().checkpoint(&file).max_executions(9).explore(racy22);
    let names = || {
        let entries = std::fs::read_dir(&folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(), ["data.json", "data.lock", "data.part", "data.tmp"]);
    Explorer::new().checkpoint(&file).explore(racy22);
    assert_eq!(names(), ["data.lock", "data.part", "data.tmp"]);
    assert_eq!(std::fs::read(folder.join("data.part")).unwrap(), b"mine");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_cannot_be_written_is_noticed_before_anything_is_run() {
    let nowhere = std::env::temp_dir().join("racelab-no-such-folder/data.json");
    for path in [nowhere, std::env::temp_dir(), PathBuf::new(), PathBuf::from("..")] {
        let (why, runs) = refused(&path);
        assert_eq!(runs, 0, "{why}");
        assert_eq!(why.lines().count(), 1, "{why}");
    }
    let (why, _) = refused(std::path::Path::new("no\nsuch/\u{1b}[31mfolder"));
    assert!(why.contains("the checkpoint no\\nsuch/\\u{1b}[31mfolder cannot be written"), "{why}");
}

#[test]
fn two_explorations_do_not_share_a_checkpoint() {
    let file = file("shared");
    let inner = file.clone();
    let met = AtomicBool::new(false);
    Explorer::new().checkpoint(&file).max_executions(9).explore(|| {
        if !met.swap(true, Relaxed) {
            let (why, runs) = std::thread::scope(|s| s.spawn(|| refused(&inner)).join().unwrap());
            assert!(why.contains("in use by another exploration"), "{why}");
            assert_eq!(runs, 0);
        }
        racy22()
    });
    let report = Explorer::new().checkpoint(&file).explore(racy22);
    assert_eq!(report.interleavings(), Some(70), "the other one has changed nothing");
}

#[test]
fn an_exploration_that_is_called_off_keeps_what_there_is() {
    let file = file("called-off");
    let enough = Arc::new(AtomicBool::new(false));
    let stopping = Explorer::new().checkpoint(&file).stop_when(Arc::clone(&enough));
    let runs = AtomicUsize::new(0);
    let part = stopping.explore(|| {
        if runs.fetch_add(1, Relaxed) == 10 {
            enough.store(true, Relaxed);
        }
        racy22()
    });
    assert!(!part.is_complete() && part.executions() < 34, "{part}");
    assert!(part.interleavings() > Some(0));
    let rest = Explorer::new().checkpoint(&file).explore(racy22);
    assert_eq!(digits(&rest), digits(&Explorer::new().explore(racy22)));
}
