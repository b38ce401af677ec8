//! The verdict on one variant: what came out, how often, and how it comes about.

use crate::cli::engines::Checked;
use crate::cli::out::{Out, say};
use crate::cli::style::{self, BAD, GOOD, HEADING, ODD, paint};
use crate::cli::subject::typed;
use crate::cli::table::{Align, Table};
use racelab::diagram::Timeline;
use racelab::explore::Memory;
use racelab::list;
use racelab::report::{Grade, counted, duration, grouped};

type Outcome = racelab::report::Outcome<list::Outcome>;

/// The outcomes that must not be.
pub fn forbidden(checked: &Checked) -> impl Iterator<Item = &Outcome> {
    checked.report.graded(Grade::Forbidden)
}

/// The forbidden outcome that is easiest to follow: the fewest switches, then the fewest steps. Of one
/// that can be shown, if there is any.
pub fn counterexample(checked: &Checked) -> Option<&Outcome> {
    forbidden(checked).min_by_key(|outcome| {
        let example = outcome.example();
        (!outcome.has_example(), example.switches(), example.steps().len())
    })
}

/// Prints the verdict of one engine.
pub fn print(checked: &Checked, out: &mut Out) {
    let width = style::width();
    let title = format!("{}, {}", checked.subject.title(), checked.runner.name());
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
pub fn picture(outcome: &Outcome, width: usize) -> String {
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
    let counts = checked.settings.memory != Memory::Rc11;
    let value = match checked.subject.entry.outcome {
        [one] => format!("final {one}"),
        _ => "outcome".into(),
    };
    let mut columns = vec![(value.as_str(), Align::Left)];
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
        let why = first.description().unwrap_or("forbidden");
        let meaning = match alike.len() {
            1 => why.to_owned(),
            n => format!("{why} (in {n} different ways)"),
        };
        let mut row = vec![paint(colour, ending(first))];
        row.extend(counts.then(|| interleavings.map_or("not counted".into(), grouped)));
        row.extend([grouped(executions.into()), paint(colour, meaning)]);
        table.row(row);
    }
    table
}

/// The value, or what happened instead.
fn ending(outcome: &Outcome) -> String {
    match outcome.result() {
        Ok(value) if value.numbers().len() == 1 => format!("{value:?}"),
        Ok(value) => value.words(),
        Err(failure) => failure.name().into(),
    }
}

/// What to say when nothing forbidden came out.
fn nothing_found(checked: &Checked) -> (anstyle::Style, String) {
    let (subject, memory) = (checked.subject, checked.settings.memory);
    let name = subject.entry.name;
    let what = if memory == Memory::Rc11 { "execution" } else { "interleaving" };
    if !checked.report.is_complete() {
        return (ODD, format!("Nothing forbidden so far, but not every {what} of {name} was run."));
    }
    if !subject.variant.promise.is_kept_under(memory) && subject.parameter("threads") == Some(1) {
        return (ODD, "One thread alone has nobody to race with: try --threads 2.".into());
    }
    if !subject.variant.promise.is_kept_under(Memory::Rc11) {
        return (ODD, weaker(&typed(&subject)));
    }
    let mut described = checked.report.outcomes().iter().filter_map(Outcome::description);
    let text = match described.next() {
        Some(first) if described.all(|other| other == first) => {
            format!("in every {what} {first}")
        }
        _ => format!("no {what} ends in what must not be ({})", subject.entry.forbidden),
    };
    (GOOD, format!("{subject} keeps its promise: {text}."))
}

/// Nothing was found here, and elsewhere something is: of the program that is `typed` like this.
pub fn weaker(typed: &str) -> String {
    let command = style::command(&format!("check {typed} --memory rc11"));
    format!("No interleaving goes wrong. See what the orderings allow: {command}")
}
