//! A lock made of one flag: keeping others out is not enough, what it protects has to be handed on.
//!
//! # Orderings
//! Taking the lock has to be `Acquire`, giving it back `Release`: the two are partners, and what
//! the last holder wrote is then visible to the next one. With anything weaker two threads are
//! never inside together, and race all the same.

use super::{at_once, ordered};
use crate::list::{Entry, Variant, acceptable, failed, forbidden};
use crate::primitives::{AtomicBool, Primitives, UnsafeCell};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

const FORBIDDEN: &str = "an update was lost behind a lock";

/// The lock keeps others out, and its holder sees old data.
pub static SPIN_LOCK: Entry = Entry {
    name: "spin-lock",
    title: "A lock that keeps others out and lets old data in",
    story: "Two threads take turns through a flag that is swapped to true to enter and stored \
            false to leave, and add one to a plain number inside. The flag alone keeps them apart \
            in time. Whether the second sees what the first wrote is decided by the orderings.",
    path: "src/race/spin_lock.rs",
    source: include_str!("spin_lock.rs"),
    outcome: &["number"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([2]) => acceptable("each saw what the other left"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    ordered!(broken, "Relaxed", turns, [Relaxed, Relaxed]),
    ordered!(broken, "Acquire swap, Relaxed store", turns, [Acquire, Relaxed]),
    ordered!(broken, "Relaxed swap, Release store", turns, [Relaxed, Release]),
    ordered!(cure, "Acquire swap, Release store", turns, [Acquire, Release]),
];

struct Locked<P: Primitives> {
    taken: P::AtomicBool,
    number: P::UnsafeCell<u64>,
}

// SAFETY: this is the promise on trial: `number` is only touched by the thread that has swapped
// `taken` to true. It is kept when the swap acquires what the store before it released; in the
// weaker cases it is broken, and the explorer reports the data race.
unsafe impl<P: Primitives> Sync for Locked<P> {}
// SAFETY: a number and a flag are tied to no thread.
unsafe impl<P: Primitives> Send for Locked<P> {}

fn turns<P: Primitives>([enter, leave]: [Ordering; 2], _: [Option<Ordering>; 0]) -> u64 {
    let lock = Arc::new(Locked::<P> {
        taken: P::AtomicBool::named("taken", false),
        number: P::UnsafeCell::named("number", 0),
    });
    let add_one = || {
        let lock = Arc::clone(&lock);
        move || {
            while lock.taken.swap(true, enter) {
                P::yield_now();
            }
            // SAFETY: as promised above.
            let seen = lock.number.with(|number| unsafe { number.read_volatile() });
            // SAFETY: as promised above.
            lock.number.with_mut(|number| unsafe { number.write_volatile(seen + 1) });
            lock.taken.store(false, leave);
        }
    };
    at_once::<P, _, _>(add_one(), add_one());
    // SAFETY: both threads have ended, and joining them orders all they did before this.
    lock.number.with(|number| unsafe { number.read_volatile() })
}
