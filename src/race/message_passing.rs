//! A message and a flag that says it is there: the flag may be seen before the message.
//!
//! # Orderings
//! The store to the flag has to be `Release`, its partner the load of the flag `Acquire`: a load
//! that reads the flag then also sees all that came before the store. Either one alone does
//! nothing. A `Release` fence before a relaxed store and an `Acquire` fence after a relaxed load
//! work as well.

use super::{Case, Race, Seen, case};
use crate::primitives::{AtomicInteger, JoinHandle, Primitives};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

/// The flag is seen, the message is not.
pub const MESSAGE_PASSING: Race = Race {
    name: "message-passing",
    title: "The flag arrives before the message",
    story: "Thread A writes a message and raises a flag; thread B sees the flag and reads the \
            message. In every interleaving the message is there. A compiler or a processor may \
            swap two relaxed stores, or two relaxed loads, and B reads what was there before.",
    seen: "the flag and the message, as B saw them",
    is_forbidden: |seen| seen == [1, 0],
    forbidden: "the flag is up, the message is not there",
    cases: CASES,
    path: "src/race/message_passing.rs",
    source: include_str!("message_passing.rs"),
};

const CASES: &[Case] = &[
    case!("Relaxed", false, pass([Relaxed, Relaxed]; [None, None])),
    case!("Release store, Relaxed load", false, pass([Release, Relaxed]; [None, None])),
    case!("Relaxed store, Acquire load", false, pass([Relaxed, Acquire]; [None, None])),
    case!("Release fence only", false, pass([Relaxed, Relaxed]; [Some(Release), None])),
    case!("Acquire fence only", false, pass([Relaxed, Relaxed]; [None, Some(Acquire)])),
    case!("Release store, Acquire load", true, pass([Release, Acquire]; [None, None])),
    case!(
        "Release fence, Acquire fence",
        true,
        pass([Relaxed, Relaxed]; [Some(Release), Some(Acquire)])
    ),
];

fn pass<P: Primitives>([store, load]: [Ordering; 2], fences: [Option<Ordering>; 2]) -> Seen {
    let message = Arc::new(P::AtomicU32::named("message", 0));
    let flag = Arc::new(P::AtomicU32::named("flag", 0));
    let (theirs, raised) = (Arc::clone(&message), Arc::clone(&flag));
    let a = P::spawn("A", move || {
        theirs.store(1, Relaxed);
        if let Some(order) = fences[0] {
            P::fence(order);
        }
        raised.store(1, store);
    });
    let b = P::spawn("B", move || {
        let flag = flag.load(load);
        if let Some(order) = fences[1] {
            P::fence(order);
        }
        vec![u64::from(flag), u64::from(message.load(Relaxed))]
    });
    a.join();
    b.join()
}
