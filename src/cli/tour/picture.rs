//! Where exactly an update is lost.

use super::{heading, prose};
use crate::cli::check::{counterexample, picture};
use crate::cli::engines::Checked;
use crate::cli::out::{Out, say};
use racelab::report::grouped;

/// Answers the question and draws one losing order.
pub fn show(checked: &Checked, guess: Option<u64>, width: usize, out: &mut Out) {
    heading(3, "See why", out);
    let report = &checked.report;
    let (Some(all), Some(worst)) = (report.interleavings(), counterexample(checked)) else {
        // Only if an engine stopped finding the race; the tests hold it to finding it.
        prose("No losing order was found.", width, out);
        return;
    };
    let losing: u128 = report.outcome(&1).and_then(|o| o.interleavings()).unwrap_or(0);
    let guess = match guess {
        Some(guess) if u128::from(guess) == losing => "You said so. ".to_owned(),
        Some(guess) => format!("You said {guess}. "),
        None => String::new(),
    };
    let text = format!(
        "All {} orders were run, each step by step. {guess}The count ends at 1 in {} of them. \
         That is a count and no probability: real threads do not draw lots.",
        grouped(all),
        grouped(losing)
    );
    prose(&text, width, out);
    say!(out);
    let text = format!(
        "Here is one of the {losing}. Time runs down, a step a line; » marks a change of thread, \
         count → 0 reads a 0, count ← 1 writes a 1, and what is ~~struck~~ gets lost."
    );
    prose(&text, width, out);
    say!(out);
    say!(out, "{}", picture(worst, width));
}
