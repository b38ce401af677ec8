//! Happens-before is one relation: that of the search's clocks, and that of data races and pictures. Held
//! against each other on every graph of every litmus program.

use super::event::{EventId, INIT, Op};
use super::graph::Graph;
use crate::trace::{self, Action};
use std::sync::atomic::Ordering;

#[path = "../../../tests/litmus/program.rs"]
#[allow(dead_code, reason = "the litmus tests use it all")]
mod program;

fn told(graph: &Graph, id: EventId) -> trace::Event {
    let event = graph.event(id);
    let failed = |failure: Ordering, order| match event.written {
        None => (Action::CompareExchangeFailed, failure),
        Some(_) => (Action::FetchUpdate, order),
    };
    let (action, order) = match event.op {
        Op::Load { order, .. } => (Action::Load, order),
        Op::Store { order, .. } => (Action::Store, order),
        Op::Update { order, failure, .. } => failed(failure, order),
        Op::Fence { order } => (Action::Fence, order),
        _ => unreachable!("the programs ask for no more"),
    };
    let source = |write: EventId| (write != INIT).then_some(write as usize);
    trace::Event {
        thread: usize::from(event.thread),
        action,
        object: event.op.location(),
        mutex: None,
        order: Some(order),
        stale: event.reads.map(source),
        is_late: false,
    }
}

#[test]
fn the_search_and_the_pictures_have_one_happens_before() {
    let (mut pairs, mut ordered) = (0, 0);
    for test in program::Litmus::all() {
        program::explore_each(&test.program, |graph| {
            let count = graph.events().len();
            let clocks = trace::knowledge(count, |nth| told(graph, nth as EventId), |_, _| {});
            for (b, clock) in clocks.iter().enumerate() {
                for a in (0..count).filter(|&a| a != b) {
                    let (thread, index) =
                        (graph.event(a as EventId).thread, graph.event(a as EventId).index);
                    let known = clock.get(usize::from(thread)).is_some_and(|&known| known > index);
                    assert_eq!(
                        known,
                        graph.happens_before(a as EventId, b as EventId),
                        "{}: {a} before {b} in {:?}",
                        test.name,
                        graph.events()
                    );
                    pairs += 1;
                    ordered += usize::from(known);
                }
            }
        });
    }
    assert!(ordered > 1_000 && ordered < pairs / 2, "{ordered} of {pairs}");
}
