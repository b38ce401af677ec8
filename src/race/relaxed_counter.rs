//! What `Relaxed` is enough for: a counter that nobody reads anything into but its value.
//!
//! # Orderings
//! A read-modify-write always reads the newest value, whatever its ordering; so nothing is lost,
//! and `Relaxed` will do. A load followed by a store loses updates whatever its orderings: what
//! comes between the two is not a question of what is visible.

use super::{Case, Race, Seen, case};
use crate::primitives::{AtomicInteger, JoinHandle, Primitives};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Relaxed, SeqCst};

/// SeqCst does not make one step of two.
pub const RELAXED_COUNTER: Race = Race {
    name: "relaxed-counter",
    title: "Relaxed is enough for one step, SeqCst is not enough for two",
    story: "Two threads add one. In two steps, a load and a store, one update can be lost, and no \
            ordering prevents that. In one step none is lost, and the weakest ordering will do.",
    seen: "the count at the end",
    is_forbidden: |seen| seen != [2],
    forbidden: "an update was lost",
    cases: CASES,
    path: "src/race/relaxed_counter.rs",
    source: include_str!("relaxed_counter.rs"),
};

const CASES: &[Case] = &[
    case!("load and store, Relaxed", false, two_steps([Relaxed, Relaxed])),
    case!("load and store, SeqCst", false, two_steps([SeqCst, SeqCst])),
    case!("fetch_add, Relaxed", true, one_step([Relaxed])),
];

fn two_steps<P: Primitives>([load, store]: [Ordering; 2], _: [Option<Ordering>; 0]) -> Seen {
    count::<P>(move |count| {
        let seen = count.load(load);
        count.store(seen + 1, store);
    })
}

fn one_step<P: Primitives>([add]: [Ordering; 1], _: [Option<Ordering>; 0]) -> Seen {
    count::<P>(move |count| _ = count.fetch_add(1, add))
}

fn count<P: Primitives>(add_one: impl Fn(&P::AtomicU64) + Copy + Send + 'static) -> Seen {
    let count = Arc::new(P::AtomicU64::named("count", 0));
    let start = |name| {
        let count = Arc::clone(&count);
        P::spawn(name, move || add_one(&count))
    };
    let threads = [start("A"), start("B")];
    threads.into_iter().for_each(JoinHandle::join);
    vec![count.load(Relaxed)]
}
