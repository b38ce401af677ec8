//! Three fixes that look right and are not.
//!
//! You will see each of them lose, in how many interleavings, and the sentence that says why.
//!
//!     cargo run --example 04_wrong_fixes

use racelab::counter::{race, wrong};
use racelab::primitives::Model;
use racelab::{Report, explore};

fn main() {
    println!("Guess first: which of these three makes two increments add up to 2?\n");
    show(
        "a lock for each thread",
        explore(|| race::<Model, wrong::LockPerThreadCounter<Model>>(2, 1)),
    );
    show(
        "a lock around the read only",
        explore(|| race::<Model, wrong::LockTheReadCounter<Model>>(2, 1)),
    );
    show(
        "SeqCst on the load and the store",
        explore(|| race::<Model, wrong::SeqCstPairCounter<Model>>(2, 1)),
    );
    println!("None. A cure has to leave no room between the read and the write.");
}

fn show(fix: &str, report: Report<u64>) {
    let lost = report.outcome(&1).expect("each of them loses");
    let (lose, all) = (lost.interleavings(), report.interleavings());
    println!("{fix}: {} of {} interleavings lose", lose.unwrap(), all.unwrap());
    println!("  {}: {}\n", lost.example().schedule(), lost.example().lost_updates()[0]);
}
