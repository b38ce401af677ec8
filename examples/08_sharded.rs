//! A number for each thread: nobody shares, and somebody who asks adds up.
//!
//! You will see that the final count is exact, and all that a reader may see on the way.
//!
//!     cargo run --example 08_sharded

use racelab::counter::{Counter, ShardedCounter, race};
use racelab::primitives::{JoinHandle, Model, Primitives};
use racelab::{diagram, explore};
use std::sync::Arc;

fn main() {
    let report = explore(|| race::<Model, ShardedCounter<Model>>(2, 1));
    report.assert_always(|count| *count == 2);
    println!("Read after joining both threads:\n{report}");

    println!("Guess first: what may a reader see who does not wait for them?\n");
    let early = explore(read_while_counting);
    early.assert_outcomes(&[0, 1, 2]);
    println!("{early}");

    let between = early.outcome(&1).expect("asserted above");
    println!("1 was true for a moment, if not always for long:\n");
    print!("{}", diagram::timeline(between.example()));
}

/// Two threads increment; main reads without waiting.
fn read_while_counting() -> u64 {
    let counter = Arc::new(ShardedCounter::<Model>::with_shards(2));
    let threads = ["A", "B"].map(|name| {
        let counter = Arc::clone(&counter);
        Model::spawn(name, move || counter.increment())
    });
    let seen = counter.get();
    threads.into_iter().for_each(JoinHandle::join);
    seen
}
