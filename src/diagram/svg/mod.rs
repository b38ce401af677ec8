//! The trace as a standalone SVG, for slides and papers.
//!
//! Text stays text, the colours follow the reader's light or dark preference, a title and a
//! description tell a screen reader everything, and equal traces give equal bytes.

mod arrows;
mod circle;
mod drawing;
mod layout;
mod xml;

pub(super) use self::xml::fingerprint;

use self::drawing::Drawing;
use self::layout::Layout;
use self::xml::Escaped;
use super::explain::Explanation;
use super::picture::Picture;
use crate::trace::Trace;

/// The trace as a standalone SVG.
///
/// # Examples
/// ```
/// # let json = include_str!("../../../tests/traces/racy-ABAB.json");
/// # let trace = racelab::diagram::json::read(json)?;
/// let picture = racelab::diagram::svg(&trace);
/// assert!(picture.starts_with("<svg "));
/// assert!(picture.contains("<title"));
/// # Ok::<(), racelab::diagram::json::Error>(())
/// ```
pub fn svg(trace: &Trace) -> String {
    let picture = Picture::new(trace, 24, None);
    let explanation = Explanation::new(&picture);
    let layout = Layout::new(&picture, &explanation, &drawing::title(&picture));
    let mut drawing = Drawing {
        picture: &picture,
        explanation: &explanation,
        layout: &layout,
        out: String::new(),
    };
    drawing.draw();
    drawing.out
}

/// The text as it may stand in XML.
pub(super) fn escaped(text: &str) -> String {
    Escaped(text).to_string()
}
