//! Data races of an execution graph, decided as for every other engine.

use super::event::{EventId, INIT, Op};
use super::search::Search;
use super::wish::Wish;
use crate::explore::data_race;
use crate::report::Failure;
use crate::trace::{self, Action, Besides};

/// The first data race, in the order of threads and places.
pub(super) fn find(
    search: &Search<Wish>,
    besides: Besides<'_>,
    name: impl Fn(u32) -> String,
) -> Option<Failure> {
    let graph = search.graph();
    let after = |nth: usize, each: &mut dyn FnMut(usize)| {
        let reasons = &graph.event(nth as EventId).reasons;
        reasons.iter().for_each(|reason| each(reason.event as usize));
    };
    let request = |nth: usize| &search.step(nth as EventId).request;
    data_race::first(graph.events().len(), |nth| seen(search, nth), after, request, besides, name)
}

fn seen(search: &Search<Wish>, nth: usize) -> trace::Event {
    let id = nth as EventId;
    let (event, wish) = (search.graph().event(id), search.step(id));
    let action = match event.op {
        Op::Load { .. } => Action::Load,
        Op::Store { .. } => Action::Store,
        Op::Update { .. } if event.written.is_none() => Action::CompareExchangeFailed,
        // Whatever it computes: what counts is that it reads and writes.
        Op::Update { .. } => Action::FetchUpdate,
        Op::Fence { .. } => Action::Fence,
        Op::Plain { .. } => wish.request.effect(0, event.thread, 0).action,
        Op::Pick { .. } => Action::Choose,
        Op::Touch { .. } => wish.action.expect("a step that was taken was enabled"),
    };
    let source = |write: EventId| (write != INIT).then_some(write as usize);
    trace::Event {
        // The graph says of every read which write it reads, of the newest too.
        stale: event.reads.map(source),
        ..wish.request.in_trace(event.thread, action)
    }
}
