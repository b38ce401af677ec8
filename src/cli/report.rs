//! `racelab report`: the pages on which a reader steps through every interleaving.

use super::args::ReportArgs;
use super::out::{Out, say};
use super::progress::Progress;
use super::{Usage, Verdict, counters, graphs};
use racelab::counter::{LADDER, Rung};
use racelab::diagram::html::{self, Program, Race};
use std::fs;
use std::path::Path;

/// Threads and increments that a page offers; those that are too large for a counter are left out.
const SIZES: [(usize, usize); 4] = [(2, 1), (2, 2), (3, 1), (3, 2)];

/// A graph of more states than this would make the page slow to load.
const LARGEST: usize = 4_000;

/// Writes a page for each counter that the explorer can run, and an index.
pub fn run(args: &ReportArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let folder = Path::new(&args.out);
    fs::create_dir_all(folder).map_err(|error| {
        Usage::new(format!("cannot make the folder {}: {error}", folder.display()))
    })?;
    let rungs: Vec<_> = LADDER.iter().filter(|rung| rung.model.is_some()).collect();
    let races: Vec<_> = rungs.iter().map(|rung| race(rung)).collect();
    let programs = programs(&rungs)?;
    let mut written = vec![("index.html".to_owned(), html::index(&races))];
    for race in &races {
        written.push((format!("{}.html", race.name), html::page(race, &races, &programs)));
    }
    for (name, page) in &written {
        let file = folder.join(name);
        fs::write(&file, page)
            .map_err(|error| Usage::new(format!("cannot write {}: {error}", file.display())))?;
    }
    let pages = written.len();
    let index = folder.join("index.html");
    say!(out, "{pages} pages. Open {} in a browser.", index.display());
    Ok(Verdict::Kept)
}

fn race(rung: &'static Rung) -> Race<'static> {
    let Rung { name, title, summary, .. } = rung;
    Race { name, heading: title, summary, part: counters::part(rung) }
}

fn programs(rungs: &[&'static Rung]) -> Result<Vec<Program<'static>>, Usage> {
    let progress = Progress::start("every interleaving of every counter");
    let mut programs = Vec::new();
    for rung in rungs {
        progress.say(rung.name.to_owned());
        let mut graphs = Vec::new();
        for (threads, increments) in SIZES {
            let graph = graphs::graph(rung, threads, increments)?;
            graphs.extend(graph.filter(|graph| graph.states.len() <= LARGEST));
        }
        programs.push(Program {
            name: rung.name,
            kind: counters::part(rung),
            path: rung.path,
            source: rung.source,
            graphs,
        });
    }
    Ok(programs)
}
