//! One trace, many pictures.

mod terminal;

pub use terminal::timeline;
