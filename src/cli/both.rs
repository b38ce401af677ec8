//! Two engines, side by side: where they agree, and why they do not where they do not.

use super::engines::{Checked, Runner};
use super::out::{Out, say};
use super::style::{self, HEADING, ODD, paint};
use super::table::{Align, Table};
use racelab::list;
use racelab::report::{counted, duration, grouped};

type Outcome = racelab::report::Outcome<list::Outcome>;

/// What loom did not show, and what it showed that cannot be.
pub struct Difference<'a> {
    /// Endings that loom never reached.
    pub missed: Vec<&'a Outcome>,
    /// Endings that only loom reached.
    pub invented: Vec<&'a Outcome>,
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
fn same<'a>(outcome: &Outcome, checked: &'a Checked) -> Option<&'a Outcome> {
    checked.report.outcomes().iter().find(|other| alike(outcome, other))
}

fn alike(a: &Outcome, b: &Outcome) -> bool {
    match (a.result(), b.result()) {
        (Ok(a), Ok(b)) => a == b,
        (Err(a), Err(b)) => a.name() == b.name(),
        _ => false,
    }
}

/// Prints the verdicts side by side and what sets them apart.
pub fn print(explorer: &Checked, looms: [&Checked; 2], out: &mut Out) {
    let width = style::width();
    say!(out, "{}", paint(HEADING, explorer.subject.title()));
    say!(out);
    let all = [explorer, looms[0], looms[1]];
    let column = |checked: &Checked| (checked.runner.name(), Align::Right);
    let mut table =
        Table::new(&[("", Align::Left), column(all[0]), column(all[1]), column(all[2])]);
    let mut row = |name: String, cell: &dyn Fn(&Checked) -> String| {
        table.row(std::iter::once(name).chain(all.iter().map(|c| cell(c))).collect());
    };
    row("executions".into(), &|c| grouped(c.report.executions().into()));
    row("interleavings".into(), &|c| c.covered());
    row("time".into(), &|c| duration(c.report.elapsed()));
    for outcome in union(all) {
        row(ending(outcome), &|c| {
            same(outcome, c).map_or("never".into(), |found| {
                found.interleavings().map_or("seen".into(), grouped)
            })
        });
    }
    out.print(format_args!("{}", table.render(width)));
    for line in looms.iter().flat_map(|loom| remarks(explorer, loom)) {
        say!(out);
        say!(out, "{}", style::wrap(&line, "", width));
    }
}

/// Every kind of ending of any of them, values first.
fn union(all: [&Checked; 3]) -> Vec<&Outcome> {
    let mut endings: Vec<_> = all.iter().flat_map(|c| c.report.outcomes()).collect();
    endings.sort_by_key(|o| (o.result().is_err(), o.result().ok().copied()));
    endings.dedup_by(|a, b| alike(a, b));
    endings
}

fn ending(outcome: &Outcome) -> String {
    match outcome.result() {
        Ok(value) => format!("ends at {value:?}"),
        Err(failure) => failure.name().into(),
    }
}

/// What loom missed or invented, and why.
fn remarks(explorer: &Checked, loom: &Checked) -> Vec<String> {
    let name = loom.runner.name();
    let difference = Difference::between(explorer, loom);
    let names = |outcomes: &[&Outcome]| {
        outcomes.iter().map(|outcome| ending(outcome)).collect::<Vec<_>>().join(", ")
    };
    let report = &loom.report;
    let mut remarks = Vec::new();
    if !difference.missed.is_empty() {
        let missed = names(&difference.missed);
        remarks.push(paint(ODD, format!("{name} missed: {missed}.")));
    }
    if !difference.invented.is_empty() {
        let invented = names(&difference.invented);
        remarks.push(paint(ODD, format!("{name} invented: {invented}. {INVENTS}")));
    }
    match (report.interleavings(), explorer.report.interleavings()) {
        (Some(some), Some(all)) if some < all && loom.stopped_by().is_none() => {
            let missed = counted(all - some, "interleaving");
            let why = if loom.runner == Runner::PlainLoom { MISSES } else { "" };
            remarks.push(paint(ODD, format!("{name} missed {missed}. {why}")));
        }
        (Some(some), Some(all)) if some < all => {
            remarks.push(format!("{name} was stopped: what it has not shown yet it might show."));
        }
        _ if remarks.is_empty() => {
            remarks.push(format!("{name} agrees: it missed nothing and invented nothing."));
        }
        _ => {}
    }
    let (ours, theirs) = (explorer.report.executions(), report.executions());
    if loom.runner == Runner::Loom && theirs > ours {
        remarks.push(format!(
            "loom ran {} for the explorer's {}: an execution of loom's is no interleaving, and \
             many of them differ only in the order of independent steps.",
            counted(theirs.into(), "execution"),
            grouped(ours.into())
        ));
    }
    remarks
}

const MISSES: &str = "It remembers one last access of each object, so a thread's own read hides \
    that another thread's read was racing, and the orders that begin with that other read are \
    never tried. (In the column \"loom\" every load and store is a read-modify-write, and then it \
    tries them.)";
const INVENTS: &str = "A load may return an older value there, as Rust's weaker orderings allow, \
    also under SeqCst, where they do not; no interleaving ends like this.";
