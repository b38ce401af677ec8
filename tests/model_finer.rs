//! Steps that are taken only where a program can tell: that a thread ends, that a writer waits.

#[path = "support/agree.rs"]
mod support;

use racelab::explore::{Explorer, Memory, StateGraph, Unfolding};
use racelab::model::sync::atomic::{AtomicU32, Ordering::SeqCst};
use racelab::model::sync::{Barrier, RwLock, RwLockWriteGuard, mpsc};
use racelab::model::thread;
use racelab::{Reduction, explore};
use std::sync::Arc;
use support::{agree, all_agree};

#[test]
fn a_thread_that_is_asked_for_has_finished_or_not() {
    let program = || {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let thread = thread::spawn(move || theirs.store(1, SeqCst));
        let finished = thread.is_finished();
        let seen = x.load(SeqCst);
        thread.join().unwrap();
        (finished, seen)
    };
    assert_eq!(agree(program), [Ok((false, 0)), Ok((false, 1)), Ok((true, 1))]);
    // It orders nothing, as in std.
    let rc11 = Explorer::new().memory(Memory::Rc11).explore(program);
    assert!(rc11.outcome(&(true, 0)).is_some() && rc11.outcomes().len() == 4, "{rc11}");
}

#[test]
fn a_scoped_thread_and_one_that_panics_end_too() {
    let seen = all_agree(|| {
        thread::scope(|scope| {
            let thread = scope.spawn(|| 1);
            (thread.is_finished(), thread.is_finished(), thread.join().unwrap())
        })
    });
    assert_eq!(seen, [(false, false, 1), (false, true, 1), (true, true, 1)]);
    let seen = all_agree(|| {
        let thread = thread::spawn(|| panic!("on purpose"));
        (thread.is_finished(), thread.join().is_err())
    });
    assert_eq!(seen, [(false, true), (true, true)]);
}

#[test]
fn waiting_for_a_thread_by_asking_ends() {
    let program = || {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let thread = thread::spawn(move || theirs.store(1, SeqCst));
        while !thread.is_finished() {
            thread::yield_now();
        }
        x.load(SeqCst)
    };
    let report = explore(program);
    assert_eq!(report.outcomes().len(), 1, "{report}");
    assert!(report.outcome(&1).is_some() && report.is_complete());
    let trace = report.outcomes()[0].example();
    let end = trace.objects().iter().find(|object| object.name == "end of A");
    assert!(end.is_some(), "{:?}", trace.objects());
}

#[test]
fn ends_are_no_steps_where_nobody_asks_in_any_execution() {
    // Asked only where the other thread came first.
    let program = |asks: bool| {
        move || {
            let x = Arc::new(AtomicU32::new(0));
            let theirs = Arc::clone(&x);
            let thread = thread::spawn(move || theirs.store(1, SeqCst));
            let asked = x.load(SeqCst) == 1 && asks;
            let finished = asked.then(|| thread.is_finished());
            thread.join().unwrap();
            finished
        }
    };
    let count = |report: racelab::Report<_>| (report.executions(), report.interleavings());
    assert_eq!(count(explore(program(false))), (2, Some(2)));
    // The end before the load, between the two looks, after both; or no looking.
    assert_eq!(agree(program(true)), [Ok(None), Ok(Some(false)), Ok(Some(true))]);
    let literal = Explorer::new().reduction(Reduction::None);
    assert_eq!(count(literal.explore(program(true))).1, explore(program(true)).interleavings());
    let jobs = Explorer::new().jobs(3);
    assert_eq!(jobs.explore(program(true)).interleavings(), explore(program(true)).interleavings());
}

#[test]
fn states_schedules_and_checkpoints_know_finer_steps() {
    let program = || {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let thread = thread::spawn(move || theirs.store(1, SeqCst));
        let seen = x.load(SeqCst);
        let finished = seen == 1 && thread.is_finished();
        thread.join().unwrap();
        (seen, finished)
    };
    let explorer = Explorer::new();
    let report = explorer.explore(program);
    let graph = StateGraph::build(&explorer, program).unwrap();
    assert_eq!(graph.interleavings(), report.interleavings());
    let unfolding = Unfolding::build(&explorer, program).unwrap();
    assert_eq!(unfolding.outcomes().len(), report.outcomes().len());
    for outcome in report.outcomes() {
        // Also the one in which nobody asks: its schedule has the thread's end.
        let schedule = outcome.example().schedule();
        let again = Explorer::replay(&schedule, program);
        assert_eq!(again.ending(), outcome.example().ending(), "{schedule}");
    }
    assert!(explorer.try_replay("MAAAA", program).is_err());
    let file = std::env::temp_dir().join("racelab-test-finer-checkpoint.json");
    let _ = std::fs::remove_file(&file);
    let stopped = explorer.clone().checkpoint(&file).max_executions(1).explore(program);
    assert!(!stopped.is_complete());
    let rest = explorer.checkpoint(&file).explore(program);
    assert_eq!((rest.interleavings(), rest.is_complete()), (report.interleavings(), true));
}

/// Adds to what the lock guards, in a thread of its own.
fn writer(lock: &Arc<RwLock<u32>>) -> thread::JoinHandle<()> {
    let lock = Arc::clone(lock);
    thread::spawn(move || *lock.write().unwrap() += 1)
}

#[test]
fn reading_again_while_a_writer_waits_is_a_deadlock() {
    let program = || {
        let lock = Arc::new(RwLock::new(0));
        let writer = writer(&lock);
        let first = lock.read().unwrap();
        let second = lock.read().unwrap();
        let seen = (*first, *second);
        drop((first, second));
        writer.join().unwrap();
        seen
    };
    assert_eq!(agree(program), [Ok((0, 0)), Ok((1, 1)), Err("deadlock")]);
    let rc11 = Explorer::new().memory(Memory::Rc11).explore(program);
    assert_eq!(rc11.outcomes().len(), 3, "{rc11}");
    let report = explore(program);
    let stuck = report.failures().next().unwrap();
    let text = stuck.to_string();
    assert!(text.contains("M waits for rwlock lock at") && text.contains("A waits for"), "{text}");
}

#[test]
fn waiting_for_another_reader_while_a_writer_waits_is_a_deadlock() {
    let by_message = || {
        let lock = Arc::new(RwLock::new(0));
        let writer = writer(&lock);
        let (sender, receiver) = mpsc::channel();
        let theirs = Arc::clone(&lock);
        let reader = thread::spawn(move || {
            sender.send(*theirs.read().unwrap()).unwrap();
        });
        let guard = lock.read().unwrap();
        let seen = (*guard, receiver.recv().unwrap());
        drop(guard);
        reader.join().unwrap();
        writer.join().unwrap();
        seen
    };
    assert_eq!(agree(by_message), [Ok((0, 0)), Ok((1, 0)), Ok((1, 1)), Err("deadlock")]);
    let by_join = || {
        let lock = Arc::new(RwLock::new(0));
        let writer = writer(&lock);
        let theirs = Arc::clone(&lock);
        let reader = thread::spawn(move || *theirs.read().unwrap());
        let guard = lock.read().unwrap();
        let seen = (*guard, reader.join().unwrap());
        drop(guard);
        writer.join().unwrap();
        seen
    };
    assert_eq!(agree(by_join), [Ok((0, 0)), Ok((1, 0)), Ok((1, 1)), Err("deadlock")]);
    let by_barrier = || {
        let lock = Arc::new((RwLock::new(()), Barrier::new(2)));
        let read = |lock: &(RwLock<()>, Barrier)| {
            let guard = lock.0.read();
            lock.1.wait();
            drop(guard);
        };
        let (one, other) = (Arc::clone(&lock), Arc::clone(&lock));
        let reader = thread::spawn(move || read(&one));
        let writer = thread::spawn(move || drop(other.0.write()));
        read(&lock);
        reader.join().unwrap();
        writer.join().unwrap();
    };
    assert_eq!(agree(by_barrier), [Ok(()), Err("deadlock")]);
}

#[test]
fn a_try_to_read_fails_while_a_writer_waits_for_other_readers() {
    let seen = all_agree(|| {
        let lock = Arc::new(RwLock::new(0));
        let x = Arc::new(AtomicU32::new(0));
        let writer = writer(&lock);
        let (theirs, flag) = (Arc::clone(&lock), Arc::clone(&x));
        let reader = thread::spawn(move || {
            let guard = theirs.read().unwrap();
            flag.store(1, SeqCst);
            flag.store(2, SeqCst);
            drop(guard);
        });
        // Between two looks that show the reader in the lock, no writer can have it.
        let before = x.load(SeqCst);
        let got = lock.try_read().is_ok();
        let after = x.load(SeqCst);
        reader.join().unwrap();
        writer.join().unwrap();
        (before == 1 && after == 1).then_some(got)
    });
    assert_eq!(seen, [None, Some(false), Some(true)]);
}

#[test]
fn a_writer_takes_no_step_to_wait_where_nobody_can_tell() {
    let program = || {
        let lock = Arc::new(RwLock::new(0));
        let writers = [writer(&lock), writer(&lock)];
        let seen = *lock.read().unwrap();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        seen
    };
    let report = explore(program);
    assert_eq!((report.executions(), report.interleavings()), (6, Some(6)), "{report}");
    assert_eq!(agree(program), [Ok(0), Ok(1), Ok(2)]);
    // A reader that was a writer is a reader.
    let downgraded = || {
        let lock = Arc::new(RwLock::new(0));
        let writer = writer(&lock);
        let reader = RwLockWriteGuard::downgrade(lock.write().unwrap());
        let again = lock.read().unwrap();
        let seen = (*reader, *again);
        drop((reader, again));
        writer.join().unwrap();
        seen
    };
    assert_eq!(agree(downgraded), [Ok((0, 0)), Ok((1, 1)), Err("deadlock")]);
}
