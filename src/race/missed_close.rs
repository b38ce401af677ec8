//! Receive until the channel is closed, and keep a sender of one's own: it never is.
//!
//! # Orderings
//! None beyond what channels bring.

use crate::list::{Entry, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{JoinHandle, Primitives, Receiver, Sender};
use crate::report::Failure;

const FORBIDDEN: &str = "the receiver waits for a message that its own sender could still send";

/// A channel that is never closed.
pub static MISSED_CLOSE: Entry = Entry {
    name: "missed-close",
    title: "The receiver waits for the end, and holds the sender that is missing to it",
    story: "The main thread starts two workers, gives each a sender, and adds up what they send until \
            the channel is closed. A channel closes when its last sender is gone. The workers' senders \
            go when they end; the one that theirs were copied from is a variable further up.",
    sources: &[Source {
        what: "Of 85 blocking bugs in well-known Go programs more were about channels than about locks, \
               among them receivers of channels that nobody closes.",
        work: "Tu and others, Understanding Real-World Concurrency Bugs in Go, ASPLOS 2019",
        link: "https://doi.org/10.1145/3297858.3304069",
    }],
    path: "src/race/missed_close.rs",
    source: include_str!("missed_close.rs"),
    outcome: &["sum"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([6]) => acceptable("all that was sent is in the sum"),
        Ok(_) => forbidden("it stopped before all had sent"),
        Err(Failure::Deadlock { .. }) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("until it is closed", runs!(P => keep_a_sender::<P>()))
        .because("The first sender lives as long as the function, and the loop waits for its end."),
    Variant::wrong_fix("until somebody says stop", runs!(P => until_stop::<P>()))
        .because("The first to finish says it for all."),
    Variant::cure("drop the first sender", runs!(P => drop_the_first::<P>()))
        .because("With the workers the last sender goes.")
        .costs("A line that looks as if it did nothing."),
    Variant::cure("count the results", runs!(P => count_results::<P>()))
        .because("It is known how many there will be, and nobody has to close anything.")
        .costs("It has to be known; and a worker that dies leaves the receiver waiting."),
];

/// A sends 1 and 2, B sends 3; then each says stop, if it has to.
fn workers<P: Primitives>(
    sender: &P::Sender<Option<u32>>,
    says_stop: bool,
) -> [P::JoinHandle<()>; 2] {
    let work = |name, results: &'static [u32]| {
        let sender = sender.clone();
        P::spawn(name, move || {
            let stop = says_stop.then_some(None);
            for message in results.iter().copied().map(Some).chain(stop) {
                // Where the receiver has gone, it has stopped: nothing is left to do.
                let _ = sender.send(message);
            }
        })
    };
    [work("A", &[1, 2]), work("B", &[3])]
}

/// Adds up until the channel is closed, or somebody says stop.
fn add_up<P: Primitives>(receiver: &P::Receiver<Option<u32>>) -> u32 {
    let mut sum = 0;
    while let Some(Some(result)) = receiver.receive() {
        sum += result;
    }
    sum
}

fn keep_a_sender<P: Primitives>() -> u32 {
    let (sender, receiver) = P::channel("results", None);
    let workers = workers::<P>(&sender, false);
    let sum = add_up::<P>(&receiver); // `sender` is still there
    workers.into_iter().for_each(|worker| worker.join());
    sum
}

fn drop_the_first<P: Primitives>() -> u32 {
    let (sender, receiver) = P::channel("results", None);
    let workers = workers::<P>(&sender, false);
    drop(sender);
    let sum = add_up::<P>(&receiver);
    workers.into_iter().for_each(|worker| worker.join());
    sum
}

fn until_stop<P: Primitives>() -> u32 {
    let (sender, receiver) = P::channel("results", None);
    let workers = workers::<P>(&sender, true);
    let sum = add_up::<P>(&receiver);
    workers.into_iter().for_each(|worker| worker.join());
    sum
}

fn count_results<P: Primitives>() -> u32 {
    let (sender, receiver) = P::channel("results", None);
    let workers = workers::<P>(&sender, false);
    let sum = (0..3).filter_map(|_| receiver.receive().flatten()).sum();
    workers.into_iter().for_each(|worker| worker.join());
    sum
}
