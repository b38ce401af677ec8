//! Random programs: the reduction leaves nothing out and runs nothing twice.
//!
//! Each program is run under every interleaving literally and by one execution a class. Both must
//! tell of the same outcomes, each with the same number of interleavings; the executions of the
//! reduction must be of distinct classes, and as many as the literal interleavings have. Where
//! shuttle means the same by a program, its depth-first search must find the same outcomes.
//!
//! `RACELAB_LONG=1` runs many more programs, `RACELAB_FRESH=1` others each time.

mod model_only;
mod program;
mod world;

use program::{Program, programs};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use racelab::explore::Memory;
use racelab::{Explorer, Failure, Reduction, Report};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

type Seen = Vec<Vec<u64>>;

fn is_long() -> bool {
    std::env::var_os("RACELAB_LONG").is_some()
}

/// Programs with more interleavings than this are left out.
fn most() -> u64 {
    if is_long() { 6_000 } else { 1_500 }
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { failure_persistence: None, cases, ..Config::default() };
    // The same programs each time, so that what fails here fails everywhere.
    match std::env::var_os("RACELAB_FRESH") {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    }
}

/// The outcomes with their interleavings.
fn outcomes(report: &Report<Seen>) -> BTreeMap<Result<Seen, Failure>, Option<u128>> {
    let entry =
        |o: &racelab::Outcome<Seen>| (o.result().cloned().map_err(Clone::clone), o.interleavings());
    report.outcomes().iter().map(entry).collect()
}

/// Holds the reduction against the literal enumeration; `None` where there is too much of it.
fn compare(program: &Program) -> Option<Result<(), String>> {
    if program.uses_channels() && program.threads.iter().any(|thread| thread.detached) {
        // What all threads share is dropped by whoever comes last, and dropping the ends of a
        // channel takes steps: the limit that `model` names for `Arc`.
        return None;
    }
    let explorer = Explorer::new().prove_up_to(0).classes(true);
    let run = || world::modelled::run(program);
    let dpor = explorer.clone().max_executions(most()).explore(run);
    if !dpor.is_complete() || dpor.interleavings().is_some_and(|n| n > u128::from(most())) {
        return None;
    }
    // A few more than it says there are: enough to see that it is wrong.
    let literal = explorer.reduction(Reduction::None).max_executions(2 * most()).explore(run);
    let all = u128::from(literal.executions());
    let mut wrong = Vec::new();
    if dpor.interleavings().is_none() && dpor.is_complete() {
        // A spin over several objects: it says that it cannot count, and must not miss an outcome.
        let results = |report| outcomes(report).into_keys().collect::<Vec<_>>();
        let same = results(&dpor) == results(&literal) || !literal.is_complete();
        return Some(if same { Ok(()) } else { Err(format!("{dpor}\n{literal}")) });
    }
    if outcomes(&dpor) != outcomes(&literal) {
        let (mut dpor, mut literal) = (outcomes(&dpor), outcomes(&literal));
        let same: Vec<_> = dpor.keys().filter(|k| dpor.get(k) == literal.get(k)).cloned().collect();
        for result in same {
            dpor.remove(&result);
            literal.remove(&result);
        }
        wrong.push(format!("outcomes:\nby reduction {dpor:?}\nliterally    {literal:?}"));
    }
    if dpor.interleavings() != Some(all) || !literal.is_complete() {
        wrong.push(format!(
            "interleavings: by reduction {:?}, literally {all}",
            dpor.interleavings()
        ));
    }
    if dpor.traces() != dpor.executions() {
        wrong.push(format!("{} executions are of {} classes", dpor.executions(), dpor.traces()));
    }
    if dpor.executions() != literal.traces() {
        wrong.push(format!("{} executions, {} classes", dpor.executions(), literal.traces()));
    }
    if dpor.redundant() != 0 {
        wrong.push(format!("{} redundant executions", dpor.redundant()));
    }
    Some(if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) })
}

/// Runs `check` on random programs and shows the smallest that fails.
fn for_programs(cases: u32, checked: impl Fn(&Program) -> Option<Result<(), String>>) -> u32 {
    // What the explorer itself notices is a failure like any other, to be shown with the smallest
    // program.
    let check = |program: &Program| {
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| checked(program)));
        checked.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            Some(Err(text.unwrap_or_else(|| "a panic".into())))
        })
    };
    let mut runner = runner(cases);
    let strategy = programs();
    let mut checked = 0;
    for _ in 0..cases {
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        match check(&tree.current()) {
            None => continue,
            Some(Ok(())) => checked += 1,
            Some(Err(why)) => {
                let (mut smallest, mut why) = (tree.current(), why);
                let mut tries = 0;
                while tries < 4000 {
                    tries += 1;
                    let fails = check(&tree.current()).and_then(Result::err);
                    let go_on = match fails {
                        Some(reason) => {
                            (smallest, why) = (tree.current(), reason);
                            tree.simplify()
                        }
                        None => tree.complicate(),
                    };
                    if !go_on {
                        break;
                    }
                }
                panic!("after {checked} programs: \n{smallest}{why}");
            }
        }
    }
    checked
}

#[test]
fn the_reduction_and_the_literal_enumeration_agree_on_random_programs() {
    let cases = if is_long() { 20_000 } else { 300 };
    let checked = for_programs(cases, compare);
    println!("{checked} programs held against their literal interleavings");
    assert!(checked > cases / 2, "most programs are too large: {checked} of {cases}");
}

#[test]
fn rusts_memory_leaves_no_interleaving_out() {
    let cases = if is_long() { 5_000 } else { 150 };
    let equal = std::cell::Cell::new(0);
    for_programs(cases, |program| {
        let explorer = Explorer::new().prove_up_to(0).max_executions(most());
        let run = || world::modelled::run(program);
        let in_turns = explorer.clone().explore(run);
        let undefined =
            |f: &racelab::Outcome<Seen>| matches!(f.result(), Err(Failure::DataRace { .. }));
        if !in_turns.is_complete() || in_turns.failures().any(undefined) {
            return None;
        }
        let rc11 = explorer.max_executions(10 * most()).memory(Memory::Rc11).explore(run);
        if !rc11.is_complete() {
            return None;
        }
        let results = |report| outcomes(report).into_keys().collect::<BTreeSet<_>>();
        let (in_turns, rc11) = (results(&in_turns), results(&rc11));
        equal.set(equal.get() + u32::from(in_turns == rc11));
        let missed: Vec<_> = in_turns.difference(&rc11).collect();
        Some(if missed.is_empty() { Ok(()) } else { Err(format!("missed: {missed:?}")) })
    });
    println!("{} with the same outcomes", equal.get());
    assert!(equal.get() > cases / 4, "only {}", equal.get());
}

#[test]
fn workers_share_random_programs_and_leave_nothing_out() {
    let cases = if is_long() { 2_000 } else { 100 };
    for_programs(cases, |program| {
        if program.uses_channels() && program.threads.iter().any(|thread| thread.detached) {
            return None;
        }
        let run = || world::modelled::run(program);
        let explorer = Explorer::new().prove_up_to(0).classes(true);
        let alone = explorer.clone().max_executions(most()).explore(run);
        if !alone.is_complete() || alone.interleavings().is_none() {
            return None;
        }
        let shared = explorer.jobs(3).explore(run);
        let same = outcomes(&alone) == outcomes(&shared)
            && (alone.traces(), alone.executions()) == (shared.traces(), shared.executions());
        Some(if same { Ok(()) } else { Err(format!("{alone}\n{shared}")) })
    });
}

/// Several workers find so many classes and interleavings.
fn assert_shared(threads: &[(usize, &[program::Stmt])], expected: (u64, u128)) {
    let program = Program::of(threads);
    let run = || world::modelled::run(&program);
    let found = |report: Report<Seen>| (report.executions(), report.interleavings().unwrap());
    assert_eq!(found(Explorer::new().explore(run)), expected, "{program}");
    // Which worker meets what first is a matter of luck.
    for _ in 0..200 {
        assert_eq!(found(Explorer::new().jobs(3).explore(run)), expected, "several, {program}");
    }
}

#[test]
fn what_a_repeated_execution_could_have_done_otherwise_is_explored() {
    use program::Stmt::*;
    // One worker explores the load of 0. Where thread 2 ends, or spins, without having stored to 0,
    // all that is left is to repeat that. But thread 2 could have looked before the store to 1.
    for (look, expected) in [(EndUnlessSet(1), (8, 31)), (SpinUntilSet(1), (12, 48))] {
        let threads: [&[program::Stmt]; 5] =
            [&[], &[Store(1, 0)], &[look, Store(0, 1)], &[Load(0)], &[Add(1, 1)]];
        assert_shared(&threads.map(|body| (0, body)), expected);
    }
}

#[test]
fn workers_keep_what_is_to_follow_each_alternative_of_a_choice() {
    use program::Stmt::*;
    let threads: [&[program::Stmt]; 5] = [
        &[Load(0), Once],
        &[Unpark(0), ParkTimeout, Arrive],
        &[Unpark(0), Arrive],
        &[Choose(2)],
        &[Unpark(0), Unpark(0)],
    ];
    assert_shared(&threads.map(|body| (0, body)), (48, 3360));
}

#[test]
fn programs_that_went_wrong_once_do_not_again() {
    use program::Stmt::*;
    let programs: [&[(usize, &[program::Stmt])]; 9] = [
        // A choice that a reversed order does not mention stands in its way no more than a load.
        &[(0, &[]), (0, &[Lock(0)]), (0, &[Load(0), Choose(2)]), (0, &[Lock(0), Store(0, 1)])],
        // Objects made at one place and first used late are other objects.
        &[(0, &[]), (0, &[Once]), (0, &[Load(0), Arrive]), (0, &[Store(0, 1)]), (0, &[Once])],
        &[(0, &[]), (0, &[Once]), (0, &[Load(0), Lock(0)]), (0, &[Store(0, 1)]), (0, &[Once])],
        // What a thread waited for, spinning, comes before its children ...
        &[
            (0, &[]),
            (0, &[Add(1, 1), Add(1, 1)]),
            (0, &[SpinUntilSet(1), Yield]),
            (2, &[SpinUntilSet(0)]),
        ],
        // ... and before whoever joins it.
        &[(0, &[]), (0, &[SendBounded(1), Yield]), (1, &[Store(0, 1)]), (0, &[SendBounded(1)])],
        // Either of two senders that go may be the one that is waited for.
        &[(0, &[]), (0, &[SendBounded(1)]), (0, &[SendBounded(1)]), (0, &[SendBounded(1), Yield])],
        // News that come before the yield are waited for no less than those that come after.
        &[
            (0, &[]),
            (0, &[SendBounded(1), Store(0, 1), Yield]),
            (0, &[SendBounded(1), Store(0, 1)]),
        ],
        // After how many steps nobody can end the spin any more is no part of the outcome.
        &[
            (0, &[]),
            (0, &[Add(1, 1), Store(1, 0), Send(1)]),
            (0, &[Send(1)]),
            (0, &[Send(1), SpinUntilSet(1)]),
        ],
        // Of several readers the one that is still there holds the lock, whoever came last.
        &[(0, &[]), (0, &[TryRead, Arrive]), (0, &[TryRead, Release, Write])],
    ];
    for threads in programs {
        let program = Program::of(threads);
        compare(&program).expect("few interleavings").unwrap_or_else(|e| panic!("{program}{e}"));
    }
}

/// All outcomes that shuttle's depth-first search finds; `None` if it does not get through.
fn shuttled(program: &Program, most: usize) -> Option<BTreeSet<Seen>> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let (program, found) = (program.clone(), Arc::clone(&seen));
    let scheduler = shuttle::scheduler::DfsScheduler::new(Some(most), false);
    let runner = shuttle::Runner::new(scheduler, shuttle::Config::new());
    // It panics where it finds a deadlock, and that would be one which we have missed.
    let executions = runner.run(move || {
        let outcome = world::shuttled::run(&program);
        found.lock().unwrap().insert(outcome);
    });
    let seen = seen.lock().unwrap().clone();
    (executions < most).then_some(seen)
}

#[test]
fn a_slot_that_becomes_free_goes_to_whoever_comes_first() {
    use program::Stmt::*;
    let program = Program::of(&[
        (0, &[]),
        (0, &[ReceiveBounded, TrySendBounded(3)]),
        (0, &[SendBounded(1), SendBounded(1)]),
    ]);
    let report = Explorer::new().explore(|| world::modelled::run(&program));
    let results: Vec<_> =
        report.outcomes().iter().map(|o| o.result().unwrap()[1..3].to_vec()).collect();
    // The try goes first, and the waiting send finds the receiver gone; or the send goes first. Full
    // *and* gone would need a slot that is neither free nor taken.
    assert_eq!(results, [[vec![1, 1], vec![1, 0]], [vec![1, 2], vec![1, 1]]]);
}

#[test]
fn shuttle_finds_the_same_outcomes() {
    let (cases, most) = if is_long() { (2_000, 100_000) } else { (120, 5_000) };
    let through = std::cell::Cell::new(0);
    for_programs(cases, |program| {
        if !program.is_for_shuttle() {
            return None;
        }
        let report = Explorer::new().explore(|| world::modelled::run(program));
        if report.failures().next().is_some() {
            return None;
        }
        let ours: BTreeSet<Seen> =
            report.outcomes().iter().filter_map(|o| o.result().ok().cloned()).collect();
        let theirs = shuttled(program, most)?;
        through.set(through.get() + 1);
        let same = match program.uses_channels() {
            // Dropping a receiver is no step in shuttle: no send can come right before it.
            true => theirs.is_subset(&ours),
            false => ours == theirs,
        };
        Some(if same { Ok(()) } else { Err(format!("{ours:#?}\nshuttle: {theirs:#?}")) })
    });
    assert!(through.get() > cases / 20, "only {} programs", through.get());
}
