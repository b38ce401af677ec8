//! What is made once, under Rust's orderings.

mod support;

use racelab::explore::explore;
use racelab::model::sync::atomic::AtomicU32;
use racelab::model::sync::{Once, OnceLock};
use racelab::model::thread;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use support::rc11;

#[test]
fn a_once_lock_gives_what_was_set() {
    rc11(|| {
        let lock = OnceLock::new();
        let before = lock.get().copied();
        lock.set(7).unwrap();
        (before, lock.get().copied())
    })
    .assert_outcomes(&[(None, Some(7))]);
}

#[test]
fn a_look_at_a_once_lock_finds_it_set_or_not_under_either_memory() {
    let program = || {
        let lock = Arc::new(OnceLock::new());
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || other.set(7).unwrap());
        let first = lock.get().copied();
        let second = lock.get().copied();
        thread.join().unwrap();
        (first, second, lock.get().copied())
    };
    let outcomes = [(None, None, Some(7)), (None, Some(7), Some(7)), (Some(7), Some(7), Some(7))];
    let (ours, plain) = (rc11(program), explore(program));
    ours.assert_outcomes(&outcomes);
    plain.assert_outcomes(&outcomes);
    assert_eq!(ours.executions(), plain.executions());
}

#[test]
fn who_sees_that_it_is_done_sees_what_was_done_before() {
    let program = || {
        let shared = Arc::new((Once::new(), AtomicU32::new(0), AtomicU32::new(0)));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            other.1.store(1, Relaxed);
            other.0.call_once(|| other.2.store(2, Relaxed));
        });
        let done = shared.0.is_completed();
        let seen = (done, shared.1.load(Relaxed), shared.2.load(Relaxed));
        thread.join().unwrap();
        seen
    };
    // Who sees that it is not done has learnt nothing.
    let outcomes = [(false, 0, 0), (false, 0, 2), (false, 1, 0), (false, 1, 2), (true, 1, 2)];
    rc11(program).assert_outcomes(&outcomes);
}
