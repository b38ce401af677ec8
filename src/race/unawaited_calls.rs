//! Two calls of one handler, started and awaited later: they race with each other.
//!
//! # Orderings
//! None: there is one thread.

use super::fetch;
use crate::diagram::graph::Aim;
use crate::list::{Entry, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Cell, Tasks};
use futures_lite::future::zip;
use std::rc::Rc;

const FORBIDDEN: &str = "one of the two prices is missing from the total";

/// A handler that races with itself.
pub static UNAWAITED_CALLS: Entry = Entry {
    name: "unawaited-calls",
    title: "One request starts two calls before it awaits them, and they race with each other",
    story: "A handler adds up two prices. It starts both calls, so that they take no longer than one, \
            and then awaits them. Each call reads the total, awaits its price, and writes the total \
            back. There is one user and one request, and still two tasks that overwrite each other. \
            (In JavaScript a call runs to its first await at once, in Rust it begins when its caller \
            awaits. They overwrite each other all the same.)",
    sources: &[Source {
        what: "The example that ESLint gives: two calls in a Promise.all, and the total is the length \
               of one page.",
        work: "ESLint, require-atomic-updates",
        link: "https://eslint.org/docs/latest/rules/require-atomic-updates",
    }],
    path: "src/race/unawaited_calls.rs",
    source: include_str!("unawaited_calls.rs"),
    outcome: &["total"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([30]) => acceptable("both prices were added"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    aim: Some(&Aim::LOSE_AN_UPDATE),
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken(
        "start both, await later",
        runs!(tasks P => one_request::<P, _>(await_later::<P>)),
    )
    .because("Both have read the total before either has written it."),
    Variant::wrong_fix(
        "await both at once",
        runs!(tasks P => one_request::<P, _>(await_together::<P>)),
    )
    .because("Promise.all waits for both; it does not put one behind the other."),
    Variant::cure("await each call", runs!(tasks P => one_request::<P, _>(await_each::<P>)))
        .because("The second call starts when the first has written.")
        .costs("It takes as long as both calls together."),
    Variant::cure(
        "let calls return",
        runs!(tasks P => one_request::<P, _>(add_what_they_return::<P>)),
    )
    .because("The calls share nothing, and the handler adds up without an await between.")
    .costs("Nothing: both calls still run at the same time."),
];

type Total<P> = Rc<<P as Tasks>::Cell<u64>>;

fn one_request<P: Tasks, F: Future<Output = ()> + 'static>(handle: impl Fn(Total<P>) -> F) -> u64 {
    let total = Rc::new(P::Cell::named("total", 0));
    P::run(vec![("handler", Box::pin(handle(Rc::clone(&total))))]);
    total.get()
}

/// In JavaScript: total += await price(…)
async fn add_price<P: Tasks>(total: Total<P>, price: u64) {
    let before = total.get();
    fetch::<P>().await;
    total.set(before + price);
}

async fn await_later<P: Tasks>(total: Total<P>) {
    let tea = P::start("tea", add_price::<P>(Rc::clone(&total), 10));
    let cake = P::start("cake", add_price::<P>(total, 20));
    tea.await;
    cake.await;
}

async fn await_together<P: Tasks>(total: Total<P>) {
    let tea = P::start("tea", add_price::<P>(Rc::clone(&total), 10));
    let cake = P::start("cake", add_price::<P>(total, 20));
    zip(tea, cake).await; // Promise.all([tea, cake])
}

async fn await_each<P: Tasks>(total: Total<P>) {
    P::start("tea", add_price::<P>(Rc::clone(&total), 10)).await;
    P::start("cake", add_price::<P>(total, 20)).await;
}

async fn price<P: Tasks>(price: u64) -> u64 {
    fetch::<P>().await;
    price
}

async fn add_what_they_return<P: Tasks>(total: Total<P>) {
    let tea = P::start("tea", price::<P>(10));
    let cake = P::start("cake", price::<P>(20));
    let (tea, cake) = (tea.await, cake.await);
    total.set(total.get() + tea + cake);
}
