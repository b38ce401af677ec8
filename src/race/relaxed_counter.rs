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
    path: file!(),
    source: include_str!("relaxed_counter.rs"),
};

const CASES: &[Case] = &[
    case!("load and store, Relaxed", false, count(Some(Relaxed), Relaxed)),
    case!("load and store, SeqCst", false, count(Some(SeqCst), SeqCst)),
    case!("fetch_add, Relaxed", true, count(None, Relaxed)),
];

fn count<P: Primitives>(two_steps: Option<Ordering>, one_step: Ordering) -> Seen {
    let count = Arc::new(P::AtomicU64::named("count", 0));
    let start = |name| {
        let count = Arc::clone(&count);
        P::spawn(name, move || match two_steps {
            Some(order) => {
                let seen = count.load(order);
                count.store(seen + 1, order);
            }
            None => _ = count.fetch_add(1, one_step),
        })
    };
    let threads = [start("A"), start("B")];
    threads.into_iter().for_each(JoinHandle::join);
    vec![count.load(Relaxed)]
}
