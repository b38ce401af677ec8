//! Channels under loom.
//!
//! loom's own channel never closes and cannot be bounded, so this one stands on a [`Point`], as the
//! mutex does: passing the point and moving the message is one step.

use super::log::{self, Done};
use super::point::Point;
use super::tag::{Tag, shown};
use super::threads::{self, Wait};
use crate::primitives::{Receiver, Sender};
use crate::trace::{Action, ObjectKind, Place, Value};
use std::collections::VecDeque;
use std::panic::Location;
use std::sync::Arc;

struct Channel<T> {
    tag: Tag,
    point: Option<Point>,
    capacity: usize,
    state: parking_lot::Mutex<State<T>>,
    /// Where the channel was made: a channel that closes in a destructor has no better place.
    made: Place,
}

struct State<T> {
    messages: VecDeque<T>,
    senders: usize,
    receiver: bool,
    waiting: Vec<usize>,
}

/// The sending half of a channel that loom schedules.
pub struct LoomSender<T>(Arc<Channel<T>>);

/// The receiving half of a channel that loom schedules.
pub struct LoomReceiver<T>(Arc<Channel<T>>);

#[track_caller]
pub(super) fn channel<T: Send + 'static>(
    name: &'static str,
    capacity: Option<usize>,
) -> (LoomSender<T>, LoomReceiver<T>) {
    let tag = Tag::new(name, ObjectKind::Channel, None);
    let channel = Arc::new(Channel {
        point: tag.part(Point::new),
        tag,
        capacity: capacity.unwrap_or(usize::MAX),
        state: parking_lot::Mutex::new(State {
            messages: VecDeque::new(),
            senders: 1,
            receiver: true,
            waiting: Vec::new(),
        }),
        made: Place::from(Location::caller()),
    });
    (LoomSender(Arc::clone(&channel)), LoomReceiver(channel))
}

/// What a thread did at a channel.
struct Turn<R> {
    result: R,
    action: Action,
    read: Option<Value>,
    written: Option<Value>,
}

impl<T: Send + 'static> Channel<T> {
    /// Waits until `ready`, then takes its turn and records it. `None` when the execution cannot go
    /// on.
    fn step<R>(
        &self,
        wait: Wait,
        place: &Place,
        ready: impl Fn(&State<T>) -> bool,
        turn: impl FnOnce(&mut State<T>) -> Turn<R>,
    ) -> Option<R> {
        let published = loop {
            if !self.tag.enter() {
                return None;
            }
            if ready(&self.state.lock()) {
                let published = self.point.as_ref()?.pass();
                if ready(&self.state.lock()) {
                    break published;
                }
                std::mem::forget(published);
                continue;
            }
            // Who has to wait does so without going to loom: blocked means disabled. But a sender
            // that waits for room may have gone before the sender that filled the channel, which
            // the receive in between hides; the look finds that one.
            if matches!(wait, Wait::Room(_)) {
                self.point.as_ref()?.look();
                if ready(&self.state.lock()) || !self.tag.is_live() {
                    continue;
                }
            }
            self.state.lock().waiting.push(log::with(|log| log.current));
            let look = || self.point.iter().for_each(Point::look);
            threads::wait(wait.clone(), place.clone(), &look);
        };
        let Turn { result, action, read, written } = turn(&mut self.state.lock());
        let done = Done { read, written, ..Done::on(action, self.tag.id) };
        log::with(|log| log.step(done, place.clone()));
        drop(published);
        self.wake();
        Some(result)
    }
}

impl<T> Channel<T> {
    /// A half goes.
    fn leave(&self, action: Action, close: impl FnOnce(&mut State<T>)) {
        if !self.tag.is_live() {
            return close(&mut self.state.lock());
        }
        let Some(point) = &self.point else { return };
        let published = point.pass();
        close(&mut self.state.lock());
        log::with(|log| log.step(Done::on(action, self.tag.id), self.made.clone()));
        drop(published);
        self.wake();
    }

    fn wake(&self) {
        let waiting = std::mem::take(&mut self.state.lock().waiting);
        threads::wake(waiting);
    }
}

impl<T: Send + 'static> Sender<T> for LoomSender<T> {
    #[track_caller]
    fn send(&self, message: T) -> Result<(), T> {
        let place = Place::from(Location::caller());
        let channel = &self.0;
        let written = shown(&message);
        let mut message = Some(message);
        let room = |state: &State<T>| !state.receiver || state.messages.len() < channel.capacity;
        let sent = channel.step(Wait::Room(channel.tag.id), &place, room, |state| {
            if !state.receiver {
                return Turn {
                    result: false,
                    action: Action::SendClosed,
                    read: None,
                    written: None,
                };
            }
            state.messages.extend(message.take());
            Turn { result: true, action: Action::Send, read: None, written }
        });
        match (sent, message) {
            (Some(true), _) | (None, None) => Ok(()),
            (_, Some(message)) => Err(message),
            (Some(false), None) => unreachable!("a closed channel takes no message"),
        }
    }
}

impl<T: Send + 'static> Receiver<T> for LoomReceiver<T> {
    #[track_caller]
    fn receive(&self) -> Option<T> {
        let place = Place::from(Location::caller());
        let channel = &self.0;
        let some = |state: &State<T>| !state.messages.is_empty() || state.senders == 0;
        let received = channel.step(Wait::Message(channel.tag.id), &place, some, |state| {
            let result = state.messages.pop_front();
            let read = result.as_ref().and_then(shown);
            let action = if result.is_some() { Action::Receive } else { Action::ReceiveClosed };
            Turn { result, action, read, written: None }
        });
        received.flatten()
    }
}

impl<T> Clone for LoomSender<T> {
    fn clone(&self) -> Self {
        self.0.state.lock().senders += 1;
        LoomSender(Arc::clone(&self.0))
    }
}

impl<T> Drop for LoomSender<T> {
    fn drop(&mut self) {
        self.0.leave(Action::CloseSender, |state| state.senders -= 1);
    }
}

impl<T> Drop for LoomReceiver<T> {
    fn drop(&mut self) {
        self.0.leave(Action::CloseReceiver, |state| state.receiver = false);
        // Nobody will read them, and their destructors may take steps of their own.
        let unread = std::mem::take(&mut self.0.state.lock().messages);
        drop(unread);
    }
}
