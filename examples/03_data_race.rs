//! A data race is not a race condition, and a program can have either without the other.
//!
//! You will see the explorer call the plain number a data race, and the atomic one not, although
//! the same steps lose the same update in both.
//!
//!     cargo run --example 03_data_race

use racelab::counter::{RacyCounter, UnsafeCounter, race};
use racelab::primitives::Model;
use racelab::{Explorer, Failure, Outcome, explore};

fn main() {
    println!("In the schedule ABAB, A reads, B reads, A writes, B writes.\n");
    println!("{:<30} {:<10} lost updates of ABAB", "", "data race");
    show("plain, `unsafe impl Sync`", race::<Model, UnsafeCounter<Model>>);
    show("atomic, load then store", race::<Model, RacyCounter<Model>>);
    println!("\nThe first is undefined behaviour; the second has a meaning, and it is wrong.");
}

fn show(what: &str, program: fn(usize, usize) -> u64) {
    let report = explore(|| program(2, 1));
    let is_race = |failure: &Failure| matches!(failure, Failure::DataRace { .. });
    let found = report.failures().find(|o: &&Outcome<_>| o.result().is_err_and(is_race));
    let lost = Explorer::replay("ABAB", || program(2, 1)).lost_updates().len();
    println!("{what:<30} {:<10} {lost}", if found.is_some() { "yes" } else { "no" });
    if let Some(Err(failure)) = found.map(Outcome::result) {
        println!("  {failure}");
    }
}
