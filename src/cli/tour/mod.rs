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

use super::ask::Lines;
use super::engines::{self, Runner, Settings};
use super::out::{Out, say};
use super::style::{self, HEADING, paint};
use super::{Usage, Verdict, subject};
use std::time::Duration;

/// Long enough to read the picture, short enough for a tour of under twenty seconds.
const PATIENCE: Duration = Duration::from_secs(6);

/// Gives the tour. It shows races on purpose, so it ends well.
pub fn run(out: &mut Out) -> Result<Verdict, Usage> {
    let racy = subject::find("racy", None, &[])?;
    let checked = engines::check(racy, Runner::Explorer, Settings::default())?;
    let width = style::width();
    let lines = Lines::new();
    let guess = predict::show(&checked, &lines, width, out);
    real::show(&racy, width, out);
    picture::show(&checked, guess, width, out)?;
    // What follows would push the picture off a small screen.
    lines.pause("what cures it", PATIENCE, out);
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
