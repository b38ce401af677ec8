//! A number for each thread, added up when somebody asks.
//!
//! # Why it cannot lose
//! Each thread adds to its own shard, with `fetch_add`. Two threads that happen to share one are as
//! safe there as in [`AtomicCounter`](super::AtomicCounter); the shards are only about speed.
//!
//! # What a concurrent read may see
//! [`get`](Counter::get) reads the shards one after the other while others go on counting, so the
//! sum is not a photograph. What holds:
//! - **Once all incrementing threads are joined, it is exact.** Join synchronises.
//! - **Nothing finished is missed:** every increment that happens before the `get` is in the sum.
//!   Nothing is invented: an increment that happens after the `get` is not.
//! - **It was true at some moment**, as long as the steps interleave: the count when the `get`
//!   began ≤ the sum ≤ the count when it ended, and since a count grows by ones, it passed through
//!   the sum in between. With increments of any other size this would fail: after +1 by A and then
//!   +2 by B, a reader that looked at A's shard before the first and at B's after the second sums
//!   2, a total there never was.
//! - **For one reader it never goes back** (until it wraps): each shard only grows, and a later
//!   load of the same thread never sees an older value of the same atomic (coherence).
//! - It says nothing about *other* memory, and it does not name *which* increments it saw: of two
//!   readers that both sum 1, one may have seen A's increment and the other B's.
//!
//! # Orderings
//! `Relaxed` throughout, for `AtomicCounter`'s reasons. `SeqCst` loads would not turn the sum into
//! a photograph: other threads could still count between two loads. A lock over all shards would,
//! and would bring back what sharding got rid of.
//!
//! # Trade-offs
//! Built for many writers and few readers: statistics, metrics. An increment touches only a cache
//! line that the thread's core already owns, so it costs what an uncontended `fetch_add` costs, on
//! any number of cores \[1\]. (Numbers side by side on one line would be as exact, and slow: the
//! cores take the line from each other at every increment. That is *false sharing*;
//! `benches/false_sharing.rs` measures it.) The price is memory (a padded line a shard, 128 bytes on x86-64, where
//! the processor fetches lines in pairs \[2\]) and a read that costs as much as there are shards.
//! Java's `LongAdder` is the same idea \[3\].
//!
//! # Sources
//! 1. Paul E. McKenney, [Is Parallel Programming Hard, And, If So, What Can You Do About It?][hard],
//!    chapter "Counting"
//! 2. [`CachePadded`](crossbeam::utils::CachePadded) in crossbeam, on the size of a line
//! 3. [java.util.concurrent.atomic.LongAdder][adder]
//!
//! [hard]: https://mirrors.edge.kernel.org/pub/linux/kernel/people/paulmck/perfbook/perfbook.html
//! [adder]: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/concurrent/atomic/LongAdder.html

use super::Counter;
use crate::primitives::{AtomicInteger, Primitives, Std};
use crossbeam::utils::CachePadded;
use std::sync::atomic::Ordering::Relaxed;

/// A counter with one number for each thread.
///
/// # Examples
/// ```
/// use racelab::counter::{Counter, ShardedCounter};
/// use std::thread;
///
/// let counter: ShardedCounter = ShardedCounter::with_shards(2);
/// thread::scope(|scope| {
///     scope.spawn(|| counter.increment());
///     scope.spawn(|| counter.increment());
/// });
/// assert_eq!(counter.get(), 2);
/// ```
pub struct ShardedCounter<P: Primitives = Std> {
    /// A power of two of them, so that choosing one is a mask and not a division.
    shards: Box<[CachePadded<P::AtomicU64>]>,
}

/// How the shards are called in pictures; any beyond these are all called `shard`.
const NAMES: [&str; 8] =
    ["shard 0", "shard 1", "shard 2", "shard 3", "shard 4", "shard 5", "shard 6", "shard 7"];

impl ShardedCounter {
    /// A counter at zero with 8 shards, on real threads.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Primitives> ShardedCounter<P> {
    /// A counter at zero with at least `shards` shards: as many as threads will increment it at
    /// once. The number is rounded up to a power of two; 0 counts as 1.
    ///
    /// The number is not taken from the machine: a checked program has to be the same everywhere.
    pub fn with_shards(shards: usize) -> Self {
        Self::with(shards, 0)
    }

    /// A counter at `value`, all of it in the first of 8 shards.
    pub fn starting_at(value: u64) -> Self {
        Self::with(NAMES.len(), value)
    }

    fn with(shards: usize, first: u64) -> Self {
        let shard = |i: usize| {
            let name = NAMES.get(i).copied().unwrap_or("shard");
            CachePadded::new(P::AtomicU64::named(name, if i == 0 { first } else { 0 }))
        };
        ShardedCounter { shards: (0..shards.next_power_of_two()).map(shard).collect() }
    }

    /// This thread's shard. Threads beyond the number of shards share.
    fn mine(&self) -> &P::AtomicU64 {
        &self.shards[P::thread_index() & (self.shards.len() - 1)]
    }
}

impl<P: Primitives> Default for ShardedCounter<P> {
    fn default() -> Self {
        Self::with_shards(NAMES.len())
    }
}

impl<P: Primitives> Counter for ShardedCounter<P> {
    fn increment(&self) {
        self.mine().fetch_add(1, Relaxed); // nobody else's line, as a rule
    }

    fn get(&self) -> u64 {
        self.shards.iter().fold(0, |sum: u64, shard| sum.wrapping_add(shard.load(Relaxed)))
    }

    fn for_threads(threads: usize) -> Self {
        Self::with_shards(threads)
    }
}
