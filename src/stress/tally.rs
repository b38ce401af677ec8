//! What came of a stress run.

use super::round::Round;
use crate::report::{counted, duration, grouped, percent};
use std::fmt;
use std::time::Duration;

/// What all rounds of a stress run left together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    threads: usize,
    rounds: u64,
    expected: u64,
    got: u64,
    lost: u64,
    busy: Duration,
    elapsed: Duration,
    first_loss: Option<FirstLoss>,
}

/// The round in which an update was first seen to be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstLoss {
    /// Which round it was, from 1.
    pub round: u64,
    /// How long after the start of the run that round was over.
    pub after: Duration,
}

impl Tally {
    pub(super) fn new(threads: usize) -> Self {
        Tally {
            threads,
            rounds: 0,
            expected: 0,
            got: 0,
            lost: 0,
            busy: Duration::ZERO,
            elapsed: Duration::ZERO,
            first_loss: None,
        }
    }

    pub(super) fn add(&mut self, round: &Round, elapsed: Duration) {
        let expected = round.expected;
        // Summed round by round: a counter that showed too much once must not hide a loss.
        let lost = expected.saturating_sub(round.got);
        self.rounds += 1;
        self.expected += expected;
        self.got += round.got;
        self.lost += lost;
        self.busy += round.elapsed;
        self.elapsed = elapsed;
        if lost > 0 && self.first_loss.is_none() {
            self.first_loss = Some(FirstLoss { round: self.rounds, after: elapsed });
        }
    }

    /// How many threads incremented.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// How many rounds were run.
    pub fn rounds(&self) -> u64 {
        self.rounds
    }

    /// How many increments were made, by all threads in all rounds.
    pub fn expected(&self) -> u64 {
        self.expected
    }

    /// What the counters showed, added up.
    pub fn got(&self) -> u64 {
        self.got
    }

    /// How many updates are missing.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// The missing updates as a share of all, from 0 to 1.
    ///
    /// It describes this run. It is not a probability: on another machine, or a minute later, it
    /// is another number.
    pub fn share(&self) -> f64 {
        self.lost as f64 / self.expected.max(1) as f64
    }

    /// When the first loss was seen; `None` when there was none.
    pub fn first_loss(&self) -> Option<FirstLoss> {
        self.first_loss
    }

    /// Nanoseconds of wall-clock time per increment: the length of the rounds divided by the
    /// increments of all threads together. Two threads that do not disturb each other halve it.
    pub fn nanoseconds_per_increment(&self) -> f64 {
        self.busy.as_nanos() as f64 / self.expected.max(1) as f64
    }

    /// How long the whole run took, starting threads included.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}, {}",
            counted(self.threads as u128, "thread"),
            counted(self.rounds.into(), "round"),
        )?;
        writeln!(f, "  expected  {:>15}", grouped(self.expected.into()))?;
        writeln!(f, "  got       {:>15}", grouped(self.got.into()))?;
        write!(f, "  lost      {:>15}", grouped(self.lost.into()))?;
        if self.lost > 0 {
            write!(f, "  ({} of all)", percent(self.share()))?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "  {:.1} ns per increment (wall-clock time ÷ all increments)",
            self.nanoseconds_per_increment()
        )?;
        match self.first_loss {
            Some(FirstLoss { round, after }) => {
                writeln!(f, "  first loss seen in round {}, after {}", round, duration(after))
            }
            None => writeln!(f, "  no loss in {}", duration(self.elapsed)),
        }
    }
}
