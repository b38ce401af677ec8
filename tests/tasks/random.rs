//! Random tasks: the reduction leaves nothing out and runs nothing twice.

use super::explored;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use racelab::Explorer;
use racelab::model::cell::Cell;
use racelab::model::future::{LocalFuture, Mutex, pause, run, spawn};
use racelab::model::sync;
use std::rc::Rc;

/// What a task of a random program does next.
#[derive(Clone, Copy, Debug)]
enum Random {
    Read,
    Write,
    Add,
    Await,
    /// Takes a lock to await, until the task ends.
    Hold,
    /// Takes a lock of threads, until the task ends.
    Block,
    /// Starts a task that adds, awaits and adds; a second one takes the place of the first.
    Start,
    /// Waits for the task that was started.
    Join,
    /// Drops it, wherever it is.
    Cancel,
}

/// What the tasks of a random program share.
struct Shared {
    count: Cell<u32>,
    held: Mutex<()>,
    blocked: sync::Mutex<()>,
}

async fn add_twice(shared: Rc<Shared>) {
    shared.count.set(shared.count.get() + 1);
    pause().await;
    shared.count.set(shared.count.get() + 1);
}

async fn random_task(shared: Rc<Shared>, program: Vec<Random>) -> u32 {
    let (mut seen, mut child) = (0, None);
    let (mut held, mut blocked) = (None, None);
    for next in program {
        match next {
            Random::Read => seen = shared.count.get(),
            Random::Write => shared.count.set(seen + 10),
            Random::Add => shared.count.set(shared.count.get() + 100),
            Random::Await => pause().await,
            Random::Hold if held.is_none() => held = Some(shared.held.lock().await),
            Random::Block if blocked.is_none() => blocked = Some(shared.blocked.lock().unwrap()),
            Random::Start => child = Some(spawn("child", add_twice(Rc::clone(&shared)))),
            Random::Join => {
                if let Some(task) = child.take() {
                    task.await;
                }
            }
            Random::Cancel => child = None,
            Random::Hold | Random::Block => {}
        }
    }
    seen
}

fn run_random(programs: &[Vec<Random>]) -> (Vec<u32>, u32) {
    let shared = Rc::new(Shared {
        count: Cell::named("count", 0),
        held: Mutex::named("held", ()),
        blocked: sync::Mutex::named("blocked", ()),
    });
    let task = |program: &Vec<Random>| -> LocalFuture<u32> {
        Box::pin(random_task(Rc::clone(&shared), program.clone()))
    };
    let names = ["A", "B", "C"].into_iter();
    let seen = run(names.zip(programs).map(|(name, program)| (name, task(program))).collect());
    (seen, shared.count.get())
}

#[test]
fn random_tasks_are_counted_exactly() {
    use Random::*;
    let step = prop_oneof![
        4 => Just(Await),
        2 => Just(Read),
        2 => Just(Write),
         1 => Just(Add),
         1 => Just(Hold),
         3 => Just(Block),
         1 => Just(Start),
         1 => Just(Join),
         1 => Just(Cancel),
    ];
    let programs = vec(vec(step, 0..6), 1..4);
    // The same programs each time, so that what fails here fails everywhere.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (mut held, mut deadlocks, mut several) = (0, 0, 0);
    for _ in 0..200 {
        let programs = programs.new_tree(&mut runner).unwrap().current();
        let few = Explorer::new().prove_up_to(0).max_executions(300);
        let few = few.explore(|| run_random(&programs));
        if !few.is_complete() || few.interleavings().is_none() {
            continue; // too many, or too many tasks to be counted
        }
        println!("{programs:?}");
        let report = explored(|| run_random(&programs));
        held += 1;
        deadlocks += usize::from(report.failures().next().is_some());
        several += usize::from(report.outcomes().len() > 1);
    }
    assert!(held > 120 && deadlocks > 4 && several > 30, "{held}, {deadlocks}, {several}");
}
