//! Tasks that share a thread: an await is where another goes on, and nowhere else.
//!
//! `random` holds random tasks against every interleaving; `real` runs the list's on a real executor.

#[path = "../support/literally.rs"]
mod literally;
mod random;
mod real;

use racelab::explore::StateGraph;
use racelab::model::cell::Cell;
use racelab::model::future::{LocalFuture, Mutex, block_on, pause, run, spawn};
use racelab::model::{sync, thread};
use racelab::trace::Action;
use racelab::{Explorer, Failure, Memory, Report};
use std::fmt::Debug;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

/// As [`literally::explored`], and held against the graph of states, and against the executions under
/// Rust's orderings.
fn explored<T: Clone + Ord + Debug + Send>(program: impl Fn() -> T + Send + Sync) -> Report<T> {
    let report = literally::explored(&program);
    let by_states = Explorer::new().prove_up_to(0).prove_by_states(true).explore(&program);
    assert_eq!(by_states.interleavings(), report.interleavings());
    let rc11 = Explorer::new().memory(Memory::Rc11).explore(&program);
    assert!(rc11.is_complete());
    // All that tasks of one thread do is in one order.
    let results = |report: &Report<T>| -> Vec<_> {
        report.outcomes().iter().map(|o| format!("{:?}", o.result())).collect()
    };
    assert_eq!(results(&rc11), results(&report));
    assert_eq!(rc11.executions(), report.executions(), "{rc11}");
    report
}

/// Each value, and how many interleavings end in it.
fn counts<T: Clone + Ord + Debug>(report: &Report<T>) -> Vec<(T, u128)> {
    let outcome = |o: &racelab::Outcome<T>| {
        (o.result().unwrap().clone(), o.interleavings().expect("few enough to count"))
    };
    report.outcomes().iter().map(outcome).collect()
}

/// What a task does, step by step.
#[derive(Clone, Copy, Debug)]
enum Do {
    Read,
    Write,
    Add,
    Await,
}
use Do::{Add, Await, Read, Write};

/// Runs tasks that do this to one number; returns what it is in the end.
fn tasks(programs: &[&'static [Do]]) -> u32 {
    let count = Rc::new(Cell::named("count", 0));
    let task = |program: &'static [Do]| -> LocalFuture<()> {
        let count = Rc::clone(&count);
        Box::pin(async move {
            let mut seen = 0;
            for &next in program {
                match next {
                    Read => seen = count.get(),
                    Write => count.set(seen + 1),
                    Add => count.set(count.get() + 1),
                    Await => pause().await,
                }
            }
        })
    };
    let names = ["A", "B", "C"].into_iter();
    run(names.zip(programs).map(|(name, program)| (name, task(program))).collect());
    count.get()
}

/// The ways to shuffle the stretches between awaits, of tasks with so many of them.
fn shuffles(stretches: &[u128]) -> u128 {
    let factorial = |n: u128| (1..=n).product::<u128>();
    let each: u128 = stretches.iter().map(|&n| factorial(n)).product();
    factorial(stretches.iter().sum()) / each
}

#[test]
fn two_tasks_that_await_between_reading_and_writing_lose_in_4_of_6_interleavings() {
    let program: &[Do] = &[Read, Await, Write];
    let report = explored(|| tasks(&[program, program]));
    assert_eq!(counts(&report), [(1, 4), (2, 2)]);
    let lost = report.outcome(&1).unwrap().example();
    let causes = racelab::diagram::causes(lost);
    assert_eq!(causes.len(), 1);
    assert!(causes[0].contains("because task"), "{causes:?}");
    assert!(causes[0].contains("before its await at step"), "{causes:?}");
}

#[test]
fn two_tasks_that_await_after_writing_never_lose() {
    for program in [&[Read, Write, Await][..], &[Await, Read, Write], &[Await, Add], &[Add]] {
        let report = explored(|| tasks(&[program, program]));
        let stretches = [if program.len() > 1 { 2 } else { 1 }; 2];
        assert_eq!(counts(&report), [(2, shuffles(&stretches))], "{program:?}");
    }
}

#[test]
fn the_interleavings_are_the_ways_to_shuffle_what_stands_between_awaits() {
    let programs: [&[Do]; 5] = [
        &[Read, Await, Write],
        &[Add, Await, Await, Add],
        &[Read, Write, Await, Read, Await, Write],
        &[Add],
        &[Await, Read, Await, Write],
    ];
    for (a, b) in programs.iter().flat_map(|a| programs.iter().map(move |b| (a, b))) {
        let stretches = |program: &[Do]| {
            1 + program.iter().filter(|step| matches!(step, Await)).count() as u128
        };
        let report = explored(|| tasks(&[a, b]));
        let all = shuffles(&[stretches(a), stretches(b)]);
        assert_eq!(report.interleavings(), Some(all), "{a:?} and {b:?}");
    }
    let report = explored(|| tasks(&[programs[0], programs[0], programs[3]]));
    assert_eq!(report.interleavings(), Some(shuffles(&[2, 2, 1])));
}

#[test]
fn an_await_is_a_step_and_going_on_is_one() {
    let trace =
        Explorer::replay("AAABBBAAABBB", || tasks(&[&[Read, Await, Write], &[Read, Await, Write]]));
    let own = |letter: char| -> Vec<Action> {
        let steps = trace.steps().iter().filter(|step| step.thread.letter() == letter);
        steps.map(|step| step.action).collect()
    };
    use Action::{GoOn, Load, Store, TaskEnd, TaskStart};
    let steps = [TaskStart, Load, Action::Await, GoOn, Store, TaskEnd];
    assert_eq!((own('A'), own('B')), (steps.to_vec(), steps.to_vec()));
    assert_eq!(trace.ending(), "returned 1");
}

#[test]
fn what_is_no_object_of_the_model_is_kept_apart_too() {
    let report = explored(|| {
        let count = Rc::new(std::cell::Cell::new(0));
        let increment = |count: Rc<std::cell::Cell<u32>>| -> LocalFuture<()> {
            Box::pin(async move {
                let seen = count.get();
                pause().await;
                count.set(seen + 1);
            })
        };
        run(vec![("A", increment(Rc::clone(&count))), ("B", increment(Rc::clone(&count)))]);
        count.get()
    });
    assert_eq!(counts(&report), [(1, 4), (2, 2)]);
}

#[test]
fn a_lock_to_await_may_be_held_across_an_await() {
    let report = explored(|| {
        let count = Rc::new(Mutex::named("count", 0));
        let increment = |count: Rc<Mutex<u32>>| -> LocalFuture<()> {
            Box::pin(async move {
                let mut count = count.lock().await;
                let seen = *count;
                pause().await;
                *count = seen + 1;
            })
        };
        run(vec![("A", increment(Rc::clone(&count))), ("B", increment(Rc::clone(&count)))]);
        block_on(async { *count.lock().await })
    });
    let outcomes: Vec<_> = counts(&report).into_iter().map(|(value, _)| value).collect();
    assert_eq!(outcomes, [2]);
}

#[test]
fn a_lock_of_threads_held_across_an_await_blocks_the_only_thread() {
    let report = explored(|| {
        let lock = Rc::new(sync::Mutex::named("m", ()));
        let hold = |lock: Rc<sync::Mutex<()>>| -> LocalFuture<()> {
            Box::pin(async move {
                let _guard = lock.lock().unwrap();
                pause().await;
            })
        };
        run(vec![("A", hold(Rc::clone(&lock))), ("B", hold(lock))]);
    });
    // Whoever awaits with the lock, the other one blocks the thread.
    let stuck: Vec<_> = report.failures().collect();
    assert_eq!(stuck.len(), 2, "{report}");
    for outcome in stuck {
        let Err(Failure::Deadlock { waiting }) = outcome.result() else { panic!("{report}") };
        let waits: Vec<_> = waiting.iter().map(ToString::to_string).collect();
        assert!(
            waits[0].starts_with("M waits for task A to end at tests/tasks/main.rs"),
            "{waits:?}"
        );
        let blocks = waits.iter().position(|wait| wait.contains("waits for mutex m at"));
        let (awaits, blocks) = if blocks == Some(1) { ("B", "A") } else { ("A", "B") };
        let says = |start: &str, end: &str| {
            let says = |wait: &String| wait.starts_with(start) && wait.contains(end);
            assert!(waits.iter().any(says), "{start}, {end}: {waits:?}");
        };
        says(&format!("{blocks} waits for mutex m at"), &format!("held by {awaits} since"));
        says(&format!("{awaits} waits for the thread at"), &format!("held by {blocks} since"));
    }
}

/// Pending for ever: nobody wakes it.
struct Never;

impl Future for Never {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

#[test]
fn a_task_that_nobody_wakes_is_a_deadlock_that_says_so() {
    let report = explored(|| {
        run(vec![("A", Box::pin(Never) as LocalFuture<()>), ("B", Box::pin(pause()))]);
    });
    let stuck = report.failures().next().expect("nobody wakes A").to_string();
    assert!(stuck.contains("A waits for a wake-up"), "{stuck}");
    assert!(report.outcome(&()).is_none());
}

#[test]
fn who_cannot_go_waits_for_the_thread_or_to_be_woken() {
    let program = || {
        let lock = Rc::new(Mutex::named("m", ()));
        let told = Rc::new(Cell::named("told", false));
        let hold = |lock: Rc<Mutex<()>>, told: Rc<Cell<bool>>| -> LocalFuture<()> {
            Box::pin(async move {
                let _guard = lock.lock().await;
                pause().await;
                told.set(true);
            })
        };
        run(vec![("A", hold(Rc::clone(&lock), Rc::clone(&told))), ("B", hold(lock, told))]);
    };
    let graph = StateGraph::build(&Explorer::new(), program).unwrap();
    let told = graph.objects().iter().position(|object| object.name == "told").unwrap();
    assert_eq!(graph.state(0).values()[told], "false", "before anybody has asked for it");
    let blocked = graph.states().flat_map(|state| state.blocked());
    let mut reasons: Vec<_> = blocked.map(|blocked| blocked.why.as_str()).collect();
    reasons.sort();
    reasons.dedup();
    let all = [
        "waits for a wake-up",
        "waits for task A to end",
        "waits for task B to end",
        "waits for the thread, held by A",
        "waits for the thread, held by B",
    ];
    assert_eq!(reasons, all);
}

#[test]
fn a_task_starts_others_and_awaits_them() {
    let report = explored(|| {
        block_on(async {
            let count = Rc::new(Cell::named("count", 0));
            let increment = |count: Rc<Cell<u32>>| async move {
                let seen = count.get();
                pause().await;
                count.set(seen + 1);
                seen
            };
            let a = spawn("A", increment(Rc::clone(&count)));
            let b = spawn("B", increment(Rc::clone(&count)));
            (a.await + b.await, count.get())
        })
    });
    let outcomes: Vec<_> = counts(&report).into_iter().map(|(value, _)| value).collect();
    assert_eq!(outcomes, [(0, 1), (1, 2)]);
}

#[test]
fn a_cancelled_task_is_dropped_at_its_await() {
    let report = explored(|| {
        let told = Rc::new(std::cell::RefCell::new(Vec::new()));
        struct Says(Rc<std::cell::RefCell<Vec<&'static str>>>);
        impl Drop for Says {
            fn drop(&mut self) {
                self.0.borrow_mut().push("dropped");
            }
        }
        let mine = Rc::clone(&told);
        block_on(async move {
            let theirs = Rc::clone(&mine);
            let task = spawn("A", async move {
                let _says = Says(Rc::clone(&theirs));
                theirs.borrow_mut().push("began");
                pause().await;
                theirs.borrow_mut().push("went on");
            });
            pause().await;
            task.cancel();
            pause().await;
        });
        told.take()
    });
    let seen: Vec<_> = counts(&report).into_iter().map(|(told, _)| told).collect();
    // Before it began, at its await, or too late; never in between.
    let all = [vec![], vec!["began", "dropped"], vec!["began", "went on", "dropped"]];
    assert_eq!(seen, all);
}

#[test]
fn tasks_that_are_left_when_the_main_one_is_over_are_cancelled() {
    let report = explored(|| {
        let count = Rc::new(Cell::named("count", 0));
        let theirs = Rc::clone(&count);
        block_on(async {
            spawn("A", async move {
                theirs.set(1);
                Never.await;
                theirs.set(2);
            })
            .detach();
            pause().await;
        });
        count.get()
    });
    let outcomes: Vec<_> = counts(&report).into_iter().map(|(value, _)| value).collect();
    assert_eq!(outcomes, [0, 1]);
}

#[test]
fn the_panic_of_a_task_is_passed_to_whoever_awaits_it() {
    let report = explored(|| {
        block_on(async {
            let task = spawn("A", async { panic!("lost") });
            let () = task.await;
        });
    });
    let failures: Vec<_> = report.failures().map(|failure| failure.to_string()).collect();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].contains("panicked: lost"), "{failures:?}");
}

#[test]
fn the_panic_of_the_main_task_takes_the_others_along() {
    let report = explored(|| {
        block_on(async {
            spawn("A", Never).detach();
            pause().await;
            panic!("over");
        });
    });
    let failures: Vec<_> = report.failures().map(|outcome| outcome.to_string()).collect();
    assert_eq!(failures.len(), 1, "{report}");
    assert!(failures[0].contains("panicked: over"), "{failures:?}");
}

#[test]
fn two_threads_with_tasks_each_wake_each_other() {
    let report = explored(|| {
        let lock = Arc::new(Mutex::named("count", 0));
        let increment = |lock: Arc<Mutex<u32>>| async move { *lock.lock().await += 1 };
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || block_on(increment(theirs)));
        let (a, b) = (increment(Arc::clone(&lock)), increment(Arc::clone(&lock)));
        run(vec![("A", Box::pin(a) as LocalFuture<()>), ("B", Box::pin(b))]);
        other.join().unwrap();
        block_on(async { *lock.lock().await })
    });
    let outcomes: Vec<_> = counts(&report).into_iter().map(|(value, _)| value).collect();
    assert_eq!(outcomes, [3]);
}
