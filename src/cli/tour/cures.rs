//! Each counter checked and timed, in one table.

use super::{heading, prose};
use crate::cli::Usage;
use crate::cli::check::forbidden;
use crate::cli::engines::{self, Checked, Runner, Settings};
use crate::cli::out::{Out, say};
use crate::cli::stress::{hammer, increments};
use crate::cli::style::{BAD, GOOD, HEADING, ODD, paint};
use crate::cli::table::{Align, Table};
use racelab::counter::LADDER;
use racelab::list::{Role, Subject};
use racelab::report::{Outcome, percent};
use racelab::stress::{Stress, Tally};
use std::time::Duration;

/// How long each counter is hammered.
const EACH: Duration = Duration::from_millis(200);
/// How long to wait for a loss that has to come.
const PATIENCE: Duration = Duration::from_secs(2);

/// Checks and times every counter.
pub fn show(width: usize, out: &mut Out) -> Result<(), Usage> {
    heading(4, "See what cures it", out);
    prose(
        "A cure lets nobody come between the read and the write. Here is every counter, worst \
         first: run under every interleaving of two threads that increment once, then hammered \
         by two real threads.",
        width,
        out,
    );
    say!(out);
    let mut table = Table::new(&[
        ("counter", Align::Left),
        ("verdict", Align::Left),
        ("covered", Align::Right),
        ("lost", Align::Right),
        ("ns", Align::Right),
    ]);
    let mut last = "";
    for subject in LADDER.iter().map(|entry| entry.subject()) {
        if out.closed() {
            return Ok(());
        }
        let part = part(subject.variant.role);
        if part != last {
            table.section(paint(HEADING, part));
            last = part;
        }
        table.row(row(subject)?);
    }
    out.print(format_args!("{}", table.render(width)));
    say!(out);
    prose(
        "covered: interleavings that were run, of all there are, whatever they end in (volatile \
         and sleep have no model). lost: of the real threads' updates, just now. ns: nanoseconds \
         per increment, wall-clock time divided by the increments of both threads.",
        width,
        out,
    );
    Ok(())
}

fn part(role: Role) -> &'static str {
    match role {
        Role::Broken => "The disease",
        Role::WrongFix => "Fixes that do not work",
        Role::Cure => "Cures",
    }
}

fn row(subject: Subject) -> Result<Vec<String>, Usage> {
    let name = subject.entry.name;
    let tally = subject.variant.runs.hammer.as_ref().map(|maker| {
        let stress = Stress::new().increments(increments(maker, 2));
        let stress = match subject.variant.role {
            Role::Broken | Role::WrongFix => stress.until_loss().at_least(EACH).at_most(PATIENCE),
            Role::Cure => stress.rounds(u64::MAX).at_most(EACH),
        };
        hammer(name, maker, 2, &stress)
    });
    let checked = if subject.is_modelled() {
        Some(engines::check(subject, Runner::Explorer, Settings::default())?)
    } else {
        None
    };
    Ok(vec![
        name.into(),
        verdict(checked.as_ref(), tally.as_ref()),
        checked.as_ref().map_or("-".into(), Checked::covered),
        tally.as_ref().map_or("-".into(), lost),
        tally.map_or("-".into(), |tally| format!("{:.1}", tally.nanoseconds_per_increment())),
    ])
}

/// What the check found, or, where nothing can be checked, what the real threads showed.
fn verdict(checked: Option<&Checked>, tally: Option<&Tally>) -> String {
    let found = checked.and_then(|checked| forbidden(checked).last().map(Outcome::result));
    match (checked, found) {
        (Some(_), Some(Err(failure))) => paint(BAD, failure.name()),
        (Some(_), Some(Ok(_))) => paint(BAD, "loses updates"),
        (Some(checked), None) if checked.is_proved() => paint(GOOD, "exact, proved"),
        (Some(_), None) => paint(GOOD, "exact"),
        (None, _) if tally.is_some_and(|tally| tally.lost() > 0) => paint(BAD, "loses updates"),
        (None, _) => paint(ODD, "no loss seen"),
    }
}

fn lost(tally: &Tally) -> String {
    if tally.lost() > 0 { paint(BAD, percent(tally.share())) } else { "none".into() }
}
