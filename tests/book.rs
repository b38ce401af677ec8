//! The book's figures are what the code does.
//!
//! Whatever stands in `docs/src`, or in the README, between `<!-- generated: … -->` and `<!-- end -->` is made here,
//! from real explorations. A figure that is out of date fails the test; this writes it anew:
//!
//!     UPDATE=1 cargo test --test book

use racelab::counter::LADDER;
use racelab::explore::Memory;
use racelab::list::{self, Entry, Found, Matrix, Outcome, Role, Subject};
use racelab::{Explorer, Report, Trace, diagram, explore};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

#[path = "../examples/13_orderings.rs"]
#[allow(dead_code, reason = "its `main`")]
mod orderings;

#[path = "../examples/12_two_requests.rs"]
#[allow(dead_code, reason = "its `main`")]
mod two_requests;

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

fn pages() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("docs/src").expect("the book is in docs/src");
    let mut pages: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

#[test]
fn every_figure_is_what_the_code_does() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut figures = 0;
    for page in pages().into_iter().chain([PathBuf::from("README.md")]) {
        let old = std::fs::read_to_string(&page).unwrap();
        let new = regenerate(&old, &mut figures);
        if update && old != new {
            std::fs::write(&page, new).unwrap();
        } else {
            let page = page.display();
            assert!(old == new, "{page} is out of date:\n{}", first_difference(&old, &new));
        }
    }
    assert!(figures > 20, "only {figures} figures were found: are the markers still the same?");
}

#[test]
fn the_table_of_contents_names_every_page_and_nothing_else() {
    let contents = std::fs::read_to_string("docs/src/SUMMARY.md").unwrap();
    let linked = contents.lines().filter_map(|line| line.split_once("](")?.1.strip_suffix(')'));
    let mut linked: Vec<_> = linked.map(|page| Path::new("docs/src").join(page)).collect();
    linked.push("docs/src/SUMMARY.md".into());
    linked.sort();
    assert_eq!(linked, pages());
}

#[test]
fn links_between_pages_lead_somewhere() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let local = !link.starts_with("http") && link.ends_with(".md");
            assert!(!local || Path::new("docs/src").join(link).exists(), "{page:?}: {link}");
        }
    }
}

#[test]
fn every_rung_has_its_page() {
    let wrong = std::fs::read_to_string("docs/src/wrong-fixes.md").unwrap();
    for rung in LADDER {
        let page = format!("docs/src/{}.md", rung.name);
        let wrong_fix = rung.usual().role == Role::WrongFix;
        assert!(Path::new(&page).exists() || wrong_fix, "{page} is missing");
        assert!(!wrong_fix || wrong.contains(rung.name), "{} is not explained", rung.name);
    }
}

/// The page with every generated part made anew.
fn regenerate(page: &str, figures: &mut usize) -> String {
    let mut parts = page.split(BEGIN);
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (what, rest) = part.split_once(" -->\n").expect("a marker ends with `-->`");
        let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("{what}: no {END}"));
        write!(out, "{BEGIN}{what} -->\n{}{END}{after}", figure(what)).unwrap();
        *figures += 1;
    }
    out
}

/// One figure: `timeline racy 2 1 1` is how two threads with one increment each end at 1.
fn figure(what: &str) -> String {
    let words: Vec<_> = what.split(' ').collect();
    match words[..] {
        ["ladder"] => ladder(),
        ["variants", name] => variants(entry(name)),
        ["matrix"] => matrix().markdown(),
        ["matrix", "proofs"] => fenced("text", &matrix().proofs(80)),
        ["cures"] => fenced("text", &orderings::table().expect("the catalogue is explored")),
        ["program", name, program] => fenced("rust,ignore", &function(entry(name), program)),
        ["execution", name, case, outcome] => {
            fenced("text", &diagram::timeline(&execution(name, case, outcome)))
        }
        ["two", "requests"] => fenced("text", &two_requests::story()),
        ["source", name] => fenced("rust,ignore", &increment(entry(name))),
        ["file", path] => fenced("rust,ignore", &std::fs::read_to_string(path).expect(path)),
        ["verdict", name, threads, increments] => {
            fenced("text", &checked(name, threads, increments).to_string())
        }
        ["orderings", name, threads, increments] => {
            let subject = counter(name, threads, increments);
            let report = Explorer::new().memory(Memory::Rc11).explore(|| subject.run());
            fenced("text", &report.to_string())
        }
        ["timeline", name, threads, increments, outcome] => {
            let report = checked(name, threads, increments);
            fenced("text", &diagram::timeline(ended(&report, outcome).example()))
        }
        ["replay", name, threads, increments, schedule] => {
            fenced("text", &diagram::timeline(&replay(name, threads, increments, schedule)))
        }
        ["outcomes", name, ref sizes @ ..] => outcomes(name, sizes),
        _ => panic!("no figure is called {what:?}"),
    }
}

/// It is explored once, however many figures are made of it.
fn matrix() -> &'static Matrix {
    static MATRIX: OnceLock<Matrix> = OnceLock::new();
    MATRIX.get_or_init(|| Matrix::prove().expect("every race can be explored"))
}

fn entry(name: &str) -> &'static Entry {
    list::find(name).unwrap_or_else(|| panic!("no program is called {name:?}"))
}

/// A counter at a size.
fn counter(name: &str, threads: &str, increments: &str) -> Subject {
    entry(name).subject().sized([number(threads), number(increments)])
}

/// How a variant of a race, by number, ends in `[0,0]` or in `failure` under Rust's orderings.
fn execution(name: &str, variant: &str, outcome: &str) -> Trace {
    let race = entry(name);
    let variant = race.variant(variant).unwrap_or_else(|| panic!("{name} has no {variant}"));
    let explorer = Explorer::new().memory(Memory::Rc11);
    let report =
        Subject { variant, ..race.subject() }.check(&explorer).expect("it can be explored");
    ended(&report, outcome).example().clone()
}

/// The function of this name in the source of a race, up to its closing brace.
fn function(race: &Entry, name: &str) -> String {
    let lines = race.source.lines().skip_while(|line| !line.starts_with(&format!("fn {name}<")));
    let mut code: Vec<_> = lines.take_while(|line| *line != "}").collect();
    assert!(!code.is_empty(), "{} has no function {name}", race.name);
    code.push("}");
    code.join("\n")
}

fn checked(name: &str, threads: &str, increments: &str) -> Report<Outcome> {
    let subject = counter(name, threads, increments);
    explore(|| subject.run())
}

fn replay(name: &str, threads: &str, increments: &str, schedule: &str) -> Trace {
    let subject = counter(name, threads, increments);
    Explorer::replay(schedule, || subject.run())
}

fn number(word: &str) -> usize {
    word.parse().unwrap_or_else(|_| panic!("{word:?} is not a number"))
}

/// The outcome that a figure names: a value, or `failure`.
fn ended<'r>(report: &'r Report<Outcome>, outcome: &str) -> &'r racelab::Outcome<Outcome> {
    let mut outcomes = report.outcomes().iter();
    let found = match outcome {
        "failure" => report.failures().next(),
        value => outcomes.find(|o| o.result().is_ok_and(|seen| seen.is_meant_by(value))),
    };
    found.unwrap_or_else(|| panic!("nothing ends with {outcome}:\n{report}"))
}

/// The lines of `fn increment`, as they stand in the source.
fn increment(rung: &Entry) -> String {
    let lines = rung.source.lines().skip_while(|line| !line.contains("fn increment(&self)"));
    let mut code = String::new();
    for line in lines {
        code.push_str(line.strip_prefix("    ").unwrap_or(line));
        code.push('\n');
        if line.starts_with("    }") {
            break;
        }
    }
    code
}

fn fenced(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim_end())
}

/// A table: every variant, how it fares, why, and what it costs.
fn variants(race: &'static Entry) -> String {
    let row = matrix().rows.iter().find(|row| row.race == race.name).expect("it is in the matrix");
    let mut table = String::from("| | | why | cost |\n|---|---|---|---|\n");
    for variant in race.variants {
        let number = race.number(variant);
        let trial = row.trials.iter().find(|trial| trial.number == number);
        let mark = match trial.map(|trial| &trial.found) {
            Some(Found::Holds) => "✓",
            Some(Found::Fails { .. }) | None => "✗",
            Some(Found::Unproved) => "·",
        };
        let (name, why, cost) = (variant.name, variant.why, variant.cost);
        writeln!(table, "| {mark}{number} | {name} | {why} | {cost} |").unwrap();
    }
    table
}

fn ladder() -> String {
    let mut table = String::from("| counter | what it is | two threads |\n|---|---|---|\n");
    for rung in LADDER {
        let (page, promise) = match rung.usual().role {
            Role::Broken => (rung.name, "loses"),
            Role::WrongFix => ("wrong-fixes", "loses"),
            Role::Cure => (rung.name, "exact"),
        };
        writeln!(table, "| [{}]({page}.md) | {} | {promise} |", rung.name, rung.title).unwrap();
    }
    table
}

/// A table: threads × increments, and how many interleavings end at which count.
fn outcomes(name: &str, sizes: &[&str]) -> String {
    let mut table = String::from(
        "| threads × increments | interleavings | count: interleavings |\n|---|---|---|\n",
    );
    for size in sizes {
        let (threads, increments) = size.split_once('x').expect("a size is written 2x1");
        let report = checked(name, threads, increments);
        report.assert_complete();
        let counts = report.outcomes().iter().map(|outcome| {
            format!("{:?}: {}", outcome.result().unwrap(), outcome.interleavings().unwrap())
        });
        let counts = counts.collect::<Vec<_>>().join(", ");
        let all = report.interleavings().unwrap();
        writeln!(table, "| {threads} × {increments} | {all} | {counts} |").unwrap();
    }
    table
}

fn first_difference(old: &str, new: &str) -> String {
    let lines = old.lines().zip(new.lines()).enumerate();
    let found = lines.map(|(i, (old, new))| (i + 1, old, new)).find(|(_, old, new)| old != new);
    let (line, old, new) = found.unwrap_or((old.lines().count(), "", "(more lines)"));
    format!("  line {line}\n  old: {old}\n  new: {new}\n  UPDATE=1 cargo test --test book\n")
}
