//! Write only if nobody came between, and otherwise try again.
//!
//! You will see a thread that read an old number find out about it, and start over.
//!
//!     cargo run --example 07_compare_exchange

use racelab::counter::{CompareExchangeCounter, race};
use racelab::primitives::Model;
use racelab::{Explorer, diagram, explore};

fn main() {
    let program = || race::<Model, CompareExchangeCounter<Model>>(2, 1);
    let report = explore(program);
    report.assert_always(|count| *count == 2);
    print!("{report}");

    // Letters say who goes next; once both have read 0, one of the writes has to fail.
    let clash = Explorer::replay("ABABB", program);
    println!("\nBoth read before either writes, which is where the racy counter loses:\n");
    print!("{}", diagram::timeline(&clash));
}
