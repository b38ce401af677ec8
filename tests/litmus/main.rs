//! The memory model against two oracles: outcome sets from elsewhere, and the axioms taken literally.
//!
//! `rc20.txt` holds small programs with their complete outcome sets and the number of their graphs; it
//! says where they come from. Each set must be met exactly, and each graph completed exactly once.

mod closures;
mod program;
mod reference;

use program::{Instruction, Litmus, Program, explore};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

#[test]
fn every_outcome_set_equals_the_oracles() {
    let (mut completed, mut cut) = (0, 0);
    let tests = Litmus::all();
    assert_eq!(tests.len(), 279);
    for test in &tests {
        let found = explore(&test.program);
        let outcomes: BTreeSet<_> = found.graphs.values().map(|end| test.outcome(end)).collect();
        assert_eq!(outcomes, test.allowed, "{}", test.name);
        assert_eq!(found.completed, found.graphs.len() as u64, "{}: a graph came twice", test.name);
        assert_eq!(found.completed, test.graphs, "{}", test.name);
        completed += found.completed;
        cut += found.cut;
    }
    assert!(cut * 5 < completed + cut, "{cut} of {} runs were cut short", completed + cut);
}

#[test]
fn the_graphs_that_an_interleaving_explains_have_the_oracles_outcomes_under_sc() {
    for test in Litmus::all() {
        let found = explore(&test.program);
        let explained = found
            .graphs
            .iter()
            .filter(|(shape, _)| reference::is_sequentially_consistent(&test.program, shape));
        let outcomes: BTreeSet<_> = explained.map(|(_, end)| test.outcome(end)).collect();
        assert_eq!(outcomes, test.sc, "{}", test.name);
    }
}

#[test]
fn the_oracles_programs_have_the_graphs_that_the_axioms_allow() {
    for test in Litmus::all() {
        let size: usize = test.program.iter().map(Vec::len).sum();
        if size <= largest() {
            let found: BTreeSet<_> = explore(&test.program).graphs.into_keys().collect();
            assert!(found == reference::graphs(&test.program), "{}", test.name);
        }
    }
}

fn completed(program: Program) -> u64 {
    let found = explore(&program);
    assert_eq!(found.completed, found.graphs.len() as u64, "a graph came twice");
    found.completed
}

#[test]
fn the_classic_shapes_have_as_many_graphs_as_genmc_reports() {
    let (x, y) = (0, 1);
    let load = |location| Instruction::Load(location, Relaxed);
    let store = |location, value| Instruction::Store(location, value, Relaxed);
    let store_buffering = vec![vec![store(x, 1), load(y)], vec![store(y, 1), load(x)]];
    assert_eq!(completed(store_buffering), 4);
    let (release, acquire) = (Instruction::Store(y, 1, Release), Instruction::Load(y, Acquire));
    assert_eq!(completed(vec![vec![store(x, 1), release], vec![acquire, load(x)]]), 3);
    let load_buffering = vec![vec![load(x), store(y, 1)], vec![load(y), store(x, 1)]];
    assert_eq!(completed(load_buffering), 3);
    let two_writes_each = vec![vec![store(x, 1), store(y, 2)], vec![store(y, 1), store(x, 2)]];
    assert_eq!(completed(two_writes_each), 4);
}

#[test]
fn increments_have_as_many_graphs_as_interleavings_have_classes() {
    let increments = |threads: usize, each: usize| {
        let increment = [Instruction::Load(0, Relaxed), Instruction::Store(0, 1, Relaxed)];
        vec![increment.repeat(each); threads]
    };
    let counts = [(2, 1, 4), (3, 1, 36), (4, 1, 576), (2, 2, 34), (2, 3, 328), (3, 2, 7_134)];
    for (threads, each, classes) in counts {
        assert_eq!(completed(increments(threads, each)), classes, "{threads} × {each}");
    }
    for (threads, orders) in [(2, 2), (3, 6), (4, 24), (5, 120)] {
        assert_eq!(completed(vec![vec![Instruction::Add(0, 1, Relaxed)]; threads]), orders);
    }
}

/// Random programs: 2 to 4 threads, few locations, so that they meet often.
fn programs() -> impl Strategy<Value = Program> {
    let location = 0..2u32;
    let value = 1..3u64;
    let load = prop_oneof![Just(Relaxed), Just(Acquire), Just(SeqCst)];
    let store = prop_oneof![Just(Relaxed), Just(Release), Just(SeqCst)];
    let every =
        prop_oneof![Just(Relaxed), Just(Acquire), Just(Release), Just(AcqRel), Just(SeqCst)];
    let fence = prop_oneof![Just(Acquire), Just(Release), Just(AcqRel), Just(SeqCst), Just(SeqCst)];
    let exchange =
        (location.clone(), 0..3u64, value.clone(), every.clone(), load.clone(), any::<bool>());
    let instruction = prop_oneof![
        6 => (location.clone(), load).prop_map(|(x, o)| Instruction::Load(x, o)),
        6 => (location.clone(), value.clone(), store).prop_map(|(x, v, o)| Instruction::Store(x, v, o)),
        1 => (location.clone(), value.clone(), every.clone()).prop_map(|(x, v, o)| Instruction::Add(x, v, o)),
        1 => (location, value, every).prop_map(|(x, v, o)| Instruction::Swap(x, v, o)),
        1 => exchange.prop_map(|(location, expected, new, success, failure, weak)| {
            Instruction::CompareExchange { location, expected, new, orders: (success, failure), weak }
        }),
        2 => fence.prop_map(Instruction::Fence),
    ];
    let thread = prop::collection::vec(instruction, 1..4);
    let small = |program: &Program| program.iter().map(Vec::len).sum::<usize>() <= largest();
    prop::collection::vec(thread, 2..5).prop_filter("small", small)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn random_programs_have_the_graphs_that_the_axioms_allow(program in programs()) {
        let found = explore(&program);
        prop_assert_eq!(found.completed, found.graphs.len() as u64, "a graph came twice");
        let found: BTreeSet<_> = found.graphs.into_keys().collect();
        let expected = reference::graphs(&program);
        let missing: Vec<_> = expected.difference(&found).collect();
        let wrong: Vec<_> = found.difference(&expected).collect();
        prop_assert!(missing.is_empty(), "missing: {missing:#?}");
        prop_assert!(wrong.is_empty(), "not allowed: {wrong:#?}");
    }
}

/// The reference tries everything, and takes its time in a debug build.
fn largest() -> usize {
    if cfg!(debug_assertions) { 6 } else { 8 }
}

/// Set `RACELAB_SWEEP` to the number of random programs for a long sweep.
fn cases() -> u32 {
    std::env::var("RACELAB_SWEEP").map_or(300, |cases| cases.parse().expect("a number"))
}
