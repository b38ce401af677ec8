//! An exploration that is stopped and continued reports what an uninterrupted one does.

use racelab::counter::{CompareExchangeCounter, MutexCounter, RacyCounter, race};
use racelab::explore::ExploreError;
use racelab::primitives::Model;
use racelab::{Explorer, Reduction, Report};
use std::path::PathBuf;

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

    let older = String::from_utf8(before)
        .unwrap()
        .replace("checkpoint, version ", "checkpoint, version 0.0.");
    std::fs::write(&file, older).unwrap();
    let error = explorer.try_explore(|| race::<Model, RacyCounter<Model>>(2, 2)).unwrap_err();
    assert!(error.to_string().contains("another version"), "{error}");
    std::fs::remove_file(&file).unwrap();
}
