//! Race conditions, seen: one counter source, run on real threads and checked over every
//! interleaving.

pub mod counter;
pub mod diagram;
pub mod explore;
pub mod loom;
pub mod model;
pub mod primitives;
pub mod race;
pub mod report;
pub mod stress;
pub mod trace;

pub use explore::{Explorer, Memory, Reduction, explore};
pub use loom::{LoomError, LoomExplorer, explore_with_loom};
pub use report::{Coverage, Engine, Failure, Grade, Outcome, Proof, Report};
pub use trace::{LostUpdate, Step, Trace};
