//! The unfolding of a program has the executions that the explorer runs, each once.

use racelab::counter::LADDER;
use racelab::explore::{Explorer, Memory, Reduction, Unfolding};
use racelab::race::CATALOGUE;
use racelab::report::{Failure, Report};
use std::collections::BTreeMap;

/// How many executions end in each outcome, by both.
fn agree<T, F>(name: &str, memory: Memory, program: F)
where
    F: Fn() -> T + Send + Sync + Copy,
    T: Clone + Ord + std::fmt::Debug + Send,
{
    let explorer = Explorer::new().memory(memory).classes(true);
    let report: Report<T> = explorer.explore(program);
    report.assert_complete();
    let unfolding = Unfolding::build(&explorer, program).unwrap();
    let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
    for state in unfolding.executions() {
        *counts.entry(unfolding.states()[state].outcome.unwrap()).or_default() += 1;
    }
    let ours: Vec<_> =
        counts.iter().map(|(&at, &n)| (unfolding.outcomes()[at].clone(), n)).collect();
    let theirs: Vec<_> = report
        .outcomes()
        .iter()
        .map(|o| (o.result().cloned().map_err(Clone::clone), o.executions()))
        .collect();
    let values = |all: &[(Result<T, Failure>, u64)]| -> Vec<_> {
        all.iter().map(|(result, _)| result.clone()).collect()
    };
    assert_eq!(values(&ours), values(&theirs), "{name} under {memory:?}");
    // In which order plain accesses race is told apart here, and under rc11 not there.
    let races = ours.iter().any(|(r, _)| matches!(r, Err(Failure::DataRace { .. })));
    if !races || memory == Memory::SequentiallyConsistent {
        assert_eq!(ours, theirs, "{name} under {memory:?}");
    }
}

#[test]
fn every_race_of_the_catalogue_unfolds_into_the_executions_that_are_explored() {
    for race in CATALOGUE {
        for case in race.cases {
            let name = format!("{}, {}", race.name, case.name);
            agree(&name, Memory::Rc11, case.model);
            agree(&name, Memory::SequentiallyConsistent, case.model);
        }
    }
}

#[test]
fn every_counter_unfolds_into_the_executions_that_are_explored() {
    for rung in LADDER {
        let Some(program) = rung.model else { continue };
        agree(rung.name, Memory::Rc11, || program(2, 1));
        agree(rung.name, Memory::SequentiallyConsistent, || program(2, 1));
    }
}

#[test]
fn the_paths_through_the_unfolding_are_the_interleavings() {
    fn ways(unfolding: &Unfolding<u64>, state: usize) -> u128 {
        let moves = &unfolding.states()[state].moves;
        if moves.is_empty() {
            return 1;
        }
        moves.iter().map(|(_, next)| ways(unfolding, *next)).sum()
    }
    let program = racelab::counter::Rung::named("unsafe").unwrap().model.unwrap();
    let unfolding = Unfolding::build(&Explorer::new(), || program(2, 2)).unwrap();
    let literal = Explorer::new().reduction(Reduction::None).explore(|| program(2, 2));
    assert_eq!(ways(&unfolding, 0), u128::from(literal.executions()));
}
