//! Read, await, write: on one thread an update is lost as well, at the await.
//!
//! # Orderings
//! None: there is one thread.

use super::{fetch, on_one_thread};
use crate::diagram::graph::Aim;
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Cell, Lock, Tasks};
use std::rc::Rc;

const FORBIDDEN: &str = "two visits were counted as one";

/// The web developer's own lost update.
pub static AWAIT_BETWEEN: Entry = Entry {
    name: "await-between",
    title: "Between reading and writing there is an await, and another request comes in",
    story: "A server runs all requests on one thread, as Node.js does, so nobody interrupts a line. \
            Two requests each read the number of visits, ask another server for something, and write \
            the number they have read plus one. While the first waits for its answer, the second one \
            reads the same number. An await is where another task goes on; between two awaits \
            nobody does.",
    sources: &[
        Source {
            what: "Of 57 concurrency bugs in Node.js programs two thirds were of this kind: steps \
                   that belong together, and something came in between.",
            work: "Wang and others, A Comprehensive Study on Real World Concurrency Bugs in Node.js, \
                   ASE 2017",
            link: "https://doi.org/10.1109/ASE.2017.8115663",
        },
        Source {
            what: "ESLint has a rule against it, with this program as its example.",
            work: "ESLint, require-atomic-updates",
            link: "https://eslint.org/docs/latest/rules/require-atomic-updates",
        },
    ],
    path: "src/race/await_between.rs",
    source: include_str!("await_between.rs"),
    outcome: &["visits"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([2]) => acceptable("both visits were counted"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    aim: Some(&Aim::LOSE_AN_UPDATE),
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("read, await, write", runs!(tasks P => two_requests::<P, _>(read_await_write)))
        .because("At the await the other request goes on, and it reads the same number."),
    Variant::wrong_fix("all in one line", runs!(tasks P => two_requests::<P, _>(in_one_line)))
        .because("A line with an await in it is two halves; the left one has read before."),
    Variant::wrong_fix(
        "a lock around each half",
        runs!(tasks P => two_requests::<P, _>(lock_each_half)),
    )
    .by(Means::Lock)
    .because("Each half was undivided already; the other request comes between the two locks."),
    Variant::cure("await first", runs!(tasks P => two_requests::<P, _>(await_first)))
        .by(Means::Atomic)
        .because("Between reading and writing there is no await, so nobody comes in.")
        .costs("Nothing, where what is written does not need what was read before."),
    Variant::cure("look again", runs!(tasks P => two_requests::<P, _>(look_again)))
        .by(Means::Atomic)
        .because("It writes only if nobody has written since it read.")
        .costs("Whoever was too late asks the other server once more."),
    Variant::cure("a lock to await", runs!(tasks P => two_requests::<P, _>(hold_a_lock)))
        .by(Means::Lock)
        .because(
            "The other request waits for the lock, from before the read until after the write.",
        )
        .costs("Requests wait for each other's answers, one after the other."),
];

struct Site<P: Tasks> {
    visits: P::Cell<u64>,
    turn: P::Lock<()>,
}

fn two_requests<P: Tasks, F: Future<Output = ()> + 'static>(
    serve: impl Fn(Rc<Site<P>>) -> F,
) -> u64 {
    let site = Site { visits: P::Cell::named("visits", 0), turn: P::Lock::named("turn", ()) };
    let site = Rc::new(site);
    on_one_thread::<P, _>(serve(Rc::clone(&site)), serve(Rc::clone(&site)));
    site.visits.get()
}

async fn read_await_write<P: Tasks>(site: Rc<Site<P>>) {
    let seen = site.visits.get();
    fetch::<P>().await; // here another request goes on
    site.visits.set(seen + 1);
}

async fn in_one_line<P: Tasks>(site: Rc<Site<P>>) {
    // In JavaScript: visits = visits + await one();
    site.visits.set(site.visits.get() + one::<P>().await);
}

async fn one<P: Tasks>() -> u64 {
    fetch::<P>().await;
    1
}

async fn lock_each_half<P: Tasks>(site: Rc<Site<P>>) {
    let seen = {
        let _turn = site.turn.lock().await;
        site.visits.get()
    };
    fetch::<P>().await;
    let _turn = site.turn.lock().await;
    site.visits.set(seen + 1);
}

async fn await_first<P: Tasks>(site: Rc<Site<P>>) {
    fetch::<P>().await;
    let seen = site.visits.get();
    site.visits.set(seen + 1);
}

async fn look_again<P: Tasks>(site: Rc<Site<P>>) {
    loop {
        let seen = site.visits.get();
        fetch::<P>().await;
        if site.visits.get() == seen {
            return site.visits.set(seen + 1);
        }
    }
}

async fn hold_a_lock<P: Tasks>(site: Rc<Site<P>>) {
    let _turn = site.turn.lock().await; // kept until the end
    let seen = site.visits.get();
    fetch::<P>().await;
    site.visits.set(seen + 1);
}
