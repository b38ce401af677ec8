//! Where exactly an update is lost.

use super::{heading, prose};
use crate::cli::Usage;
use crate::cli::check::{counterexample, picture};
use crate::cli::engines::Checked;
use crate::cli::out::{Out, say};
use crate::cli::style::{BAD, paint};
use racelab::explore::Explorer;
use racelab::report::grouped;

/// Answers the question and draws one losing order.
pub fn show(
    checked: &Checked,
    guess: Option<u64>,
    width: usize,
    out: &mut Out,
) -> Result<(), Usage> {
    heading(3, "See why", out);
    let report = &checked.report;
    let (Some(all), Some(worst)) = (report.interleavings(), counterexample(checked)) else {
        // Only if an engine stopped finding the race; the tests hold it to finding it.
        prose("No losing order was found.", width, out);
        return Ok(());
    };
    let losing: u128 = report.outcome(&1.into()).and_then(|o| o.interleavings()).unwrap_or(0);
    let guess = match guess {
        Some(guess) if u128::from(guess) == losing => " You said so.".to_owned(),
        Some(guess) => format!(" You said {guess}."),
        None => String::new(),
    };
    let (all, losing) = (grouped(all), grouped(losing));
    prose(
        &format!("Every order was run. In {losing} of the {all} the count ends at 1.{guess}"),
        width,
        out,
    );
    say!(out);
    orders(checked, out)?;
    say!(out);
    prose("(A count, and no probability: real threads do not draw lots.)", width, out);
    say!(out);
    let text = format!(
        "Here is one of the {losing}. Time runs down, a step a line; » marks a change of thread, \
         count → 0 reads a 0, count ← 1 writes a 1. A read is stale from the step that makes it \
         out of date, and what is ~~struck~~ gets lost."
    );
    prose(&text, width, out);
    say!(out);
    say!(out, "{}", picture(worst, width));
    Ok(())
}

/// Runs every order by itself and says where the count ends.
fn orders(checked: &Checked, out: &mut Out) -> Result<(), Usage> {
    let one = checked.report.outcomes().first().map(|outcome| outcome.example().schedule());
    let Some(mut order) = one.map(String::into_bytes) else { return Ok(()) };
    order.sort_unstable();
    loop {
        let schedule = String::from_utf8_lossy(&order).into_owned();
        let trace = checked.subject.replay(&Explorer::new(), &schedule)?;
        let lost = !trace.lost_updates().is_empty();
        let line = format!("{schedule}: {}", trace.ending());
        say!(out, "      {}", if lost { paint(BAD, line) } else { line });
        if !next_order(&mut order) {
            return Ok(());
        }
    }
}

/// Rearranges the letters into the next order of the alphabet; `false` after the last.
fn next_order(letters: &mut [u8]) -> bool {
    let Some(turn) = (1..letters.len()).rev().find(|&i| letters[i - 1] < letters[i]) else {
        return false;
    };
    let other = (turn..letters.len()).rev().find(|&i| letters[i] > letters[turn - 1]);
    letters.swap(turn - 1, other.unwrap_or(turn));
    letters[turn..].reverse();
    true
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_steps_of_two_threads_have_six_orders() {
        let mut letters = *b"AABB";
        let mut orders = vec![letters];
        while super::next_order(&mut letters) {
            orders.push(letters);
        }
        assert_eq!(orders, [*b"AABB", *b"ABAB", *b"ABBA", *b"BAAB", *b"BABA", *b"BBAA"]);
    }
}
