//! Two threads increment once each, and the count is 1.
//!
//! You will see how many orders the four steps have, how many of them lose an update, and one that
//! does, drawn: which step overwrote which, and why.
//!
//!     cargo run --example 01_lost_update

use racelab::counter::{RacyCounter, race};
use racelab::primitives::Model;
use racelab::{diagram, explore};

fn main() {
    println!("Two threads, one increment each: read the count, write the count plus one.");
    println!("Guess first: in how many orders can the four steps happen, and how many lose?\n");

    // The very counter that runs on real threads, under every interleaving.
    let report = explore(|| race::<Model, RacyCounter<Model>>(2, 1));
    print!("{report}");

    let lost = report.outcome(&1).expect("the racy counter loses an update");
    println!("\nOne that loses. Read it from the top, one row a step:\n");
    print!("{}", diagram::timeline(lost.example()));
}
