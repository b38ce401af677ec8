//! The book's figures are what the code does.
//!
//! Whatever stands in `docs/src` between `<!-- generated: … -->` and `<!-- end -->` is made here,
//! from real explorations. A figure that is out of date fails the test; this writes it anew:
//!
//!     UPDATE=1 cargo test --test book

use racelab::counter::{LADDER, Program, Promise, Rung};
use racelab::explore::Memory;
use racelab::race::Race;
use racelab::{Explorer, Outcome, Report, Trace, diagram, explore};
use std::fmt::Write;
use std::path::{Path, PathBuf};

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
    for page in pages() {
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
        assert!(Path::new(&page).exists() || rung.wrong_fix, "{page} is missing");
        assert!(!rung.wrong_fix || wrong.contains(rung.name), "{} is not explained", rung.name);
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
        ["cures"] => fenced("text", &orderings::table().expect("the catalogue is explored")),
        ["program", name, program] => fenced("rust,ignore", &function(race(name), program)),
        ["execution", name, case, outcome] => {
            fenced("text", &diagram::timeline(&execution(race(name), number(case), outcome)))
        }
        ["two", "requests"] => fenced("text", &two_requests::story()),
        ["source", name] => fenced("rust,ignore", &increment(rung(name))),
        ["file", path] => fenced("rust,ignore", &std::fs::read_to_string(path).expect(path)),
        ["verdict", name, threads, increments] => {
            fenced("text", &checked(name, threads, increments).to_string())
        }
        ["orderings", name, threads, increments] => {
            let (threads, increments) = (number(threads), number(increments));
            let explorer = Explorer::new().memory(Memory::Rc11);
            let report = explorer.explore(|| program(name)(threads, increments));
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

fn rung(name: &str) -> &'static Rung {
    Rung::named(name).unwrap_or_else(|| panic!("no counter is called {name:?}"))
}

fn race(name: &str) -> &'static Race {
    Race::named(name).unwrap_or_else(|| panic!("no race is called {name:?}"))
}

/// How a case of a race, by number, ends in `[0, 0]` or in `failure` under Rust's orderings.
fn execution(race: &Race, case: usize, outcome: &str) -> Trace {
    let explorer = Explorer::new().memory(Memory::Rc11);
    let report = race.check(&race.cases[case - 1], &explorer).expect("it can be explored");
    let ends = |other: &&Outcome<Vec<u64>>| match other.result() {
        Ok(seen) => format!("{seen:?}").replace(' ', "") == outcome,
        Err(_) => outcome == "failure",
    };
    let found = report.outcomes().iter().find(ends);
    let found = found.unwrap_or_else(|| panic!("nothing ends with {outcome}:\n{report}"));
    found.example().clone()
}

/// The function of this name in the source of a race, up to its closing brace.
fn function(race: &Race, name: &str) -> String {
    let lines = race.source.lines().skip_while(|line| !line.starts_with(&format!("fn {name}<")));
    let mut code: Vec<_> = lines.take_while(|line| *line != "}").collect();
    assert!(!code.is_empty(), "{} has no function {name}", race.name);
    code.push("}");
    code.join("\n")
}

fn program(name: &str) -> Program {
    rung(name).model.unwrap_or_else(|| panic!("{name} runs on real threads only"))
}

fn checked(name: &str, threads: &str, increments: &str) -> Report<u64> {
    let (program, threads, increments) = (program(name), number(threads), number(increments));
    explore(move || program(threads, increments))
}

fn replay(name: &str, threads: &str, increments: &str, schedule: &str) -> Trace {
    let (program, threads, increments) = (program(name), number(threads), number(increments));
    Explorer::replay(schedule, move || program(threads, increments))
}

fn number(word: &str) -> usize {
    word.parse().unwrap_or_else(|_| panic!("{word:?} is not a number"))
}

/// The outcome that a figure names: a value, or `failure`.
fn ended<'r>(report: &'r Report<u64>, outcome: &str) -> &'r Outcome<u64> {
    let found = match outcome {
        "failure" => report.failures().next(),
        value => report.outcome(&(number(value) as u64)),
    };
    found.unwrap_or_else(|| panic!("nothing ends with {outcome}:\n{report}"))
}

/// The lines of `fn increment`, as they stand in the source.
fn increment(rung: &Rung) -> String {
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

fn ladder() -> String {
    let mut table = String::from("| counter | what it is | two threads |\n|---|---|---|\n");
    for rung in LADDER {
        let page = if rung.wrong_fix { "wrong-fixes" } else { rung.name };
        let promise = match rung.promise {
            Promise::Loses => "loses",
            Promise::Exact => "exact",
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
            format!("{}: {}", outcome.result().unwrap(), outcome.interleavings().unwrap())
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
