//! A given schedule under the memory model: each choice is a number among those that are
//! consistent, 0 being the newest write.

use super::drive::{repeats, seen};
use super::event::{Choice, EventId, Op, Step};
use super::graph::Graph;
use super::rounds::Rounds;
use super::wish::Wish;
use crate::explore::runtime::{Request, Runtime};

/// The graph of an execution that follows a schedule.
#[derive(Default)]
pub(in crate::explore) struct Follow {
    graph: Graph,
    requests: Vec<Request>,
    choices: Vec<Choice>,
    rounds: Rounds,
}

impl Follow {
    /// In how many ways a thread can take its next step.
    pub fn alternatives(&mut self, runtime: &Runtime, thread: u8) -> u32 {
        self.look(runtime, thread);
        self.choices.len() as u32
    }

    /// The ways that do not only repeat what the thread has done before while it waits.
    pub fn new_ways(&mut self, runtime: &Runtime, thread: u8) -> Vec<u32> {
        let mut wish = self.look(runtime, thread);
        let yielded = runtime.threads[usize::from(thread)].yielded();
        let request = |event: EventId| &self.requests[event as usize];
        repeats(&mut wish, &mut self.rounds, &self.graph, thread, yielded, request);
        let ways = (0..).zip(&self.choices);
        ways.filter(|(_, choice)| !wish.declines(**choice)).map(|(nth, _)| nth).collect()
    }

    /// Lets a thread take its next step in the `nth` way.
    pub fn take(&mut self, runtime: &mut Runtime, thread: u8, nth: u32) {
        let wish = self.look(runtime, thread);
        let Some(&choice) = self.choices.get(nth as usize).or(self.choices.first()) else { return };
        let id: EventId = self.graph.push(thread, &wish, choice);
        self.requests.push(wish.request);
        let yielded = runtime.threads[usize::from(thread)].yielded();
        self.rounds.note(yielded, self.graph.event(id), |write| self.graph.origin(write));
        runtime.seen = seen(&self.graph, id);
    }

    fn look(&mut self, runtime: &Runtime, thread: u8) -> Wish {
        let wish = Wish::of(runtime, thread, |event| &self.requests[event as usize]);
        if let Op::Load { location, .. }
        | Op::Update { location, .. }
        | Op::Store { location, .. } = wish.op()
        {
            self.graph.declare(location, runtime.objects[location as usize].initial);
        }
        self.graph.choices(thread, &wish, &mut self.choices);
        wish
    }
}
