//! Peterson's lock: two threads, a flag each, and a turn that both give away.
//!
//! # Orderings
//! Each thread raises its flag and gives the turn away, then looks at the other's flag and at the
//! turn. That is [`STORE_BUFFERING`](super::STORE_BUFFERING) twice over: each has to see what the
//! other wrote before it looked. `SeqCst` puts all of it into one order. With a swap for the turn,
//! `AcqRel` will do: of two swaps one comes second and reads the first, and with it sees the first
//! one's flag.

use super::at_once;
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicBool, AtomicInteger, Mutex, Primitives, UnsafeCell};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

const FORBIDDEN: &str = "both are inside, or both wait for ever";

/// A lock of loads and stores.
pub static PETERSON: Entry = Entry {
    name: "peterson",
    title: "A lock without a locked instruction, and how each line of it matters",
    story: "Two threads want to be alone with a number. Each raises a flag, gives the other the turn, \
            and waits while the other's flag is up and it is the other's turn. Leave out the turn, and \
            both wait for ever; swap two lines, and both come in; weaken the orderings, and neither \
            sees the other.",
    sources: &[
        Source {
            what: "The lock, in half a page, after fifteen years of longer ones.",
            work: "G. L. Peterson, Myths about the Mutual Exclusion Problem, Information Processing \
                   Letters 12(3), 1981",
            link: "https://doi.org/10.1016/0020-0190(81)90106-X",
        },
        Source {
            what: "Java's park() missed wake-ups: a store and the load behind it had changed places, \
                   as those of a flag and the other's flag do here.",
            work: "Dave Dice, A race in LockSupport park() arising from weak memory models, 2009 \
                   (JDK-6822370)",
            link: "https://blogs.oracle.com/dave/a-race-in-locksupport-park-arising-from-weak-memory-models",
        },
    ],
    path: "src/race/peterson.rs",
    source: include_str!("peterson.rs"),
    outcome: &["number"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([2]) => acceptable("they were inside one after the other"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("a flag each", runs!(P => two_enter::<P>(flags_only)))
        .because("Both raise their flags, and then both wait until the other's is down."),
    Variant::wrong_fix("the turn first, then the flag", runs!(P => two_enter::<P>(turn_first)))
        .because(
            "Between the two one looks, sees no flag and goes in; and then it is the other's turn.",
        ),
    Variant::wrong_fix(
        "Release and Acquire",
        runs!(P => two_enter::<P>(|door, me| peterson(door, me, Release, Acquire))),
    )
    .by(Means::Ordering)
    .in_turns()
    .because("Each may miss the other's flag: an Acquire load need not see the newest store."),
    Variant::cure(
        "SeqCst",
        runs!(P => two_enter::<P>(|door, me| peterson(door, me, SeqCst, SeqCst))),
    )
    .by(Means::Ordering)
    .because("All stores and loads are in one order, and the second to give the turn away waits.")
    .costs("A full fence, which is what a locked instruction would have cost; and it spins."),
    Variant::cure("swap the turn", runs!(P => two_enter::<P>(swap_the_turn)))
        .by(Means::Atomic)
        .because("The second swap reads the first, and with it sees the first one's flag.")
        .costs("The locked instruction that the lock was meant to do without; and it spins."),
    Variant::cure("a mutex", runs!(P => two_enter::<P>(mutex)))
        .by(Means::Lock)
        .because("It is made for this, for any number of threads.")
        .costs("A locked instruction; whoever waits sleeps."),
];

struct Door<P: Primitives> {
    wants: [P::AtomicBool; 2],
    turn: P::AtomicUsize,
    lock: P::Mutex<()>,
    number: P::UnsafeCell<u64>,
}

// SAFETY: this is the promise on trial: `number` is only touched by the thread that is inside. The
// cures keep it; elsewhere the explorer reports the data race.
unsafe impl<P: Primitives> Sync for Door<P> {}

impl<P: Primitives> Door<P> {
    fn inside(&self) {
        // SAFETY: as promised above.
        let seen = self.number.with(|number| unsafe { number.read_volatile() });
        // SAFETY: as promised above.
        self.number.with_mut(|number| unsafe { number.write_volatile(seen + 1) });
    }
}

fn two_enter<P: Primitives>(enter: impl Fn(&Door<P>, usize) + Copy + Send + 'static) -> u64 {
    let door = Arc::new(Door::<P> {
        wants: ["A wants", "B wants"].map(|name| P::AtomicBool::named(name, false)),
        turn: P::AtomicUsize::named("turn", 0),
        lock: P::Mutex::named("m", ()),
        number: P::UnsafeCell::named("number", 0),
    });
    let go = |me| {
        let door = Arc::clone(&door);
        move || enter(&door, me)
    };
    at_once::<P, _, _>(go(0), go(1));
    // SAFETY: both threads have ended, and joining them orders all they did before this.
    door.number.with(|number| unsafe { number.read_volatile() })
}

fn peterson<P: Primitives>(door: &Door<P>, me: usize, store: Ordering, load: Ordering) {
    let other = 1 - me;
    door.wants[me].store(true, store);
    door.turn.store(other, store);
    while door.wants[other].load(load) && door.turn.load(load) == other {
        P::yield_now();
    }
    door.inside();
    door.wants[me].store(false, store);
}

fn flags_only<P: Primitives>(door: &Door<P>, me: usize) {
    door.wants[me].store(true, SeqCst);
    while door.wants[1 - me].load(SeqCst) {
        P::yield_now();
    }
    door.inside();
    door.wants[me].store(false, SeqCst);
}

fn turn_first<P: Primitives>(door: &Door<P>, me: usize) {
    let other = 1 - me;
    door.turn.store(other, SeqCst);
    door.wants[me].store(true, SeqCst); // the two lines above, swapped
    while door.wants[other].load(SeqCst) && door.turn.load(SeqCst) == other {
        P::yield_now();
    }
    door.inside();
    door.wants[me].store(false, SeqCst);
}

fn swap_the_turn<P: Primitives>(door: &Door<P>, me: usize) {
    let other = 1 - me;
    door.wants[me].store(true, Relaxed);
    door.turn.swap(other, AcqRel);
    while door.wants[other].load(Acquire) && door.turn.load(Acquire) == other {
        P::yield_now();
    }
    door.inside();
    door.wants[me].store(false, Release);
}

fn mutex<P: Primitives>(door: &Door<P>, _: usize) {
    let _guard = door.lock.lock();
    door.inside();
}
