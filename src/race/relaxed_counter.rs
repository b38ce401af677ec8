//! What `Relaxed` is enough for: a counter that nobody reads anything into but its value.
//!
//! # Orderings
//! A read-modify-write always reads the newest value, whatever its ordering; so nothing is lost,
//! and `Relaxed` will do. A load followed by a store loses updates whatever its orderings: what
//! comes between the two is not a question of what is visible.

use super::{at_once, ordered};
use crate::list::{Entry, Means, Variant, acceptable, failed, forbidden};
use crate::primitives::{AtomicInteger, Primitives};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Relaxed, SeqCst};

const FORBIDDEN: &str = "an update was lost";

/// SeqCst does not make one step of two.
pub static RELAXED_COUNTER: Entry = Entry {
    name: "relaxed-counter",
    title: "Relaxed is enough for one step, SeqCst is not enough for two",
    story: "Two threads add one. In two steps, a load and a store, one update can be lost, and no \
            ordering prevents that. In one step none is lost, and the weakest ordering will do.",
    path: "src/race/relaxed_counter.rs",
    source: include_str!("relaxed_counter.rs"),
    outcome: &["count"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([2]) => acceptable("both are counted"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    ordered!(broken, "load and store, Relaxed", two_steps, [Relaxed, Relaxed]),
    ordered!(broken, "load and store, SeqCst", two_steps, [SeqCst, SeqCst]),
    ordered!(cure, "fetch_add, Relaxed", one_step, [Relaxed]).by(Means::Atomic),
];

fn two_steps<P: Primitives>([load, store]: [Ordering; 2], _: [Option<Ordering>; 0]) -> u64 {
    count::<P>(move |count| {
        let seen = count.load(load);
        count.store(seen + 1, store);
    })
}

fn one_step<P: Primitives>([add]: [Ordering; 1], _: [Option<Ordering>; 0]) -> u64 {
    count::<P>(move |count| _ = count.fetch_add(1, add))
}

fn count<P: Primitives>(add_one: impl Fn(&P::AtomicU64) + Copy + Send + 'static) -> u64 {
    let count = Arc::new(P::AtomicU64::named("count", 0));
    let (a, b) = (Arc::clone(&count), Arc::clone(&count));
    at_once::<P, _, _>(move || add_one(&a), move || add_one(&b));
    count.load(Relaxed)
}
