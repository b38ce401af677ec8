//! When an exploration has to be over. The clock is read every few steps, within executions and across
//! them: often while steps take long, seldom while they do not.

use super::{Ending, Runtime};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Between two looks about so much time goes by, and never more steps than [`MOST`].
const PAUSE: Duration = Duration::from_millis(1);
const MOST: u32 = 256;

/// The end of an exploration, as far as it is a matter of time.
#[derive(Default)]
pub(crate) struct Clock {
    deadline: Option<Instant>,
    /// Somebody may have had enough.
    stop: Option<Arc<AtomicBool>>,
    /// Whether an execution may be cut that is under way.
    cuts: bool,
    /// So many steps are taken between two looks.
    interval: u32,
    /// The step of the execution under way at which to look again.
    next: u32,
    last: Option<Instant>,
    is_over: bool,
}

impl Clock {
    /// A clock that is over at `deadline`, or when `stop` is set.
    pub(crate) fn new(
        deadline: Option<Instant>,
        stop: Option<Arc<AtomicBool>>,
        cuts: bool,
    ) -> Self {
        Clock { deadline, stop, cuts, interval: 1, ..Clock::default() }
    }

    /// Is it time to end?
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    fn is_wanted(&self) -> bool {
        self.deadline.is_some() || self.stop.is_some()
    }

    fn look(&mut self) {
        let now = Instant::now();
        let passed = self.last.replace(now).map_or(Duration::ZERO, |last| now - last);
        self.interval = match passed {
            passed if passed < PAUSE => (self.interval * 2).min(MOST),
            passed if passed > 2 * PAUSE => {
                let share = PAUSE.as_secs_f64() / passed.as_secs_f64();
                ((f64::from(self.interval) * share) as u32).max(1)
            }
            _ => self.interval,
        };
        self.is_over = self.deadline.is_some_and(|deadline| now >= deadline)
            || self.stop.as_ref().is_some_and(|stop| stop.load(Relaxed));
    }
}

impl Runtime {
    /// A new execution begins, while `steps` is still the number of the last one's: at which step its
    /// limits are to be looked at first.
    pub(super) fn set_limit(&mut self, max_steps: u32) {
        self.clock.next = match self.clock.is_wanted() {
            // What is left of the interval in which the last execution ended.
            true => self.clock.next.saturating_sub(self.steps),
            false => u32::MAX,
        };
        self.limit = self.clock.next.min(max_steps);
    }

    /// The execution has come to a step at which its limits are to be looked at: does it end here?
    #[cold]
    pub(super) fn at_limit(&mut self, max_steps: u32) -> Option<Ending> {
        if self.steps >= max_steps {
            return Some(Ending::StepLimit);
        }
        self.clock.look();
        if self.clock.is_over && self.clock.cuts {
            return Some(Ending::Stopped);
        }
        self.clock.next = self.steps.saturating_add(self.clock.interval);
        self.limit = self.clock.next.min(max_steps);
        None
    }
}
