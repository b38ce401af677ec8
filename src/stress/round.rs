//! One round: all threads increment one fresh counter at the same time.

use crate::counter::Counter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What one round left.
pub(super) struct Round {
    /// What the counter showed in the end.
    pub got: u64,
    /// From the first increment to the final look at the counter.
    pub elapsed: Duration,
}

/// Runs one round.
pub(super) fn run<C: Counter>(counter: &C, threads: usize, increments: u64) -> Round {
    // All start together: a thread that is done before the next one begins meets nobody.
    let arrived = AtomicUsize::new(0);
    let first = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                let increment_all = || {
                    wait_for_all(&arrived, threads);
                    let begin = Instant::now();
                    counter.increment_times(increments);
                    begin
                };
                let started = std::thread::Builder::new().spawn_scoped(scope, increment_all);
                started.unwrap_or_else(|error| {
                    // Those already here would wait for ever.
                    arrived.store(usize::MAX / 2, Ordering::Relaxed);
                    panic!(
                        "the operating system refused one of {threads} threads ({error}); use fewer"
                    )
                })
            })
            .collect();
        let begins = threads.into_iter().map(|thread| thread.join());
        begins
            .map(|begin| begin.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .min()
            .expect("there is at least one thread")
    });
    // The look at the counter belongs to the round: an actor is done only when it has answered.
    let got = counter.get();
    Round { got, elapsed: first.elapsed() }
}

/// Waits until every thread of the round is here.
///
/// It spins, because a sleeping thread would wake tens of microseconds late and find the others
/// done; after a while it gives way, because with fewer cores than threads the others need this
/// one.
///
/// # Orderings
/// `Relaxed` is enough: the threads agree on a number and read nothing else by it. What they share,
/// the counter, was there before they were spawned.
fn wait_for_all(arrived: &AtomicUsize, threads: usize) {
    arrived.fetch_add(1, Ordering::Relaxed);
    let mut turns = 0u32;
    while arrived.load(Ordering::Relaxed) < threads {
        turns += 1;
        if turns < 1_000 { std::hint::spin_loop() } else { std::thread::yield_now() }
    }
}
