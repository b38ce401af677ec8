//! `racelab check` for a race of the catalogue: each choice of orderings, and what it lets happen.

use super::args::{CheckArgs, VerdictFormat as Format};
use super::out::{Out, say};
use super::style::{self, BAD, GOOD, HEADING, ODD, paint};
use super::table::{Align, Table};
use super::{Usage, Verdict, limits};
use racelab::Report;
use racelab::diagram::Timeline;
use racelab::explore::{Explorer, Memory};
use racelab::race::{Case, Race, Seen};
use racelab::report::{Failure, Grade, Outcome, grouped};
use serde::Serialize;

type Checked = (&'static Case, Report<Seen>);

/// Checks every case of a race and prints the verdicts.
pub fn run(
    race: &'static Race,
    args: &CheckArgs,
    memory: Memory,
    out: &mut Out,
) -> Result<Verdict, Usage> {
    if args.checkpoint.is_some() {
        let way_out = "leave out --checkpoint";
        return Err(Usage::new(format!(
            "{} is several programs, each of them small; {way_out}",
            race.name
        )));
    }
    let most = args.max_executions.unwrap_or(u64::MAX);
    let explorer = match args.max_steps {
        Some(steps) => Explorer::new().max_steps(steps as usize),
        None => Explorer::new(),
    };
    let explorer = explorer.memory(memory).timeout(args.timeout).max_executions(most);
    let explorer = explorer.jobs(args.jobs as usize);
    let check = |case: &'static Case| {
        let cut = "cut, so nobody knows how it ends";
        let report = race.check(case, &explorer)?;
        Ok((case, report.failure(Grade::Interesting, limits::is_cut, cut)))
    };
    let checked: Vec<Checked> = race.cases.iter().map(check).collect::<Result<_, Usage>>()?;
    match args.format {
        Format::Json => say!(out, "{}", json(race, memory, &checked)),
        Format::Text => print(race, memory, &checked, out),
    }
    Ok(if checked.iter().any(|(_, report)| forbidden(report).is_some()) {
        Verdict::Broken
    } else if checked.iter().any(|(_, report)| !report.is_complete()) {
        Verdict::Incomplete
    } else {
        Verdict::Kept
    })
}

fn forbidden(report: &Report<Seen>) -> Option<&Outcome<Seen>> {
    report.graded(Grade::Forbidden).next()
}

fn print(race: &Race, memory: Memory, checked: &[Checked], out: &mut Out) {
    let width = style::width();
    say!(out, "{}", paint(HEADING, format!("{}: {}", race.name, race.title)));
    say!(out, "{}", style::wrap(race.story, "  ", width));
    say!(out);
    let heading = match memory {
        Memory::Rc11 => "What Rust's orderings allow",
        _ => "Under sequential consistency",
    };
    say!(out, "{}", paint(HEADING, format!("{heading}:")));
    let meaning = format!("What must not be: {} (outcomes are {}).", race.forbidden, race.seen);
    say!(out, "{}", style::wrap(&meaning, "  ", width));
    say!(out);
    let mut table = Table::new(&[
        ("case", Align::Right),
        ("orderings", Align::Left),
        ("executions", Align::Right),
        ("outcomes", Align::Right),
        ("", Align::Left),
    ]);
    for (number, (case, report)) in (1..).zip(checked) {
        let (colour, verdict) = match forbidden(report) {
            Some(outcome) if outcome.result().is_err() => (BAD, "fails: data race"),
            Some(_) => (BAD, "fails"),
            None if !report.is_complete() => (ODD, "holds so far"),
            None => (GOOD, "holds"),
        };
        table.row(vec![
            format!("{number}"),
            case.name.into(),
            grouped(report.executions().into()),
            grouped(report.outcomes().len() as u128),
            paint(colour, verdict),
        ]);
    }
    out.print(format_args!("{}", table.render(width)));
    say!(out);
    let Some((case, outcome)) =
        checked.iter().rev().find_map(|(case, report)| Some((case, forbidden(report)?)))
    else {
        let hint = style::command(&format!("check {} --memory rc11", race.name));
        let text = match memory {
            _ if checked.iter().any(|(_, report)| !report.is_complete()) => {
                "Nothing forbidden so far, but a limit stopped it: not everything was run."
                    .to_owned()
            }
            Memory::Rc11 => "Every choice of orderings holds.".to_owned(),
            _ => format!("No interleaving goes wrong. See what the orderings allow: {hint}"),
        };
        say!(out, "{}", style::wrap(&text, "", width));
        return;
    };
    let heading = format!("The strongest that fails ({}), and how:", case.name);
    say!(out, "{}", paint(HEADING, style::wrap(&heading, "", width)));
    say!(out);
    let columns = style::terminal_columns().unwrap_or(100);
    let picture = Timeline::new(outcome.example()).width(columns.clamp(20, 100)).colour(true);
    say!(out, "{}", picture.to_string().trim_end());
    say!(out);
    let play = style::command(&format!("play {} --memory {}", race.name, memory.name()));
    say!(out, "{}", style::wrap(&format!("Do it yourself, step by step: {play}"), "", width));
}

/// The machine-readable form: numbers of executions are strings, as in `check` of a counter.
#[derive(Serialize)]
struct Document<'a> {
    race: &'a str,
    memory: &'a str,
    cases: Vec<CaseDocument<'a>>,
}

#[derive(Serialize)]
struct CaseDocument<'a> {
    orderings: &'a str,
    complete: bool,
    executions: String,
    elapsed_ms: f64,
    outcomes: Vec<Ending<'a>>,
}

#[derive(Serialize)]
struct Ending<'a> {
    value: Option<&'a Seen>,
    failure: Option<String>,
    grade: &'a str,
    executions: String,
    schedule: String,
    /// The proof that no interleaving explains it, an edge an entry; empty when one does.
    cycle: Vec<String>,
}

fn json(race: &Race, memory: Memory, checked: &[Checked]) -> String {
    let case = |(case, report): &'_ Checked| CaseDocument {
        orderings: case.name,
        complete: report.is_complete(),
        executions: report.executions().to_string(),
        elapsed_ms: (report.elapsed().as_secs_f64() * 1e6).round() / 1e3,
        outcomes: Vec::new(),
    };
    let cases = checked.iter().map(|checked| CaseDocument {
        outcomes: checked.1.outcomes().iter().map(ending).collect(),
        ..case(checked)
    });
    let document = Document { race: race.name, memory: memory.name(), cases: cases.collect() };
    serde_json::to_string(&document).expect("strings and numbers only")
}

fn ending(outcome: &Outcome<Seen>) -> Ending<'_> {
    let example = outcome.example();
    Ending {
        value: outcome.result().ok(),
        failure: outcome.result().err().map(Failure::to_string),
        grade: outcome.grade().name(),
        executions: outcome.executions().to_string(),
        schedule: example.schedule(),
        cycle: example.cycle().map(|cycle| cycle.lines().to_vec()).unwrap_or_default(),
    }
}
