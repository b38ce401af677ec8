//! A stack whose top is taken by compare and exchange: the top is the same again, and the stack is
//! another.
//!
//! # Orderings
//! `Release` for putting a node on top, `Acquire` for looking at the top: whoever takes a node sees what
//! its pusher wrote into it. Taking one hands nothing on. None of that helps: the value compared is right,
//! and says too little.

use super::at_once;
use super::epoch_stack::EpochStack;
use crate::list::{Entry, Means, Runs, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicInteger, Mutex, Primitives, Std};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const FORBIDDEN: &str = "a node has two owners";

/// The compare and exchange succeeds, and should not have.
pub static ABA: Entry = Entry {
    name: "aba",
    title: "The top is what it was, and everything below it is not",
    story: "A stack of free nodes, 1 on top of 2. A wants the top: it reads that the top is 1 and that \
            2 lies below, and stops there. B takes 1, takes 2, and gives 1 back. The top is 1 again, \
            so A's compare and exchange succeeds and makes 2 the new top, which B is using.",
    sources: &[
        Source {
            what: "The stack itself.",
            work: "R. K. Treiber, Systems Programming: Coping with Parallelism, IBM RJ 5118, 1986",
            link: "https://dominoweb.draco.res.ibm.com/58319a2ed2b1078985257003004617ef.html",
        },
        Source {
            what: "musl's condition variables missed wake-ups, because a flag had gone from one value \
                   to another and back between two looks.",
            work: "musl, commit 97c5b5a87c3d, fix ABA race in cond vars",
            link: "https://git.musl-libc.org/cgit/musl/commit/?id=97c5b5a87c3d9df54278e1073d6177f77536bd32",
        },
    ],
    path: "src/race/aba.rs",
    source: include_str!("aba.rs"),
    outcome: &["owners of 1", "owners of 2"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([1, 1]) => acceptable("each node has one owner"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("compare the top", runs!(P => take_and_give::<P>(pop, push)))
        .because("That the top is the same does not say that the stack is."),
    Variant::wrong_fix("look again first", runs!(P => take_and_give::<P>(pop_after_a_look, push)))
        .by(Means::Check)
        .because("What the second look sees is as little as what the first one saw."),
    Variant::cure("count the pushes", runs!(P => take_and_give::<P>(pop, push_counting)))
        .because("Whenever a node comes back, the top has another number beside it.")
        .costs("Half the word is the number, or a compare and exchange of two words."),
    Variant::cure("one lock", runs!(P => take_and_give::<P>(pop_locked, push_locked)))
        .by(Means::Lock)
        .because("Nobody touches the stack between the look and the taking.")
        .costs("Whoever is stopped while it holds the lock stops everybody."),
    // On threads only: the model's memory is never given back, so it has nothing to show of this.
    Variant::cure(
        "epochs (crossbeam)",
        Runs { threads: Some(|_| by_epochs().into()), ..Runs::NOWHERE },
    )
    .because("No node gets the address of one that somebody still looks at.")
    .costs("Memory is given back late, and not at all while somebody looks for ever."),
];

/// No node.
const NIL: u64 = 0;

/// The top in the lower half, a number in the upper.
struct Stack<P: Primitives> {
    top: P::AtomicU64,
    below: [P::AtomicU64; 3],
    lock: P::Mutex<()>,
}

const fn node(top: u64) -> u64 {
    top & 0xFFFF_FFFF
}

const fn number(top: u64) -> u64 {
    top >> 32
}

/// A takes one node; B takes two and gives the first back. Then all that is left is counted.
fn take_and_give<P: Primitives>(
    pop: fn(&Stack<P>) -> Option<u64>,
    push: fn(&Stack<P>, u64),
) -> [u64; 2] {
    let named = |name, value| P::AtomicU64::named(name, value);
    let stack = Arc::new(Stack::<P> {
        top: named("top", 1),
        below: [named("-", NIL), named("below 1", 2), named("below 2", NIL)],
        lock: P::Mutex::named("m", ()),
    });
    let (a, b) = (Arc::clone(&stack), Arc::clone(&stack));
    let (a, b) = at_once::<P, _, _>(
        move || pop(&a),
        move || two_and_one_back(|| pop(&b), |node| push(&b, node)),
    );
    owners([a, b, pop(&stack), pop(&stack)])
}

/// Takes two nodes and gives the first back; returns the second.
fn two_and_one_back(pop: impl Fn() -> Option<u64>, push: impl Fn(u64)) -> Option<u64> {
    let (first, second) = (pop(), pop());
    first.into_iter().for_each(push);
    second
}

/// How many have node 1, and how many node 2.
fn owners(taken: [Option<u64>; 4]) -> [u64; 2] {
    [1, 2].map(|node| taken.iter().filter(|taken| **taken == Some(node)).count() as u64)
}

fn by_epochs() -> [u64; 2] {
    let stack = Arc::new(EpochStack::default());
    [2, 1].into_iter().for_each(|node| stack.push(node));
    let (a, b) = (Arc::clone(&stack), Arc::clone(&stack));
    let (a, b) = at_once::<Std, _, _>(
        move || a.pop(),
        move || two_and_one_back(|| b.pop(), |node| b.push(node)),
    );
    owners([a, b, stack.pop(), stack.pop()])
}

fn pop<P: Primitives>(stack: &Stack<P>) -> Option<u64> {
    let mut top = stack.top.load(Acquire);
    while node(top) != NIL {
        let below = stack.below[node(top) as usize].load(Relaxed);
        let next = below | number(top) << 32;
        match stack.top.compare_exchange(top, next, Relaxed, Acquire) {
            Ok(_) => return Some(node(top)),
            Err(now) => top = now,
        }
    }
    None
}

/// Gives a node back; `count` is the number beside the new top.
fn push_with<P: Primitives>(stack: &Stack<P>, node: u64, count: impl Fn(u64) -> u64) {
    let mut top = stack.top.load(Relaxed);
    loop {
        stack.below[node as usize].store(self::node(top), Relaxed);
        let next = node | count(number(top)) << 32;
        match stack.top.compare_exchange(top, next, Release, Relaxed) {
            Ok(_) => return,
            Err(now) => top = now,
        }
    }
}

fn push<P: Primitives>(stack: &Stack<P>, node: u64) {
    push_with(stack, node, |_| 0);
}

fn push_counting<P: Primitives>(stack: &Stack<P>, node: u64) {
    push_with(stack, node, |number| number + 1);
}

fn pop_after_a_look<P: Primitives>(stack: &Stack<P>) -> Option<u64> {
    loop {
        let top = stack.top.load(Acquire);
        if node(top) == NIL {
            return None;
        }
        let below = stack.below[node(top) as usize].load(Relaxed);
        let still = stack.top.load(Acquire) == top;
        if still && stack.top.compare_exchange(top, below, Relaxed, Relaxed).is_ok() {
            return Some(node(top));
        }
    }
}

fn pop_locked<P: Primitives>(stack: &Stack<P>) -> Option<u64> {
    let _guard = stack.lock.lock();
    pop(stack)
}

fn push_locked<P: Primitives>(stack: &Stack<P>, node: u64) {
    let _guard = stack.lock.lock();
    push(stack, node);
}
