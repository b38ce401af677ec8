//! Woken because there is something, and by the time it looks somebody else has taken it.
//!
//! # Orderings
//! None beyond what locks bring.

use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Condvar, JoinHandle, Mutex, Primitives};
use crate::report::Failure;
use std::sync::Arc;

const FORBIDDEN: &str = "woken for something that another has taken";

/// A wake-up is a hint.
pub static STOLEN_WAKEUP: Entry = Entry {
    name: "stolen-wakeup",
    title: "Woken because there is something, and another has taken it",
    story: "A and B take things from a queue; whoever finds it empty sleeps until it is woken, and \
            then takes what must be there by now. C puts something in and wakes A. Before A has the \
            lock again B comes by, finds the queue filled, and helps itself. A goes on as if what \
            woke it were still true.",
    sources: &[Source {
        what: "In the Mesa system a wake-up became a hint: whoever is woken has to look again, \
               \"while\" and not \"if\". It has been so in every system since.",
        work: "Lampson and Redell, Experience with Processes and Monitors in Mesa, Communications of \
               the ACM 23(2), 1980",
        link: "https://doi.org/10.1145/358818.358824",
    }],
    path: "src/race/stolen_wakeup.rs",
    source: include_str!("stolen_wakeup.rs"),
    outcome: &["A took", "B took"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([1, 2] | [2, 1]) => acceptable("each has taken one"),
        Ok(_) => forbidden("somebody went away with nothing, and something was left"),
        Err(Failure::Panic { .. }) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("if empty, sleep", runs!(P => two_take::<P>(sleep_if_empty, wake_one)))
        .because("Between the wake-up and the lock another can take what was there."),
    Variant::wrong_fix("wake all", runs!(P => two_take::<P>(sleep_if_empty, wake_all)))
        .because("Then both are woken for the one thing."),
    Variant::wrong_fix(
        "take nothing then",
        runs!(P => two_take::<P>(take_what_there_is, wake_one)),
    )
    .because("It does not fall over, and leaves before the second thing comes."),
    Variant::cure("while empty, sleep", runs!(P => two_take::<P>(sleep_while_empty, wake_one)))
        .by(Means::Check)
        .because("Whoever is woken looks again, under the lock, and sleeps again if need be.")
        .costs("Nothing but the word."),
];

struct Queue<P: Primitives> {
    things: P::Mutex<Vec<u32>>,
    filled: P::Condvar,
}

/// A and B take one each, C puts in 1 and 2.
fn two_take<P: Primitives>(take: fn(&Queue<P>) -> Option<u32>, wake: fn(&Queue<P>)) -> [u32; 2] {
    let queue = Arc::new(Queue::<P> {
        things: P::Mutex::named("things", Vec::new()),
        filled: P::Condvar::named("filled"),
    });
    let taker = |name| {
        let queue = Arc::clone(&queue);
        P::spawn(name, move || take(&queue).unwrap_or(0))
    };
    let takers = [taker("A"), taker("B")];
    let filler = P::spawn("C", move || {
        for thing in [1, 2] {
            queue.things.lock().push(thing);
            wake(&queue);
        }
    });
    let [a, b] = takers.map(|taker| taker.join());
    filler.join();
    [a, b]
}

fn wake_one<P: Primitives>(queue: &Queue<P>) {
    queue.filled.notify_one();
}

fn wake_all<P: Primitives>(queue: &Queue<P>) {
    queue.filled.notify_all();
}

fn sleep_if_empty<P: Primitives>(queue: &Queue<P>) -> Option<u32> {
    let mut things = queue.things.lock();
    if things.is_empty() {
        queue.filled.wait(&mut things);
    }
    Some(things.pop().expect("woken, so there is something"))
}

fn take_what_there_is<P: Primitives>(queue: &Queue<P>) -> Option<u32> {
    let mut things = queue.things.lock();
    if things.is_empty() {
        queue.filled.wait(&mut things);
    }
    things.pop()
}

fn sleep_while_empty<P: Primitives>(queue: &Queue<P>) -> Option<u32> {
    let mut things = queue.things.lock();
    while things.is_empty() {
        queue.filled.wait(&mut things);
    }
    things.pop()
}
