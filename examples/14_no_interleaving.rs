//! An outcome that no interleaving explains, and the proof.
//!
//! Two threads store 1, each to its own place, and then load the other's. Predict: can both loads
//! return 0? No interleaving lets them; Rust's relaxed orderings do.
//!
//! You will see the execution, and the circle of steps each of which would have to come before the
//! next.
//!
//!     cargo run --example 14_no_interleaving

use racelab::diagram::timeline;
use racelab::explore::{Explorer, Memory};
use racelab::model::sync::atomic::{AtomicU32, Ordering::Relaxed};
use racelab::model::thread;
use std::sync::Arc;

fn store_then_load() -> (u32, u32) {
    let flags = Arc::new([AtomicU32::named("x", 0), AtomicU32::named("y", 0)]);
    let start = |me: usize| {
        let flags = Arc::clone(&flags);
        thread::spawn(move || {
            flags[me].store(1, Relaxed);
            flags[1 - me].load(Relaxed)
        })
    };
    let (a, b) = (start(0), start(1));
    (a.join().unwrap(), b.join().unwrap())
}

fn main() {
    let interleaved = racelab::explore(store_then_load);
    println!("Every interleaving:\n{interleaved}");
    let report = Explorer::new().memory(Memory::Rc11).explore(store_then_load);
    println!("Every execution that the orderings allow:\n{report}");
    let strange = report.outcome(&(0, 0)).expect("both loads may miss");
    print!("{}", timeline(strange.example()));
}
