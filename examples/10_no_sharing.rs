//! Often the best shared counter is none: count apart, then add up.
//!
//! You will see rayon count a collection three ways: through a counter that loses (tried until it
//! does), through one that does not, and with `fold` and `reduce`, where nothing is shared that
//! could be lost.
//!
//!     cargo run --release --example 10_no_sharing

use racelab::counter::rayon::{count_apart, count_together};
use racelab::counter::{AtomicCounter, Counter, RacyCounter};
use std::time::{Duration, Instant};

/// A loss needs two threads at once; on one core it may not come.
const PATIENCE: Duration = Duration::from_secs(3);

fn main() {
    let numbers: Vec<u64> = (0..4_000_000).collect();
    let hit = |n: &u64| n.is_multiple_of(3);
    let expected = count_apart(&numbers, hit);
    println!("{expected} of {} numbers are divisible by 3. rayon counts:\n", numbers.len());

    let shared = |counter: &dyn Counter| {
        count_together(&numbers, hit, counter);
        counter.get()
    };
    let begin = Instant::now();
    let mut tries = (1..).take_while(|_| begin.elapsed() < PATIENCE);
    let lost = tries.find(|_| shared(&RacyCounter::new()) != expected);
    timed("for_each(increment), fetch_add", || shared(&AtomicCounter::new()));
    timed("fold and reduce", || count_apart(&numbers, hit));
    print!("\nThe first with load, then store: ");
    match lost {
        Some(1) => println!("lost updates on the first try."),
        Some(tries) => println!("lost updates on try {tries}."),
        None => println!("lost nothing in {PATIENCE:?}. On one core that is luck."),
    }
}

fn timed(how: &str, count: impl Fn() -> u64) {
    let begin = Instant::now();
    let count = count();
    println!("{how:<31} {count:>9} in {:>6.2} ms", begin.elapsed().as_secs_f64() * 1e3);
}
