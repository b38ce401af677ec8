//! Who gives back the last reference frees what it refers to, and must see that all others are done
//! with it.
//!
//! # Orderings
//! Giving a reference back is `Release`: what this thread did with the value comes before it. Whoever
//! gives back the last one has to `Acquire` what all the others released before it frees the value:
//! by its own subtraction (`AcqRel`), or by a fence behind it, which only the last one needs \[1\].
//! Counting alone, `Relaxed`, is exact and orders nothing.

use super::{at_once, ordered};
use crate::list::{Entry, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicInteger, Primitives, UnsafeCell};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};

const FORBIDDEN: &str = "the value is not freed exactly once";

/// The last reference is given back too early.
pub static REFERENCE_COUNT: Entry = Entry {
    name: "reference-count",
    title: "The last reference frees the value while another still reads it",
    story: "Two threads share a value and a count of who uses it. Each reads the value and takes \
            itself off the count; whoever brings it to 0 frees the value. The count is exact with any \
            ordering. But being told that the other is done is not the same as seeing all that it \
            did: its read may still be on its way when the value is freed.",
    sources: &[
        Source {
            what: "Arc::get_mut looked at the count with a Relaxed load, and nothing ordered the \
                   other owner's last use before what was done with the value next. Found while \
                   proving Arc right.",
            work: "rust-lang/rust issue 51780, Insufficient synchronization in Arc::get_mut, 2018",
            link: "https://github.com/rust-lang/rust/issues/51780",
        },
        Source {
            what: "The same in Servo's own Arc.",
            work: "servo/servo issue 21186, 2018",
            link: "https://github.com/servo/servo/issues/21186",
        },
    ],
    path: "src/race/reference_count.rs",
    source: include_str!("reference_count.rs"),
    outcome: &["times freed"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([1]) => acceptable("freed once, by the last"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("load, then store", runs!(P => two_owners::<P>(load_then_store)))
        .because("Both read 2 and both write 1: nobody is the last, and the value is never freed."),
    ordered!(wrong_fix, "fetch_sub, Relaxed", give_back, [Relaxed], [None])
        .because("Exactly one is the last, and it does not see what the other did before."),
    ordered!(wrong_fix, "fetch_sub, Release", give_back, [Release], [None])
        .because("The others hand on what they did, and the last does not take it."),
    ordered!(wrong_fix, "fetch_sub, Acquire", give_back, [Acquire], [None])
        .because("The last takes what the others have not handed on."),
    ordered!(wrong_fix, "fetch_sub, Relaxed; Acquire fence", give_back, [Relaxed], [Some(Acquire)])
        .because("The fence takes what the others have not handed on."),
    ordered!(cure, "fetch_sub, AcqRel", give_back, [AcqRel], [None])
        .because("Everybody hands on, and the last takes.")
        .costs("Everybody takes as well, though only the last has to."),
    ordered!(cure, "fetch_sub, Release; Acquire fence", give_back, [Release], [Some(Acquire)])
        .because("Everybody hands on, and only the last takes. This is what Arc does.")
        .costs("The same on x86; a barrier less for each but the last on ARM."),
];

struct Shared<P: Primitives> {
    owners: P::AtomicUsize,
    value: P::UnsafeCell<u64>,
    freed: P::AtomicUsize,
}

// SAFETY: this is the promise on trial: nobody touches `value` any more when the last owner frees it.
// The cures keep it; elsewhere the explorer reports the data race.
unsafe impl<P: Primitives> Sync for Shared<P> {}

impl<P: Primitives> Shared<P> {
    fn read(&self) {
        // SAFETY: this thread is still counted, so nobody frees the value.
        self.value.with(|value| unsafe { value.read_volatile() });
    }

    fn free(&self) {
        // SAFETY: as promised above.
        self.value.with_mut(|value| unsafe { value.write_volatile(0) });
        self.freed.fetch_add(1, Relaxed);
    }
}

fn two_owners<P: Primitives>(give_back: impl Fn(&Shared<P>) + Copy + Send + 'static) -> usize {
    let shared = Arc::new(Shared::<P> {
        owners: P::AtomicUsize::named("owners", 2),
        value: P::UnsafeCell::named("value", 7),
        freed: P::AtomicUsize::named("freed", 0),
    });
    let owner = || {
        let shared = Arc::clone(&shared);
        move || {
            shared.read();
            P::operation(|| give_back(&shared));
        }
    };
    at_once::<P, _, _>(owner(), owner());
    shared.freed.load(Relaxed)
}

fn load_then_store<P: Primitives>(shared: &Shared<P>) {
    let owners = shared.owners.load(Acquire) - 1;
    shared.owners.store(owners, Release);
    if owners == 0 {
        shared.free();
    }
}

fn give_back<P: Primitives>([count]: [Ordering; 1], [fence]: [Option<Ordering>; 1]) -> usize {
    two_owners::<P>(move |shared| {
        if shared.owners.fetch_sub(1, count) == 1 {
            if let Some(order) = fence {
                P::fence(order);
            }
            shared.free();
        }
    })
}
