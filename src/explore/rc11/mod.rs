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
//! - `data_race`: plain accesses that nothing orders
//!
//! # Release sequences
//! An `Acquire` load learns what a `Release` store published also when it reads a write that
//! continues the store's *release sequence*. Which writes do is where the paper and Rust part:
//!
//! - *Which executions there are* follows the paper: read-modify-writes continue a sequence, and so
//!   do later stores of the same thread. The sets of outcomes are held against herd7's, which were
//!   made with the paper's model.
//! - *What is a data race* in such an execution follows C++20 (§6.9.2.2), which Rust adopts: only
//!   read-modify-writes continue a sequence. One computation decides for this memory, for the
//!   sequentially consistent one and for every picture, so a verdict and the trace beside it never
//!   differ.
//!
//! C++20 orders less, so it allows every execution that the paper allows: what is found is real.
//!
//! # Limitations
//! - Load buffering (each of two threads reads what the other writes only later) is forbidden, as
//!   in the paper. Hardware and Rust's rules allow it for relaxed accesses.
//! - For programs that store `Release` and then `Relaxed` to one location a few executions are
//!   missing: those that only C++20 allows (see above).
//! - A loop that waits is not followed round after round: a thread that yields does not repeat a
//!   round of the same reads, and one weak compare-exchange fails for no reason at most once on the
//!   same write.
//! - Locks, channels and the like keep one order of their own; a step on one learns all that
//!   earlier conflicting steps released, which may be more than the documentation promises.

mod choices;
mod clocks;
mod data_race;
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
