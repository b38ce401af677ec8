//! A worker that sends itself more work, into a queue that has a limit: when it is full, the only one
//! who could empty it waits for room.
//!
//! # Orderings
//! None beyond what channels bring.

use super::at_once;
use crate::list::{Entry, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Primitives, Receiver, Sender};
use crate::report::Failure;
use std::collections::VecDeque;

const FORBIDDEN: &str = "the worker waits for room in a queue that only it could empty";

/// A queue that its own reader fills.
pub static FULL_CHANNEL: Entry = Entry {
    name: "full-channel",
    title: "The queue is full, and the only one who could empty it waits for room",
    story: "A client sends jobs to a worker through a channel with a limit, so that it does not get too \
            far ahead. Each job makes a second one, which the worker sends to itself through the same \
            channel. If the client has filled it meanwhile, the worker waits for room, and nobody \
            else ever takes anything out.",
    sources: &[
        Source {
            what: "rust-analyzer's workers, and how to choose their channels' sizes: with any bound, a \
                   circle of channels can stand still.",
            work: "Aleksey Kladov, Sizing the channel: deadlock freedom vs back pressure, 2020",
            link: "https://trio.discourse.group/t/sizing-the-channel-deadlock-freedom-vs-back-pressure/311",
        },
        Source {
            what: "Actors that send to each other through bounded channels must not form a circle.",
            work: "Alice Ryhl, Actors with Tokio, 2021",
            link: "https://ryhl.io/blog/actors-with-tokio/",
        },
    ],
    path: "src/race/full_channel.rs",
    source: include_str!("full_channel.rs"),
    outcome: &["jobs done"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([6]) => acceptable("all jobs are done, and those they made"),
        Ok(_) => forbidden("a job was left"),
        Err(Failure::Deadlock { .. }) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("room for one", runs!(P => send_to_itself::<P>(Some(1))))
        .because("While the worker is at the first job, the client has filled the queue."),
    Variant::wrong_fix("room for two", runs!(P => send_to_itself::<P>(Some(2))))
        .because("The client has more jobs than there is room, whatever the room."),
    Variant::cure("no limit", runs!(P => send_to_itself::<P>(None)))
        .because("Who sends never waits.")
        .costs("Nothing holds a fast client back: the queue takes what memory there is."),
    Variant::cure("a list of its own", runs!(P => keep_a_list::<P>()))
        .because("The worker's own jobs do not go through the channel.")
        .costs("Two places where jobs wait, and a rule which comes first."),
];

/// The client sends this many jobs, and each makes one more.
const JOBS: u32 = 3;

/// A job of the client's, or one that such a job has made.
enum Job {
    First,
    Second,
}

fn send_to_itself<P: Primitives>(capacity: Option<usize>) -> u32 {
    let (sender, receiver) = P::channel("jobs", capacity);
    let own = sender.clone();
    let worker = move || {
        let mut done = 0;
        while done < 2 * JOBS {
            match receiver.receive() {
                Some(Job::First) => _ = own.send(Job::Second), // here it may wait for itself
                Some(Job::Second) => {}
                None => break,
            }
            done += 1;
        }
        done
    };
    at_once::<P, _, _>(worker, move || client::<P>(&sender)).0
}

fn keep_a_list<P: Primitives>() -> u32 {
    let (sender, receiver) = P::channel("jobs", Some(1));
    let worker = move || {
        let mut own = VecDeque::new();
        let mut done = 0;
        while let Some(job) = own.pop_front().or_else(|| receiver.receive()) {
            if let Job::First = job {
                own.push_back(Job::Second);
            }
            done += 1;
        }
        done
    };
    at_once::<P, _, _>(worker, move || client::<P>(&sender)).0
}

fn client<P: Primitives>(jobs: &P::Sender<Job>) {
    for _ in 0..JOBS {
        // Where the worker has gone, nobody can be told.
        let _ = jobs.send(Job::First);
    }
}
