//! One thread owns the number; everyone else sends it messages.
//!
//! # Why it cannot lose
//! The number is a local variable of one thread. No other thread can read or write it, so nothing
//! can come between the read and the write. Requests line up in the channel and are served one at a
//! time, each to its end. This is an *actor* \[1\], and it is what a Durable Object is: one object
//! that takes requests one at a time, wherever they come from \[2\].
//!
//! # Stopping, and losing nothing
//! An increment is a message on its way, so "lost" could happen here in another manner: the actor
//! could stop while messages are still waiting. It does not, because the channel keeps the order:
//! dropping the counter sends a last message, `Stop`, behind all others, and then waits for the
//! thread to end. Everything sent before it has been counted by then. No thread can still be about
//! to send: it would have to borrow the counter that is being dropped.
//!
//! Closing the channel would do instead of `Stop` (the receiver first gets what is still in it),
//! but loom's channels never close by themselves, and one source has to run everywhere.
//!
//! # Orderings
//! The channel's own: sending a message happens before receiving it, so the actor sees all that
//! the sender did before, and who gets an answer sees all that the actor did before. The number
//! itself needs no ordering, since only one thread ever touches it.
//!
//! An `increment` returns when its message is *sent*, not when it is counted. A `get` by the same
//! thread still sees it, as its own message stands behind in the same channel.
//!
//! # Trade-offs
//! Here the dearest of all: a message for an addition. It pays where an operation is more than one
//! addition (read, ask a database, decide, write), since the actor may take its time and call
//! others without holding a lock, and where the state should live in one place and others cannot
//! reach it at all: on another machine, say. All work goes through one thread, so that thread is
//! the limit; and a request that waits for a second actor, which waits for the first, waits for
//! ever.
//!
//! The channel is bounded: when 1,024 messages wait, senders wait too. Without a bound a slow actor
//! shows only as memory that grows.
//!
//! # Sources
//! 1. Carl Hewitt, Peter Bishop, Richard Steiger, [A universal modular ACTOR formalism for
//!    artificial intelligence][actor], IJCAI 1973
//! 2. Cloudflare, [Durable Objects][objects]
//!
//! [actor]: https://www.ijcai.org/Proceedings/73/Papers/027B.pdf
//! [objects]: https://developers.cloudflare.com/durable-objects/

use super::Counter;
use crate::primitives::{JoinHandle, Primitives, Receiver, Sender, Std};

/// How many messages may wait before senders do.
const WAITING: usize = 1024;

/// A counter whose number belongs to one thread.
///
/// # Examples
/// ```
/// use racelab::counter::{ActorCounter, Counter};
/// use std::thread;
///
/// let counter = ActorCounter::new();
/// thread::scope(|scope| {
///     scope.spawn(|| counter.increment());
///     scope.spawn(|| counter.increment());
/// });
/// assert_eq!(counter.stop(), 2); // everything sent has been counted
/// ```
pub struct ActorCounter<P: Primitives = Std> {
    inbox: P::Sender<Message<P>>,
    /// `None` once the actor has been stopped.
    actor: Option<P::JoinHandle<u64>>,
}

/// What the actor can be asked to do.
enum Message<P: Primitives> {
    /// Add one.
    Increment,
    /// Send the number through this channel.
    Get(P::Sender<u64>),
    /// Return the number and end. Always the last message.
    Stop,
}

impl ActorCounter {
    /// A counter at zero, on real threads.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Primitives> ActorCounter<P> {
    /// A counter at `value`. Starts its thread.
    pub fn starting_at(value: u64) -> Self {
        let (inbox, messages) = P::channel("inbox", Some(WAITING));
        let actor = P::spawn("actor", move || serve::<P>(value, &messages));
        ActorCounter { inbox, actor: Some(actor) }
    }

    /// Stops the actor when it has served everything that was sent, and returns the number.
    pub fn stop(mut self) -> u64 {
        self.finish().expect("only `stop` and `drop` stop the actor, and both own it")
    }

    fn finish(&mut self) -> Option<u64> {
        let actor = self.actor.take()?;
        // An error would mean that the actor has ended already, and then `join` knows why.
        let _ = self.inbox.send(Message::Stop);
        Some(actor.join())
    }
}

/// The actor: takes messages one at a time. It alone ever sees `value`.
fn serve<P: Primitives>(mut value: u64, messages: &P::Receiver<Message<P>>) -> u64 {
    loop {
        match messages.receive() {
            Some(Message::Increment) => value = value.wrapping_add(1),
            // Who asked may have gone away without waiting; that is no concern of the others.
            Some(Message::Get(answer)) => drop(answer.send(value)),
            Some(Message::Stop) | None => return value,
        }
    }
}

impl<P: Primitives> Default for ActorCounter<P> {
    fn default() -> Self {
        Self::starting_at(0)
    }
}

impl<P: Primitives> Counter for ActorCounter<P> {
    fn increment(&self) {
        let sent = self.inbox.send(Message::Increment);
        assert!(sent.is_ok(), "the actor lives as long as its counter");
    }

    fn get(&self) -> u64 {
        let (answer, number) = P::channel("answer", Some(1));
        let sent = self.inbox.send(Message::Get(answer));
        assert!(sent.is_ok(), "the actor lives as long as its counter");
        number.receive().expect("the actor answers every message before it stops")
    }

    fn own_threads() -> usize {
        1
    }
}

impl<P: Primitives> Drop for ActorCounter<P> {
    fn drop(&mut self) {
        self.finish();
    }
}
