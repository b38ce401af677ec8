//! The lock: the losing schedule is not made harmless, it is made impossible.
//!
//! You will see that only two orders are left, and the second thread waiting in one of them.
//!
//!     cargo run --example 05_mutex

use racelab::counter::{MutexCounter, race};
use racelab::primitives::Model;
use racelab::{diagram, explore};

fn main() {
    println!("Two threads, one increment each: lock, add, unlock. How many orders are left?\n");
    let report = explore(|| race::<Model, MutexCounter<Model>>(2, 1));
    report.assert_always(|count| *count == 2);
    print!("{report}");

    let all = report.outcome(&2).expect("two increments make 2");
    println!("\nWhere the other thread would have come between, it waits:\n");
    print!("{}", diagram::timeline(all.example()));
}
