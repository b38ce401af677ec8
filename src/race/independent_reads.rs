//! Two independent stores and two readers, who may disagree on which came first.
//!
//! # Orderings
//! With `Acquire` each reader sees what came before the store it reads, but nothing came before
//! either, and there is no order of stores to *different* locations that all threads agree on.
//! `SeqCst` makes one.

use super::{Case, Race, Seen, case};
use crate::primitives::{AtomicInteger, JoinHandle, Primitives};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};

/// One reader sees x before y, the other y before x.
pub const INDEPENDENT_READS: Race = Race {
    name: "independent-reads",
    title: "Two readers disagree on what happened first",
    story: "A stores to x and B to y; C reads x and then y, D reads y and then x. In every \
            interleaving one of the stores comes first, and no reader sees the second without the \
            first. Processors whose cores learn of stores at different times let C and D disagree.",
    seen: "what C saw of x and of y, what D saw of y and of x",
    is_forbidden: |seen| seen == [1, 0, 1, 0],
    forbidden: "C saw x first, D saw y first",
    cases: CASES,
    path: "src/race/independent_reads.rs",
    source: include_str!("independent_reads.rs"),
};

const CASES: &[Case] = &[
    case!("Relaxed", false, read([Relaxed, Relaxed])),
    case!("Release stores, Acquire loads", false, read([Release, Acquire])),
    case!("SeqCst stores, Acquire loads", false, read([SeqCst, Acquire])),
    case!("Release stores, SeqCst loads", false, read([Release, SeqCst])),
    case!("SeqCst everywhere", true, read([SeqCst, SeqCst])),
];

fn read<P: Primitives>([store, load]: [Ordering; 2], _: [Option<Ordering>; 0]) -> Seen {
    let x = Arc::new(P::AtomicU32::named("x", 0));
    let y = Arc::new(P::AtomicU32::named("y", 0));
    let write = |name, to: &Arc<P::AtomicU32>| {
        let to = Arc::clone(to);
        P::spawn(name, move || to.store(1, store))
    };
    let read = |name, first: &Arc<P::AtomicU32>, second: &Arc<P::AtomicU32>| {
        let (first, second) = (Arc::clone(first), Arc::clone(second));
        P::spawn(name, move || {
            let first = u64::from(first.load(load));
            [first, u64::from(second.load(load))]
        })
    };
    let writers = [write("A", &x), write("B", &y)];
    let readers = [read("C", &x, &y), read("D", &y, &x)];
    writers.into_iter().for_each(JoinHandle::join);
    readers.map(JoinHandle::join).concat()
}
