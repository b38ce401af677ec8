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
use racelab::list::{Entry, PARTS, Part, Role, Size, Subject};
use racelab::report::capital;

/// A graph of more states than this would make the page slow to load.
const LARGEST: usize = 4_000;

/// An entry that has a page, with the program it begins with.
struct Page {
    entry: &'static Entry,
    part: &'static Part,
    first: String,
    /// What its programs are called, and what tells the graphs of one apart.
    choices: [String; 2],
    /// The page of the book about it.
    book: String,
}

/// Writes a page for each entry that the explorer can run, and an index.
pub fn run(args: &ReportArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let memory = Memory::from(args.memory);
    let folder = Folder::open(&args.out)?;
    let progress = Progress::start("everything that can happen in every program");
    let pages: Vec<_> = path().into_iter().flat_map(pages).collect();
    let races: Vec<_> = pages.iter().map(race).collect();
    let mut written = vec![("index.html".to_owned(), html::index(&races))];
    written.extend(html::shared(&races));
    for (page, race) in pages.iter().zip(&races) {
        written.push(html::graphs(race.name, &programs(page.entry, memory, &progress)?));
        // Side by side, each page can switch to the programs of all.
        let with = |other: &&Page| {
            page.part.side_by_side && other.part.heading == page.part.heading
                || other.entry.name == page.entry.name
        };
        let graphs: Vec<_> = pages.iter().filter(with).map(|other| other.entry.name).collect();
        written.push((format!("{}.html", race.name), html::linked(race, &graphs)));
    }
    let index = folder.index();
    folder.publish(&written)?;
    drop(progress);
    let pages = pages.len() + 1;
    let index = one_line(&index.display().to_string(), usize::MAX);
    say!(out, "{pages} pages. Open {index} in a browser.");
    Ok(Verdict::Kept)
}

/// The parts from easy to hard: those come last in which everything is about orderings, since
/// there it is no longer enough to put steps in an order.
fn path() -> Vec<&'static Part> {
    let mut parts: Vec<_> = PARTS.iter().collect();
    parts.sort_by_key(|part| part.entries.iter().all(|entry| entry.is_about_orderings()));
    parts
}

/// The pages of a part.
fn pages(part: &'static Part) -> impl Iterator<Item = Page> {
    let modelled = part.entries.iter().filter(|entry| entry.subject().is_modelled());
    modelled.map(move |entry| {
        let subject = entry.subject();
        let sizes: Vec<_> = entry.parameters.iter().map(|parameter| parameter.name).collect();
        let shapes = if sizes.is_empty() { "what a load may see" } else { &sizes.join(" × ") };
        let choices = [capital(part.variant), capital(shapes)];
        Page { entry, part, first: name(&subject), choices, book: book(part, &subject) }
    })
}

/// The page of the book about a program.
fn book(part: &Part, subject: &Subject) -> String {
    let page = match (part.book, subject.variant.role) {
        ("", Role::WrongFix) => "wrong-fixes",
        ("", _) => subject.entry.name,
        (page, _) => page,
    };
    format!("docs/src/{page}.md")
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
        part: page.part.heading,
        book: &page.book,
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
fn programs(
    entry: &'static Entry,
    memory: Memory,
    progress: &Progress,
) -> Result<Vec<Program<'static>>, Usage> {
    let program = |subject: Subject| {
        progress.say(subject.to_string());
        let mut graphs = Vec::new();
        for (size, memory) in shapes(entry, memory) {
            let subject = subject.sized(size);
            graphs.extend(graphs::graph(&subject, memory, Bounds::of(&subject, LARGEST))?);
        }
        Ok(Program {
            name: name(&subject),
            race: entry.name,
            label: if entry.variants.len() == 1 { entry.name } else { subject.variant.name },
            verdict: verdict(&subject),
            cure: subject.variant.role == Role::Cure,
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
