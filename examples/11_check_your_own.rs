//! Check your own thirty lines: copy this file and put your program in.
//!
//! You will see two buyers get the last ticket, drawn, and a version in which they cannot. The
//! program is written as for std; only its `use` lines say `racelab::model`. The verdict is a test.
//!
//!     cargo run  --example 11_check_your_own
//!     cargo test --example 11_check_your_own

use racelab::explore;
use racelab::model::sync::Arc; //                   std::sync::Arc
use racelab::model::sync::atomic::{AtomicU32, Ordering::Relaxed}; // std::sync::atomic::…
use racelab::model::thread; //                       std::thread

/// Sells a ticket if one is left.
type Sell = fn(&AtomicU32) -> bool;

/// Looks, then takes: another buyer may look in between.
fn careless(left: &AtomicU32) -> bool {
    let seen = left.load(Relaxed);
    if seen == 0 {
        return false;
    }
    left.store(seen - 1, Relaxed);
    true
}

/// Takes only what it has looked at.
fn careful(left: &AtomicU32) -> bool {
    left.fetch_update(Relaxed, Relaxed, |seen| seen.checked_sub(1)).is_ok()
}

/// The program: two buyers, one ticket. Returns how many were sold.
fn sold(sell: Sell) -> u32 {
    let left = Arc::new(AtomicU32::new(1));
    let buyers = [(); 2].map(|()| {
        let left = Arc::clone(&left);
        thread::spawn(move || sell(&left))
    });
    buyers.map(|buyer| buyer.join().unwrap()).into_iter().map(u32::from).sum()
}

fn main() {
    let report = explore(|| sold(careless)).forbidden(|sold| *sold > 1, "sold twice");
    print!("careless: {report}");
    let twice = report.outcome(&2).expect("the careless one sells it twice");
    println!("\n{}", racelab::diagram::timeline(twice.example()));
    print!("careful: {}", explore(|| sold(careful)));
}

#[test]
fn the_careful_one_sells_the_ticket_once_in_every_interleaving() {
    let report = explore(|| sold(careful));
    report.assert_complete();
    report.assert_outcomes(&[1]);
}

#[test]
#[should_panic(expected = "an outcome that should never be: 2")]
fn the_careless_one_sells_it_twice() {
    explore(|| sold(careless)).assert_always(|sold| *sold == 1);
}
