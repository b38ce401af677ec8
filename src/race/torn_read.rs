//! A pair that is written in two steps and read in two: half of the old one, half of the new.
//!
//! # Orderings
//! The seqlock's halves are atomics that are read and written `Relaxed`; its version is what orders
//! them. The writer's `Release` fence has the reader's `Acquire` fence for its partner: a reader that
//! has seen a new half then also sees the odd version, and tries again. The store of the even version
//! is `Release` and its partner the first load, `Acquire`: who sees it sees both halves. Without the
//! fences a half may be seen before the version that announces it \[2\].

use super::at_once;
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicInteger, Mutex, Primitives};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

const FORBIDDEN: &str = "half of the old pair and half of the new";

/// A reader sees a pair that nobody has written.
pub static TORN_READ: Entry = Entry {
    name: "torn-read",
    title: "A reader sees half of one pair and half of the other",
    story: "A writes a new pair, first the one half and then the other; B reads first the one and \
            then the other. Each half is right, and the pair is one that nobody has written: a name \
            with somebody else's address, the high word of one time with the low word of another.",
    sources: &[
        Source {
            what: "An interface value in Go is two words, a type and a pointer. One goroutine that \
                   assigns it while another reads it can pair the type of one value with the \
                   pointer of another, and memory safety is gone.",
            work: "Russ Cox, Off to the Races, 2010",
            link: "https://research.swtch.com/gorace",
        },
        Source {
            what: "How to write a seqlock in terms of a language's orderings, and how not to.",
            work: "Hans Boehm, Can Seqlocks Get Along with Programming Language Memory Models?, MSPC \
                   2012",
            link: "https://doi.org/10.1145/2247684.2247688",
        },
    ],
    path: "src/race/torn_read.rs",
    source: include_str!("torn_read.rs"),
    outcome: &["left", "right"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([0, 0]) => acceptable("the old pair"),
        Ok([1, 1]) => acceptable("the new pair"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("two halves", runs!(P => at_the_same_time::<P>(write, read)))
        .because("Between the two reads, or the two writes, the other comes in."),
    Variant::wrong_fix("lock the writer", runs!(P => at_the_same_time::<P>(write_locked, read)))
        .by(Means::Lock)
        .because("A lock keeps out who wants it, and the reader does not ask."),
    Variant::wrong_fix("read until twice the same", runs!(P => at_the_same_time::<P>(write, read_twice)))
        .by(Means::Check)
        .because("Between the writer's two stores the pair is torn, however often it is read."),
    Variant::wrong_fix(
        "seqlock without its fences",
        runs!(P => at_the_same_time::<P>(write_unfenced, read_unfenced)),
    )
    .in_turns()
    .because("In turns it holds. But nothing keeps a half from being seen before the odd version."),
    Variant::cure("one lock", runs!(P => at_the_same_time::<P>(write_locked, read_locked)))
        .by(Means::Lock)
        .because("Nobody reads while somebody writes.")
        .costs("Readers wait for each other as well as for the writer."),
    Variant::cure("seqlock", runs!(P => at_the_same_time::<P>(write_versioned, read_versioned)))
        .because("The reader notices that somebody wrote meanwhile, and reads again.")
        .costs("A reader may have to read again and again; it writes nothing, so readers are free."),
    Variant::cure("one word", runs!(P => one_word::<P>()))
        .by(Means::Atomic)
        .because("Both halves fit into one number, which is written and read in one step.")
        .costs("Nothing, where the pair fits into 64 bits (or 128, where the processor has such a step)."),
];

struct Pair<P: Primitives> {
    left: P::AtomicU32,
    right: P::AtomicU32,
    /// Odd while somebody writes.
    version: P::AtomicU32,
    lock: P::Mutex<()>,
}

fn at_the_same_time<P: Primitives>(
    write: fn(&Pair<P>),
    read: fn(&Pair<P>) -> [u32; 2],
) -> [u32; 2] {
    let pair = Arc::new(Pair::<P> {
        left: P::AtomicU32::named("left", 0),
        right: P::AtomicU32::named("right", 0),
        version: P::AtomicU32::named("version", 0),
        lock: P::Mutex::named("m", ()),
    });
    let other = Arc::clone(&pair);
    let ((), seen) = at_once::<P, _, _>(move || write(&other), move || read(&pair));
    seen
}

fn write<P: Primitives>(pair: &Pair<P>) {
    pair.left.store(1, SeqCst);
    pair.right.store(1, SeqCst);
}

fn read<P: Primitives>(pair: &Pair<P>) -> [u32; 2] {
    [pair.left.load(SeqCst), pair.right.load(SeqCst)]
}

fn read_twice<P: Primitives>(pair: &Pair<P>) -> [u32; 2] {
    let mut last = read(pair);
    loop {
        let now = read(pair);
        if now == last {
            return now;
        }
        last = now;
    }
}

fn write_locked<P: Primitives>(pair: &Pair<P>) {
    let _guard = pair.lock.lock();
    write(pair);
}

fn read_locked<P: Primitives>(pair: &Pair<P>) -> [u32; 2] {
    let _guard = pair.lock.lock();
    read(pair)
}

fn write_versioned<P: Primitives>(pair: &Pair<P>) {
    pair.version.store(1, Relaxed);
    P::fence(Release); // the halves are not seen before the odd version
    pair.left.store(1, Relaxed);
    pair.right.store(1, Relaxed);
    pair.version.store(2, Release);
}

fn read_versioned<P: Primitives>(pair: &Pair<P>) -> [u32; 2] {
    loop {
        let before = pair.version.load(Acquire);
        if before.is_multiple_of(2) {
            let seen = [pair.left.load(Relaxed), pair.right.load(Relaxed)];
            P::fence(Acquire); // the version is not looked at before the halves
            if pair.version.load(Relaxed) == before {
                return seen;
            }
        }
        P::yield_now();
    }
}

fn write_unfenced<P: Primitives>(pair: &Pair<P>) {
    pair.version.store(1, Relaxed);
    pair.left.store(1, Relaxed);
    pair.right.store(1, Relaxed);
    pair.version.store(2, Release);
}

fn read_unfenced<P: Primitives>(pair: &Pair<P>) -> [u32; 2] {
    loop {
        let before = pair.version.load(Acquire);
        let seen = [pair.left.load(Relaxed), pair.right.load(Relaxed)];
        if before.is_multiple_of(2) && pair.version.load(Relaxed) == before {
            return seen;
        }
        P::yield_now();
    }
}

fn one_word<P: Primitives>() -> [u32; 2] {
    let pair = Arc::new(P::AtomicU64::named("pair", 0));
    let other = Arc::clone(&pair);
    let write = move || other.store(1 << 32 | 1, Relaxed);
    let ((), seen) = at_once::<P, _, _>(write, move || pair.load(Relaxed));
    [(seen >> 32) as u32, seen as u32]
}
