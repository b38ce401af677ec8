//! One round: all threads increment one fresh counter at the same time.

use crate::counter::Counter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What one round left.
pub(super) struct Round {
    /// How many increments were made, by all threads together.
    pub expected: u64,
    /// What the counter showed in the end.
    pub got: u64,
    /// From the first increment to the final look at the counter.
    pub elapsed: Duration,
}

/// Runs one round. With an end, its threads stop there, however many increments are left.
pub(super) fn run<C: Counter>(
    counter: &C,
    threads: usize,
    increments: u64,
    end: Option<Instant>,
) -> Round {
    // All start together: a thread that is done before the next one begins meets nobody.
    let arrived = AtomicUsize::new(0);
    let (first, expected) = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                let increment_all = || {
                    wait_for_all(&arrived, threads);
                    let begin = Instant::now();
                    let made = match end {
                        None => {
                            counter.increment_times(increments);
                            increments
                        }
                        Some(end) => increment_until(counter, increments, end),
                    };
                    (begin, made)
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
        let ended = threads.into_iter().map(|thread| thread.join());
        ended
            .map(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .reduce(|(first, sum), (begin, made)| (first.min(begin), sum + made))
            .expect("there is at least one thread")
    });
    // The look at the counter belongs to the round: an actor is done only when it has answered.
    let got = counter.get();
    Round { expected, got, elapsed: first.elapsed() }
}

/// Increments so many times, or until it is too late; returns how often.
///
/// The clock is read now and then only: it takes longer than an increment.
fn increment_until<C: Counter>(counter: &C, increments: u64, end: Instant) -> u64 {
    const OFTEN: Duration = Duration::from_millis(1);
    let (mut made, mut chunk) = (0, 1);
    let mut now = Instant::now();
    while made < increments {
        let next = chunk.min(increments - made);
        counter.increment_times(next);
        made += next;
        let before = std::mem::replace(&mut now, Instant::now());
        if now >= end {
            break;
        }
        if now - before < OFTEN {
            chunk *= 2;
        }
    }
    made
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
