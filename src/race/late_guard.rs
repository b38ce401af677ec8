//! Count first, look at the limit afterwards: by then the count has gone past it.
//!
//! # Orderings
//! `Relaxed` throughout: a single number is at stake.

use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicInteger, JoinHandle, Primitives};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

const FORBIDDEN: &str = "a number was given out a second time";

/// The number after the last one is the first.
pub static LATE_GUARD: Entry = Entry {
    name: "late-guard",
    title: "The guard looks after the number has gone past the limit",
    story: "Numbers are given out by adding one, from 0 to 254, and 255 means that there are no \
            more: whoever gets it takes the addition back. All have been given out, and three \
            threads ask for one. While the first has not yet taken its addition back, the second \
            adds to 255, which is 0, and 0 is below the limit.",
    sources: &[
        Source {
            what: "The standard library's Arc looks at its count after having added to it. It says \
                   that this is not watertight, and leaves a margin so large that as many threads \
                   as are in it at once cannot exist.",
            work: "Rust, library/alloc/src/sync.rs, impl Clone for Arc",
            link: "https://github.com/rust-lang/rust/blob/master/library/alloc/src/sync.rs",
        },
        Source {
            what: "The same program, and three ways to stop in time.",
            work: "Mara Bos, Rust Atomics and Locks, chapter 2, Example: ID Allocation",
            link: "https://marabos.nl/atomics/atomics.html",
        },
    ],
    path: "src/race/late_guard.rs",
    source: include_str!("late_guard.rs"),
    outcome: &["A got", "B got", "C got"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([-1, -1, -1]) => acceptable("there are none, and none was given out"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("add, then look", runs!(P => three_ask::<P>(u8::MAX, add_then_look)))
        .because("Until the addition is taken back, the next one starts from the number past it."),
    Variant::wrong_fix("a margin of one", runs!(P => three_ask::<P>(u8::MAX - 1, add_then_look)))
        .because("One thread too many can be in the margin; the next one is past the end again."),
    Variant::cure("a margin for all", runs!(P => three_ask::<P>(u8::MAX - 2, add_then_look)))
        .because("There are not enough threads to get to the end of the margin.")
        .costs("The numbers of the margin, and that somebody remembers it when threads are added."),
    Variant::cure(
        "look, then compare and exchange",
        runs!(P => three_ask::<P>(u8::MAX, look_then_add)),
    )
    .by(Means::Atomic)
    .because("It adds only to a number that it has seen to be below the limit.")
    .costs("Whoever was too late looks again."),
];

/// Refused.
const NONE: i64 = -1;

fn three_ask<P: Primitives>(
    limit: u8,
    next: impl Fn(&P::AtomicU8, u8) -> Option<u8> + Copy + Send + 'static,
) -> [i64; 3] {
    let number = Arc::new(P::AtomicU8::named("next", limit));
    let line = P::start_line(3);
    let ask = |name| {
        let (number, line) = (Arc::clone(&number), line.clone());
        P::spawn(name, move || {
            line();
            next(&number, limit).map_or(NONE, i64::from)
        })
    };
    ["A", "B", "C"].map(ask).map(JoinHandle::join)
}

fn add_then_look(next: &impl AtomicInteger<Value = u8>, limit: u8) -> Option<u8> {
    let number = next.fetch_add(1, Relaxed);
    if number >= limit {
        next.fetch_sub(1, Relaxed); // too late: meanwhile others have added to it
        return None;
    }
    Some(number)
}

fn look_then_add(next: &impl AtomicInteger<Value = u8>, limit: u8) -> Option<u8> {
    let mut number = next.load(Relaxed);
    while number < limit {
        match next.compare_exchange(number, number + 1, Relaxed, Relaxed) {
            Ok(_) => return Some(number),
            Err(now) => number = now,
        }
    }
    None
}
