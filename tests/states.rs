//! The graph of states: interleavings counted, numbered and grouped without running them, and held
//! against the explorer, which runs them.

use racelab::Explorer;
use racelab::counter::Rung;
use racelab::explore::StateGraph;

fn graph_of(counter: &str, threads: usize, increments: usize) -> StateGraph<u64> {
    let program = Rung::named(counter).unwrap().model.unwrap();
    StateGraph::build(&Explorer::new(), move || program(threads, increments)).unwrap()
}

fn table(graph: &StateGraph<u64>) -> Vec<(u64, u128)> {
    let census = graph.census();
    census.iter().map(|count| (*count.result.unwrap(), count.interleavings.unwrap())).collect()
}

#[test]
fn the_census_of_the_racy_counter_is_that_of_the_design() {
    assert_eq!(table(&graph_of("racy", 2, 1)), [(1, 4), (2, 2)]);
    assert_eq!(table(&graph_of("racy", 2, 2)), [(2, 32), (3, 32), (4, 6)]);
    assert_eq!(table(&graph_of("racy", 2, 3)), [(2, 8), (3, 300), (4, 416), (5, 180), (6, 20)]);
    assert_eq!(table(&graph_of("racy", 3, 1)), [(1, 48), (2, 36), (3, 6)]);
    assert_eq!(table(&graph_of("racy", 4, 1)), [(1, 1152), (2, 1056), (3, 288), (4, 24)]);
    assert_eq!(
        table(&graph_of("racy", 3, 2)),
        [(2, 10428), (3, 15180), (4, 7512), (5, 1440), (6, 90)]
    );
}

#[test]
fn an_interleaving_far_past_enumeration_is_found_by_its_number() {
    let graph = graph_of("racy", 2, 10);
    assert_eq!(graph.interleavings(), Some(137_846_528_820));
    for number in [1, 2, 100_000_000_000, 137_846_528_820] {
        let schedule = graph.schedule(number).unwrap();
        assert_eq!(graph.rank(&schedule).unwrap(), Some(number), "{schedule}");
    }
    assert_eq!(graph.schedule(0), None);
    assert_eq!(graph.schedule(137_846_528_821), None);
    // The puzzle: however often two threads increment, the count can end at 2.
    assert_eq!(graph.census()[0].result, Ok(&2));
    let schedule = graph.schedule_to(0).unwrap();
    let program = Rung::named("racy").unwrap().model.unwrap();
    let trace = Explorer::replay(&schedule, move || program(2, 10));
    assert_eq!(trace.ending(), "returned 2", "{schedule}");
    assert_eq!(trace.switches(), 5, "{schedule}");
}
