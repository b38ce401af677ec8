//! Real threads, real losses, measured.
//!
//! Several threads increment one counter as fast as they can, round after round, until the counter
//! shows less than was added or a bound is reached. Nothing here is modelled and nothing is
//! replayed: what is lost was lost by this machine, just now. That also means that a round without
//! a loss proves nothing; for proof there is the explorer.
//!
//! # Examples
//! ```
//! use racelab::counter::RacyCounter;
//! use racelab::stress::Stress;
//!
//! let tally = Stress::new().threads(2).increments(1_000).rounds(3).run(RacyCounter::new);
//! assert_eq!(tally.expected(), 3 * 2 * 1_000);
//! assert_eq!(tally.got() + tally.lost(), tally.expected());
//! ```
//!
//! # Layout
//! - [`Stress`]: how many threads, how many increments, how long
//! - `round`: one round on real threads
//! - [`Tally`]: what came of it
//! - [`Rounds`]: any other program of the list, again and again

mod round;
mod rounds;
mod tally;

pub use rounds::{RoundEnd, Rounds};
pub use tally::{FirstLoss, Tally};

use crate::counter::Counter;
use std::time::{Duration, Instant};

/// A round that takes this long has given the operating system time to spread the threads out.
const LONG_ROUND: Duration = Duration::from_millis(50);

/// What to do to a counter on real threads, and for how long.
///
/// A *round* is a fresh counter, incremented by all threads at the same time.
#[derive(Clone, Debug)]
#[must_use]
pub struct Stress {
    threads: usize,
    increments: u64,
    rounds: u64,
    at_least: Duration,
    at_most: Duration,
    until_loss: bool,
}

impl Default for Stress {
    fn default() -> Self {
        Self::new()
    }
}

impl Stress {
    /// Two threads, 100,000 increments each, one round.
    pub fn new() -> Self {
        Stress {
            threads: 2,
            increments: 100_000,
            rounds: 1,
            at_least: Duration::ZERO,
            at_most: Duration::MAX,
            until_loss: false,
        }
    }

    /// How many threads increment, at least 1.
    pub fn threads(self, threads: usize) -> Self {
        Stress { threads: threads.max(1), ..self }
    }

    /// How often each thread increments in a round (in the first one,
    /// [until a loss](Stress::until_loss)), at least once.
    pub fn increments(self, increments: u64) -> Self {
        Stress { increments: increments.max(1), ..self }
    }

    /// How many rounds at most, at least 1.
    pub fn rounds(self, rounds: u64) -> Self {
        Stress { rounds: rounds.max(1), ..self }
    }

    /// No round begins after this much time, and in the one that is under way then all threads stop.
    /// What counts as expected are the increments that were made. The first round always begins, and
    /// each of its threads increments at least once.
    pub fn at_most(self, at_most: Duration) -> Self {
        Stress { at_most, ..self }
    }

    /// Repeats until a round loses an update, with no bound on the rounds; combine it with
    /// [`at_most`](Stress::at_most), since a correct counter never loses one.
    ///
    /// In a short round on a busy machine the threads may never meet: one is done before the other
    /// gets a core. So a round without a loss is followed by one twice as long, until rounds take
    /// 50 ms.
    pub fn until_loss(self) -> Self {
        Stress { until_loss: true, rounds: u64::MAX, ..self }
    }

    /// Goes on for this long even when a loss has been seen, to measure it better.
    pub fn at_least(self, at_least: Duration) -> Self {
        Stress { at_least, ..self }
    }

    /// Runs the rounds, each on a counter of its own.
    ///
    /// # Panics
    /// When a thread cannot be started or an increment panics.
    pub fn run<C: Counter>(&self, new: impl Fn() -> C) -> Tally {
        self.run_with(new, |_| ())
    }

    /// As [`run`](Stress::run); `watch` sees the tally after every round, for a progress bar.
    ///
    /// # Panics
    /// As [`run`](Stress::run).
    pub fn run_with<C: Counter>(
        &self,
        new: impl Fn() -> C,
        mut watch: impl FnMut(&Tally),
    ) -> Tally {
        let mut tally = Tally::new(self.threads);
        let mut increments = self.increments;
        let begin = Instant::now();
        loop {
            // What is later than any clock shows is no end.
            let end = begin.checked_add(self.at_most);
            let round = round::run(&new(), self.threads, increments, end);
            let short = round.elapsed < LONG_ROUND;
            tally.add(&round, begin.elapsed());
            watch(&tally);
            if self.is_over(&tally) {
                return tally;
            }
            if self.until_loss && tally.lost() == 0 && short {
                increments *= 2;
            }
        }
    }

    fn is_over(&self, tally: &Tally) -> bool {
        let elapsed = tally.elapsed();
        let seen = self.until_loss && tally.lost() > 0 && elapsed >= self.at_least;
        seen || tally.rounds() >= self.rounds || elapsed >= self.at_most
    }
}

/// How many threads this process can really run at the same moment.
///
/// With 1 (a machine with one core, or a process pinned to one) the threads take turns, and an
/// update is lost only when a turn happens to end between a read and its write.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
