//! Two who give way to each other, again and again: everybody is busy, and nothing gets done.
//!
//! # Orderings
//! None beyond what locks bring.

use super::at_once;
use crate::list::{Entry, Source, Variant, acceptable, failed, forbidden, interesting, runs};
use crate::primitives::{Mutex, Primitives};
use std::sync::Arc;

const FORBIDDEN: &str = "both gave way every time";

/// Nobody waits, and nobody gets anywhere.
pub static LIVELOCK: Entry = Entry {
    name: "livelock",
    title: "Both let go so that the other may go on, and both come back",
    story: "A and B need two locks each, in opposite orders. Neither waits while it holds one: who \
            cannot have the second gives the first back and begins again. So there is no deadlock. But \
            if both do so at the same pace, both hold one, both let go, both hold one again. The \
            program counts how far that goes: after three tries each gives up.",
    sources: &[
        Source {
            what: "Four ways to take several locks at once, measured; to let go and begin again at \
                   the same end is the slowest by far.",
            work: "Howard Hinnant, Dining Philosophers Rebooted",
            link: "https://howardhinnant.github.io/dining_philosophers.html",
        },
        Source {
            what: "Linux lets an older holder go first, so that of two who give way one gets on.",
            work: "The Linux Kernel, Wound/Wait Deadlock-Proof Mutex Design",
            link: "https://www.kernel.org/doc/html/latest/locking/ww-mutex-design.html",
        },
    ],
    path: "src/race/livelock.rs",
    source: include_str!("livelock.rs"),
    outcome: &["A done", "B done"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([1, 1]) => acceptable("both got both"),
        Ok([0, 0]) => forbidden(FORBIDDEN),
        Ok(_) => interesting("one had no luck three times; it would get on now"),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken(
        "let go, begin again",
        runs!(P => two_work::<P>(|mine, theirs| try_again::<P>(mine, theirs, 3))),
    )
    .because("Each takes its first lock again before the other has come to its second."),
    Variant::wrong_fix(
        "more tries",
        runs!(P => two_work::<P>(|mine, theirs| try_again::<P>(mine, theirs, 4))),
    )
    .because("What can happen three times can happen four times."),
    Variant::wrong_fix("begin with the one that was taken", runs!(P => two_work::<P>(turn_around)))
        .because("Both turn around, and each begins with the lock that the other wants next."),
    Variant::cure("one order for all", runs!(P => two_work::<P>(smaller_first)))
        .because("Who has the first lock gets the second in time, for nobody who has that waits.")
        .costs("Everybody has to know the order, and to wait."),
];

/// A lock and its place in the order of all locks.
struct Lock<P: Primitives> {
    number: u32,
    lock: P::Mutex<()>,
}

type Work<P> = fn(&Lock<P>, &Lock<P>) -> bool;

/// Did A get both locks, and B?
fn two_work<P: Primitives>(work: Work<P>) -> [bool; 2] {
    let lock = |number, name| Arc::new(Lock::<P> { number, lock: P::Mutex::named(name, ()) });
    let (x, y) = (lock(1, "x"), lock(2, "y"));
    let other = (Arc::clone(&x), Arc::clone(&y));
    at_once::<P, _, _>(move || work(&x, &y), move || work(&other.1, &other.0)).into()
}

fn try_again<P: Primitives>(mine: &Lock<P>, theirs: &Lock<P>, tries: u32) -> bool {
    for _ in 0..tries {
        let _mine = mine.lock.lock();
        if theirs.lock.try_lock().is_some() {
            return true;
        }
    } // here the first lock is given back
    false
}

fn turn_around<P: Primitives>(mine: &Lock<P>, theirs: &Lock<P>) -> bool {
    let (mut first, mut second) = (mine, theirs);
    for _ in 0..3 {
        let _first = first.lock.lock();
        if second.lock.try_lock().is_some() {
            return true;
        }
        (first, second) = (second, first); // wait for the one that was taken
    }
    false
}

fn smaller_first<P: Primitives>(mine: &Lock<P>, theirs: &Lock<P>) -> bool {
    let (first, second) = if mine.number < theirs.number { (mine, theirs) } else { (theirs, mine) };
    let _first = first.lock.lock();
    let _second = second.lock.lock();
    true
}
