//! Objects that nothing tells apart but which one a step is on: an array made at one line.
//!
//! Every program of up to four threads with up to two loads or writes each, over an array of four
//! atomics: the classes are distinct, and their interleavings add up to the closed form, so none is
//! missing. Some are held against an enumeration as well, outcome by outcome. Programs that differ
//! only in which element is which count as one.
//!
//! `cargo test` looks at some of them, `RACELAB_LONG=1` at all.

use racelab::model::sync::atomic::{AtomicU32, Ordering::SeqCst};
use racelab::model::thread;
use racelab::{Explorer, Proof, Report};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A load, or a write: a store by threads of even number, an addition by the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Op {
    writes: bool,
    element: usize,
}

type Body = Vec<Op>;
type Seen = Vec<u32>;

const ELEMENTS: usize = 4;

/// What a write writes or adds: another number for each.
fn operand(thread: usize, nth: usize) -> u32 {
    1 << (2 * thread + nth)
}

fn run(program: &[Body]) -> Seen {
    let array: Arc<[AtomicU32; ELEMENTS]> = Arc::new(std::array::from_fn(|_| AtomicU32::new(0)));
    let threads: Vec<_> = program
        .iter()
        .enumerate()
        .map(|(number, body)| {
            let (array, body) = (Arc::clone(&array), body.clone());
            thread::spawn(move || {
                let mut seen = Vec::new();
                for (nth, op) in body.into_iter().enumerate() {
                    let (atomic, operand) = (&array[op.element], operand(number, nth));
                    match (op.writes, number % 2) {
                        (false, _) => seen.push(atomic.load(SeqCst)),
                        (true, 0) => atomic.store(operand, SeqCst),
                        (true, _) => seen.push(atomic.fetch_add(operand, SeqCst)),
                    }
                }
                seen
            })
        })
        .collect();
    threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
}

/// Every interleaving, taken literally: how many end in each outcome.
fn enumerated(program: &[Body]) -> BTreeMap<Seen, u128> {
    fn go(
        program: &[Body],
        at: &mut [usize],
        memory: [u32; ELEMENTS],
        seen: &mut [Seen],
        found: &mut BTreeMap<Seen, u128>,
    ) {
        let mut ended = true;
        for thread in 0..program.len() {
            let Some(&op) = program[thread].get(at[thread]) else { continue };
            ended = false;
            let operand = operand(thread, at[thread]);
            let mut after = memory;
            let looks = !op.writes || thread % 2 == 1;
            match (op.writes, thread % 2) {
                (false, _) => {}
                (true, 0) => after[op.element] = operand,
                (true, _) => after[op.element] += operand,
            }
            if looks {
                seen[thread].push(memory[op.element]);
            }
            at[thread] += 1;
            go(program, at, after, seen, found);
            at[thread] -= 1;
            if looks {
                seen[thread].pop();
            }
        }
        if ended {
            *found.entry(seen.concat()).or_default() += 1;
        }
    }
    let mut found = BTreeMap::new();
    let mut at = vec![0; program.len()];
    let mut seen = vec![Seen::new(); program.len()];
    go(program, &mut at, [0; ELEMENTS], &mut seen, &mut found);
    found
}

fn counted(report: &Report<Seen>) -> BTreeMap<Seen, u128> {
    let entry =
        |o: &racelab::Outcome<Seen>| (o.result().unwrap().clone(), o.interleavings().unwrap());
    report.outcomes().iter().map(entry).collect()
}

/// Returns how many executions were started and turned out to repeat a class: that may happen where
/// two elements cannot be told apart in time, and costs nothing but the time.
fn check(program: &[Body], enumerate: bool) -> Result<u64, String> {
    let report = Explorer::new()
        .prove_up_to(0)
        .classes(true)
        .try_explore(|| run(program))
        .map_err(|error| format!("{program:?}: {error}"))?;
    if report.traces() != report.executions() || report.proof() != Proof::ClosedForm {
        return Err(format!("{program:?}: {} classes\n{report}", report.traces()));
    }
    if enumerate {
        let (expected, found) = (enumerated(program), counted(&report));
        if expected != found {
            return Err(format!("{program:?}: {expected:?} but found {found:?}"));
        }
    }
    Ok(report.redundant())
}

/// Every body of one or two operations whose elements are met in order: the first element that is
/// not among the first `met` is number `met`. Each with how many have been met after it.
fn bodies(met: usize) -> Vec<(Body, usize)> {
    let ops = |met: usize| {
        let elements = 0..(met + 1).min(ELEMENTS);
        elements.flat_map(move |element| {
            [false, true].map(|writes| (Op { writes, element }, met.max(element + 1)))
        })
    };
    let mut all = Vec::new();
    for (first, met) in ops(met) {
        all.push((vec![first], met));
        all.extend(ops(met).map(|(second, met)| (vec![first, second], met)));
    }
    all
}

/// Every program of so many threads.
fn programs(threads: usize) -> Vec<Vec<Body>> {
    let mut all = vec![(Vec::new(), 0)];
    for _ in 0..threads {
        let longer = |(program, met): &(Vec<Body>, usize)| {
            let program = program.clone();
            bodies(*met).into_iter().map(move |(body, met)| {
                let mut program = program.clone();
                program.push(body);
                (program, met)
            })
        };
        all = all.iter().flat_map(longer).collect();
    }
    all.into_iter().map(|(program, _)| program).collect()
}

fn sweep(threads: usize, every: usize) {
    let programs = programs(threads);
    let long = std::env::var_os("RACELAB_LONG").is_some();
    let every = if long { 1 } else { every };
    let looked_at: Vec<_> = programs.iter().step_by(every).collect();
    let checked: Vec<_> = looked_at
        .par_iter()
        .enumerate()
        .map(|(nth, program)| check(program, nth % 50 == 0))
        .collect();
    let redundant: u64 = checked.iter().flatten().sum();
    let wrong: Vec<_> = checked.into_iter().filter_map(Result::err).collect();
    println!(
        "{} of {} programs of {threads} threads, {redundant} executions redundant",
        looked_at.len(),
        programs.len()
    );
    assert!(wrong.is_empty(), "{} wrong, the first: {}", wrong.len(), wrong[0]);
}

#[test]
fn two_threads_over_an_array_miss_nothing() {
    sweep(2, 1);
}

#[test]
fn three_threads_over_an_array_miss_nothing() {
    sweep(3, 37);
}

#[test]
fn four_threads_over_an_array_miss_nothing() {
    sweep(4, 2_003);
}

/// The program that showed a branch of the wakeup tree being taken away although a longer order had
/// been left to it.
#[test]
fn a_branch_that_a_longer_order_was_left_to_is_explored() {
    let load = |element| Op { writes: false, element };
    let write = |element| Op { writes: true, element };
    let threads =
        [vec![load(2)], vec![load(0), load(1)], vec![write(0), write(1)], vec![write(2), write(3)]];
    let mut orders = 0;
    for first in 0..4 {
        for second in (0..4).filter(|n| *n != first) {
            for third in (0..4).filter(|n| ![first, second].contains(n)) {
                let fourth = 6 - first - second - third;
                let order = [first, second, third, fourth];
                check(&order.map(|n| threads[n].clone()), true).unwrap();
                orders += 1;
            }
        }
    }
    assert_eq!(orders, 24);
}
