//! Predict before you run.

use super::{heading, prose};
use crate::cli::ask::Lines;
use crate::cli::engines::Checked;
use crate::cli::out::{Out, say};
use crate::cli::style;
use crate::cli::style::{HEADING, paint};
use racelab::report::grouped;
use std::time::Duration;

/// Long enough to think, short enough for a tour of under twenty seconds.
const PATIENCE: Duration = Duration::from_secs(8);

/// Shows the race and asks how many orders lose.
pub fn show(checked: &Checked, lines: &Lines, width: usize, out: &mut Out) -> Option<u64> {
    let title = "racelab: one number, counted up by several threads, and how updates get lost";
    say!(out, "{}", paint(HEADING, style::wrap(title, "", width)));
    heading(1, "Predict", out);
    prose(
        "Two threads, A and B, each add 1 to the same count. It starts at 0, so it should end at \
         2. But adding 1 is not one step. It is two, a read and a write:",
        width,
        out,
    );
    say!(out);
    for line in increment(checked.subject.entry.source) {
        say!(out, "    {line}");
    }
    say!(out);
    prose(
        "load reads and store writes, each in one step. Relaxed is the least that one can ask of \
         them; to ask for more would not help, as part 4 shows.",
        width,
        out,
    );
    say!(out);
    let orders = checked.report.interleavings().map_or("some".into(), grouped);
    let text = format!(
        "Each thread takes its two steps in that order, but where A's fall between B's is open. \
         AABB is one order (A reads, A writes, B reads, B writes), ABAB another; there are \
         {orders}. Such an order of all steps is called an interleaving."
    );
    prose(&text, width, out);
    say!(out);
    let question = format!("In how many of the {orders} orders does the count end at 1?");
    say!(out, "{}", paint(HEADING, style::wrap(&question, "  ", width)));
    lines.number(PATIENCE, out)
}

/// The lines of `fn increment`, as they stand in the counter's file.
pub fn increment(source: &str) -> Vec<&str> {
    let body = source.lines().skip_while(|line| !line.contains("fn increment(&self)")).skip(1);
    body.map(str::trim).take_while(|line| *line != "}").collect()
}

#[cfg(test)]
mod tests {

    #[test]
    fn the_racy_increment_is_shown_as_it_is_written() {
        let racy = racelab::list::find("racy").unwrap();
        let lines = super::increment(racy.source);
        assert!(lines[0].ends_with("// read"), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("// write")), "{lines:?}");
        assert!(lines.len() <= 4, "{lines:?}");
    }
}
