//! The explorer: runs a program under every interleaving, each class of them exactly once.
//!
//! ```
//! use racelab::model::{sync::atomic::{AtomicU64, Ordering::Relaxed}, thread};
//! use std::sync::Arc;
//!
//! let report = racelab::explore(|| {
//!     let count = Arc::new(AtomicU64::new(0));
//!     let threads: Vec<_> = (0..2)
//!         .map(|_| {
//!             let count = Arc::clone(&count);
//!             thread::spawn(move || {
//!                 let seen = count.load(Relaxed);
//!                 count.store(seen + 1, Relaxed);
//!             })
//!         })
//!         .collect();
//!     threads.into_iter().for_each(|thread| thread.join().unwrap());
//!     count.load(Relaxed)
//! });
//! assert_eq!(report.interleavings(), Some(6));
//! assert_eq!(report.outcome(&1).unwrap().interleavings(), Some(4)); // one update lost
//! assert_eq!(report.executions(), 4); // one for each class
//! ```
//!
//! # Layout
//! - [`Explorer`]: the settings; `check`: from a program to its report
//! - `workers`: the loop, execution after execution, by one worker or several
//! - `apart`: OS threads for an exploration to run on
//! - `watchdog`: code that takes no step; `os_threads`: those that a program has started
//! - `runtime`: threads as coroutines, steps as functions on words
//! - `dpor`: which execution comes next, and how many interleavings each stands for
//! - `finer`: steps that are taken only where a program can tell
//! - `proof`: the second total that a count is held against
//! - `repetition`: the first execution is run twice
//! - `exploration`: what both ways of choosing the next execution have in common
//! - `checkpoint`: stopping and going on later
//! - `left`: what executions that got stuck cost
//! - `tally`: outcomes and their counts
//! - [`Progress`]: how far it has come
//! - `data_race`: plain accesses that nothing orders
//! - [`rc11`]: the memory model of Rust's orderings
//! - `replay`: one schedule, run again
//! - `states`: the states of a program: interleavings counted and numbered without running them, and every
//!   partial execution
//!
//! # Limitations
//! - The program must be deterministic but for the schedule and [`choose`](crate::model::choose).
//! - Objects of [`model`](crate::model) are made inside the program's closure (statics excepted).
//! - A program must not lend what it borrows to OS threads that were there before it, as
//!   `rayon::in_place_scope` does: a thread that is stuck there is left, and the caller goes on.
//! - Under [`Memory::Rc11`] executions are counted, not interleavings: one may have none.

mod apart;
mod check;
mod checkpoint;
mod data_race;
mod dpor;
mod error;
mod exploration;
mod explorer;
mod finer;
mod left;
mod os_threads;
mod progress;
mod proof;
pub mod rc11;
mod repetition;
mod replay;
pub(crate) mod runtime;
mod states;
mod tally;
mod watchdog;
mod workers;

pub use check::explore;
pub use error::ExploreError;
pub use explorer::{Explorer, Memory, Reduction};
pub(crate) use finer::Finer;
pub(crate) use left::Left;
pub use progress::Progress;
pub use states::{Blocked, Count, Move, Partial, State, StateGraph, Unfolding};

/// The program, called once for each execution. Behind a pointer: so the explorer is compiled once
/// for each type of outcome and not for each program.
type Program<'a, T> = &'a (dyn Fn() -> T + Send + Sync);
