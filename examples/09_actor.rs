//! One thread owns the number; the others send it messages.
//!
//! You will see every interleaving end at 2, and in the picture that the count itself has no column:
//! it is a local variable, and nobody else can reach it.
//!
//!     cargo run --example 09_actor

use racelab::counter::{ActorCounter, race};
use racelab::primitives::Model;
use racelab::{diagram, explore};

fn main() {
    let report = explore(|| race::<Model, ActorCounter<Model>>(2, 1));
    report.assert_always(|count| *count == 2);
    print!("{report}");

    let all = report.outcome(&2).expect("two increments make 2");
    println!("\nThe requests stand in line, and the actor serves them one at a time:\n");
    print!("{}", diagram::timeline(all.example()));
}
