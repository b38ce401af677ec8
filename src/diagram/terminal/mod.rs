//! The terminal timeline: a column a thread, a row a step, the shared values at the right.
//!
//! A lost write is struck (`~~count ← 1~~`), and a line in the margin leads from the stale read
//! past it to the write that overwrote it. Below stand the sentence that names the cause and the
//! source lines. Colour repeats what the text says, so nothing is lost without it.

mod drawing;
mod layout;
mod paint;

use self::drawing::Drawing;
use self::layout::Layout;
use self::paint::Pen;
use super::lanes::lanes;
use super::picture::Picture;
use crate::trace::Trace;
use std::fmt;

/// The trace as plain text: 80 columns for up to two threads, 100 for more.
///
/// # Examples
/// ```
/// # let json = include_str!("../../../tests/traces/racy-ABAB.json");
/// # let trace = racelab::diagram::json::read(json)?;
/// let picture = racelab::diagram::timeline(&trace);
/// assert!(picture.contains("~~count ← 1~~"));
/// assert!(picture.contains(
///     "step 4 overwrote step 3, because thread B had read count at step 2"
/// ));
/// # Ok::<(), racelab::diagram::json::Error>(())
/// ```
pub fn timeline(trace: &Trace) -> String {
    Timeline::new(trace).to_string()
}

/// A timeline, and how it is to be drawn. `Display` draws it.
#[derive(Clone, Debug)]
pub struct Timeline<'t> {
    trace: &'t Trace,
    width: Option<usize>,
    ascii: bool,
    colour: bool,
    fold: usize,
    orders: Option<bool>,
}

impl<'t> Timeline<'t> {
    /// A timeline without colour, 80 columns wide for up to two threads and 100 for more.
    pub fn new(trace: &'t Trace) -> Self {
        Timeline { trace, width: None, ascii: false, colour: false, fold: 24, orders: None }
    }

    /// At most this many columns wide. What does not fit is left out in this order: the notes,
    /// the values, a column for each thread.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Self {
        self.width = Some(columns);
        self
    }

    /// In ASCII only.
    #[must_use]
    pub fn ascii(mut self, ascii: bool) -> Self {
        self.ascii = ascii;
        self
    }

    /// With ANSI colours. Whether the output is a terminal is for the caller to know.
    #[must_use]
    pub fn colour(mut self, colour: bool) -> Self {
        self.colour = colour;
        self
    }

    /// Traces of more than this many steps lose the stretches that explain nothing (24 unless
    /// told; `usize::MAX`: never fold).
    #[must_use]
    pub fn fold_above(mut self, steps: usize) -> Self {
        self.fold = steps;
        self
    }

    /// Writes the memory orderings beside the steps. Unless told, they are written where they
    /// matter: when a step reads an older value, or there is a fence.
    #[must_use]
    pub fn orders(mut self, orders: bool) -> Self {
        self.orders = Some(orders);
        self
    }
}

impl fmt::Display for Timeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let picture = Picture::new(self.trace, self.fold, self.orders);
        let pen = Pen::new(self.ascii, self.colour);
        let width = self.width.unwrap_or(if picture.columns.len() > 2 { 100 } else { 80 });
        let lanes = lanes(&picture);
        let layout = Layout::new(&picture, &lanes, &pen, width);
        let mut drawing = Drawing { picture: &picture, lanes: &lanes, layout: &layout, pen };
        drawing.head();
        for (at, row) in picture.rows.iter().enumerate() {
            drawing.row(at, row);
        }
        drawing.below();
        f.write_str(&drawing.pen.finish())
    }
}
