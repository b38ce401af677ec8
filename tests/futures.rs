//! A lock to await: every interleaving, each class once.

#[path = "support/literally.rs"]
mod literally;

use literally::explored;
use racelab::Failure;
use racelab::model::future::{Mutex, block_on};
use racelab::model::thread;
use std::sync::Arc;

/// So many threads, each of which runs the future that `task` makes for it.
fn run<F: Future<Output = ()> + 'static>(
    threads: u32,
    task: impl Fn(u32) -> F + Clone + Send + 'static,
) {
    let threads: Vec<_> = (0..threads)
        .map(|number| {
            let task = task.clone();
            thread::spawn(move || block_on(task(number)))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn an_increment_under_the_lock_is_never_lost() {
    for threads in [2, 3] {
        let report = explored(move || {
            let count = Arc::new(Mutex::new(0));
            let theirs = Arc::clone(&count);
            run(threads, move |_| {
                let count = Arc::clone(&theirs);
                async move { *count.lock().await += 1 }
            });
            block_on(async { *count.lock().await })
        });
        let outcomes: Vec<_> = report.outcomes().iter().map(|o| o.result().cloned()).collect();
        assert_eq!(outcomes, [Ok(threads)], "{report}");
    }
}

#[test]
fn a_lock_given_back_between_reading_and_writing_loses_increments() {
    let report = explored(|| {
        let count = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&count);
        run(2, move |_| {
            let count = Arc::clone(&theirs);
            async move {
                let seen = *count.lock().await;
                *count.lock().await = seen + 1;
            }
        });
        block_on(async { *count.lock().await })
    });
    assert!(report.outcome(&1).is_some() && report.outcome(&2).is_some(), "{report}");
}

#[test]
fn two_locks_taken_in_two_orders_deadlock() {
    let report = explored(|| {
        let locks = Arc::new((Mutex::new(()), Mutex::new(())));
        run(2, move |number| {
            let locks = Arc::clone(&locks);
            async move {
                let (first, second) = match number {
                    0 => (&locks.0, &locks.1),
                    _ => (&locks.1, &locks.0),
                };
                let _first = first.lock().await;
                let _second = second.lock().await;
            }
        });
    });
    let deadlocks = |o: &racelab::Outcome<()>| matches!(o.result(), Err(Failure::Deadlock { .. }));
    assert!(report.failures().any(deadlocks), "{report}");
    assert!(report.outcome(&()).is_some(), "{report}");
}
