//! A lock that any number of readers may hold: while one leaves another comes, and the writer waits.
//!
//! # Orderings
//! None beyond what locks bring.

use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Condvar, JoinHandle, Mutex, Primitives};
use std::sync::Arc;

const FORBIDDEN: &str = "readers who came later went past the writer";

/// The lock is never free.
pub static WRITER_STARVATION: Entry = Entry {
    name: "writer-starvation",
    title: "As long as one reader comes before the last has left, the writer waits",
    story: "Readers may be inside together, a writer only alone. A and B read, and C wants to write. \
            While A is inside C waits, and B, who comes later, goes in; before B has left another may \
            come. If there is always one, C waits for ever. The program counts how many readers came \
            in while the writer was waiting.",
    sources: &[
        Source {
            what: "The problem in both forms: in the first readers go first and a writer may wait for \
                   ever, in the second it is the other way round.",
            work: "Courtois, Heymans and Parnas, Concurrent Control with Readers and Writers, \
                   Communications of the ACM 14(10), 1971",
            link: "https://doi.org/10.1145/362759.362813",
        },
        Source {
            what: "Which of them Rust's RwLock lets in first depends on the operating system, and is \
                   promised nowhere.",
            work: "Rust, std::sync::RwLock",
            link: "https://doc.rust-lang.org/std/sync/struct.RwLock.html",
        },
    ],
    path: "src/race/writer_starvation.rs",
    source: include_str!("writer_starvation.rs"),
    outcome: &["readers who went past"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([0]) => acceptable("the writer waited only for those who were inside"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken(
        "readers first",
        runs!(P => two_read_one_writes::<P>(enter_if_nobody_writes, wait_for_nobody)),
    )
    .because("A reader looks whether somebody writes, and nobody does: the writer only wants to."),
    Variant::wrong_fix(
        "look twice for a writer",
        runs!(P => two_read_one_writes::<P>(let_pass_once, wait_for_nobody)),
    )
    .by(Means::Check)
    .because("A reader that has waited once goes in all the same."),
    Variant::cure(
        "writers first",
        runs!(P => two_read_one_writes::<P>(enter_if_nobody_wants_to, wait_for_nobody)),
    )
    .because("Who comes after a writer waits behind it.")
    .costs("Now writers that keep coming can keep readers out."),
    Variant::cure(
        "a turnstile",
        runs!(P => two_read_one_writes::<P>(through_the_turnstile, block_the_turnstile)),
    )
    .because("All go through one gate, and the writer stands in it until it is alone.")
    .costs("Every reader takes one lock more."),
];

#[derive(Default)]
struct Inside {
    readers: u32,
    writing: bool,
    wanting: u32,
    went_past: u32,
}

struct Room<P: Primitives> {
    inside: P::Mutex<Inside>,
    left: P::Condvar,
    turnstile: P::Mutex<()>,
}

fn two_read_one_writes<P: Primitives>(enter: fn(&Room<P>), wait: fn(&Room<P>)) -> u32 {
    let room = Arc::new(Room::<P> {
        inside: P::Mutex::named("inside", Inside::default()),
        left: P::Condvar::named("left"),
        turnstile: P::Mutex::named("turnstile", ()),
    });
    let reader = |name| {
        let room = Arc::clone(&room);
        P::spawn(name, move || {
            enter(&room);
            leave(&room);
        })
    };
    let readers = [reader("A"), reader("B")];
    let writer = {
        let room = Arc::clone(&room);
        P::spawn("C", move || {
            wait(&room);
            leave_alone(&room);
        })
    };
    for thread in readers.into_iter().chain([writer]) {
        thread.join();
    }
    room.inside.lock().went_past
}

fn come_in(inside: &mut Inside) {
    inside.went_past += u32::from(inside.wanting > 0);
    inside.readers += 1;
}

fn enter_if_nobody_writes<P: Primitives>(room: &Room<P>) {
    let mut inside = room.inside.lock();
    while inside.writing {
        room.left.wait(&mut inside);
    }
    come_in(&mut inside);
}

fn let_pass_once<P: Primitives>(room: &Room<P>) {
    let mut inside = room.inside.lock();
    if inside.wanting > 0 && inside.readers > 0 {
        room.left.wait(&mut inside); // the last reader who leaves wakes all
    }
    while inside.writing {
        room.left.wait(&mut inside);
    }
    come_in(&mut inside);
}

fn enter_if_nobody_wants_to<P: Primitives>(room: &Room<P>) {
    let mut inside = room.inside.lock();
    while inside.writing || inside.wanting > 0 {
        room.left.wait(&mut inside);
    }
    come_in(&mut inside);
}

fn through_the_turnstile<P: Primitives>(room: &Room<P>) {
    let _turn = room.turnstile.lock();
    enter_if_nobody_writes(room);
}

fn leave<P: Primitives>(room: &Room<P>) {
    let mut inside = room.inside.lock();
    inside.readers -= 1;
    if inside.readers == 0 {
        room.left.notify_all();
    }
}

fn wait_for_nobody<P: Primitives>(room: &Room<P>) {
    let mut inside = room.inside.lock();
    inside.wanting += 1;
    while inside.readers > 0 || inside.writing {
        room.left.wait(&mut inside);
    }
    inside.wanting -= 1;
    inside.writing = true;
}

fn block_the_turnstile<P: Primitives>(room: &Room<P>) {
    let _turn = room.turnstile.lock();
    wait_for_nobody(room);
}

fn leave_alone<P: Primitives>(room: &Room<P>) {
    room.inside.lock().writing = false;
    room.left.notify_all();
}
