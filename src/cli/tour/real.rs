//! The loss on real threads.

use super::{heading, prose};
use crate::cli::out::{Out, say};
use crate::cli::stress::{ONE_CORE, hammer, increments};
use crate::cli::style::{BAD, paint};
use racelab::list::Subject;
use racelab::report::{counted, duration, grouped};
use racelab::stress::{Stress, cores};
use std::time::Duration;

/// Long enough that on two cores no run has been without a loss; a loss usually shows in
/// milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hammers the racy counter until it loses.
pub fn show(racy: &Subject, width: usize, out: &mut Out) {
    heading(2, "See it happen", out);
    let Some(maker) = &racy.variant.runs.hammer else { return };
    let stress = Stress::new().increments(increments(maker, 2)).until_loss().at_most(PATIENCE);
    let tally = hammer(racy.entry.name, maker, 2, &stress);
    let Some(first) = tally.first_loss() else {
        prose(if cores() == 1 { ONE_CORE } else { "No loss was seen this time." }, width, out);
        return;
    };
    let each = counted(u128::from(tally.expected() / 2), "increment");
    prose(&format!("Two real threads on this machine, just now, {each} each:"), width, out);
    say!(out);
    say!(out, "      expected  {:>9}", grouped(tally.expected().into()));
    say!(out, "      got       {:>9}", grouped(tally.got().into()));
    let lost = format!("{:>9}", grouped(tally.lost().into()));
    say!(out, "      lost      {}", paint(BAD, lost));
    say!(out);
    let text = format!(
        "It took {} to see the first loss. Run it again and another number is lost: that \
         is what makes a race hard to find. So from here on, no luck.",
        duration(first.after)
    );
    prose(&text, width, out);
}
