//! `std::sync::mpsc`, for programs under exploration.
//!
//! Sending, receiving and dropping a sender or the receiver are one step each.

use crate::explore::runtime::effect::channel::SENDER;
use crate::explore::runtime::{Bits, Op, Word, content_of, found, is_over, step};
use crate::model::thread::yield_now;
use crate::trace::ObjectKind;
use std::cell::{Cell, UnsafeCell};
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::time::Duration;

struct Shared<T> {
    word: Word,
    /// Messages it can hold.
    capacity: u64,
    messages: UnsafeCell<VecDeque<T>>,
}

// SAFETY: the messages are reached right after a granted step only, by modelled threads, of which
// one runs at a time.
unsafe impl<T: Send> Sync for Shared<T> {}
// SAFETY: the messages are `Send`.
unsafe impl<T: Send> Send for Shared<T> {}

const UNBOUNDED: u64 = u32::MAX as u64;

impl<T> Shared<T> {
    fn new(name: Option<&'static str>, capacity: u64) -> Arc<Self> {
        Arc::new(Shared {
            word: Word::registered(ObjectKind::Channel, SENDER, name),
            capacity,
            messages: UnsafeCell::new(VecDeque::new()),
        })
    }

    #[track_caller]
    fn step(&self, op: Op) -> u64 {
        step(&self.word, Bits::Opaque, op, Relaxed, self.capacity, 0)
    }

    #[track_caller]
    fn send(&self, op: Op, message: &T) -> u64 {
        let (bits, content) = content_of(message);
        step(&self.word, bits, op, Relaxed, self.capacity, content)
    }

    /// Sends a message, waiting while there is no room.
    #[track_caller]
    fn deliver(&self, message: T) -> Result<(), SendError<T>> {
        match self.send(Op::Send, &message) {
            0 => {
                self.push(message);
                Ok(())
            }
            _ => Err(SendError(message)),
        }
    }

    fn push(&self, message: T) {
        // SAFETY: see `Sync`; the borrow ends here.
        unsafe { (*self.messages.get()).push_back(message) };
    }

    fn pop(&self) -> Option<T> {
        // SAFETY: see `Sync`; the borrow ends here.
        let message = unsafe { (*self.messages.get()).pop_front() };
        if let Some(message) = &message {
            found(|| content_of(message));
        }
        message
    }

    /// One more sender: seen by nobody, since the one it is cloned from is still there.
    fn add_sender(&self) {
        crate::explore::runtime::add_silently(&self.word, SENDER);
    }

    #[track_caller]
    fn drop_sender(&self) {
        if !is_over() {
            self.step(Op::DropSender);
        }
    }
}

/// A channel without a bound.
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    named_channel(None)
}

/// A channel that holds `bound` messages; senders wait while it is full.
///
/// # Panics
/// When `bound` is 0: rendezvous channels are not modelled.
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    named_sync_channel(None, bound)
}

#[track_caller]
pub(crate) fn named_channel<T>(name: Option<&'static str>) -> (Sender<T>, Receiver<T>) {
    let shared = Shared::new(name, UNBOUNDED);
    (Sender { shared: Arc::clone(&shared) }, Receiver { shared, unshared: PhantomData })
}

#[track_caller]
pub(crate) fn named_sync_channel<T>(
    name: Option<&'static str>,
    bound: usize,
) -> (SyncSender<T>, Receiver<T>) {
    assert!(bound > 0, "a rendezvous channel (bound 0) is not modelled: give it a bound of 1");
    let shared = Shared::new(name, (bound as u64).min(UNBOUNDED));
    (SyncSender { shared: Arc::clone(&shared) }, Receiver { shared, unshared: PhantomData })
}

/// Sends without waiting.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// Sends, waiting while the channel is full.
pub struct SyncSender<T> {
    shared: Arc<Shared<T>>,
}

/// Receives. There is one a channel.
///
/// As std's, it may go to another thread, but two threads cannot share it:
/// ```
/// fn is_sent<T: Send>() {}
/// is_sent::<racelab::model::sync::mpsc::Receiver<u32>>();
/// ```
/// ```compile_fail,E0277
/// fn is_shared<T: Sync>() {}
/// is_shared::<racelab::model::sync::mpsc::Receiver<u32>>();
/// ```
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    unshared: PhantomData<Cell<()>>,
}

impl<T> Sender<T> {
    /// Sends a message.
    ///
    /// # Errors
    /// With the message, when the receiver is gone.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.shared.deliver(message)
    }
}

impl<T> SyncSender<T> {
    /// Sends a message, waiting while the channel is full.
    ///
    /// # Errors
    /// With the message, when the receiver is gone.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.shared.deliver(message)
    }

    /// Sends a message if there is room.
    ///
    /// # Errors
    /// With the message, when the channel is full or the receiver is gone.
    #[track_caller]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        match self.shared.send(Op::TrySend, &message) {
            0 => {
                self.shared.push(message);
                Ok(())
            }
            1 => Err(TrySendError::Full(message)),
            _ => Err(TrySendError::Disconnected(message)),
        }
    }
}

impl<T> Receiver<T> {
    /// Waits for a message.
    ///
    /// # Errors
    /// When the channel is empty and every sender is gone.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        match self.shared.step(Op::Receive) {
            0 => self.shared.pop().ok_or(RecvError),
            _ => Err(RecvError),
        }
    }

    /// Takes a message if there is one.
    ///
    /// # Errors
    /// When there is none, or none can come any more.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match self.shared.step(Op::TryReceive) {
            0 => self.shared.pop().ok_or(TryRecvError::Disconnected),
            1 => Err(TryRecvError::Empty),
            _ => Err(TryRecvError::Disconnected),
        }
    }

    /// Takes a message; if there is none yet, the time-out passes.
    ///
    /// Time does not pass in a model: whether a message came in time is whether it is there now. If it
    /// is not, others may go first as with [`yield_now`]: a loop that
    /// only polls is not followed round after round.
    ///
    /// # Errors
    /// When there is none, or none can come any more.
    #[inline(always)] // see `yield_now`
    #[track_caller]
    pub fn recv_timeout(&self, _timeout: Duration) -> Result<T, RecvTimeoutError> {
        match self.try_recv() {
            Ok(message) => Ok(message),
            Err(TryRecvError::Empty) => {
                yield_now();
                Err(RecvTimeoutError::Timeout)
            }
            Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
        }
    }

    /// The messages as they come, until every sender is gone.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// The messages that are there.
    pub fn try_iter(&self) -> impl Iterator<Item = T> + '_ {
        std::iter::from_fn(|| self.try_recv().ok())
    }
}

/// The messages of a borrowed receiver.
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

/// The messages of a receiver.
pub struct IntoIter<T> {
    receiver: Receiver<T>,
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.add_sender();
        Sender { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        self.shared.add_sender();
        SyncSender { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.shared.drop_sender();
    }
}

impl<T> Drop for SyncSender<T> {
    fn drop(&mut self) {
        self.shared.drop_sender();
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if is_over() {
            // The messages go with the last sender.
            return;
        }
        self.shared.step(Op::DropReceiver);
        // What nobody will receive is dropped here, by this thread, as in std.
        while let Some(message) = self.shared.pop() {
            drop(message);
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
