//! The litmus programs once more, as real programs: closures on modelled atomics.

use crate::program::{Instruction, LOCATIONS, Litmus, Program};
use proptest::prelude::*;
use racelab::Report;
use racelab::explore::{Explorer, Memory};
use racelab::model::sync::atomic::{AtomicU64, fence};
use racelab::model::thread;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// What every instruction read, and the last value of each location.
pub type End = (Vec<Vec<u64>>, Vec<u64>);

fn run(thread: &[Instruction], memory: &[AtomicU64]) -> Vec<u64> {
    let at = |location: u32| &memory[location as usize];
    let step = |instruction: &Instruction| match *instruction {
        Instruction::Load(x, order) => at(x).load(order),
        Instruction::Store(x, value, order) => {
            at(x).store(value, order);
            0
        }
        Instruction::Add(x, n, order) => at(x).fetch_add(n, order),
        Instruction::Swap(x, value, order) => at(x).swap(value, order),
        Instruction::CompareExchange { location, expected, new, orders: (s, f), weak } => {
            let result = match weak {
                true => at(location).compare_exchange_weak(expected, new, s, f),
                false => at(location).compare_exchange(expected, new, s, f),
            };
            result.unwrap_or_else(|seen| seen)
        }
        Instruction::Fence(order) => {
            fence(order);
            0
        }
    };
    thread.iter().map(step).collect()
}

/// A program as it would be written, run once.
fn body(program: &Program) -> End {
    let locations: Arc<Vec<_>> = Arc::new((0..LOCATIONS).map(|_| AtomicU64::new(0)).collect());
    let start = |instructions: &Vec<Instruction>| {
        let (instructions, locations) = (instructions.clone(), Arc::clone(&locations));
        thread::spawn(move || run(&instructions, &locations))
    };
    let threads: Vec<_> = program.iter().map(start).collect();
    let read = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    (read, locations.iter().map(|location| location.load(Relaxed)).collect())
}

fn explore(program: &Program, memory: Memory) -> Report<End> {
    Explorer::new().memory(memory).explore(|| body(program))
}

#[test]
fn real_programs_have_the_oracles_outcomes_under_both_memories() {
    for test in Litmus::all() {
        for (memory, expected) in
            [(Memory::Rc11, &test.allowed), (Memory::SequentiallyConsistent, &test.sc)]
        {
            let report = explore(&test.program, memory);
            let end = |outcome: &racelab::Outcome<End>| {
                test.outcome(outcome.result().expect("no litmus test fails"))
            };
            let outcomes: BTreeSet<_> = report.outcomes().iter().map(end).collect();
            assert_eq!(&outcomes, expected, "{} under {memory:?}", test.name);
            assert!(report.is_complete());
            if memory == Memory::Rc11 {
                assert_eq!(report.executions(), test.graphs, "{}", test.name);
            }
        }
    }
}

#[test]
fn an_example_ends_as_its_outcome_says_and_is_explained_by_an_interleaving_if_one_is() {
    for test in Litmus::all() {
        let report = explore(&test.program, Memory::Rc11);
        for outcome in report.outcomes() {
            let trace = outcome.example();
            let end = outcome.result().unwrap();
            assert_eq!(trace.ending(), format!("returned {end:?}"));
            let steps = test.program.iter().map(Vec::len).sum::<usize>() + LOCATIONS as usize;
            assert_eq!(trace.steps().len(), steps, "{}", test.name);
            if trace.is_sequentially_consistent() {
                let stale = trace.steps().iter().any(|s| s.stale.is_some() || s.behind.is_some());
                assert!(!stale, "{}: shown with a stale read, needlessly", test.name);
            } else {
                assert!(!test.sc.contains(&test.outcome(end)), "{}", test.name);
            }
            let rc11 = Explorer::new().memory(Memory::Rc11);
            let again = rc11.try_replay(&trace.schedule(), || body(&test.program)).unwrap();
            assert_eq!(&again, trace, "{}: {}", test.name, trace.schedule());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(), ..ProptestConfig::default() })]

    #[test]
    fn random_real_programs_have_the_graphs_that_the_model_allows(program in crate::programs()) {
        // Of two weak exchanges that are alike, a real program follows one failure only.
        let is_weak = |i: &&Instruction| matches!(i, Instruction::CompareExchange { weak: true, .. });
        let once = |thread: &Vec<Instruction>| thread.iter().filter(is_weak).count() <= 1;
        prop_assume!(program.iter().all(once));
        let report = explore(&program, Memory::Rc11);
        let graphs = crate::program::explore(&program);
        prop_assert_eq!(report.executions(), graphs.completed);
        // A weak exchange that fails for no reason ends like one that succeeds: `run` returns what
        // it saw either way.
        let ends: BTreeSet<End> = graphs.graphs.into_values().collect();
        let found: BTreeSet<End> =
            report.outcomes().iter().map(|o| o.result().unwrap().clone()).collect();
        prop_assert_eq!(found, ends);
    }
}
