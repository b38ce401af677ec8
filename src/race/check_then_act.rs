//! Look whether there is enough, then take it: by then somebody else may have taken it.
//!
//! # Orderings
//! `Relaxed` throughout: a single number is at stake, and all threads agree on the order in which it
//! changes. What is wrong is that there are two steps, and no ordering makes one of them.

use super::at_once;
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicInteger, Mutex, Primitives};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

const FORBIDDEN: &str = "more was paid out than there was";

/// Two withdrawals, and money for one.
pub static CHECK_THEN_ACT: Entry = Entry {
    name: "check-then-act",
    title: "Both look whether there is enough, then both take it",
    story: "There are 100 in an account, and two requests want 60 each. Each looks whether the \
            balance suffices and then takes the money. The look and the taking are two steps, and \
            what was seen may be out of date when it is acted on. (Two buyers and one last seat are \
            the same program.)",
    sources: &[Source {
        what: "The bitcoin bank Flexcoin closed after somebody had overdrawn accounts with thousands \
               of transfers at the same moment, each of which saw the old balance.",
        work: "Warszawski and Bailis, ACIDRain, SIGMOD 2017, section 1; told at length by Vlad \
               Mihalcea",
        link: "https://vladmihalcea.com/race-condition/",
    }],
    path: "src/race/check_then_act.rs",
    source: include_str!("check_then_act.rs"),
    outcome: &["balance"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([40]) => acceptable("one was paid, the other sent away"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("check, then take", runs!(P => two_requests::<P>(check_then_take)))
        .because("Between the check and the taking the other request takes what was there."),
    Variant::wrong_fix("check twice", runs!(P => two_requests::<P>(check_twice)))
        .by(Means::Check)
        .because("The second check is as old as the first by the time it is acted on."),
    Variant::wrong_fix("a lock around each step", runs!(P => two_requests::<P>(lock_each_step)))
        .by(Means::Lock)
        .because("Each step was indivisible already; the other comes between the two locks."),
    Variant::cure("one lock around both", runs!(P => two_requests::<P>(lock_both)))
        .by(Means::Lock)
        .because("What was seen stays true until it has been acted on.")
        .costs("Every request waits for the one before it."),
    Variant::cure("compare and exchange", runs!(P => two_requests::<P>(compare_and_take)))
        .by(Means::Atomic)
        .because("It takes only from the balance that it has looked at; otherwise it looks again.")
        .costs("Whoever was too late does its work again."),
];

const PRICE: i64 = 60;

struct Account<P: Primitives> {
    balance: P::AtomicI64,
    lock: P::Mutex<()>,
}

fn two_requests<P: Primitives>(withdraw: impl Fn(&Account<P>) + Copy + Send + 'static) -> i64 {
    let account = Arc::new(Account::<P> {
        balance: P::AtomicI64::named("balance", 100),
        lock: P::Mutex::named("m", ()),
    });
    let request = || {
        let account = Arc::clone(&account);
        move || P::operation(|| withdraw(&account))
    };
    at_once::<P, _, _>(request(), request());
    account.balance.load(Relaxed)
}

fn check_then_take<P: Primitives>(account: &Account<P>) {
    if account.balance.load(Relaxed) >= PRICE {
        account.balance.fetch_sub(PRICE, Relaxed);
    }
}

fn check_twice<P: Primitives>(account: &Account<P>) {
    if account.balance.load(Relaxed) >= PRICE {
        check_then_take(account); // sees what it wants to see, and acts later all the same
    }
}

fn lock_each_step<P: Primitives>(account: &Account<P>) {
    let guard = account.lock.lock();
    let enough = account.balance.load(Relaxed) >= PRICE;
    drop(guard);
    if enough {
        let _guard = account.lock.lock(); // another lock, another moment
        account.balance.fetch_sub(PRICE, Relaxed);
    }
}

fn lock_both<P: Primitives>(account: &Account<P>) {
    let _guard = account.lock.lock();
    check_then_take(account);
}

fn compare_and_take<P: Primitives>(account: &Account<P>) {
    let mut seen = account.balance.load(Relaxed);
    while seen >= PRICE {
        match account.balance.compare_exchange(seen, seen - PRICE, Relaxed, Relaxed) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}
