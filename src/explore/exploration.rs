//! What the explorer asks of an exploration, whichever memory it is one of.

use super::data_race;
use super::dpor::{Dpor, Execution};
use super::runtime::Runtime;
use super::tally::Steps;
use crate::report::Failure;
use crate::trace::{Besides, Place};

/// Chooses execution after execution, and knows the one that has just ended.
pub(super) trait Exploration: Sized {
    /// Runs the next execution. `at_end` sees it while the threads that are left are there; it is not
    /// called for executions that tell nothing.
    fn execute(
        &mut self,
        runtime: &mut Runtime,
        max_steps: u32,
        program: &mut dyn FnMut(),
        at_end: impl FnOnce(Execution<'_, Self>),
    );
    /// Runs the same execution again.
    fn again(&mut self);
    /// Goes on to the next execution. False when there is none.
    fn backtrack(&mut self) -> bool;
    /// Looks for executions that another worker has found. False when there are none.
    fn find_work(&mut self) -> bool {
        false
    }
    /// Executions that were started and told nothing.
    fn redundant(&self) -> u64;
    /// The interleavings there are, if it can tell from what it has seen so far.
    fn whole(&self) -> Option<u128> {
        None
    }
    /// An estimate of the part of the whole that has been explored.
    fn share(&self) -> Option<f64> {
        None
    }
    /// The first step that differed on repetition, what it was and what it is.
    fn diverged(&self) -> Option<&(usize, String, String)>;
    /// Two accesses of the execution that nothing orders.
    fn data_race(&self, besides: Besides<'_>, name: impl Fn(u32) -> String) -> Option<Failure>;
    /// Does the first of two steps happen before the second?
    fn happens_before(&self, a: u32, b: u32) -> bool;
    /// Which thread used which object, step by step.
    fn uses(&self) -> impl Iterator<Item = (u8, u32)>;
    /// The same for two executions exactly if they are of one class, where that can be told.
    fn fingerprint(&self) -> Option<u128>;
    /// Where the last steps of the execution were asked for.
    fn last_places(&self) -> Vec<Place>;
    /// Offers the execution as an example, which is replaced if this one is easier to read.
    fn offer_example(&mut self, switches: &mut usize, best: &mut Steps);
}

/// So many steps are looked at when an execution does not end.
pub(super) const TAIL: usize = 64;

impl Exploration for Dpor {
    fn execute(
        &mut self,
        runtime: &mut Runtime,
        max_steps: u32,
        program: &mut dyn FnMut(),
        at_end: impl FnOnce(Execution<'_, Self>),
    ) {
        Dpor::execute(self, runtime, max_steps, program, at_end);
    }

    fn again(&mut self) {
        Dpor::again(self);
    }

    fn backtrack(&mut self) -> bool {
        Dpor::backtrack(self)
    }

    fn find_work(&mut self) -> bool {
        Dpor::find_work(self)
    }

    fn redundant(&self) -> u64 {
        Dpor::redundant(self)
    }

    fn whole(&self) -> Option<u128> {
        self.closed_form()
    }

    fn share(&self) -> Option<f64> {
        self.explored_share()
    }

    fn diverged(&self) -> Option<&(usize, String, String)> {
        Dpor::diverged(self)
    }

    fn data_race(&self, besides: Besides<'_>, name: impl Fn(u32) -> String) -> Option<Failure> {
        let history = self.history();
        let after = |nth: usize, each: &mut dyn FnMut(usize)| {
            history.after(nth as u32).iter().for_each(|&before| each(before as usize));
        };
        let event = |nth: usize| {
            let event = &history.events[nth];
            event.request.in_trace(event.thread, event.action)
        };
        let request = |nth: usize| &history.events[nth].request;
        data_race::first(history.len(), event, after, request, besides, name)
    }

    fn happens_before(&self, a: u32, b: u32) -> bool {
        self.history().before(a, b)
    }

    fn uses(&self) -> impl Iterator<Item = (u8, u32)> {
        self.history().events.iter().map(|event| (event.thread, event.request.object))
    }

    fn fingerprint(&self) -> Option<u128> {
        Some(self.history().fingerprint())
    }

    fn last_places(&self) -> Vec<Place> {
        let events = &self.history().events;
        let tail = &events[events.len().saturating_sub(TAIL)..];
        tail.iter().map(|event| event.request.place.into()).collect()
    }

    fn offer_example(&mut self, switches: &mut usize, best: &mut Steps) {
        Dpor::offer_example(self, switches, best);
    }
}
