//! One trace, many pictures.
//!
//! # Layout
//! - [`causes`]: the sentences that name the lost updates
//! - [`timeline`], [`Timeline`]: for the terminal, a column a thread and a row a step
//! - [`svg`]: for slides and papers
//! - [`page`]: the SVG as a page of its own
//! - [`mermaid`]: for README files
//! - [`html`]: the pages on which a reader steps through every interleaving
//! - [`graph`]: all interleavings at once, for the pages and the terminal player
//! - [`game`]: playing the scheduler; `ways`: the shortest and the easiest way through a graph
//! - [`bars`], [`bars_svg`]: how many interleavings end in each value
//! - [`json`]: the trace itself, to be read back or drawn elsewhere
//!
//! Inside, a trace becomes a `picture` first: the columns, the rows and the links that name the
//! lost updates. How it is drawn comes after.

mod bars;
mod explain;
mod fold;
pub mod game;
pub mod graph;
pub mod html;
pub mod json;
mod lanes;
mod links;
mod mermaid;
mod page;
mod picture;
#[cfg(test)]
mod sample;
mod source;
mod state;
mod svg;
mod terminal;
#[cfg(test)]
mod tests;
mod waits;
mod ways;
mod words;

pub use bars::{Bar, bars, bars_svg};
pub use links::causes;
pub use mermaid::mermaid;
pub use page::page;
pub use svg::svg;
pub use terminal::{Timeline, timeline};
