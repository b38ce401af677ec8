//! std's concurrency, for programs under exploration.
//!
//! The modules mirror std's paths and signatures, so that a program written for std runs under
//! [`racelab::explore`](crate::explore()) after a change of its `use` lines:
//!
//! | instead of | write |
//! |---|---|
//! | `std::sync::atomic::…` | `racelab::model::sync::atomic::…` |
//! | `std::sync::{Mutex, Condvar, …}` | `racelab::model::sync::{Mutex, Condvar, …}` |
//! | `std::thread` | `racelab::model::thread` |
//! | `std::cell::{Cell, UnsafeCell}` | `racelab::model::cell::{Cell, UnsafeCell}` |
//! | `std::thread_local!` | `racelab::model::thread_local!` |
//! | `std::hint::spin_loop` | `racelab::model::hint::spin_loop` |
//!
//! # Limitations
//! - Only what threads do to the model's objects is seen. Where they tell each other something through
//!   std's own (a `Mutex`, an `Rc<Cell>`, a static that is no atomic), orders that differ in nothing
//!   else count as one, and outcomes can be missed. (Tasks that share a [thread](future) may: all that
//!   they do is in one order.)
//! - Counting the clones of [`sync::Arc`] is a step only where a program can tell. Counting those of
//!   std's `Arc` never is: where the last of those is dropped by whichever thread comes last, and
//!   dropping its value takes steps (a channel's end), runs of one class differ, and the verdict is
//!   [`Nondeterministic`](crate::Failure::Nondeterministic). Use the model's, or join the threads first,
//!   so that the same thread always drops it.
//! - A value that is read before it was written cannot be told from any other.
//! - A rendezvous channel (`sync_channel(0)`) is refused.
//! - `Condvar` wakes nobody without a reason; a wait with a time-out may always time out.
//! - Time does not pass: `sleep` is [`yield_now`](thread::yield_now).

pub mod cell;
pub mod future;
pub mod hint;
pub mod sync;
pub mod thread;

mod local;
mod operation;

pub use crate::__model_thread_local as thread_local;
pub use local::LocalKey;
pub use operation::{choose, operation};
