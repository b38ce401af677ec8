//! Dekker's lock: two flags, and a turn that says who gives way.
//!
//! # Orderings
//! Each thread raises its flag and looks at the other's: that is
//! [`STORE_BUFFERING`](super::STORE_BUFFERING), and it needs `SeqCst` on both, or a `SeqCst` fence
//! between them. The turn only decides who gives way: it is stored before the own flag is lowered
//! with `Release`, and whoever sees the flag down with `Acquire` sees the turn and what was done inside.

use super::at_once;
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicBool, AtomicInteger, Mutex, Primitives, UnsafeCell};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};

const FORBIDDEN: &str = "both are inside";

/// The first lock for two threads that had only loads and stores.
pub static DEKKER: Entry = Entry {
    name: "dekker",
    title: "Look whether the other is inside, then go in",
    story: "Two threads want to be alone with a number, and have only loads and stores. To look at the \
            other's flag and then raise one's own is too late: both look before either has raised \
            one. So each raises its flag first and then looks; if the other's is up as well, the \
            turn says who lowers it again and waits. On a machine that lets a load go ahead of a \
            store, both still miss each other's flag.",
    sources: &[
        Source {
            what: "Dekker's solution, step by step from the wrong ones that lead to it.",
            work: "E. W. Dijkstra, Cooperating Sequential Processes, EWD 123, 1965, section 2.1",
            link: "https://www.cs.utexas.edu/~EWD/transcriptions/EWD01xx/EWD123.html",
        },
        Source {
            what: "Where it broke on machines that were sold: with store buffers both threads are in.",
            work: "Adve and Gharachorloo, Shared Memory Consistency Models: A Tutorial, IEEE Computer \
                   29(12), 1996",
            link: "https://doi.org/10.1109/2.546611",
        },
    ],
    path: "src/race/dekker.rs",
    source: include_str!("dekker.rs"),
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
    Variant::broken("look, then raise the flag", runs!(P => two_enter::<P>(look_first)))
        .because("Both look while no flag is up."),
    Variant::wrong_fix("look again", runs!(P => two_enter::<P>(look_twice)))
        .by(Means::Check)
        .because("The second look is over as well before the flag is raised."),
    Variant::wrong_fix(
        "Dekker with Release and Acquire",
        runs!(P => two_enter::<P>(|door, me| dekker(door, me, Release, Acquire, None))),
    )
    .by(Means::Ordering)
    .in_turns()
    .because("Each may miss the other's flag: an Acquire load need not see the newest store."),
    Variant::cure(
        "Dekker with SeqCst",
        runs!(P => two_enter::<P>(|door, me| dekker(door, me, SeqCst, SeqCst, None))),
    )
    .by(Means::Ordering)
    .because("Of the two flags one is raised first, and the other thread sees it.")
    .costs("A full fence each time, and it spins; for two threads only."),
    Variant::cure(
        "Dekker with a SeqCst fence",
        runs!(P => two_enter::<P>(|door, me| dekker(door, me, Release, Acquire, Some(SeqCst)))),
    )
    .by(Means::Ordering)
    .because("The fence stands between raising the own flag and looking at the other's.")
    .costs("The same fence, once and in the one place where it is needed."),
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

fn look_first<P: Primitives>(door: &Door<P>, me: usize) {
    while door.wants[1 - me].load(SeqCst) {
        P::yield_now();
    }
    door.wants[me].store(true, SeqCst); // the other may have done so by now
    door.inside();
    door.wants[me].store(false, SeqCst);
}

fn look_twice<P: Primitives>(door: &Door<P>, me: usize) {
    while door.wants[1 - me].load(SeqCst) || door.wants[1 - me].load(SeqCst) {
        P::yield_now();
    }
    door.wants[me].store(true, SeqCst);
    door.inside();
    door.wants[me].store(false, SeqCst);
}

fn dekker<P: Primitives>(
    door: &Door<P>,
    me: usize,
    store: Ordering,
    load: Ordering,
    fence: Option<Ordering>,
) {
    let other = 1 - me;
    let raise = || {
        door.wants[me].store(true, store);
        if let Some(order) = fence {
            P::fence(order);
        }
    };
    raise();
    while door.wants[other].load(load) {
        if door.turn.load(Relaxed) == me {
            P::yield_now(); // the other gives way
            continue;
        }
        door.wants[me].store(false, store);
        while door.turn.load(load) != me {
            P::yield_now();
        }
        raise();
    }
    door.inside();
    door.turn.store(other, store);
    door.wants[me].store(false, store);
}

fn mutex<P: Primitives>(door: &Door<P>, _: usize) {
    let _guard = door.lock.lock();
    door.inside();
}
