//! A program of the list on real threads, again and again, until it ends as it must not.

use crate::list::{Outcome, Subject};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// A round that takes longer than this will not end any more: these programs take microseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoundEnd {
    /// It returned this.
    Returned(Outcome),
    /// One of its threads panicked.
    Panicked,
    /// It was not over after two seconds.
    Stuck,
}

/// What came of the rounds.
#[derive(Clone, Debug, Default)]
pub struct Rounds {
    /// How many ended in each way.
    pub endings: BTreeMap<RoundEnd, u64>,
    /// How long they took together.
    pub elapsed: Duration,
    /// How the last one ended, if not as it may: the rounds stop there.
    pub forbidden: Option<RoundEnd>,
}

impl Rounds {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.endings.values().sum()
    }

    /// Runs the program on real threads until a round ends as it must not, or the time is over.
    /// `watch` is told now and then how many rounds there were.
    ///
    /// A round without end leaves its threads where they stand, and what they hold with them.
    ///
    /// # Panics
    /// When the program cannot be run on real threads.
    pub fn run(subject: &Subject, at_most: Duration, mut watch: impl FnMut(u64)) -> Rounds {
        let (sender, receiver) = mpsc::sync_channel(64);
        let over = Arc::new(AtomicBool::new(false));
        let (program, stop) = (*subject, Arc::clone(&over));
        std::thread::spawn(move || {
            while !stop.load(Relaxed) {
                let ended = catch_unwind(AssertUnwindSafe(|| program.run_on_threads()));
                let ended = ended.map_or(RoundEnd::Panicked, RoundEnd::Returned);
                // Nobody listens any more when the time is over.
                if sender.send(ended).is_err() {
                    return;
                }
            }
        });
        let begin = Instant::now();
        let mut rounds = Rounds::default();
        while rounds.forbidden.is_none() && (begin.elapsed() < at_most || rounds.count() == 0) {
            let ended = match receiver.recv_timeout(PATIENCE) {
                Ok(ended) => ended,
                Err(RecvTimeoutError::Timeout) => RoundEnd::Stuck,
                Err(RecvTimeoutError::Disconnected) => panic!("{subject} cannot be run"),
            };
            *rounds.endings.entry(ended).or_default() += 1;
            let fine =
                matches!(ended, RoundEnd::Returned(value) if !subject.is_forbidden(Ok(&value)));
            rounds.forbidden = Some(ended).filter(|_| !fine);
            if rounds.count().is_multiple_of(1_000) {
                watch(rounds.count());
            }
        }
        over.store(true, Relaxed);
        rounds.elapsed = begin.elapsed();
        rounds
    }
}
