//! A lock for threads, held across an await: whoever wants it next blocks the only thread.
//!
//! # Orderings
//! None beyond what locks bring.

use super::{fetch, on_one_thread};
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Cell, Lock, Mutex, Tasks};
use crate::report::Failure;
use std::rc::Rc;

const FORBIDDEN: &str =
    "a task blocks the thread, for a lock that only this thread could give back";

/// A guard that lives across an await.
pub static GUARD_ACROSS_AWAIT: Entry = Entry {
    name: "guard-across-await",
    title: "One task holds a lock and awaits, the other blocks the thread for that lock",
    story: "A withdrawal locks the account, asks another server, and takes the money. At its await \
            the next withdrawal goes on, on the same thread, and wants the lock. It is a lock for \
            threads: it does not await, it blocks. So the thread stands still, and the first task, \
            which would give the lock back, needs just this thread to go on.",
    sources: &[
        Source {
            what: "A QUIC library in Rust stood still: a guard had crossed an await.",
            work: "genmeta/dquic pull request 359, fix guard crossing await causing deadlock",
            link: "https://github.com/genmeta/dquic/pull/359",
        },
        Source {
            what: "Clippy has had a lint against it since 2020.",
            work: "rust-lang/rust-clippy pull request 5439, Lint for holding locks across await points",
            link: "https://github.com/rust-lang/rust-clippy/pull/5439",
        },
    ],
    path: "src/race/guard_across_await.rs",
    source: include_str!("guard_across_await.rs"),
    outcome: &["balance"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([80]) => acceptable("both withdrawals are done"),
        Ok(_) => forbidden("one withdrawal overwrote the other"),
        Err(Failure::Deadlock { .. }) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("lock, then await", runs!(tasks P => two_withdrawals::<P, _>(hold_across)))
        .because("The guard lives until the end of the function, across the await."),
    Variant::wrong_fix("lock twice", runs!(tasks P => two_withdrawals::<P, _>(lock_twice)))
        .by(Means::Lock)
        .because("Nobody blocks any more, but what was read is out of date when it is written."),
    Variant::cure("await, then lock", runs!(tasks P => two_withdrawals::<P, _>(await_first)))
        .because("From taking the lock to giving it back there is no await: nobody finds it taken.")
        .costs("What is asked of the other server cannot depend on the balance."),
    Variant::cure("a lock to await", runs!(tasks P => two_withdrawals::<P, _>(hold_an_async_lock)))
        .by(Means::Lock)
        .because("Whoever waits for this lock gives the thread away, and is woken when it is free.")
        .costs("A slower lock; and withdrawals wait for each other's answers."),
];

struct Account<P: Tasks> {
    balance: P::Cell<i64>,
    lock: P::Mutex<()>,
    turn: P::Lock<()>,
}

fn two_withdrawals<P: Tasks, F: Future<Output = ()> + 'static>(
    withdraw: impl Fn(Rc<Account<P>>) -> F,
) -> i64 {
    let account = Rc::new(Account {
        balance: P::Cell::named("balance", 100),
        lock: P::Mutex::named("account", ()),
        turn: P::Lock::named("turn", ()),
    });
    on_one_thread::<P, _>(withdraw(Rc::clone(&account)), withdraw(Rc::clone(&account)));
    account.balance.get()
}

async fn hold_across<P: Tasks>(account: Rc<Account<P>>) {
    let _guard = account.lock.lock(); // blocks the thread while another task holds it
    let seen = account.balance.get();
    fetch::<P>().await;
    account.balance.set(seen - 10);
}

async fn lock_twice<P: Tasks>(account: Rc<Account<P>>) {
    let seen = {
        let _guard = account.lock.lock();
        account.balance.get()
    };
    fetch::<P>().await;
    let _guard = account.lock.lock();
    account.balance.set(seen - 10);
}

async fn await_first<P: Tasks>(account: Rc<Account<P>>) {
    fetch::<P>().await;
    let _guard = account.lock.lock();
    let seen = account.balance.get();
    account.balance.set(seen - 10);
}

async fn hold_an_async_lock<P: Tasks>(account: Rc<Account<P>>) {
    let _turn = account.turn.lock().await;
    let seen = account.balance.get();
    fetch::<P>().await;
    account.balance.set(seen - 10);
}
