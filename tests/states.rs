//! The graph of states: interleavings counted, numbered and grouped without running them, and held
//! against the explorer, which runs them.

use proptest::prelude::*;
use racelab::Reduction::{self, Dpor, None as Literal};
use racelab::counter::LADDER;
use racelab::explore::{ExploreError, StateGraph};
use racelab::list::{self, Outcome, Subject};
use racelab::model::sync::atomic::{AtomicU64, Ordering::SeqCst};
use racelab::model::sync::{Condvar, Mutex, mpsc};
use racelab::model::{self, operation, thread};
use racelab::{Explorer, Failure, Proof};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

fn counter(name: &str, threads: usize, increments: usize) -> Subject {
    list::find(name).unwrap().subject().sized([threads, increments])
}

fn graph_of(name: &str, threads: usize, increments: usize) -> StateGraph<Outcome> {
    let counter = counter(name, threads, increments);
    StateGraph::build(&Explorer::new(), || counter.run()).unwrap()
}

fn table(graph: &StateGraph<Outcome>) -> Vec<(i64, u128)> {
    let census = graph.census();
    let count = |outcome: &Outcome| outcome.numbers()[0];
    census.iter().map(|c| (count(c.result.unwrap()), c.interleavings.unwrap())).collect()
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
    assert_eq!(graph.census()[0].result, Ok(&2.into()));
    let schedule = graph.schedule_to(0).unwrap();
    let trace = Explorer::replay(&schedule, || counter("racy", 2, 10).run());
    assert_eq!(trace.ending(), "returned 2", "{schedule}");
    assert_eq!(trace.switches(), 5, "{schedule}");
}

/// What the explorer runs and what the graph counts: as many interleavings for each outcome.
#[track_caller]
fn assert_agreement<T, F>(reduction: Reduction, program: F, what: &str) -> StateGraph<T>
where
    T: Clone + Ord + Debug + Send,
    F: Fn() -> T + Send + Sync,
{
    let report = Explorer::new().reduction(reduction).explore(&program);
    let graph = StateGraph::build(&Explorer::new(), &program).unwrap();
    let counted = (graph.interleavings(), graph.census());
    assert!(graph.agrees_with(&report), "{what}\n{report}\n{counted:?}");
    graph
}

#[test]
fn every_rung_of_the_ladder_has_as_many_paths_as_interleavings() {
    let mut rungs = 0;
    for rung in LADDER.iter().filter(|rung| rung.subject().is_modelled()) {
        for (threads, increments) in [(2, 1), (2, 2), (3, 1)] {
            let name = format!("{} {threads}x{increments}", rung.name);
            // The actor's messages make its classes many.
            if rung.name == "actor" && increments * threads > 2 {
                continue;
            }
            let counter = counter(rung.name, threads, increments);
            assert_agreement(Dpor, || counter.run(), &name);
            rungs += 1;
        }
    }
    assert!(rungs >= 25, "{rungs}");
}

#[test]
fn where_no_closed_form_holds_the_states_prove_the_count() {
    let counter = counter("mutex", 2, 3);
    let explorer = Explorer::new().prove_up_to(0);
    let plain = explorer.explore(|| counter.run());
    let proved = explorer.prove_by_states(true).explore(|| counter.run());
    assert_eq!((plain.proof(), proved.proof()), (Proof::None, Proof::States));
    assert_eq!(proved.interleavings(), Some(20));
}

#[test]
fn a_report_that_misses_an_interleaving_does_not_agree() {
    let counter = counter("racy", 2, 2);
    let graph = graph_of("racy", 2, 2);
    let stopped = Explorer::new().max_executions(33).explore(|| counter.run());
    assert!(!graph.agrees_with(&stopped), "33 of 34 classes");
    let whole = Explorer::new().explore(|| counter.run());
    assert!(graph.agrees_with(&whole));
}

#[test]
fn what_an_operation_returns_is_not_forgotten() {
    // Each thread returns what it read in its first operation; nothing but the mark differs.
    let read_twice = |marked: bool| {
        move || {
            let x = Arc::new(AtomicU64::new(0));
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let x = Arc::clone(&x);
                    thread::spawn(move || {
                        let read = || x.fetch_add(1, SeqCst);
                        if marked { operation(read) } else { read() }
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        }
    };
    for marked in [true, false] {
        let graph = assert_agreement(Dpor, read_twice(marked), "fetch_add returned");
        assert_eq!(graph.outcomes(), [Ok(vec![0, 1]), Ok(vec![1, 0])]);
    }
}

#[test]
fn a_local_that_outlives_its_operation_is_found_out() {
    let result = StateGraph::build(&Explorer::new(), || {
        let x = Arc::new(AtomicU64::new(0));
        let other = Arc::clone(&x);
        let thread = thread::spawn(move || {
            let mut seen = 0;
            operation(|| seen = other.load(SeqCst));
            operation(|| drop(Mutex::new(()).lock()));
            operation(|| other.store(10 + seen, SeqCst));
        });
        operation(|| x.store(1, SeqCst));
        thread.join().unwrap();
        x.load(SeqCst)
    });
    assert!(matches!(result, Err(ExploreError::Forgotten { .. })), "{result:?}");
}

#[test]
fn what_a_lock_guards_and_a_message_says_is_part_of_the_state() {
    let graph = assert_agreement(
        Literal,
        || {
            let order = Arc::new(Mutex::new(Vec::new()));
            let threads: Vec<_> = (0..3)
                .map(|i| {
                    let order = Arc::clone(&order);
                    thread::spawn(move || operation(|| order.lock().unwrap().push(i)))
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            order.lock().unwrap().clone()
        },
        "who locked in which order",
    );
    assert_eq!(graph.outcomes().len(), 6);
    let graph = assert_agreement(
        Literal,
        || {
            let (sender, receiver) = mpsc::channel();
            for i in 0..2 {
                let sender = sender.clone();
                thread::spawn(move || operation(|| sender.send(i).unwrap()));
            }
            drop(sender);
            receiver.iter().collect::<Vec<u32>>()
        },
        "who sent in which order",
    );
    assert_eq!(graph.outcomes(), [Ok(vec![0, 1]), Ok(vec![1, 0])]);
}

#[test]
fn a_wait_may_end_by_its_time_out_or_by_a_notify() {
    let graph = assert_agreement(
        Literal,
        || {
            let pair = Arc::new((Mutex::new(false), Condvar::new()));
            let other = Arc::clone(&pair);
            let thread = thread::spawn(move || {
                *other.0.lock().unwrap() = true;
                other.1.notify_one();
            });
            let ready = pair.0.lock().unwrap();
            let timed_out = match *ready {
                true => None,
                false => {
                    let wait = pair.1.wait_timeout(ready, Duration::from_secs(1)).unwrap();
                    Some(wait.1.timed_out())
                }
            };
            thread.join().unwrap();
            timed_out
        },
        "a wait with a time-out",
    );
    assert_eq!(graph.outcomes(), [Ok(None), Ok(Some(false)), Ok(Some(true))]);
}

#[test]
fn a_deadlock_is_an_end_and_the_graph_says_who_waits_for_whom() {
    let graph = assert_agreement(
        Literal,
        || {
            let left = Arc::new(Mutex::named("left", 0));
            let right = Arc::new(Mutex::named("right", 0));
            let (l, r) = (Arc::clone(&left), Arc::clone(&right));
            let thread = thread::spawn(move || {
                let _left = l.lock().unwrap();
                let _right = r.lock().unwrap();
            });
            let _right = right.lock().unwrap();
            let _left = left.lock().unwrap();
            drop((_left, _right));
            thread.join().unwrap();
        },
        "two locks in opposite orders",
    );
    assert!(matches!(graph.outcomes(), [Ok(()), Err(Failure::Deadlock { .. })]));
    let schedule = graph.schedule_to(1).unwrap();
    let ended = graph.states().find(|state| state.outcome() == Some(1)).unwrap();
    let why: Vec<&str> = ended.blocked().iter().map(|blocked| blocked.why.as_str()).collect();
    assert_eq!(why, ["waits for mutex right, held by M", "waits for mutex left, held by A"]);
    assert_eq!(ended.values(), ["0 A", "0 M"]);
    assert_eq!(schedule, "AM");
}

#[test]
fn a_thread_that_spins_is_in_another_state_once_there_is_news() {
    let graph = assert_agreement(
        Literal,
        || {
            let flag = Arc::new(AtomicU64::new(0));
            let other = Arc::clone(&flag);
            let thread = thread::spawn(move || {
                other.store(1, SeqCst);
                other.store(2, SeqCst);
            });
            let mut looks = 0;
            while flag.load(SeqCst) != 2 {
                looks += 1;
                thread::yield_now();
            }
            thread.join().unwrap();
            looks
        },
        "a loop that waits for a flag",
    );
    assert!(graph.outcomes().len() >= 3);
}

#[test]
fn a_schedule_that_cannot_be_is_refused_and_told_why() {
    let graph = graph_of("mutex", 2, 1);
    let refused = |schedule: &str| graph.rank(schedule).unwrap_err().to_string();
    assert!(refused("AB").contains("B waits for mutex m, held by A"), "{}", refused("AB"));
    assert!(refused("AABBB").contains("leave that out"), "{}", refused("AABBB"));
    assert!(refused("C").contains("there is no thread C"), "{}", refused("C"));
    assert!(refused("A-").contains("neither"), "{}", refused("A-"));
    assert_eq!(graph.rank("BBAA").unwrap(), Some(2));
}

#[test]
fn more_states_than_allowed_are_an_error_with_a_way_out() {
    let few = Explorer::new().max_states(100);
    let result = StateGraph::build(&few, || counter("racy", 2, 5).run());
    assert!(result.unwrap_err().to_string().contains("Explorer::max_states"));
    let endless = StateGraph::build(&Explorer::new().max_steps(50), || {
        let x = AtomicU64::new(0);
        while x.load(SeqCst) == 0 {}
    });
    assert!(endless.unwrap_err().to_string().contains("did not end within 50 steps"));
}

/// What one thread of a random program does at one step of its own.
#[derive(Clone, Debug)]
enum Do {
    Load(usize),
    /// Writes what was read last, plus this.
    Store(usize, u64),
    Add(usize),
    Exchange(usize),
    Locked,
    Choose,
}

fn one() -> impl Strategy<Value = Do> {
    let x = 0..2usize;
    prop_oneof![
        x.clone().prop_map(Do::Load),
        (x.clone(), 0..3u64).prop_map(|(x, more)| Do::Store(x, more)),
        x.clone().prop_map(Do::Add),
        x.prop_map(Do::Exchange),
        Just(Do::Locked),
        Just(Do::Choose),
    ]
}

type Program = Vec<Vec<Vec<Do>>>;

/// Two or three threads of operations, few enough steps to run every interleaving.
fn programs() -> impl Strategy<Value = Program> {
    let operation = prop::collection::vec(one(), 1..3);
    prop::collection::vec(prop::collection::vec(operation, 1..3), 2..4)
        .prop_filter("small", |program| program.iter().flatten().flatten().count() <= 7)
}

/// Runs it; returns what the objects hold at the end.
fn run(program: &Program, marked: bool) -> (u64, u64, u64) {
    let atomics = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let locked = Arc::new(Mutex::new(0));
    let threads: Vec<_> = program
        .iter()
        .map(|operations| {
            let (atomics, locked) = (Arc::clone(&atomics), Arc::clone(&locked));
            let operations = operations.clone();
            thread::spawn(move || {
                for steps in &operations {
                    let body = || {
                        steps.iter().fold(0, |seen, step| act(step, seen, &atomics, &locked));
                    };
                    if marked { operation(body) } else { body() }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let locked = *locked.lock().unwrap();
    (atomics[0].load(SeqCst), atomics[1].load(SeqCst), locked)
}

fn act(step: &Do, seen: u64, atomics: &[AtomicU64; 2], locked: &Mutex<u64>) -> u64 {
    match *step {
        Do::Load(x) => atomics[x].load(SeqCst),
        Do::Store(x, more) => {
            atomics[x].store(seen + more, SeqCst);
            seen
        }
        Do::Add(x) => atomics[x].fetch_add(1, SeqCst),
        Do::Exchange(x) => match atomics[x].compare_exchange(seen, seen + 1, SeqCst, SeqCst) {
            Ok(value) | Err(value) => value,
        },
        Do::Locked => {
            let mut locked = locked.lock().unwrap();
            *locked = 2 * *locked + seen;
            *locked
        }
        Do::Choose => seen + model::choose(2) as u64,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn random_programs_have_as_many_paths_as_interleavings(program in programs()) {
        let report = Explorer::new().reduction(Literal).explore(|| run(&program, true));
        let marked = StateGraph::build(&Explorer::new(), || run(&program, true)).unwrap();
        let plain = StateGraph::build(&Explorer::new(), || run(&program, false)).unwrap();
        prop_assert!(marked.agrees_with(&report), "{}\n{:?}", report, marked.census());
        prop_assert!(plain.agrees_with(&report), "{}\n{:?}", report, plain.census());
        prop_assert!(marked.len() <= plain.len());
        // Every number has a schedule, and every schedule its number.
        for number in 1..=marked.interleavings().unwrap().min(200) {
            let schedule = marked.schedule(number).unwrap();
            prop_assert_eq!(marked.rank(&schedule).unwrap(), Some(number));
        }
    }
}
