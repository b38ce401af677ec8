//! Two independent stores and two readers, who may disagree on which came first.
//!
//! # Orderings
//! With `Acquire` each reader sees what came before the store it reads, but nothing came before
//! either, and there is no order of stores to *different* locations that all threads agree on.
//! `SeqCst` makes one.

use super::ordered;
use crate::list::{Entry, Variant, acceptable, failed, forbidden};
use crate::primitives::{AtomicInteger, JoinHandle, Primitives};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};

const FORBIDDEN: &str = "C saw x first, D saw y first";

/// One reader sees x before y, the other y before x.
pub static INDEPENDENT_READS: Entry = Entry {
    name: "independent-reads",
    title: "Two readers disagree on what happened first",
    story: "A stores to x and B to y; C reads x and then y, D reads y and then x. In every \
            interleaving one of the stores comes first, and no reader sees the second without the \
            first. Processors whose cores learn of stores at different times let C and D disagree.",
    path: "src/race/independent_reads.rs",
    source: include_str!("independent_reads.rs"),
    outcome: &["C saw x", "C saw y", "D saw y", "D saw x"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([1, 0, 1, 0]) => forbidden(FORBIDDEN),
        Ok(_) => acceptable("both readers can be right about what came first"),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    ordered!(weak, "Relaxed", read, [Relaxed, Relaxed]),
    ordered!(weak, "Release stores, Acquire loads", read, [Release, Acquire]),
    ordered!(weak, "SeqCst stores, Acquire loads", read, [SeqCst, Acquire]),
    ordered!(weak, "Release stores, SeqCst loads", read, [Release, SeqCst]),
    ordered!(cure, "SeqCst everywhere", read, [SeqCst, SeqCst]),
];

fn read<P: Primitives>([store, load]: [Ordering; 2], _: [Option<Ordering>; 0]) -> [u32; 4] {
    let x = Arc::new(P::AtomicU32::named("x", 0));
    let y = Arc::new(P::AtomicU32::named("y", 0));
    let write = |name, to: &Arc<P::AtomicU32>| {
        let to = Arc::clone(to);
        P::spawn(name, move || to.store(1, store))
    };
    let read = |name, first: &Arc<P::AtomicU32>, second: &Arc<P::AtomicU32>| {
        let (first, second) = (Arc::clone(first), Arc::clone(second));
        P::spawn(name, move || {
            let first = first.load(load);
            [first, second.load(load)]
        })
    };
    let writers = [write("A", &x), write("B", &y)];
    let readers = [read("C", &x, &y), read("D", &y, &x)];
    writers.into_iter().for_each(JoinHandle::join);
    let [[c_x, c_y], [d_y, d_x]] = readers.map(JoinHandle::join);
    [c_x, c_y, d_y, d_x]
}
