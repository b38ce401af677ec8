//! Something that takes time.

use super::executor::waits_at;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Something that takes time: a request, a timer, one more turn of the event loop. The task gives its
/// thread away, and goes on sometime later; in the meantime any other task may go on.
///
/// A loop that pauses until something has changed may go round for ever, since nothing makes its task
/// wait until then: await a [`Mutex`](super::Mutex) or a [`Task`](super::Task) instead.
#[track_caller]
pub fn pause() -> Pause {
    Pause { place: Location::caller(), paused: false }
}

/// The future of [`pause`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Pause {
    place: &'static Location<'static>,
    paused: bool,
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.paused {
            return Poll::Ready(());
        }
        self.paused = true;
        waits_at(self.place);
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
