//! The unfolding of a program has the executions that the explorer runs, each once.

use racelab::explore::{Explorer, Memory, Reduction, Unfolding};
use racelab::list::{self, Entry, Outcome, Subject};
use racelab::report::{Failure, Report};
use std::collections::BTreeMap;

/// Programs with more executions than this take too long, and there are smaller ones of their kind;
/// `RACELAB_LONG=1` looks at larger ones.
fn many() -> u64 {
    if std::env::var_os("RACELAB_LONG").is_some() { 300 } else { 60 }
}

/// How many executions end in each outcome, by both.
fn agree<T, F>(name: &str, memory: Memory, program: F)
where
    F: Fn() -> T + Send + Sync + Copy,
    T: Clone + Ord + std::fmt::Debug + Send,
{
    let explorer = Explorer::new().memory(memory).classes(true).prove_up_to(0);
    let report: Report<T> = explorer.clone().max_executions(many() + 1).explore(program);
    if report.executions() + report.redundant() > many() {
        return;
    }
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
fn every_program_of_the_list_unfolds_into_the_executions_that_are_explored() {
    for subject in list::all().flat_map(Entry::subjects).filter(Subject::is_modelled) {
        // At the least size that a page offers.
        let mut size = subject.size;
        let offered = subject.entry.parameters.iter().map(|parameter| parameter.offered[0]);
        size.iter_mut().zip(offered).for_each(|(n, least)| *n = least);
        let subject = subject.sized(size);
        agree(&subject.to_string(), Memory::Rc11, || subject.run());
        agree(&subject.to_string(), Memory::SequentiallyConsistent, || subject.run());
    }
}

#[test]
fn the_paths_through_the_unfolding_are_the_interleavings() {
    fn ways(unfolding: &Unfolding<Outcome>, state: usize) -> u128 {
        let moves = &unfolding.states()[state].moves;
        if moves.is_empty() {
            return 1;
        }
        moves.iter().map(|(_, next)| ways(unfolding, *next)).sum()
    }
    let counter = list::find("unsafe").unwrap().subject().sized([2, 2]);
    let unfolding = Unfolding::build(&Explorer::new(), || counter.run()).unwrap();
    let literal = Explorer::new().reduction(Reduction::None).explore(|| counter.run());
    assert_eq!(ways(&unfolding, 0), u128::from(literal.executions()));
}
