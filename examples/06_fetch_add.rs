//! One step instead of two: with nothing between the read and the write, nothing can come between.
//!
//! You will see the number of interleavings shrink with the number of steps: the racy counter's
//! many, most of which lose, and `fetch_add`'s few, none of which does.
//!
//!     cargo run --example 06_fetch_add

use racelab::counter::{AtomicCounter, RacyCounter, race};
use racelab::primitives::Model;
use racelab::{diagram, explore};

fn main() {
    for threads in 2..=3 {
        let racy = explore(move || race::<Model, RacyCounter<Model>>(threads, 1));
        println!("{threads} threads, load then store:\n{racy}");
        let atomic = explore(move || race::<Model, AtomicCounter<Model>>(threads, 1));
        atomic.assert_always(|count| *count == threads as u64);
        println!("{threads} threads, fetch_add:\n{atomic}");
    }
    let report = explore(|| race::<Model, AtomicCounter<Model>>(2, 1));
    let all = report.outcome(&2).expect("two increments make 2");
    print!("Reading and writing are one row now:\n\n{}", diagram::timeline(all.example()));
}
