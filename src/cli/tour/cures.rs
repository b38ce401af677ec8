//! Each counter checked and timed, in one table.

use super::{heading, prose};
use crate::cli::Usage;
use crate::cli::check::forbidden;
use crate::cli::engines::{self, Checked, Race, Runner};
use crate::cli::out::{Out, say};
use crate::cli::stress::{hammer, increments};
use crate::cli::style::{BAD, GOOD, HEADING, ODD, paint};
use crate::cli::table::{Align, Table};
use racelab::counter::{LADDER, Promise, Rung};
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
    for rung in LADDER {
        if out.closed() {
            return Ok(());
        }
        let part = part(rung);
        if part != last {
            table.section(paint(HEADING, part));
            last = part;
        }
        table.row(row(rung)?);
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

fn part(rung: &Rung) -> &'static str {
    match (rung.promise, rung.wrong_fix) {
        (Promise::Loses, false) => "The disease",
        (Promise::Loses, true) => "Fixes that do not work",
        (Promise::Exact, _) => "Cures",
    }
}

fn row(rung: &'static Rung) -> Result<Vec<String>, Usage> {
    let stress = Stress::new().increments(increments(rung, 2));
    let stress = match rung.promise {
        Promise::Loses => stress.until_loss().at_least(EACH).at_most(PATIENCE),
        Promise::Exact => stress.rounds(u64::MAX).at_most(EACH),
    };
    let tally = hammer(rung, 2, &stress);
    let checked = if engines::can_check(rung) {
        Some(engines::check(rung, Runner::Explorer, Race::SMALLEST)?)
    } else {
        None
    };
    Ok(vec![
        rung.name.into(),
        verdict(checked.as_ref(), &tally),
        checked.as_ref().map_or("-".into(), Checked::covered),
        lost(&tally),
        format!("{:.1}", tally.nanoseconds_per_increment()),
    ])
}

/// What the check found, or, where nothing can be checked, what the real threads showed.
fn verdict(checked: Option<&Checked>, tally: &Tally) -> String {
    let found = checked.and_then(|checked| forbidden(checked).last().map(Outcome::result));
    match (checked, found) {
        (Some(_), Some(Err(failure))) => paint(BAD, failure.name()),
        (Some(_), Some(Ok(_))) => paint(BAD, "loses updates"),
        (Some(checked), None) if checked.is_proved() => paint(GOOD, "exact, proved"),
        (Some(_), None) => paint(GOOD, "exact"),
        (None, _) if tally.lost() > 0 => paint(BAD, "loses updates"),
        (None, _) => paint(ODD, "no loss seen"),
    }
}

fn lost(tally: &Tally) -> String {
    if tally.lost() > 0 { paint(BAD, percent(tally.share())) } else { "none".into() }
}
