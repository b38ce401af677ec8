//! `racelab report`: the pages on which a reader steps through everything that can happen.

use super::args::ReportArgs;
use super::folder::Folder;
use super::limits::Bounds;
use super::out::{Out, say};
use super::progress::Progress;
use super::subject::{typed, verdict};
use super::usage::one_line;
use super::{Usage, Verdict, graphs, style};
use racelab::diagram::html::{self, Program, Race};
use racelab::explore::Memory;
use racelab::list::{Entry, PARTS, Part, Size, Subject};
use racelab::report::capital;

/// A graph of more states than this would make the page slow to load.
const LARGEST: usize = 4_000;

/// An entry that has a page, with the program it begins with and the part of the index it stands in.
struct Page {
    entry: &'static Entry,
    part: &'static Part,
    first: String,
    section: &'static str,
    /// What its programs are called, and what tells the graphs of one apart.
    choices: [String; 2],
}

/// Writes a page for each entry that the explorer can run, and an index.
pub fn run(args: &ReportArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let memory = Memory::from(args.memory);
    let folder = Folder::open(&args.out)?;
    let progress = Progress::start("everything that can happen in every program");
    let pages: Vec<_> = PARTS.iter().flat_map(pages).collect();
    let races: Vec<_> = pages.iter().map(race).collect();
    let mut written = vec![("index.html".to_owned(), html::index(&races))];
    for part in PARTS {
        let of_part =
            || pages.iter().zip(&races).filter(|(page, _)| page.part.heading == part.heading);
        let mut shared = Vec::new();
        if part.side_by_side {
            for (page, _) in of_part() {
                shared.extend(programs(page.entry, memory, &progress)?);
            }
        }
        for (page, race) in of_part() {
            let own =
                if part.side_by_side { &shared } else { &programs(page.entry, memory, &progress)? };
            written.push((format!("{}.html", race.name), html::page(race, &races, own)));
        }
    }
    let index = folder.index();
    folder.publish(&written)?;
    drop(progress);
    let pages = written.len();
    let index = one_line(&index.display().to_string(), usize::MAX);
    say!(out, "{pages} pages. Open {index} in a browser.");
    Ok(Verdict::Kept)
}

/// The pages of a part.
fn pages(part: &'static Part) -> impl Iterator<Item = Page> {
    let modelled = part.entries.iter().filter(|entry| entry.subject().is_modelled());
    modelled.map(move |entry| {
        let subject = entry.subject();
        let section = if part.side_by_side { verdict(&subject) } else { part.heading };
        let sizes: Vec<_> = entry.parameters.iter().map(|parameter| parameter.name).collect();
        let shapes = if sizes.is_empty() { "what a load may see" } else { &sizes.join(" × ") };
        let choices = [capital(part.variant), capital(shapes)];
        Page { entry, part, first: name(&subject), section, choices }
    })
}

fn race(page: &Page) -> Race<'_> {
    let Entry { name, title, story, .. } = page.entry;
    let [programs, shapes] = &page.choices;
    Race {
        name,
        first: &page.first,
        choices: [programs, shapes],
        heading: title,
        summary: story,
        part: page.section,
    }
}

/// What a program is called in links: as its entry, with its number where there are several.
fn name(subject: &Subject) -> String {
    match subject.entry.variants {
        [_] => subject.entry.name.to_owned(),
        _ => format!("{}-{}", subject.entry.name, subject.entry.number(subject.variant)),
    }
}

/// The variants of an entry, at each size that pages offer, or under each memory.
fn programs<'r>(
    entry: &'static Entry,
    memory: Memory,
    progress: &Progress,
) -> Result<Vec<Program<'r>>, Usage> {
    let program = |subject: Subject| {
        progress.say(subject.to_string());
        let mut graphs = Vec::new();
        for (size, memory) in shapes(entry, memory) {
            let subject = subject.sized(size);
            graphs.extend(graphs::graph(&subject, memory, Bounds::of(&subject, LARGEST))?);
        }
        Ok(Program {
            name: name(&subject),
            label: label(&subject),
            command: style::command(&format!("show {}", typed(&subject))),
            path: entry.path,
            source: entry.source,
            graphs,
        })
    };
    let all = entry.subjects().filter(Subject::is_modelled).map(program);
    let mut all = all.collect::<Result<Vec<_>, Usage>>()?;
    // Under rc11 some are too large for a page at any size.
    all.retain(|program| !program.graphs.is_empty());
    Ok(all)
}

fn label(subject: &Subject) -> String {
    let name = match subject.entry.variants {
        [_] => subject.entry.name,
        _ => subject.variant.name,
    };
    format!("{name}: {}", verdict(subject))
}

/// What tells the graphs of a program apart: its size, where it has one; else the memory, where that
/// matters, and the one asked for comes first.
fn shapes(entry: &Entry, memory: Memory) -> Vec<(Size, Memory)> {
    let usual = entry.usual_size();
    let mut sizes = vec![usual];
    for (at, parameter) in entry.parameters.iter().enumerate() {
        let with = |size: &Size, n: usize| {
            let mut size = *size;
            size[at] = n;
            size
        };
        let larger =
            |size: &Size| parameter.offered.iter().map(|n| with(size, *n)).collect::<Vec<_>>();
        sizes = sizes.iter().flat_map(larger).collect();
    }
    let mut memories = vec![memory];
    if entry.parameters.is_empty() && entry.is_about_orderings() {
        memories = vec![Memory::SequentiallyConsistent, Memory::Rc11];
        memories.sort_by_key(|other| *other != memory);
    }
    sizes.iter().flat_map(|size| memories.iter().map(|memory| (*size, *memory))).collect()
}
