//! All variants of an entry, a row each, and how the program goes wrong.

use super::one::{self, counterexample, weaker};
use crate::cli::engines::{Checked, Runner};
use crate::cli::out::{Out, say};
use crate::cli::style::{self, BAD, GOOD, HEADING, ODD, TYPE, paint};
use crate::cli::subject::numbered;
use crate::cli::table::{Align, Table};
use racelab::explore::Memory;
use racelab::list::{Entry, Part, Promise};
use racelab::report::grouped;

/// Prints the verdicts on the variants of one entry.
pub fn print(checked: &[Checked], out: &mut Out) {
    let Some(first) = checked.first() else { return };
    let width = style::width();
    let entry = first.subject.entry;
    say!(out, "{}", paint(HEADING, style::fit(&format!("{}: {}", entry.name, entry.title), width)));
    say!(out, "{}", style::wrap(entry.story, "  ", width));
    sources(entry, width, out);
    say!(out);
    say!(out, "{}", paint(HEADING, format!("{}:", heading(first))));
    let returned = entry.outcome.join(", ");
    let meaning = format!("What must not be: {} (it returns: {returned}).", entry.forbidden);
    say!(out, "{}", style::wrap(&meaning, "  ", width));
    say!(out);
    out.print(format_args!("{}", rows(checked).render(width)));
    say!(out);
    reasons(checked, width, out);
    let fails = |one: &&Checked| counterexample(one).is_some();
    let usual = entry.usual().name;
    let named = checked.iter().find(|one| one.subject.variant.name == usual).filter(fails);
    let Some(broken) = named.or_else(|| checked.iter().rev().find(fails)) else {
        say!(out, "{}", style::wrap(&nothing_found(checked), "", width));
        return;
    };
    picture(broken, width, out);
}

fn heading(checked: &Checked) -> &'static str {
    match (checked.runner, checked.settings.memory) {
        (Runner::Explorer, Memory::Rc11) => "What Rust's orderings allow",
        (Runner::Explorer, _) => "Under sequential consistency",
        (Runner::Loom | Runner::PlainLoom, _) => "Under loom",
    }
}

/// Where it bit somebody.
fn sources(entry: &Entry, width: usize, out: &mut Out) {
    for (number, source) in (1..).zip(entry.sources) {
        let text = format!("[{number}] {} ({}, {})", source.what, source.work, source.link);
        say!(out, "{}", style::wrap(&text, "  ", width));
    }
}

fn rows(checked: &[Checked]) -> Table {
    let first = &checked[0];
    let part = Part::of(first.subject.entry);
    // Under rc11 an execution need not be an interleaving, and none are counted.
    let counts = first.settings.memory != Memory::Rc11;
    let mut columns = vec![("", Align::Right), (part.variant, Align::Left)];
    columns.extend(match counts {
        true => vec![("interleavings", Align::Right)],
        false => vec![("executions", Align::Right), ("outcomes", Align::Right)],
    });
    columns.push(("", Align::Left));
    let mut table = Table::new(&columns);
    for one in checked {
        let (subject, report) = (one.subject, &one.report);
        let (colour, verdict) = match counterexample(one).map(|outcome| outcome.result()) {
            Some(Err(failure)) => (BAD, format!("{}: {}", part.fails, failure.name())),
            Some(Ok(_)) => (BAD, part.fails.to_owned()),
            None if report.is_complete() => (GOOD, part.holds.to_owned()),
            None => (ODD, format!("{} so far", part.holds)),
        };
        let mut row =
            vec![subject.entry.number(subject.variant).to_string(), subject.variant.name.into()];
        row.extend(match counts {
            true => vec![one.covered()],
            false => {
                [report.executions().into(), report.outcomes().len() as u128].map(grouped).into()
            }
        });
        row.push(paint(colour, verdict));
        table.row(row);
    }
    table
}

/// Why each fails or holds, and what it costs, where the entry says so.
fn reasons(checked: &[Checked], width: usize, out: &mut Out) {
    let mut said = false;
    for one in checked {
        let variant = one.subject.variant;
        if variant.why.is_empty() && variant.cost.is_empty() {
            continue;
        }
        said = true;
        let cost = match variant.cost {
            "" => String::new(),
            cost => format!(" Cost: {cost}"),
        };
        let text = format!("{}: {}{cost}", one.subject.entry.number(variant), variant.why);
        say!(out, "{}", style::wrap(&text, "  ", width));
    }
    if said {
        say!(out);
    }
}

fn nothing_found(checked: &[Checked]) -> String {
    let first = &checked[0];
    let entry = first.subject.entry;
    if checked.iter().any(|one| !one.report.is_complete()) {
        return "Nothing forbidden so far, but a limit stopped it: not everything was run.".into();
    }
    match first.settings.memory {
        Memory::Rc11 => "Every variant holds.".to_owned(),
        _ if entry.variants.iter().any(|v| v.promise == Promise::HoldsInTurns) => {
            weaker(entry.name)
        }
        _ => "No interleaving goes wrong.".to_owned(),
    }
}

/// How it goes wrong, drawn, and what to type for doing it oneself.
fn picture(broken: &Checked, width: usize, out: &mut Out) {
    let (subject, memory) = (broken.subject, broken.settings.memory);
    let entry = subject.entry;
    let Some(worst) = counterexample(broken) else { return };
    let heading = format!("How it goes wrong ({}):", subject.variant.name);
    say!(out, "{}", paint(HEADING, style::wrap(&heading, "", width)));
    say!(out);
    let columns = style::terminal_columns().unwrap_or(100);
    say!(out, "{}", one::picture(worst, columns.clamp(20, 100)));
    say!(out);
    let mut words = match subject.variant.name == entry.usual().name {
        true => format!("play {}", entry.name),
        false => format!("play {}", numbered(&subject)),
    };
    if memory == Memory::Rc11 {
        words.push_str(" --memory rc11");
    }
    let play = paint(TYPE, style::command(&words));
    say!(out, "{}", style::wrap(&format!("Do it yourself, step by step: {play}"), "", width));
}
