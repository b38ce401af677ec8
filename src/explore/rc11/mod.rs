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
//! - `search`: the loop that completes every consistent graph exactly once; `point`: one point of it
//! - `races`: where the loop has to come back to; `branch`: and what it has to follow from there
//! - `sleep`, `claim`: what need not be explored again
//! - `data_race`: plain accesses that nothing orders
//!
//! # Release sequences
//! An `Acquire` load learns what a `Release` store published also when it reads a write that
//! continues the store's *release sequence*. Which writes do is the one point in which this is not the
//! paper's model but C++20's (P0982R1, \[atomics.order\]), and so Rust's: read-modify-writes do, of any
//! thread and any ordering, and nothing else. In the paper, as in C++11, later stores of the same
//! thread did as well. Less is ordered than there, so whatever the paper allows is found, and more.
//!
//! What happens before what is one relation: the clocks of this search, those that tell whether two
//! plain accesses race, and those of every picture.
//!
//! # Limitations
//! - Load buffering (each of two threads reads what the other writes only later) is forbidden, as
//!   in the paper: the axiom of no thin air. Hardware and Rust's rules allow it for relaxed accesses.
//! - The axiom for SC is the paper's, which is weaker than the text of C++20 where `SeqCst` accesses
//!   read what others wrote: two `SeqCst` readers may disagree on the order of two stores that are not
//!   `SeqCst` themselves. (Compiled the usual way for POWER, such a program shows it.) So a few
//!   outcomes are found that a strict reading of Rust's rules forbids; no program is known with one
//!   that they allow and this axiom does not.
//! - A loop that waits is not followed round after round: a thread that yields does not repeat a
//!   round of the same reads, and one weak compare-exchange fails for no reason at most once on the
//!   same write in the same thread.
//! - Locks, channels and the like keep one order of their own; a step on one learns all that
//!   earlier conflicting steps released, which may be more than the documentation promises.

mod branch;
mod choices;
mod claim;
mod clocks;
mod data_race;
mod drive;
mod event;
mod example;
mod follow;
mod graph;
mod grow;
#[cfg(test)]
mod one_relation;
mod point;
mod psc;
mod races;
mod rounds;
mod search;
mod sleep;
mod wish;

pub(super) use drive::Rc11;
pub use event::{Choice, Event, EventId, INIT, Op, Reason, Step};
pub(super) use follow::Follow;
pub use graph::Graph;
pub use search::{Pending, Search, Turn};
