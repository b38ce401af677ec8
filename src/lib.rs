//! Race conditions, seen: one counter source, run on real threads and checked over every
//! interleaving.
//!
//! A counter that several threads count up is the smallest program that can lose an update. Here it
//! stands in a dozen versions, worst first, each written once and run three ways: on real threads,
//! where updates are lost by luck; under [`explore()`], which runs every interleaving and counts
//! them; and under loom, as a second opinion. Every claim leaves a [`Trace`], and every trace can be
//! drawn, with one sentence that names the cause.
//!
//! ```
//! use racelab::counter::{RacyCounter, race};
//! use racelab::primitives::Model;
//!
//! // Two threads, one increment each.
//! let report = racelab::explore(|| race::<Model, RacyCounter<Model>>(2, 1));
//!
//! assert_eq!(report.interleavings(), Some(6));
//! let lost = report.outcome(&1).expect("some interleavings lose an update");
//! assert_eq!(lost.interleavings(), Some(4));
//! println!("{}", racelab::diagram::timeline(lost.example()));
//! println!("{}", lost.example().lost_updates()[0]);
//! // step 4 overwrote step 3, because thread A had read count at step 1
//! ```
//!
//! To check a program of your own, change its `use` lines from `std` to [`model`] and hand it to
//! [`explore()`]; `examples/11_check_your_own.rs` is a template.
//!
//! # Layout
//!
//! The data goes one way: program → primitives → steps → trace → report → diagram.
//!
//! | module | what it knows |
//! |---|---|
//! | [`primitives`] | the words a concurrent program is written in, and the three families of them |
//! | [`counter`] | the ladder: every counter, the fixes that do not work, the cures |
//! | [`race`] | other races, broken and cured side by side |
//! | [`list`] | everything that can be run, in one list |
//! | [`model`] | std's concurrency under std's names, for programs of your own |
//! | [`explore`](mod@explore) | the explorer: every interleaving, each class exactly once, counted |
//! | [`loom`] | the same program under loom, and how much of it loom visits |
//! | [`trace`] | what one execution leaves behind, and which update it lost |
//! | [`report`] | the verdict: outcomes, counts, completeness, and what proves it |
//! | [`diagram`] | one trace, many pictures |
//! | [`stress`] | real threads, real losses, measured |
//!
//! # Limitations
//!
//! - A program must be deterministic but for the schedule and [`model::choose`]; clocks, random
//!   numbers and addresses belong outside.
//! - [`Memory::SequentiallyConsistent`], the default, does not reorder anything; what weaker
//!   orderings allow is seen under [`Memory::Rc11`], which counts executions, not interleavings.
//! - [`Memory::Rc11`] forbids load buffering, which some hardware and compilers show (Lahav et al.,
//!   "Repairing Sequential Consistency in C/C++11", PLDI 2017, section 4).
//! - At most 51 threads, and a few hundred steps a thread if the interleavings are to be counted.
//! - Every verdict is about the instance that was explored: so many threads, so many increments.

// Tests in here read files that are written for those outside.
#[cfg(test)]
extern crate self as racelab;

pub mod counter;
pub mod diagram;
pub mod explore;
pub mod list;
pub mod loom;
pub mod model;
pub mod primitives;
pub mod race;
pub mod report;
pub mod stress;
pub mod trace;

pub use explore::{Explorer, Memory, Reduction, explore};
pub use loom::{LoomError, LoomExplorer, LoomMode, explore_with_loom};
pub use report::{Coverage, Engine, Failure, Grade, Outcome, Proof, Report};
pub use trace::{LostUpdate, Step, Trace};
