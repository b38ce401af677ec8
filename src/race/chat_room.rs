//! A chat room: what is written has to be kept, and all have to read it in the same order.
//!
//! # Orderings
//! `Relaxed`: what is wrong with the numbers is how many steps they take, and the messages are read when
//! all who write have been joined.

use super::{at_once, with_owner};
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicInteger, Mutex, Primitives, Receiver, Sender};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

const FORBIDDEN: &str = "a message is lost, or two readers see another order";

/// Two members write at the same time.
pub static CHAT_ROOM: Entry = Entry {
    name: "chat-room",
    title: "Two messages at once: one is lost, or they stand in two orders",
    story: "Two members of a room write at the same moment. Each message gets the next number and goes \
            to the end of the log. Both read the log before either has written it back, and one \
            message is gone; or both take the same number; or the one with number 2 comes into the \
            log before the one with number 1, and who reads the log sees another conversation than \
            who goes by the numbers.",
    sources: &[
        Source {
            what: "A sequence hands out its numbers in order, and the rows become visible in another: \
                   who has read up to the highest number never sees the one that comes later.",
            work: "Oskar Dudycz, How Postgres sequences issues can impact your messaging guarantees",
            link: "https://event-driven.io/en/ordering_in_postgres_outbox/",
        },
        Source {
            what: "A chat in which each room is one object; messages that come at the same time get times \
                   one after the other from it, so that their order is kept.",
            work: "Cloudflare, workers-chat-demo",
            link: "https://github.com/cloudflare/workers-chat-demo",
        },
    ],
    path: "src/race/chat_room.rs",
    source: include_str!("chat_room.rs"),
    outcome: &["A's number", "B's number", "log"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([1, 2, 12] | [2, 1, 21]) => acceptable("both are there, in the order of their numbers"),
        Ok([_, _, A | B]) => forbidden("a message is lost"),
        Ok([a, b, _]) if a == b => forbidden("two messages have one number"),
        Ok(_) => forbidden("the log has another order than the numbers"),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("read the log, write it back", runs!(P => two_post::<P>(rewrite)))
        .because("Both read the same log, add their message, and the second overwrites the first."),
    Variant::wrong_fix(
        "the next number, then the end of the log",
        runs!(P => two_post::<P>(number_first)),
    )
    .because("No message is overwritten any more, but both can read the same next number."),
    Variant::wrong_fix("an atomic number", runs!(P => two_post::<P>(atomic_number)))
        .by(Means::Atomic)
        .because("The numbers differ, and the second to take one can be the first in the log."),
    Variant::cure("one lock", runs!(P => two_post::<P>(locked)))
        .by(Means::Lock)
        .because("Number and place are taken together.")
        .costs("All who write to the room wait for each other."),
    Variant::cure("the number is the place", runs!(P => two_post::<P>(own_place)))
        .by(Means::Atomic)
        .because("Whoever has a number has that place in the log, and nobody else writes there.")
        .costs("A reader finds a gap while a number is taken and its message is not there yet."),
    Variant::cure("the room is one thread", runs!(P => one_owner::<P>()))
        .by(Means::Owner)
        .because(
            "It takes one message after the other, so the order in which they come is the order.",
        )
        .costs("A message and an answer for each line, and one thread for each room."),
];

/// Who has written a message.
type Author = i64;
const A: Author = 1;
const B: Author = 2;

/// The messages of a room, a digit each: 12 is A's and behind it B's.
type Log = i64;

fn with(log: Log, author: Author) -> Log {
    log * 10 + author
}

/// How many messages there are.
fn length(log: Log) -> i64 {
    if log == 0 { 0 } else { 1 + length(log / 10) }
}

struct Room<P: Primitives> {
    next: P::AtomicI64,
    log: P::AtomicI64,
    places: [P::AtomicI64; 2],
    lock: P::Mutex<()>,
}

/// Each writes one message and learns its number; then somebody reads the log.
fn two_post<P: Primitives>(
    post: impl Fn(&Room<P>, Author) -> i64 + Copy + Send + 'static,
) -> [i64; 3] {
    let room = Arc::new(Room::<P> {
        next: P::AtomicI64::named("next", 1),
        log: P::AtomicI64::named("log", 0),
        places: ["place 1", "place 2"].map(|name| P::AtomicI64::named(name, 0)),
        lock: P::Mutex::named("m", ()),
    });
    let member = |author| {
        let room = Arc::clone(&room);
        move || P::operation(|| post(&room, author))
    };
    let (a, b) = at_once::<P, _, _>(member(A), member(B));
    [a, b, read(&room)]
}

/// The log, or, where each message has a place of its own, what stands at the places.
fn read<P: Primitives>(room: &Room<P>) -> Log {
    let log = room.log.load(Relaxed);
    if log != 0 {
        return log;
    }
    let places = room.places.iter().map(|place| place.load(Relaxed));
    places.filter(|author| *author != 0).fold(0, with)
}

fn rewrite<P: Primitives>(room: &Room<P>, author: Author) -> i64 {
    let log = with(room.log.load(Relaxed), author);
    room.log.store(log, Relaxed); // what has been written meanwhile is gone
    length(log)
}

/// Puts a message at the end of the log, whatever the log is by now.
fn append<P: Primitives>(room: &Room<P>, author: Author) {
    let mut log = room.log.load(Relaxed);
    while let Err(now) = room.log.compare_exchange(log, with(log, author), Relaxed, Relaxed) {
        log = now;
    }
}

fn number_first<P: Primitives>(room: &Room<P>, author: Author) -> i64 {
    let number = room.next.load(Relaxed);
    room.next.store(number + 1, Relaxed);
    append(room, author);
    number
}

fn atomic_number<P: Primitives>(room: &Room<P>, author: Author) -> i64 {
    let number = room.next.fetch_add(1, Relaxed);
    append(room, author); // another may have come in between
    number
}

fn locked<P: Primitives>(room: &Room<P>, author: Author) -> i64 {
    let _guard = room.lock.lock();
    rewrite(room, author)
}

fn own_place<P: Primitives>(room: &Room<P>, author: Author) -> i64 {
    let number = room.next.fetch_add(1, Relaxed);
    room.places[number as usize - 1].store(author, Relaxed);
    number
}

fn one_owner<P: Primitives>() -> [i64; 3] {
    let (sender, inbox) = P::channel::<(Author, P::Sender<i64>)>("room", None);
    let member = |author| {
        let sender = sender.clone();
        move || {
            let (answer, number) = P::channel("answer", None);
            let _ = sender.send((author, answer));
            number.receive().expect("the room answers each message")
        }
    };
    let room = move || {
        let mut log = 0;
        for _ in 0..2 {
            let (author, answer) = inbox.receive().expect("both write");
            log = with(log, author);
            let _ = answer.send(length(log));
        }
        log
    };
    let (a, b, log) = with_owner::<P, _, _, _>(member(A), member(B), room);
    [a, b, log]
}
