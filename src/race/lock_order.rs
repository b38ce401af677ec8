//! Two locks, taken in two orders: each holds what the other wants.
//!
//! # Orderings
//! None beyond what locks bring.

use super::at_once;
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Mutex, Primitives};
use crate::report::Failure;
use std::sync::Arc;

const FORBIDDEN: &str = "each holds one account and waits for the other";

/// Two transfers in opposite directions.
pub static LOCK_ORDER: Entry = Entry {
    name: "lock-order",
    title: "Each holds one lock and waits for the other's",
    story: "A transfer locks the account it takes from and then the account it pays into. Two \
            transfers between the same two accounts, in opposite directions: each gets its first \
            lock, and each waits for ever for its second. No line is wrong where it stands; the two \
            orders are.",
    sources: &[Source {
        what: "Of 105 real concurrency bugs in MySQL, Apache, Mozilla and OpenOffice 31 were \
               deadlocks, nearly all of them between two threads and at most two things to wait for.",
        work: "Lu and others, Learning from Mistakes: A Comprehensive Study on Real World Concurrency \
               Bug Characteristics, ASPLOS 2008",
        link: "https://doi.org/10.1145/1346281.1346323",
    }],
    path: "src/race/lock_order.rs",
    source: include_str!("lock_order.rs"),
    outcome: &["account 1", "account 2"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([90, 110]) => acceptable("both transfers are done"),
        Ok(_) => forbidden("money is lost, or made"),
        Err(Failure::Deadlock { .. }) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("lock mine, then theirs", runs!(P => two_transfers::<P>(mine_first)))
        .because("Whose is whose depends on the direction, and so does the order."),
    Variant::wrong_fix("wait a moment in between", runs!(P => two_transfers::<P>(pause_between)))
        .by(Means::Pause)
        .because("A pause makes room for exactly what must not happen."),
    Variant::wrong_fix("one lock at a time", runs!(P => two_transfers::<P>(one_at_a_time)))
        .by(Means::Lock)
        .because("Nobody waits for ever, but what was read is out of date when it is written."),
    Variant::cure("the smaller number first", runs!(P => two_transfers::<P>(smaller_first)))
        .because("All take the locks in one order, so whoever has the last waits for nobody.")
        .costs("Everybody has to know the order, and to know what it will lock before it starts."),
    Variant::cure("one lock for all", runs!(P => two_transfers::<P>(one_for_all)))
        .by(Means::Lock)
        .because("With one lock there is no second to wait for.")
        .costs("Transfers between other accounts wait as well."),
];

struct Bank<P: Primitives> {
    accounts: [P::Mutex<i64>; 2],
    whole: P::Mutex<()>,
}

/// 30 from the first account to the second, and 20 back.
fn two_transfers<P: Primitives>(
    transfer: impl Fn(&Bank<P>, usize, usize, i64) + Copy + Send + 'static,
) -> [i64; 2] {
    let bank = Arc::new(Bank::<P> {
        accounts: ["account 1", "account 2"].map(|name| P::Mutex::named(name, 100)),
        whole: P::Mutex::named("bank", ()),
    });
    let (a, b) = (Arc::clone(&bank), Arc::clone(&bank));
    at_once::<P, _, _>(move || transfer(&a, 0, 1, 30), move || transfer(&b, 1, 0, 20));
    [*bank.accounts[0].lock(), *bank.accounts[1].lock()]
}

fn mine_first<P: Primitives>(bank: &Bank<P>, from: usize, to: usize, amount: i64) {
    let mut mine = bank.accounts[from].lock();
    let mut theirs = bank.accounts[to].lock();
    *mine -= amount;
    *theirs += amount;
}

fn pause_between<P: Primitives>(bank: &Bank<P>, from: usize, to: usize, amount: i64) {
    let mut mine = bank.accounts[from].lock();
    P::yield_now();
    let mut theirs = bank.accounts[to].lock();
    *mine -= amount;
    *theirs += amount;
}

fn one_at_a_time<P: Primitives>(bank: &Bank<P>, from: usize, to: usize, amount: i64) {
    let mine = *bank.accounts[from].lock();
    let theirs = *bank.accounts[to].lock();
    *bank.accounts[from].lock() = mine - amount;
    *bank.accounts[to].lock() = theirs + amount;
}

fn smaller_first<P: Primitives>(bank: &Bank<P>, from: usize, to: usize, amount: i64) {
    let mut smaller = bank.accounts[from.min(to)].lock();
    let mut larger = bank.accounts[from.max(to)].lock();
    let (mine, theirs) =
        if from < to { (&mut smaller, &mut larger) } else { (&mut larger, &mut smaller) };
    **mine -= amount;
    **theirs += amount;
}

fn one_for_all<P: Primitives>(bank: &Bank<P>, from: usize, to: usize, amount: i64) {
    let _whole = bank.whole.lock();
    mine_first(bank, from, to, amount);
}
