//! The same counter on real threads, until this machine has lost an update.
//!
//! You will see how long that took, and how much was lost. Run it again: the numbers change. A run
//! without a loss would have proved nothing, which is why the other lessons do not rely on luck.
//!
//!     cargo run --release --example 02_real_threads

use racelab::counter::{AtomicCounter, Counter, RacyCounter};
use racelab::stress::{Stress, cores};
use std::time::Duration;

fn main() {
    if cores() < 2 {
        println!("This process has one core: its threads take turns, and losses are rare.\n");
    }
    hammer("load, then store", RacyCounter::new);
    hammer("fetch_add", AtomicCounter::new);
}

/// Rounds of two threads, until one has lost an update or a second is over.
fn hammer<C: Counter>(what: &str, new: fn() -> C) {
    let stress = Stress::new().threads(2).increments(100_000).until_loss();
    let tally = stress.at_most(Duration::from_secs(1)).run(new);
    println!("{what}: {tally}");
}
