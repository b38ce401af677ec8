//! The catalogue: kinds of race besides the lost update, broken and cured side by side.
//!
//! Each race is one small program, generic over the
//! [`Primitives`](crate::primitives::Primitives) it is written in. Its *variants* are the program as it is written by somebody who has not thought
//! of the race, plausible fixes that do not work, and cures.
//!
//! The races of orderings have the orderings as parameters. Their variants are too weak or the weakest
//! that will do, so each cure is proved by its neighbours: this strong passes, one weaker in any place
//! ([`Entry::weaker`]) fails. Under sequential consistency none of them ends in a wrong value: that is
//! what [`Memory::Rc11`](crate::explore::Memory) adds. (The exception is the counter in
//! [`RELAXED_COUNTER`], whose load and store lose an update under every memory. The data race in
//! [`SPIN_LOCK`] is seen under either: what is one is decided by the orderings.)
//!
//! # Layout
//! A file a race; the lists below say which there are and in what order they are best read.
//! - [`ORDERINGS`]: what an ordering is for
//! - [`MEMORY`]: what no ordering cures
//! - [`WAITING`]: who waits for whom, for ever
//! - [`TASKS`]: an await is where another task goes on, on one thread
//! - [`APPLICATIONS`]: what several people use at once; the first of them, a counter, is the
//!   [ladder](crate::counter)
//!
//! False sharing is not among them: two threads that write to one cache line are slow and never
//! wrong, so there is no interleaving to show. `benches/false_sharing.rs` measures it, and
//! [`ShardedCounter`](crate::counter::ShardedCounter) keeps clear of it.

mod aba;
mod await_between;
mod cancelled_read;
mod chat_room;
mod check_then_act;
mod collaborative_editing;
mod compound_action;
mod dekker;
mod dining_philosophers;
mod double_checked;
mod epoch_stack;
mod full_channel;
mod guard_across_await;
mod independent_reads;
mod late_guard;
mod livelock;
mod lock_order;
mod lost_wakeup;
mod message_passing;
mod missed_close;
mod multiplayer_game;
mod over_released;
mod peterson;
mod reentered_actor;
mod reference_count;
mod relaxed_counter;
mod replica;
mod self_deadlock;
mod spin_lock;
mod start;
mod stolen_wakeup;
mod store_buffering;
mod torn_read;
mod unawaited_calls;
mod writer_starvation;

pub use aba::ABA;
pub use await_between::AWAIT_BETWEEN;
pub use cancelled_read::CANCELLED_READ;
pub use chat_room::CHAT_ROOM;
pub use check_then_act::CHECK_THEN_ACT;
pub use collaborative_editing::COLLABORATIVE_EDITING;
pub use compound_action::COMPOUND_ACTION;
pub use dekker::DEKKER;
pub use dining_philosophers::DINING_PHILOSOPHERS;
pub use double_checked::DOUBLE_CHECKED;
pub use full_channel::FULL_CHANNEL;
pub use guard_across_await::GUARD_ACROSS_AWAIT;
pub use independent_reads::INDEPENDENT_READS;
pub use late_guard::LATE_GUARD;
pub use livelock::LIVELOCK;
pub use lock_order::LOCK_ORDER;
pub use lost_wakeup::LOST_WAKEUP;
pub use message_passing::MESSAGE_PASSING;
pub use missed_close::MISSED_CLOSE;
pub use multiplayer_game::MULTIPLAYER_GAME;
pub use over_released::OVER_RELEASED;
pub use peterson::PETERSON;
pub use reentered_actor::REENTERED_ACTOR;
pub use reference_count::REFERENCE_COUNT;
pub use relaxed_counter::RELAXED_COUNTER;
pub use self_deadlock::SELF_DEADLOCK;
pub use spin_lock::SPIN_LOCK;
pub use stolen_wakeup::STOLEN_WAKEUP;
pub use store_buffering::STORE_BUFFERING;
pub use torn_read::TORN_READ;
pub use unawaited_calls::UNAWAITED_CALLS;
pub use writer_starvation::WRITER_STARVATION;

use crate::list::Entry;
use start::{at_once, fetch, on_one_thread, with_owner};

/// The races of orderings, the easiest first.
pub static ORDERINGS: &[&Entry] =
    &[&MESSAGE_PASSING, &STORE_BUFFERING, &INDEPENDENT_READS, &SPIN_LOCK, &RELAXED_COUNTER];

/// Races on memory that no ordering cures, the easiest first.
pub static MEMORY: &[&Entry] = &[
    &CHECK_THEN_ACT,
    &TORN_READ,
    &COMPOUND_ACTION,
    &LATE_GUARD,
    &DOUBLE_CHECKED,
    &REFERENCE_COUNT,
    &DEKKER,
    &PETERSON,
    &ABA,
];

/// Races about waiting, the easiest first.
pub static WAITING: &[&Entry] = &[
    &LOCK_ORDER,
    &SELF_DEADLOCK,
    &DINING_PHILOSOPHERS,
    &LOST_WAKEUP,
    &STOLEN_WAKEUP,
    &MISSED_CLOSE,
    &FULL_CHANNEL,
    &OVER_RELEASED,
    &LIVELOCK,
    &WRITER_STARVATION,
];

/// Races between tasks of one thread, the easiest first.
pub static TASKS: &[&Entry] =
    &[&AWAIT_BETWEEN, &UNAWAITED_CALLS, &REENTERED_ACTOR, &GUARD_ACROSS_AWAIT, &CANCELLED_READ];

/// Applications that several people use at once, the easiest first.
pub static APPLICATIONS: &[&Entry] = &[&CHAT_ROOM, &MULTIPLAYER_GAME, &COLLABORATIVE_EDITING];

/// A variant that is a choice of orderings: its name, and a call whose family of primitives is
/// filled in.
macro_rules! ordered {
    ($role:ident, $name:literal, $program:ident, $accesses:expr) => {
        $crate::race::ordered!($role, $name, $program, $accesses, [])
    };
    ($role:ident, $name:literal, $program:ident, $accesses:expr, $fences:expr) => {
        $crate::list::Variant::$role(
            $name,
            $crate::list::runs!(P => $program::<P>($accesses, $fences)),
        )
        .ordered($crate::list::Orderings {
            program: stringify!($program),
            accesses: &$accesses,
            fences: &$fences,
        })
    };
}
use ordered;
