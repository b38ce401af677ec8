//! `racelab` with no arguments: the tour. Predict, see the loss, see why, see what cures it.
//!
//! Every figure and every line of source in it comes from a run or from the counter's file.
//!
//! # Layout
//! A file a section, in the order in which they are shown.

mod cures;
mod next;
mod picture;
mod predict;
mod real;

use super::engines::{self, Race, Runner};
use super::out::{Out, say};
use super::style::{self, HEADING, paint};
use super::{Usage, Verdict, counters};

/// Gives the tour. It shows races on purpose, so it ends well.
pub fn run(out: &mut Out) -> Result<Verdict, Usage> {
    let racy = counters::find("racy")?;
    let checked = engines::check(racy, Runner::Explorer, Race::SMALLEST)?;
    let width = style::width();
    let guess = predict::show(&checked, width, out);
    real::show(racy, width, out);
    picture::show(&checked, guess, width, out)?;
    cures::show(width, out)?;
    next::show(width, out);
    Ok(Verdict::Kept)
}

/// A section's heading.
fn heading(number: usize, text: &str, out: &mut Out) {
    say!(out, "\n{}", paint(HEADING, format_args!("{number}. {text}")));
    say!(out);
}

/// A paragraph.
fn prose(text: &str, width: usize, out: &mut Out) {
    say!(out, "{}", style::wrap(text, "  ", width));
}
