//! A message and a flag that says it is there: the flag may be seen before the message.
//!
//! # Orderings
//! The store to the flag has to be `Release`, its partner the load of the flag `Acquire`: a load
//! that reads the flag then also sees all that came before the store. Either one alone does
//! nothing. A `Release` fence before a relaxed store and an `Acquire` fence after a relaxed load
//! work as well.

use super::{at_once, ordered};
use crate::list::{Entry, Variant, acceptable, failed, forbidden};
use crate::primitives::{AtomicInteger, Primitives};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

const FORBIDDEN: &str = "the flag is up, the message is not there";

/// The flag is seen, the message is not.
pub static MESSAGE_PASSING: Entry = Entry {
    name: "message-passing",
    title: "The flag arrives before the message",
    story: "Thread A writes a message and raises a flag; thread B sees the flag and reads the \
            message. In every interleaving the message is there. A compiler or a processor may \
            swap two relaxed stores, or two relaxed loads, and B reads what was there before.",
    path: "src/race/message_passing.rs",
    source: include_str!("message_passing.rs"),
    outcome: &["B saw flag", "B saw message"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([1, 0]) => forbidden(FORBIDDEN),
        Ok(_) => acceptable("the message is there, or nobody has said so"),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    ordered!(weak, "Relaxed", pass, [Relaxed, Relaxed], [None, None]),
    ordered!(weak, "Release store, Relaxed load", pass, [Release, Relaxed], [None, None]),
    ordered!(weak, "Relaxed store, Acquire load", pass, [Relaxed, Acquire], [None, None]),
    ordered!(weak, "Release fence only", pass, [Relaxed, Relaxed], [Some(Release), None]),
    ordered!(weak, "Acquire fence only", pass, [Relaxed, Relaxed], [None, Some(Acquire)]),
    ordered!(cure, "Release store, Acquire load", pass, [Release, Acquire], [None, None]),
    ordered!(
        cure,
        "Release fence, Acquire fence",
        pass,
        [Relaxed, Relaxed],
        [Some(Release), Some(Acquire)]
    ),
];

fn pass<P: Primitives>([store, load]: [Ordering; 2], fences: [Option<Ordering>; 2]) -> [u32; 2] {
    let message = Arc::new(P::AtomicU32::named("message", 0));
    let flag = Arc::new(P::AtomicU32::named("flag", 0));
    let (theirs, raised) = (Arc::clone(&message), Arc::clone(&flag));
    let send = move || {
        theirs.store(1, Relaxed);
        if let Some(order) = fences[0] {
            P::fence(order);
        }
        raised.store(1, store);
    };
    let receive = move || {
        let flag = flag.load(load);
        if let Some(order) = fences[1] {
            P::fence(order);
        }
        [flag, message.load(Relaxed)]
    };
    let ((), seen) = at_once::<P, _, _>(send, receive);
    seen
}
