//! Two calls of a map that is safe to share, one after the other: the pair is not safe.
//!
//! # Orderings
//! None: every call takes the map's lock, which orders all that it touches.

use super::at_once;
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Mutex, Primitives};
use std::collections::BTreeMap;
use std::sync::Arc;

const FORBIDDEN: &str = "two connections to one server, and one of them is lost";

/// Two threads put what is not there, and both find it missing.
pub static COMPOUND_ACTION: Entry = Entry {
    name: "compound-action",
    title: "A map that is safe to share, and two calls of it that are not",
    story: "A pool keeps one connection for each server in a map whose every call is safe to make \
            from any thread. Two requests for the same server look it up, find nothing, and each \
            opens a connection and puts it in. Each call did what it promised; nobody promised \
            anything about the two together.",
    sources: &[Source {
        what: "Composed calls of Java's concurrent maps in popular open-source programs, tested: many \
               could be caught breaking the promise that their authors relied on.",
        work: "Shacham and others, Testing Atomicity of Composed Concurrent Operations, OOPSLA 2011",
        link: "https://doi.org/10.1145/2048066.2048073",
    }],
    path: "src/race/compound_action.rs",
    source: include_str!("compound_action.rs"),
    outcome: &["A uses connection", "B uses connection"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([a, b]) if a == b => acceptable("both use the same connection"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("look, then insert", runs!(P => two_requests::<P>(look_then_insert)))
        .because("The other request inserts between the look and the insertion."),
    Variant::wrong_fix("insert, then look again", runs!(P => two_requests::<P>(look_again)))
        .by(Means::Check)
        .because("The first to look again still sees its own, and the second then replaces it."),
    Variant::cure("one call", runs!(P => two_requests::<P>(get_or_insert)))
        .by(Means::Atomic)
        .because("The map looks and inserts while it holds its own lock.")
        .costs("Opening a connection happens under the lock, so all others wait for it."),
    Variant::cure("give way", runs!(P => two_requests::<P>(insert_if_absent)))
        .by(Means::Atomic)
        .because("It inserts only where nothing is, and uses what is there otherwise.")
        .costs("Whoever comes second has opened a connection for nothing, and has to close it."),
];

/// A map each call of which may be made from any thread.
struct SharedMap<P: Primitives> {
    entries: P::Mutex<BTreeMap<&'static str, u32>>,
}

impl<P: Primitives> SharedMap<P> {
    fn get(&self, key: &str) -> Option<u32> {
        self.entries.lock().get(key).copied()
    }

    fn insert(&self, key: &'static str, value: u32) {
        self.entries.lock().insert(key, value);
    }

    fn get_or_insert_with(&self, key: &'static str, value: impl FnOnce() -> u32) -> u32 {
        *self.entries.lock().entry(key).or_insert_with(value)
    }
}

/// Each request opens connections with a number of its own.
fn two_requests<P: Primitives>(
    connect: impl Fn(&SharedMap<P>, u32) -> u32 + Copy + Send + 'static,
) -> [u32; 2] {
    let pool =
        Arc::new(SharedMap::<P> { entries: P::Mutex::named("connections", BTreeMap::new()) });
    let request = |number| {
        let pool = Arc::clone(&pool);
        move || connect(&pool, number)
    };
    let (a, b) = at_once::<P, _, _>(request(1), request(2));
    [a, b]
}

fn look_then_insert<P: Primitives>(pool: &SharedMap<P>, opened: u32) -> u32 {
    if let Some(there) = pool.get("server") {
        return there;
    }
    pool.insert("server", opened);
    opened
}

fn look_again<P: Primitives>(pool: &SharedMap<P>, opened: u32) -> u32 {
    if let Some(there) = pool.get("server") {
        return there;
    }
    pool.insert("server", opened);
    pool.get("server").expect("nobody removes anything")
}

fn get_or_insert<P: Primitives>(pool: &SharedMap<P>, opened: u32) -> u32 {
    pool.get_or_insert_with("server", || opened)
}

fn insert_if_absent<P: Primitives>(pool: &SharedMap<P>, opened: u32) -> u32 {
    if let Some(there) = pool.get("server") {
        return there;
    }
    pool.get_or_insert_with("server", || opened) // it is closed again if another is there by now
}
