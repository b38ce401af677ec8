//! `racelab report`: the pages on which a reader steps through everything that can happen.

use super::args::ReportArgs;
use super::limits::Bounds;
use super::out::{Out, say};
use super::progress::Progress;
use super::subject::{Subject, strongest_failing};
use super::{Usage, Verdict, counters, graphs, style};
use racelab::counter::{LADDER, Rung};
use racelab::diagram::html::{self, Program, Race};
use racelab::explore::Memory;
use racelab::race::{self, CATALOGUE};
use std::fs;
use std::path::Path;

/// Threads and increments that a page offers; those that are too large for a counter are left out.
const SIZES: [(usize, usize); 4] = [(2, 1), (2, 2), (3, 1), (3, 2)];

/// A graph of more states than this would make the page slow to load.
const LARGEST: usize = 4_000;

/// Writes a page for each counter that the explorer can run and for each race of orderings, and an
/// index.
pub fn run(args: &ReportArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let memory = Memory::from(args.memory);
    let folder = Path::new(&args.out);
    fs::create_dir_all(folder).map_err(|error| {
        Usage::new(format!("cannot make the folder {}: {error}", folder.display()))
    })?;
    let progress = Progress::start("everything that can happen in every program");
    let rungs: Vec<_> = LADDER.iter().filter(|rung| rung.model.is_some()).collect();
    let firsts: Vec<_> = CATALOGUE.iter().map(|race| first_case(race)).collect();
    let mut races: Vec<_> = rungs.iter().map(|rung| counter(rung)).collect();
    races.extend(CATALOGUE.iter().zip(&firsts).map(|(race, first)| ordering(race, first)));
    let counters = counters(&rungs, memory, &progress)?;
    let mut written = vec![("index.html".to_owned(), html::index(&races))];
    for race in &races {
        let page = match race::Race::named(race.name) {
            Some(ordering) => html::page(race, &races, &cases(ordering, memory, &progress)?),
            None => html::page(race, &races, &counters),
        };
        written.push((format!("{}.html", race.name), page));
    }
    for (name, page) in &written {
        let file = folder.join(name);
        fs::write(&file, page)
            .map_err(|error| Usage::new(format!("cannot write {}: {error}", file.display())))?;
    }
    drop(progress);
    let pages = written.len();
    let index = folder.join("index.html");
    say!(out, "{pages} pages. Open {} in a browser.", index.display());
    Ok(Verdict::Kept)
}

fn counter(rung: &'static Rung) -> Race<'static> {
    let Rung { name, title, summary, .. } = rung;
    let choices = ["Counter", "Threads × increments"];
    let part = counters::part(rung);
    Race { name, first: name, choices, heading: title, summary, part }
}

fn ordering<'r>(race: &'static race::Race, first: &'r str) -> Race<'r> {
    let race::Race { name, title, story, .. } = race;
    let choices = ["Orderings", "What a load may see"];
    Race { name, first, choices, heading: title, summary: story, part: "a race of orderings" }
}

/// The name of a case in links: that of its race, and its number.
fn case_name(race: &race::Race, at: usize) -> String {
    format!("{}-{}", race.name, at + 1)
}

/// The case that a page begins with.
fn first_case(race: &'static race::Race) -> String {
    let first = strongest_failing(race);
    let at = race.cases.iter().position(|case| case.name == first.name);
    case_name(race, at.unwrap_or_default())
}

fn counters<'r>(
    rungs: &[&'static Rung],
    memory: Memory,
    progress: &Progress,
) -> Result<Vec<Program<'r>>, Usage> {
    let program = |rung: &&'static Rung| {
        progress.say(rung.name.to_owned());
        let mut graphs = Vec::new();
        for (threads, increments) in SIZES {
            let subject = Subject::Counter { rung, threads, increments };
            graphs.extend(graphs::graph(&subject, memory, Bounds::of(&subject, LARGEST))?);
        }
        Ok(Program {
            name: rung.name.to_owned(),
            label: format!("{} ({})", rung.name, counters::part(rung)),
            command: style::command(&format!("show {}", rung.name)),
            path: rung.path,
            source: rung.source,
            graphs,
        })
    };
    rungs.iter().map(program).collect()
}

/// A race's cases, under both memories: the one asked for comes first.
fn cases<'r>(
    race: &'static race::Race,
    memory: Memory,
    progress: &Progress,
) -> Result<Vec<Program<'r>>, Usage> {
    let mut memories = [Memory::SequentiallyConsistent, Memory::Rc11];
    memories.sort_by_key(|other| *other != memory);
    let program = |(at, case): (usize, &'static race::Case)| {
        progress.say(format!("{}: {}", race.name, case.name));
        let mut graphs = Vec::new();
        for memory in memories {
            let subject = Subject::Case { race, case };
            graphs.extend(graphs::graph(&subject, memory, Bounds::of(&subject, LARGEST))?);
        }
        let verdict = if case.holds { "holds" } else { "fails" };
        Ok(Program {
            name: case_name(race, at),
            label: format!("{}: {verdict}", case.name),
            command: style::command(&format!("show {} --case {}", race.name, at + 1)),
            path: race.path,
            source: race.source,
            graphs,
        })
    };
    race.cases.iter().enumerate().map(program).collect()
}
