//! What one execution leaves behind: its steps, with values and source lines.
//!
//! Everything later on the street (reports, pictures) is computed from a [`Trace`]; nothing here
//! knows which engine recorded it.
//!
//! # Layout
//! - [`step`](Step): one indivisible action of one thread on shared state
//! - [`Action`]: what a step does; one table says how each touches its object and what it hands on
//! - [`Trace`]: the steps of one execution, its threads and its objects
//! - [`dependent`]: the one relation by which the explorer prunes and the counting counts
//! - [`LostUpdate`]: which step overwrote which, and because of which earlier read
//! - [`DataRace`]: two plain accesses that nothing orders
//! - [`Orders`]: who reads from whom, and the order of the writes to each object
//! - [`Cycle`]: the proof that no interleaving explains a trace
//! - [`linear_extensions`]: how many interleavings one trace stands for

mod action;
mod count;
mod cycle;
mod data_race;
mod dependence;
mod execution;
mod happens_before;
mod lost_update;
mod orders;
mod step;

pub use action::Action;
pub(crate) use count::clocks;
pub use count::linear_extensions;
pub use cycle::{Cycle, Edge, Why};
pub use data_race::DataRace;
pub(crate) use data_race::{Besides, Claim, racing, racing_steps};
pub use dependence::{Access, Footprint, Mode, dependent};
pub(crate) use execution::lock_text;
pub use execution::{Object, ObjectKind, Thread, Trace, Waiting};
pub(crate) use happens_before::Event;
#[cfg(test)]
pub(crate) use happens_before::clocks as knowledge;
pub use lost_update::LostUpdate;
pub(crate) use lost_update::because;
pub use orders::Orders;
pub use step::{ObjectId, Place, Step, ThreadId, Value, order_name};
