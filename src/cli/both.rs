//! Two engines, side by side: where they agree, and why they do not where they do not.

use super::engines::Checked;
use super::out::{Out, say};
use super::style::{self, HEADING, ODD, paint};
use super::table::{Align, Table};
use racelab::report::{Outcome, duration, grouped};

/// What loom did not show, and what it showed that cannot be.
pub struct Difference<'a> {
    /// Endings that loom never reached.
    pub missed: Vec<&'a Outcome<u64>>,
    /// Endings that only loom reached.
    pub invented: Vec<&'a Outcome<u64>>,
}

impl<'a> Difference<'a> {
    /// The difference between the explorer's report and loom's.
    pub fn between(explorer: &'a Checked, loom: &'a Checked) -> Self {
        let only = |here: &'a Checked, there: &Checked| {
            let outcomes = here.report.outcomes().iter();
            outcomes.filter(|outcome| same(outcome, there).is_none()).collect()
        };
        Difference { missed: only(explorer, loom), invented: only(loom, explorer) }
    }
}

/// The outcome of `checked` that ends as this one does. Two failures end alike when they are of
/// one kind: the engines word them differently.
fn same<'a>(outcome: &Outcome<u64>, checked: &'a Checked) -> Option<&'a Outcome<u64>> {
    checked.report.outcomes().iter().find(|other| match (outcome.result(), other.result()) {
        (Ok(a), Ok(b)) => a == b,
        (Err(a), Err(b)) => a.name() == b.name(),
        _ => false,
    })
}

/// Prints both verdicts and what sets them apart.
pub fn print(explorer: &Checked, loom: &Checked, out: &mut Out) {
    let width = style::width();
    say!(out, "{}", paint(HEADING, format!("{}: {}", explorer.rung.name, explorer.size())));
    say!(out);
    let mut table =
        Table::new(&[("", Align::Left), ("explorer", Align::Right), ("loom", Align::Right)]);
    let both = [explorer, loom];
    let mut row = |name: String, cell: &dyn Fn(&Checked) -> String| {
        table.row(std::iter::once(name).chain(both.iter().map(|c| cell(c))).collect());
    };
    row("executions".into(), &|c| grouped(c.report.executions().into()));
    row("interleavings".into(), &|c| c.covered());
    row("time".into(), &|c| duration(c.report.elapsed()));
    for outcome in union(explorer, loom) {
        row(ending(outcome), &|c| {
            same(outcome, c).map_or("never".into(), |found| {
                found.interleavings().map_or("seen".into(), grouped)
            })
        });
    }
    out.print(format_args!("{}", table.render(width)));
    say!(out);
    for line in remarks(explorer, loom) {
        say!(out, "{}", style::wrap(&line, "", width));
    }
}

/// Every ending of either engine, values first.
fn union<'a>(explorer: &'a Checked, loom: &'a Checked) -> Vec<&'a Outcome<u64>> {
    let mut all: Vec<_> = explorer.report.outcomes().iter().collect();
    all.extend(Difference::between(explorer, loom).invented);
    all.sort_by_key(|outcome| (outcome.result().is_err(), outcome.result().ok().copied()));
    all
}

fn ending(outcome: &Outcome<u64>) -> String {
    match outcome.result() {
        Ok(value) => format!("ends at {value}"),
        Err(failure) => failure.name().into(),
    }
}

/// What loom missed or invented, and why.
fn remarks(explorer: &Checked, loom: &Checked) -> Vec<String> {
    let difference = Difference::between(explorer, loom);
    let names = |outcomes: &[&Outcome<u64>]| {
        outcomes.iter().map(|outcome| ending(outcome)).collect::<Vec<_>>().join(", ")
    };
    let mut remarks = Vec::new();
    if !difference.missed.is_empty() {
        let missed = names(&difference.missed);
        remarks.push(paint(ODD, format!("loom missed: {missed}. {MISSES}")));
    }
    if !difference.invented.is_empty() {
        let invented = names(&difference.invented);
        remarks.push(paint(ODD, format!("loom invented: {invented}. {INVENTS}")));
    }
    let visited = |c: &Checked| c.report.coverage().map(|coverage| coverage.visited);
    if let (Some(visited), Some(all)) = (visited(loom), explorer.report.interleavings())
        && visited < all
    {
        let (visited, all) = (grouped(visited), grouped(all));
        remarks.push(format!("loom visited {visited} of {all} interleavings. {MISSES}"));
    }
    if !loom.report.is_complete() && loom.report.coverage().is_none() {
        remarks.push("loom was stopped before its end, so what it did not show it might.".into());
    }
    if remarks.is_empty() {
        remarks.push("Both found the same endings.".into());
    }
    let (a, b) = (explorer.report.executions(), loom.report.executions());
    if b > a {
        remarks.push(format!(
            "loom ran {} executions for the explorer's {}: an execution of loom's is no \
             interleaving, and many of them differ only in the order of independent steps.",
            grouped(b.into()),
            grouped(a.into())
        ));
    }
    remarks
}

const MISSES: &str = "It remembers one last access of each object, so a thread's own read can \
    hide that another thread's read was racing, and the order that starts with that one is never \
    tried.";
const INVENTS: &str = "It treats SeqCst accesses as AcqRel and lets a read return an older value \
    where one total order of steps would not; no interleaving ends like this.";
