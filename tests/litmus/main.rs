//! The memory model against two oracles: herd7's outcome sets, and the axioms taken literally.
//!
//! `rc11.json` holds small programs with their complete outcome sets, computed by herd7 from the
//! RC11 model. Each set must be met exactly, and each consistent graph completed exactly once.

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
    assert_eq!(tests.len(), 155);
    for test in &tests {
        let found = explore(&test.program);
        let outcomes: BTreeSet<_> = found.ends.iter().map(|end| test.outcome(end)).collect();
        assert_eq!(outcomes, test.allowed, "{}", test.name);
        assert_eq!(found.completed, found.shapes.len() as u64, "{}: a graph came twice", test.name);
        completed += found.completed;
        cut += found.cut;
    }
    println!("{completed} graphs, {cut} runs cut short");
    assert!(cut * 5 < completed + cut, "{cut} of {} runs were cut short", completed + cut);
}

#[test]
fn the_oracles_programs_have_the_graphs_that_the_axioms_allow() {
    for test in Litmus::all() {
        let size: usize = test.program.iter().map(Vec::len).sum();
        if size <= 8 {
            let found = explore(&test.program);
            assert!(found.shapes == reference::graphs(&test.program), "{}", test.name);
        }
    }
}

/// Random programs: 2 to 4 threads, few locations, so that they meet often.
fn programs() -> impl Strategy<Value = Program> {
    let location = 0..2u32;
    let value = 1..3u64;
    let load = prop_oneof![Just(Relaxed), Just(Acquire), Just(SeqCst)];
    let store = prop_oneof![Just(Relaxed), Just(Release), Just(SeqCst)];
    let every = prop_oneof![Just(Relaxed), Just(Acquire), Just(Release), Just(AcqRel), Just(SeqCst)];
    let fence = prop_oneof![Just(Acquire), Just(Release), Just(AcqRel), Just(SeqCst), Just(SeqCst)];
    let exchange = (location.clone(), 0..3u64, value.clone(), every.clone(), load.clone(), any::<bool>());
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
    let small = |program: &Program| program.iter().map(Vec::len).sum::<usize>() <= 8;
    prop::collection::vec(thread, 2..5).prop_filter("small", small)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn random_programs_have_the_graphs_that_the_axioms_allow(program in programs()) {
        let found = explore(&program);
        prop_assert_eq!(found.completed, found.shapes.len() as u64, "a graph came twice");
        let expected = reference::graphs(&program);
        let missing: Vec<_> = expected.difference(&found.shapes).collect();
        let wrong: Vec<_> = found.shapes.difference(&expected).collect();
        prop_assert!(missing.is_empty(), "missing: {missing:#?}");
        prop_assert!(wrong.is_empty(), "not allowed: {wrong:#?}");
    }
}

/// Set `RACELAB_SWEEP` to the number of random programs for a long sweep.
fn cases() -> u32 {
    std::env::var("RACELAB_SWEEP").map_or(300, |cases| cases.parse().expect("a number"))
}
