//! How far an exploration has come, for those who wait for it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How far an exploration has come. See [`Explorer::on_progress`](super::Explorer::on_progress).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// Executions that have ended.
    pub executions: u64,
    /// The interleavings they stand for, exactly; `None` where they cannot be counted, or are not.
    pub interleavings: Option<u128>,
    /// Which part of the whole that is, from 0 to 1: an estimate, and no probability. `None` where
    /// there is nothing to estimate it from.
    pub explored: Option<f64>,
    /// How long the exploration has been going on.
    pub elapsed: Duration,
}

/// Between two calls at least so much time goes by: a person reads no faster.
const PAUSE: Duration = Duration::from_millis(50);

/// Whom to tell.
#[derive(Clone)]
pub(super) struct Listener(pub Arc<dyn Fn(&Progress) + Send + Sync>);

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

/// What one worker has done so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Done {
    pub executions: u64,
    pub interleavings: Option<u128>,
    /// The interleavings there are, as far as this worker can tell.
    pub whole: Option<u128>,
    /// Its estimate of the part of the whole that has been explored.
    pub share: Option<f64>,
}

/// Adds up what the workers of one exploration have done, and tells the listener.
pub(super) struct Watch<'a> {
    listener: Option<&'a Listener>,
    started: Instant,
    books: Mutex<Books>,
}

struct Books {
    workers: Vec<Done>,
    told: Duration,
}

impl<'a> Watch<'a> {
    /// For this many workers.
    pub fn new(listener: Option<&'a Listener>, started: Instant, workers: usize) -> Self {
        // A worker that has done nothing has counted nothing.
        let nothing = Done { interleavings: Some(0), ..Done::default() };
        let books = Books { workers: vec![nothing; workers], told: Duration::ZERO };
        Watch { listener, started, books: Mutex::new(books) }
    }

    /// Does anybody listen?
    pub fn is_wanted(&self) -> bool {
        self.listener.is_some()
    }

    /// Notes what a worker has done in all, and tells the listener if it is time.
    pub fn note(&self, worker: usize, done: Done) {
        let Some(Listener(tell)) = self.listener else { return };
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.workers[worker] = done;
        let elapsed = self.started.elapsed();
        if elapsed < books.told + PAUSE {
            return;
        }
        books.told = elapsed;
        let interleavings = books.workers.iter().map(|done| done.interleavings);
        let interleavings = interleavings.reduce(|a, b| a?.checked_add(b?)).flatten();
        tell(&Progress {
            executions: books.workers.iter().map(|done| done.executions).sum(),
            interleavings,
            explored: explored(interleavings, done),
            elapsed,
        });
    }
}

/// The estimate of the part explored: what is counted of what there is, where that is known.
pub(super) fn explored(counted: Option<u128>, done: Done) -> Option<f64> {
    match (counted, done.whole) {
        (Some(counted), Some(whole)) if counted <= whole => Some(counted as f64 / whole as f64),
        _ => done.share,
    }
}
