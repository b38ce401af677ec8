//! RC11: what Rust's orderings really allow.
//!
//! The model is that of Lahav, Vafeiadis, Kang, Hur and Dreyer, [*Repairing Sequential Consistency
//! in C/C++11*](https://plv.mpi-sws.org/scfix/paper.pdf), PLDI 2017. An execution is a graph of
//! events; what is allowed is said by four axioms:
//!
//! - *coherence*: a thread never goes back behind a write it knows of;
//! - *atomicity*: a read-modify-write stands right behind the write it reads;
//! - *SC*: the partial order of the `SeqCst` events has no cycle;
//! - *no thin air*: program order and reads-from have no cycle.
//!
//! # Layout
//! - `event`: what a thread may ask of the memory, and what is kept of it
//! - `clocks`: who knows what, kept for every event
//! - `graph`: the graph and what can be asked of it
//! - `grow`: how it is grown and taken back, one event at a time
//! - `choices`: which ways of taking a step are consistent
//! - `psc`: the axiom for SC
//! - `search`: the loop that completes every consistent graph exactly once
//! - `races`: where the loop has to come back to
//!
//! # Limitations
//! - Load buffering (each of two threads reads what the other writes only later) is forbidden, as
//!   in the paper. Hardware and Rust's rules allow it for relaxed accesses.
//! - A release sequence goes on through later stores of the same thread, as in the paper; C++20,
//!   which Rust follows, ends it there. So a few outcomes are missing for programs that store
//!   `Release` and then `Relaxed` to one location.
//! - A loop that waits is not followed round after round: a thread that yields does not repeat a
//!   round of the same reads, and one weak compare-exchange fails for no reason at most once on the
//!   same write.
//! - Locks, channels and the like keep one order of their own; a step on one learns all that
//!   earlier conflicting steps released, which may be more than the documentation promises.

mod choices;
mod clocks;
mod drive;
mod event;
mod example;
mod follow;
mod graph;
mod grow;
mod psc;
mod races;
mod rounds;
mod search;
mod wish;

pub(super) use drive::Rc11;
pub use event::{Choice, Event, EventId, INIT, Op, Reason, Step};
pub(super) use follow::Follow;
pub use graph::Graph;
pub use search::{Pending, Search, Turn};
