//! What is to be seen of a program in a state: who cannot go, and how it has ended.

use super::Blocked;
use crate::explore::runtime::{self, Ending, Runtime};
use crate::explore::tally;
use crate::report::Failure;
use crate::trace::ThreadId;

/// The threads of a bit set in the order of their letters: main, `M`, stands among the others.
pub(super) fn in_letter_order(threads: u64) -> impl Iterator<Item = u8> {
    // Main comes behind `L`, the twelfth.
    let order = (1..=12).chain([0]).chain(13..64u8);
    order.filter(move |thread| threads & (1 << thread) != 0)
}

/// Who cannot go, and why.
pub(super) fn blocked(runtime: &Runtime, enabled: u64) -> Vec<Blocked> {
    let objects = runtime.named_objects(std::iter::empty());
    let waiting = tally::waiting(runtime, &objects).into_iter().map(|waiting| {
        let holder = waiting.holder.map(|(thread, _)| format!(", held by {thread}"));
        let why = format!("waits for {}{}", waiting.what, holder.unwrap_or_default());
        Blocked { thread: waiting.thread, why, place: waiting.place }
    });
    let threads = runtime.threads.iter().enumerate();
    let spins = threads.filter(|(_, t)| t.state == runtime::State::Spinning);
    let spins = spins.map(|(number, thread)| Blocked {
        thread: ThreadId(number as u8),
        why: "spins until what it looked at changes".to_owned(),
        place: thread.waits_at.into(),
    });
    let mut all: Vec<_> = waiting.chain(spins).collect();
    all.retain(|blocked| enabled & (1 << blocked.thread.0) == 0);
    all.sort_by_key(|blocked| blocked.thread.letter());
    all
}

/// How a run has ended; `None`: it was not let to its end.
pub(super) fn result<T>(
    runtime: &Runtime,
    ending: Ending,
    value: Option<T>,
) -> Option<Result<T, Failure>> {
    // Of panics that nothing orders a path names the first: each path is one interleaving.
    match (tally::panic(runtime, value.is_some(), |a, b| a <= b), ending, value) {
        (Some(panic), ..) => Some(Err(panic)),
        (None, Ending::Deadlock, _) => {
            let objects = runtime.named_objects(std::iter::empty());
            Some(Err(Failure::Deadlock { waiting: tally::waiting(runtime, &objects) }))
        }
        (None, Ending::Livelock, _) => {
            Some(Err(Failure::StepLimit { limit: None, looping: tally::spinning(runtime) }))
        }
        (None, Ending::Undefined, _) => {
            tally::undefined(runtime, &runtime.named_objects(std::iter::empty())).map(Err)
        }
        (None, Ending::Finished, Some(value)) => Some(Ok(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_come_in_the_order_of_their_letters() {
        let letters: Vec<char> =
            in_letter_order((1 << 51) - 1).map(|thread| ThreadId(thread).letter()).collect();
        assert_eq!(letters.len(), ThreadId::MAX);
        assert!(letters.is_sorted(), "{letters:?}");
    }
}
