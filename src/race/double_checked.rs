//! A value that is made when it is first needed, and a look at a flag to save the lock.
//!
//! # Orderings
//! The lock orders those who take it. Whoever sees the flag up does not take it, so the flag has to
//! hand the value on: the store is `Release`, and the load outside the lock is its partner, `Acquire`.
//! The load inside may be `Relaxed`: there the lock orders. With anything weaker the flag may be seen
//! before the value that it stands for, which is how the pattern was broken for years \[1\]\[2\].

use super::{at_once, ordered};
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicBool, Mutex, OnceLock, Primitives, UnsafeCell};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

const FORBIDDEN: &str = "somebody reads the value while it is being made";

/// The flag is up, and the value is not there.
pub static DOUBLE_CHECKED: Entry = Entry {
    name: "double-checked",
    title: "The flag says that the value is there, and it is not",
    story: "Two threads need a value that is made on first use. To save the lock, each first looks at \
            a flag, and only if that is down takes the lock, looks again and makes the value. \
            Whoever sees the flag up reads the value without a lock; so everything hangs on the flag \
            bringing the value with it. (This is also how an object is published before it is made.)",
    sources: &[
        Source {
            what: "In Java before version 5 no way to write this was right, and many had been \
                   published; the declaration lists the attempts.",
            work: "Bacon and others, The Double-Checked Locking is Broken Declaration",
            link: "https://www.cs.umd.edu/~pugh/java/memoryModel/DoubleCheckedLocking.html",
        },
        Source {
            what: "The same for C++ before 2011, line by line.",
            work: "Meyers and Alexandrescu, C++ and the Perils of Double-Checked Locking, 2004",
            link: "https://www.aristeia.com/Papers/DDJ_Jul_Aug_2004_revised.pdf",
        },
    ],
    path: "src/race/double_checked.rs",
    source: include_str!("double_checked.rs"),
    outcome: &["A read", "B read"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([7, 7]) => acceptable("both read the value"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("check, then make", runs!(P => two_need_it::<P>(check_then_make)))
        .because("Both find the flag down, and one makes the value while the other reads it."),
    ordered!(wrong_fix, "check twice, Relaxed", double_checked, [Relaxed, Relaxed])
        .because("Whoever sees the flag up need not see what was written before it."),
    ordered!(wrong_fix, "check twice, Release only", double_checked, [Relaxed, Release])
        .because("A store that releases needs a load that acquires."),
    ordered!(wrong_fix, "check twice, Acquire only", double_checked, [Acquire, Relaxed])
        .because("A load that acquires needs a store that releases."),
    ordered!(cure, "check twice, Release and Acquire", double_checked, [Acquire, Release])
        .because("Whoever sees the flag up sees the value as well.")
        .costs("A load on every use, and that somebody understands it in a year."),
    Variant::cure("always lock", runs!(P => two_need_it::<P>(always_lock)))
        .by(Means::Lock)
        .because("The lock brings what was done under it.")
        .costs("Every use takes the lock, for a value that never changes again."),
    Variant::cure("OnceLock", runs!(P => once_lock::<P>()))
        .by(Means::Lock)
        .because("It is check twice, Release and Acquire, written once for everybody.")
        .costs("A load on every use."),
];

struct Lazy<P: Primitives> {
    ready: P::AtomicBool,
    value: P::UnsafeCell<u64>,
    lock: P::Mutex<()>,
}

// SAFETY: this is the promise on trial: `value` is written once, by a thread that nobody else races
// with, and read only by those who know that it was. The cures keep it; elsewhere the explorer
// reports the data race.
unsafe impl<P: Primitives> Sync for Lazy<P> {}

impl<P: Primitives> Lazy<P> {
    fn make(&self) {
        // SAFETY: as promised above.
        self.value.with_mut(|value| unsafe { value.write_volatile(7) });
    }

    fn read(&self) -> u64 {
        // SAFETY: as promised above.
        self.value.with(|value| unsafe { value.read_volatile() })
    }
}

fn two_need_it<P: Primitives>(get: impl Fn(&Lazy<P>) -> u64 + Copy + Send + 'static) -> [u64; 2] {
    let lazy = Arc::new(Lazy::<P> {
        ready: P::AtomicBool::named("ready", false),
        value: P::UnsafeCell::named("value", 0),
        lock: P::Mutex::named("m", ()),
    });
    let other = Arc::clone(&lazy);
    at_once::<P, _, _>(move || get(&lazy), move || get(&other)).into()
}

fn check_then_make<P: Primitives>(lazy: &Lazy<P>) -> u64 {
    if !lazy.ready.load(Acquire) {
        lazy.make();
        lazy.ready.store(true, Release);
    }
    lazy.read()
}

fn double_checked<P: Primitives>(
    [load, store]: [Ordering; 2],
    _: [Option<Ordering>; 0],
) -> [u64; 2] {
    two_need_it::<P>(move |lazy| {
        if !lazy.ready.load(load) {
            let _guard = lazy.lock.lock();
            if !lazy.ready.load(Relaxed) {
                lazy.make();
                lazy.ready.store(true, store);
            }
        }
        lazy.read()
    })
}

fn always_lock<P: Primitives>(lazy: &Lazy<P>) -> u64 {
    let _guard = lazy.lock.lock();
    if !lazy.ready.load(Relaxed) {
        lazy.make();
        lazy.ready.store(true, Relaxed);
    }
    lazy.read()
}

fn once_lock<P: Primitives>() -> [u64; 2] {
    let lazy = Arc::new(P::OnceLock::<u64>::default());
    let other = Arc::clone(&lazy);
    at_once::<P, _, _>(move || *lazy.get_or_init(|| 7), move || *other.get_or_init(|| 7)).into()
}
