//! The verdict on every variant of every race, exactly: outcomes, how many interleavings or
//! executions end in each, one way to each, and the sentences that name the cause. loom's verdict
//! stands beside it.
//!
//! `tests/verdicts/` has them, a file an entry. One that no longer says what the engines find fails
//! the test; this writes it anew, to be read before it is kept:
//!
//!     UPDATE=1 cargo test --test verdicts

use racelab::diagram::causes;
use racelab::explore::{Explorer, Memory};
use racelab::list::{Entry, Outcome, PARTS, Role, Subject};
use racelab::report::{Failure, Report, counted, grouped};
use racelab::{LoomExplorer, Trace};
use std::fmt::Write;
use std::path::Path;

/// loom runs many executions for each interleaving: it is stopped after these.
const LOOM_RUNS: u64 = 500;

/// The races; the counters are held to their promises at several sizes by `tests/ladder_promises.rs`.
fn races() -> impl Iterator<Item = &'static Entry> {
    let parts = PARTS.iter().filter(|part| !part.side_by_side);
    parts.flat_map(|part| part.entries.iter().copied())
}

#[test]
fn every_verdict_is_what_the_engines_find() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut stale = Vec::new();
    for entry in races() {
        let file = Path::new("tests/verdicts").join(format!("{}.txt", entry.name));
        let found = verdicts(entry);
        let known = std::fs::read_to_string(&file).unwrap_or_default();
        if found != known && update {
            std::fs::write(&file, found).unwrap();
        } else if found != known {
            let lines = found.lines().map(Some).chain(std::iter::repeat(None));
            let differs = lines.zip(known.lines().map(Some).chain([None])).find(|(a, b)| a != b);
            stale.push(format!(
                "{}:\n  now   {:?}\n  known {:?}",
                entry.name,
                differs.unwrap().0,
                differs.unwrap().1
            ));
        }
    }
    assert!(stale.is_empty(), "UPDATE=1 writes them anew:\n{}", stale.join("\n"));
}

#[test]
fn every_file_is_about_an_entry() {
    for file in std::fs::read_dir("tests/verdicts").unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(races().any(|entry| entry.name == name), "{name} is on no list");
    }
}

/// All that is known of an entry's variants.
fn verdicts(entry: &'static Entry) -> String {
    let mut text = format!("{}\nmust not be: {}\n", entry.title, entry.forbidden);
    for subject in entry.subjects() {
        let role = match subject.variant.role {
            Role::Broken => "broken",
            Role::WrongFix => "wrong fix",
            Role::Cure => "cure",
        };
        let number = entry.number(subject.variant);
        writeln!(text, "\n{number}. {} ({role})", subject.variant.name).unwrap();
        if !subject.is_modelled() {
            text.push_str("  on real threads only\n");
            continue;
        }
        text.push_str(&explored(subject, Memory::SequentiallyConsistent));
        text.push_str(&explored(subject, Memory::Rc11));
        text.push_str(&under_loom(subject));
    }
    text
}

fn explored(subject: Subject, memory: Memory) -> String {
    let report = subject.check(&Explorer::new().memory(memory).prove_by_states(true)).unwrap();
    report.assert_complete();
    let count = match report.interleavings() {
        Some(n) => format!("{} ({})", counted(n, "interleaving"), report.proof().name()),
        None => counted(report.executions().into(), "execution"),
    };
    let mut text = format!("  {}: {count}\n", memory.name());
    for outcome in report.outcomes() {
        let ways = outcome.interleavings().unwrap_or(outcome.executions().into());
        let (grade, why) = (outcome.grade().name(), outcome.description().unwrap());
        let ending = ending(outcome.result());
        writeln!(text, "    {ending}: {} {grade}, {why}", grouped(ways)).unwrap();
        text.push_str(&example(outcome.example()));
    }
    text
}

/// One way to an outcome, and what went wrong on it.
fn example(trace: &Trace) -> String {
    let mut text = format!("      {}\n", trace.schedule());
    let cycle = trace.cycle().map(|cycle| cycle.lines().to_vec()).unwrap_or_default();
    for sentence in causes(trace).iter().chain(&cycle) {
        writeln!(text, "        {sentence}").unwrap();
    }
    text
}

fn under_loom(subject: Subject) -> String {
    let Some(run) = subject.variant.runs.loom else { return "  loom: cannot run it\n".into() };
    let loom = LoomExplorer::new().max_executions(LOOM_RUNS);
    let report = match loom.try_explore(move || subject.run_as(run)) {
        Ok(report) => report,
        Err(error) => return format!("  loom: {error}\n"),
    };
    let endings: Vec<_> = endings(&report);
    let stopped = match report.executions() {
        LOOM_RUNS => format!(" (stopped after {})", grouped(LOOM_RUNS.into())),
        _ => String::new(),
    };
    format!("  loom: {}{stopped}\n", endings.join("; "))
}

/// The different endings, values first.
fn endings(report: &Report<Outcome>) -> Vec<String> {
    let mut endings: Vec<_> =
        report.outcomes().iter().map(|outcome| short(outcome.result())).collect();
    endings.dedup();
    endings
}

fn ending(result: Result<&Outcome, &Failure>) -> String {
    result.map_or_else(Failure::to_string, Outcome::words)
}

fn short(result: Result<&Outcome, &Failure>) -> String {
    result.map_or_else(|failure| failure.name().to_owned(), Outcome::words)
}
