//! The list of everything that can be run.
//!
//! The command, the pages, the book's figures and the tests read this list and know no kind of
//! program by name. Adding one is one file and one line.
//!
//! ```
//! use racelab::explore::{Explorer, Memory};
//! use racelab::list;
//!
//! for entry in list::all() {
//!     println!("{}: {}", entry.name, entry.title);
//! }
//! let race = list::find("message-passing").unwrap().subject();
//! let report = race.check(&Explorer::new().memory(Memory::Rc11))?;
//! println!("{report}");
//! # Ok::<(), racelab::explore::ExploreError>(())
//! ```
//!
//! # Layout
//! - this file: the list, part by part
//! - [`Entry`]: what is known of a program; [`Variant`]: one way to write it, and where that can be
//!   run; [`Subject`]: one variant at one size
//! - [`Outcome`]: what programs return
//! - [`Matrix`]: every race, and by what means it can be cured

mod entry;
mod matrix;
mod outcome;
mod subject;
mod variant;

pub use entry::{
    Ending, Entry, Graded, Parameter, Size, Source, acceptable, failed, forbidden, interesting,
};
pub use matrix::{Found, Matrix, Row, Trial};
pub use outcome::Outcome;
pub use subject::Subject;
pub(crate) use variant::runs;
pub use variant::{Means, Orderings, Promise, Role, Run, Runs, Variant};

use crate::counter::LADDER;
use crate::race::{APPLICATIONS, MEMORY, ORDERINGS, TASKS, WAITING};

/// Entries that belong together, and the words for them.
#[derive(Debug)]
pub struct Part {
    /// A heading: `races of orderings`.
    pub heading: &'static str,
    /// What one of its entries is called: `race`.
    pub entry: &'static str,
    /// What sets the variants of an entry apart: `orderings`.
    pub variant: &'static str,
    /// What a variant does that does not hold: `loses updates`.
    pub fails: &'static str,
    /// And one that holds: `exact`.
    pub holds: &'static str,
    /// Are its entries answers to one question? A page then offers them all, so that a schedule can
    /// be tried on one after the other.
    pub side_by_side: bool,
    /// The page of the book about it: `waiting`; empty where each entry has a page of its own.
    pub book: &'static str,
    /// What is in it.
    pub entries: &'static [&'static Entry],
}

/// What the parts of the catalogue have in common.
const RACES: Part = Part {
    heading: "",
    entry: "race",
    variant: "variant",
    fails: "fails",
    holds: "holds",
    side_by_side: false,
    book: "matrix",
    entries: &[],
};

/// The whole list, part by part.
pub static PARTS: &[Part] = &[
    Part {
        heading: "counters",
        entry: "counter",
        variant: "counter",
        fails: "loses updates",
        holds: "exact",
        side_by_side: true,
        book: "",
        entries: LADDER,
    },
    Part {
        heading: "races of orderings",
        variant: "orderings",
        book: "orderings",
        entries: ORDERINGS,
        ..RACES
    },
    Part { heading: "races on memory", entries: MEMORY, ..RACES },
    Part { heading: "races about waiting", book: "waiting", entries: WAITING, ..RACES },
    Part { heading: "races between tasks", entries: TASKS, ..RACES },
    Part {
        heading: "shared applications",
        entry: "application",
        book: "applications",
        entries: APPLICATIONS,
        ..RACES
    },
];

impl Part {
    /// The part that an entry stands in.
    pub fn of(entry: &Entry) -> &'static Part {
        let has = |part: &&Part| part.entries.iter().any(|other| other.name == entry.name);
        PARTS.iter().find(has).expect("an entry stands on the list")
    }

    /// What its variants of this role do: `loses updates`, `a fix that does not work`, `exact`.
    pub fn verdict(&self, role: Role) -> &'static str {
        match role {
            Role::Broken => self.fails,
            Role::WrongFix => "a fix that does not work",
            Role::Cure => self.holds,
        }
    }
}

/// Every entry, in the list's order.
pub fn all() -> impl Iterator<Item = &'static Entry> + Clone {
    PARTS.iter().flat_map(|part| part.entries.iter().copied())
}

/// The entry with this name.
///
/// # Examples
/// ```
/// use racelab::list;
///
/// assert_eq!(list::find("store-buffering").unwrap().variants.len(), 8);
/// assert!(list::find("rusty").is_none());
/// ```
pub fn find(name: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.name == name)
}
