//! The ladder: shared counters, worst first.
//!
//! Each counter is generic over the family of [`Primitives`](crate::primitives::Primitives) it is
//! written in, so the code that runs on real threads is the code that is checked.
//!
//! # Layout
//! Read the files in this order; each differs from its neighbour by a few lines.
//!
//! | file | counter | two threads, one increment each |
//! |---|---|---|
//! | `unsafe_cell` | [`UnsafeCounter`] | a data race: undefined behaviour |
//! | `racy` | [`RacyCounter`] | no data race, and it loses updates all the same |
//! | `wrong/` | five plausible fixes | they lose too |
//! | `mutex` | [`MutexCounter`] | 2, always: one thread at a time |
//! | `atomic` | [`AtomicCounter`] | 2, always: one step instead of two |
//! | `compare_exchange` | [`CompareExchangeCounter`] | 2, always: the write checks what was read |
//! | `sharded` | [`ShardedCounter`] | 2, always: nobody shares |
//! | `actor` | [`ActorCounter`] | 2, always: one thread owns the number |
//! | `rayon` | none at all | count apart, then add up |
//!
//! `ladder` has them all as entries of the [list](crate::list), in [`LADDER`]; [`race`] is the program
//! that they all run.
//!
//! # How it is known
//! - `tests/counter_contract.rs`: what every counter keeps, on real threads
//! - `tests/ladder_promises.rs`: what each promises, in every interleaving, and under all that
//!   Rust's orderings allow
//! - `benches/counters.rs`: what each costs beside the primitive it is built on (measured figures
//!   are in `docs/src/cost.md`)

mod actor;
mod atomic;
mod compare_exchange;
pub mod ladder;
mod mutex;
mod racy;
pub mod rayon;
mod sharded;
mod unsafe_cell;
pub mod wrong;

pub use actor::ActorCounter;
pub use atomic::AtomicCounter;
pub use compare_exchange::CompareExchangeCounter;
pub use ladder::{LADDER, Maker, race};
pub use mutex::MutexCounter;
pub use racy::RacyCounter;
pub use sharded::ShardedCounter;
pub use unsafe_cell::UnsafeCounter;

/// A number that many threads count up together.
///
/// # Contract
/// What every counter keeps, the losing ones too; `tests/counter_contract.rs` holds them to it:
/// - used by a single thread it is exact: after `n` increments it has grown by `n`;
/// - past [`u64::MAX`] it goes on at 0;
/// - dropping it ends whatever it had started (a thread, for the actor).
///
/// What only a [cure](crate::list::Role::Cure) keeps: whatever number of threads
/// increment it, once they are joined [`get`](Counter::get) returns the sum of all increments.
pub trait Counter: Send + Sync + 'static {
    /// Adds one.
    fn increment(&self);

    /// The number as this thread sees it now.
    fn get(&self) -> u64;

    /// Adds one, this many times.
    ///
    /// The loop is compiled together with the counter, so for a counter behind `dyn` the jump is
    /// taken once and not at every increment, and a stress run times the counter.
    fn increment_times(&self, times: u64) {
        for _ in 0..times {
            // Laundered on every turn, so the optimiser cannot keep the number in a register and
            // write it once: a race that is compiled away teaches nothing.
            std::hint::black_box(self).increment();
        }
    }

    /// A counter at zero, for this many threads to share.
    ///
    /// Only a counter that keeps something for each thread needs to know the number.
    fn for_threads(threads: usize) -> Self
    where
        Self: Sized + Default,
    {
        let _ = threads;
        Self::default()
    }

    /// How many threads the counter starts for itself when it is made.
    fn own_threads() -> usize
    where
        Self: Sized,
    {
        0
    }
}

/// A counter that is chosen while the program runs; each call costs one jump more.
impl Counter for Box<dyn Counter> {
    #[inline]
    fn increment(&self) {
        (**self).increment();
    }

    #[inline]
    fn get(&self) -> u64 {
        (**self).get()
    }

    #[inline]
    fn increment_times(&self, times: u64) {
        (**self).increment_times(times);
    }
}
