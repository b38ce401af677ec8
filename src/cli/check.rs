//! `racelab check`: every interleaving of a counter, and what comes out.

use super::args::{CheckArgs, EngineArg, VerdictFormat as Format};
use super::engines::{self, Checked, Checkpoint, Limits, Race, Runner};
use super::out::{Out, say};
use super::style::{self, BAD, GOOD, HEADING, ODD, paint};
use super::subject::Subject;
use super::table::{Align, Table};
use super::{Usage, Verdict, both, counters, json, orderings, signals};
use racelab::counter::Promise;
use racelab::diagram::Timeline;
use racelab::explore::Memory;
use racelab::report::{Grade, Outcome, counted, duration, grouped};

/// Checks one counter and prints the verdict.
pub fn run(args: &CheckArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let memory = Memory::from(args.memory);
    if memory == Memory::Rc11 && args.engine != EngineArg::Explorer {
        let way_out = "leave out --engine, or leave out --memory";
        return Err(Usage::new(format!("only the explorer knows --memory rc11; {way_out}")));
    }
    if args.checkpoint.is_some() && args.engine != EngineArg::Explorer {
        let way_out = "leave out --engine, or leave out --checkpoint";
        return Err(Usage::new(format!("only the explorer keeps a checkpoint; {way_out}")));
    }
    if let Some(race) = racelab::race::Race::named(&args.counter.to_lowercase()) {
        // Its size is refused, should one have been given.
        Subject::find(race.name, None, (args.threads, args.increments))?;
        return orderings::run(race, args, memory, out);
    }
    let rung = counters::find(&args.counter)?;
    let limits = Limits {
        timeout: args.timeout,
        max_executions: args.max_executions.unwrap_or(u64::MAX),
        max_steps: args.max_steps,
        jobs: args.jobs as usize,
    };
    let race = Race { threads: args.threads, increments: args.increments, memory, limits };
    let checkpoint = args.checkpoint.as_deref();
    let checkpoint = checkpoint.map(|file| Checkpoint { file, stop: signals::first_one_asks() });
    let check = |runner| engines::check_from(rung, runner, race, checkpoint.as_ref());
    let checked = match args.engine {
        EngineArg::Explorer => vec![check(Runner::Explorer)?],
        EngineArg::Loom => vec![check(Runner::Loom)?],
        EngineArg::Both => {
            vec![check(Runner::Explorer)?, check(Runner::Loom)?, check(Runner::PlainLoom)?]
        }
    };
    match (args.format, checked.as_slice()) {
        (Format::Json, [explorer, loom, plain]) => {
            say!(out, "{}", json::both(explorer, loom, plain))
        }
        (Format::Json, all) => all.iter().for_each(|one| say!(out, "{}", json::one(one))),
        (Format::Text, [explorer, loom, plain]) => both::print(explorer, [loom, plain], out),
        (Format::Text, all) => all.iter().for_each(|one| print(one, out)),
    }
    let file = checkpoint.map(|checkpoint| checkpoint.file).filter(|file| file.exists());
    if let (Some(file), Format::Text) = (file, args.format) {
        let goes_on =
            format!("The same command goes on where this one stopped: {} knows.", file.display());
        say!(out);
        say!(out, "{}", style::wrap(&goes_on, "", style::width()));
    }
    Ok(if checked.iter().any(|checked| forbidden(checked).next().is_some()) {
        Verdict::Broken
    } else if checked.iter().any(|checked| checked.stopped_by().is_some()) {
        Verdict::Incomplete
    } else {
        Verdict::Kept
    })
}

/// The outcomes that must not be.
pub fn forbidden(checked: &Checked) -> impl Iterator<Item = &Outcome<u64>> {
    checked.report.graded(Grade::Forbidden)
}

/// The forbidden outcome that is easiest to follow: the fewest switches, then the fewest steps.
pub fn counterexample(checked: &Checked) -> Option<&Outcome<u64>> {
    forbidden(checked)
        .min_by_key(|outcome| (outcome.example().switches(), outcome.example().steps().len()))
}

/// Prints the verdict of one engine.
pub fn print(checked: &Checked, out: &mut Out) {
    let width = style::width();
    let rung = checked.rung;
    let title = format!("{}: {}, {}", rung.name, checked.size(), checked.runner.name());
    say!(out, "{}", paint(HEADING, style::fit(&title, width)));
    say!(out, "{}", style::wrap(&covered(checked), "  ", width));
    say!(out);
    out.print(format_args!("{}", outcomes(checked).render(width)));
    say!(out);
    let Some(worst) = counterexample(checked) else {
        let (colour, text) = nothing_found(checked);
        say!(out, "{}", paint(colour, style::wrap(&text, "", width)));
        return;
    };
    let heading = format!("One way to get there ({}), with the fewest switches:", ending(worst));
    say!(out, "{}", paint(HEADING, style::wrap(&heading, "", width)));
    say!(out);
    say!(out, "{}", picture(worst, width));
}

/// The counterexample, drawn.
pub fn picture(outcome: &Outcome<u64>, width: usize) -> String {
    let picture = Timeline::new(outcome.example()).width(width).colour(true).to_string();
    picture.trim_end().to_owned()
}

/// How many interleavings there are, how many were covered, and why that is all of them.
fn covered(checked: &Checked) -> String {
    let report = &checked.report;
    let executions = counted(report.executions().into(), "execution");
    let time = duration(report.elapsed());
    let why_all = checked.why_all();
    match report.interleavings() {
        Some(n) => format!("{} in {executions}, {time}. {why_all}", counted(n, "interleaving")),
        None => format!("{executions}, {time}. {why_all}"),
    }
}

/// What came out: a row a value, a row a kind of failure.
fn outcomes(checked: &Checked) -> Table {
    // Under rc11 an execution need not be an interleaving, and none are counted.
    let counts = checked.race.memory != Memory::Rc11;
    let mut columns = vec![("final count", Align::Left)];
    columns.extend(counts.then_some(("interleavings", Align::Right)));
    columns.extend([("executions", Align::Right), ("", Align::Left)]);
    let mut table = Table::new(&columns);
    let outcomes = checked.report.outcomes();
    for alike in outcomes.chunk_by(|a, b| a.result().is_err() && ending(a) == ending(b)) {
        let first = &alike[0];
        let colour = match first.grade() {
            Grade::Forbidden => BAD,
            Grade::Interesting => ODD,
            Grade::Acceptable => GOOD,
        };
        let interleavings: Option<u128> = alike.iter().map(Outcome::interleavings).sum();
        let executions: u64 = alike.iter().map(Outcome::executions).sum();
        let meaning = match (first.description(), alike.len()) {
            (Some(prose), _) => prose.to_owned(),
            (None, 1) => "forbidden".to_owned(),
            (None, n) => format!("forbidden, in {n} different ways"),
        };
        let mut row = vec![paint(colour, ending(first))];
        row.extend(counts.then(|| interleavings.map_or("not counted".into(), grouped)));
        row.extend([grouped(executions.into()), paint(colour, meaning)]);
        table.row(row);
    }
    table
}

/// The value, or what happened instead.
fn ending(outcome: &Outcome<u64>) -> String {
    match outcome.result() {
        Ok(value) => value.to_string(),
        Err(failure) => failure.name().into(),
    }
}

/// What to say when nothing forbidden came out.
fn nothing_found(checked: &Checked) -> (anstyle::Style, String) {
    let name = checked.rung.name;
    let what = match checked.race.memory {
        Memory::Rc11 => "execution",
        _ => "interleaving",
    };
    match (checked.report.is_complete(), checked.rung.promise, checked.race.threads) {
        (false, ..) => {
            (ODD, format!("Nothing forbidden so far, but not every {what} of {name} was run."))
        }
        (true, Promise::Loses, 1) => {
            (ODD, "One thread alone has nobody to race with: try --threads 2.".into())
        }
        (true, ..) => {
            (GOOD, format!("{name} keeps its promise: every {what} ends with every increment."))
        }
    }
}
