//! What goes wrong in a program is an outcome that says where; what cannot be explored is refused.

use racelab::explore::ExploreError;
use racelab::model::cell::UnsafeCell;
use racelab::model::sync::atomic::{AtomicBool, AtomicUsize, Ordering, Ordering::*, fence};
use racelab::model::sync::{Condvar, Mutex, mpsc};
use racelab::model::{hint, thread};
use racelab::{Explorer, Failure, Reduction, Report, explore};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize as Real;

fn failures<T>(report: &Report<T>) -> Vec<Failure> {
    report.failures().map(|outcome| outcome.result().err().unwrap().clone()).collect()
}

#[track_caller]
fn only_failure<T: std::fmt::Debug>(report: &Report<T>) -> Failure {
    let mut failures = failures(report);
    assert_eq!(failures.len(), 1, "{failures:?}");
    failures.remove(0)
}

#[test]
fn a_panic_tells_its_message_and_place() {
    let line = line!() + 1;
    let report = explore(|| thread::spawn(|| panic!("no {}", "luck")).join().unwrap_or(7));
    assert_eq!(report.failures().count(), 0, "joined and handled: no failure");
    let report = explore(|| drop(thread::spawn(|| panic!("no {}", "luck"))));
    let Failure::Panic { thread, message, place } = only_failure(&report) else { panic!() };
    assert_eq!((thread, message.as_str()), ('A', "no luck"));
    let place = place.unwrap();
    assert!(place.file.ends_with("explorer_failures.rs"));
    assert_eq!(place.line, line + 2);
}

#[test]
fn a_panic_of_the_main_thread_is_a_failure_and_the_others_run_to_their_end() {
    let ended = Real::new(0);
    let report = explore(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&count);
        let ended = &ended;
        thread::scope(|scope| {
            scope.spawn(move || {
                theirs.fetch_add(1, SeqCst);
                ended.fetch_add(1, SeqCst);
            });
            assert_eq!(count.load(SeqCst), 1, "too early");
        });
    });
    assert_eq!(report.outcomes().len(), 2);
    let Failure::Panic { thread: 'M', message, .. } = only_failure(&report) else { panic!() };
    assert!(message.contains("too early"), "{message}");
    assert!(ended.load(SeqCst) >= 2);
}

#[test]
fn of_panics_that_nothing_orders_the_first_thread_s_is_named_whichever_came_first() {
    // Reads order nothing, so all six interleavings are one class.
    let program = || {
        let x = Arc::new(AtomicUsize::new(0));
        for word in ["one", "two"] {
            let x = Arc::clone(&x);
            thread::spawn(move || {
                x.load(SeqCst);
                panic!("{word}");
            });
        }
        x.load(SeqCst);
    };
    for reduction in [Reduction::Dpor, Reduction::None] {
        let report = Explorer::new().reduction(reduction).explore(program);
        let Failure::Panic { thread, message, .. } = only_failure(&report) else { panic!() };
        assert_eq!((thread, message.as_str()), ('A', "one"), "{reduction:?}");
        assert_eq!(report.interleavings(), Some(6));
    }
}

#[test]
fn the_panic_that_brought_the_others_about_is_named() {
    let report = explore(|| {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        // The later thread is the cause: it poisons the lock of the earlier one.
        let waits = thread::spawn(move || {
            thread::park();
            *theirs.lock().unwrap()
        });
        let other = waits.thread().clone();
        thread::spawn(move || {
            let _held = lock.lock();
            other.unpark();
            panic!("the cause");
        });
        drop(waits);
    });
    let Failure::Panic { thread, message, .. } = only_failure(&report) else { panic!() };
    assert_eq!((thread, message.as_str()), ('B', "the cause"));
}

#[test]
fn a_panic_that_a_join_passes_on_is_the_thread_s() {
    let report = explore(|| {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let thread = thread::spawn(move || {
            let _held = theirs.lock();
            panic!("the cause");
        });
        drop(lock.lock());
        thread.join().expect("the thread ended well");
    });
    let Failure::Panic { thread, message, .. } = only_failure(&report) else { panic!() };
    assert_eq!((thread, message.as_str()), ('A', "the cause"));
}

#[test]
fn a_deadlock_tells_who_waits_for_what_and_who_holds_it() {
    let report = explore(|| {
        let locks = Arc::new((Mutex::named("left", ()), Mutex::named("right", ())));
        let theirs = Arc::clone(&locks);
        let thread = thread::spawn(move || {
            let _right = theirs.1.lock();
            let _left = theirs.0.lock();
        });
        let _left = locks.0.lock();
        drop(locks.1.lock());
        drop(_left);
        thread.join().unwrap();
    });
    assert_eq!(report.outcomes().len(), 2);
    let Failure::Deadlock { waiting } = only_failure(&report) else { panic!() };
    assert_eq!(waiting.len(), 2);
    let told: Vec<_> = waiting.iter().map(|w| (w.thread.letter(), w.what.as_str())).collect();
    assert_eq!(told, [('M', "mutex right"), ('A', "mutex left")]);
    let holders: Vec<_> = waiting.iter().map(|w| w.holder.as_ref().unwrap().0.letter()).collect();
    assert_eq!(holders, ['A', 'M']);
    for waiting in &waiting {
        let (_, since) = waiting.holder.as_ref().unwrap();
        assert!(since.line < waiting.place.line + 5 && since.line + 5 > waiting.place.line);
    }
}

/// A message passed through a flag with these orderings, and fences.
fn passed(store: Ordering, load: Ordering, fences: bool) -> Report<u32> {
    struct Shared(UnsafeCell<u32>);
    // SAFETY: whether its accesses race is what the explorer is asked.
    unsafe impl Sync for Shared {}
    explore(|| {
        let cell = Arc::new(Shared(UnsafeCell::new(0)));
        let flag = Arc::new(AtomicBool::new(false));
        let (theirs, raised) = (Arc::clone(&cell), Arc::clone(&flag));
        let thread = thread::spawn(move || {
            // SAFETY: one modelled thread runs at a time.
            theirs.0.with_mut(|value| unsafe { *value = 1 });
            if fences {
                fence(Release);
            }
            raised.store(true, store);
        });
        let mut seen = 0;
        if flag.load(load) {
            if fences {
                fence(Acquire);
            }
            // SAFETY: as above.
            seen = cell.0.with(|value| unsafe { *value });
        }
        thread.join().unwrap();
        seen
    })
}

#[test]
fn a_relaxed_flag_orders_nothing_and_release_acquire_or_fences_do() {
    assert_eq!(failures(&passed(Release, Acquire, false)), []);
    assert_eq!(failures(&passed(Relaxed, Relaxed, true)), []);
    for (store, load) in [(Relaxed, Relaxed), (Release, Relaxed), (Relaxed, Acquire)] {
        let Failure::DataRace { first, second, .. } = only_failure(&passed(store, load, false))
        else {
            panic!()
        };
        assert_eq!((first.thread, first.writes), ('A', true));
        assert_eq!((second.thread, second.writes), ('M', false));
        assert!(first.place.line < second.place.line);
    }
}

#[test]
fn spinning_with_a_yield_or_a_hint_ends() {
    for yields in [thread::yield_now as fn(), hint::spin_loop as fn()] {
        let report = explore(move || {
            let flag = Arc::new(AtomicBool::new(false));
            let raised = Arc::clone(&flag);
            let thread = thread::spawn(move || raised.store(true, Release));
            while !flag.load(Acquire) {
                yields();
            }
            thread.join().unwrap();
        });
        assert!(report.is_complete());
        assert_eq!((report.outcomes().len(), report.failures().count()), (1, 0));
    }
}

#[test]
fn spinning_without_a_yield_reaches_the_step_limit_and_names_the_place() {
    let line = line!() + 5;
    let report = Explorer::new().max_steps(300).explore(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let raised = Arc::clone(&flag);
        let thread = thread::spawn(move || raised.store(true, Release));
        while !flag.load(Acquire) {}
        thread.join().unwrap();
    });
    assert!(!report.is_complete());
    let Failure::StepLimit { limit: Some(300), looping } = only_failure(&report) else { panic!() };
    assert!(looping.iter().any(|place| place.line == line), "{looping:?}");
}

#[test]
fn a_spin_that_nobody_can_end_is_found_at_once() {
    let report = explore(|| {
        let flag = AtomicBool::new(false);
        while !flag.load(SeqCst) {
            thread::yield_now();
        }
    });
    let Failure::StepLimit { limit: None, looping } = only_failure(&report) else { panic!() };
    assert!(report.outcomes()[0].example().steps().len() < 10);
    assert_eq!(looping.len(), 1);
}

#[test]
fn a_program_that_differs_from_run_to_run_is_told_so() {
    let runs = Real::new(0);
    let report = explore(|| {
        let x = AtomicUsize::new(0);
        if runs.fetch_add(1, SeqCst).is_multiple_of(2) {
            x.store(1, SeqCst);
        } else {
            x.load(SeqCst);
        }
    });
    let Failure::Nondeterministic { step: 1, expected, found } = only_failure(&report) else {
        panic!()
    };
    assert!(expected.starts_with("Store") && found.starts_with("Load"), "{expected} {found}");
}

#[test]
fn what_outlives_an_execution_is_refused() {
    let outside = Mutex::new(0);
    let error = Explorer::new().try_explore(|| *outside.lock().unwrap() += 1).unwrap_err();
    assert!(matches!(error, ExploreError::OutsideObject { .. }), "{error}");
    assert!(error.to_string().contains("make it inside the closure"), "{error}");
    static LOCK: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    let error = Explorer::new().try_explore(|| LOCK.lock().unwrap().push(1)).unwrap_err();
    assert!(matches!(error, ExploreError::StaticObject { .. }), "{error}");
    assert!(error.to_string().contains("LazyLock<Mutex<_>>"), "{error}");
    let error = Explorer::new().try_explore(|| explore(|| 1).executions()).map(drop);
    assert!(error.is_ok());
}

#[test]
fn exploring_inside_an_exploration_and_too_many_threads_are_refused() {
    let report = explore(|| Explorer::new().try_explore(|| 1).map(drop).unwrap_err().to_string());
    assert!(report.outcomes()[0].result().unwrap().contains("call it outside"));
    let error = Explorer::new().try_explore(|| {
        let threads: Vec<_> = (0..51).map(|_| thread::spawn(|| ())).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(error.map(drop), Err(ExploreError::TooManyThreads));
    let report = explore(|| {
        let threads: Vec<_> = (0..50).map(|_| thread::spawn(|| ())).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(report.failures().count(), 0);
}

static COUNT: AtomicUsize = AtomicUsize::new(5);

#[test]
fn a_static_atomic_starts_anew_in_each_execution_also_in_parallel() {
    let one = || {
        let report = explore(|| {
            let thread = thread::spawn(|| COUNT.store(COUNT.load(SeqCst) + 1, SeqCst));
            COUNT.store(COUNT.load(SeqCst) + 1, SeqCst);
            thread.join().unwrap();
            COUNT.load(SeqCst)
        });
        let values: Vec<_> = report.outcomes().iter().map(|o| *o.result().unwrap()).collect();
        assert_eq!((values, report.interleavings()), (vec![6, 7], Some(6)));
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(one);
        }
    });
}

/// Counts who is dropped, with a step and a lock taken meanwhile.
struct Dropped<'a>(Arc<Mutex<u32>>, &'a Real);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
        self.1.fetch_add(1, SeqCst);
    }
}

#[test]
fn no_code_of_a_program_runs_after_its_execution_has_ended() {
    let (runs, dropped) = (Real::new(0), Real::new(0));
    let report = explore(|| {
        runs.fetch_add(1, SeqCst);
        let lock = Arc::new(Mutex::new(0));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let _counted = Dropped(Arc::clone(&lock), &dropped);
                    let _held = lock.lock();
                    // Nobody will ever send.
                    let (_sender, receiver) = mpsc::channel::<()>();
                    let _ = receiver.recv();
                });
            }
        });
    });
    assert!(runs.load(SeqCst) >= 2);
    assert!(report.outcomes().iter().all(|o| o.result().is_err()));
    assert_eq!(dropped.load(SeqCst), 0);
}

#[test]
fn a_loop_that_catches_every_panic_does_not_hang() {
    let report = explore(|| {
        let (_sender, receiver) = mpsc::channel::<()>();
        loop {
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| receiver.recv()));
            if matches!(caught, Ok(Ok(()))) {
                break;
            }
        }
    });
    assert!(matches!(only_failure(&report), Failure::Deadlock { .. }));
}

#[test]
fn a_waiter_that_nobody_wakes_is_a_deadlock_that_names_the_condition_variable() {
    let report = explore(|| {
        let (lock, condvar) = (Mutex::new(()), Condvar::named("news"));
        drop(condvar.wait(lock.lock().unwrap()));
    });
    let Failure::Deadlock { waiting } = only_failure(&report) else { panic!() };
    assert_eq!(waiting[0].what, "condvar news");
}

#[test]
fn the_panic_hook_is_quiet_inside_and_speaks_outside() {
    // The hook belongs to the process, so this runs in one of its own.
    if std::env::var_os("RACELAB_HOOK").is_some() {
        let inside = explore(|| drop(thread::spawn(|| panic!("hushed words"))));
        assert_eq!(inside.failures().count(), 1);
        let other = std::thread::spawn(|| panic!("spoken words"));
        assert!(other.join().is_err());
        return;
    }
    let output = again("the_panic_hook_is_quiet_inside_and_speaks_outside", "RACELAB_HOOK");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(errors.contains("spoken words") && !errors.contains("hushed words"), "{errors}");
}

/// Runs one test of this file again, in a process of its own.
fn again(test: &str, variable: &str) -> std::process::Output {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(variable, "1")
        .output()
        .unwrap()
}

#[test]
fn a_time_out_that_a_notify_took_away_is_explored_too() {
    let program = || {
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let other = Arc::clone(&pair);
        let waiter = thread::spawn(move || {
            let guard = other.0.lock().unwrap();
            other.1.wait_timeout(guard, std::time::Duration::from_secs(1)).unwrap().1.timed_out()
        });
        pair.1.notify_one();
        waiter.join().unwrap()
    };
    let dpor = Explorer::new().explore(program);
    let literal = Explorer::new().reduction(racelab::Reduction::None).explore(program);
    assert_eq!(dpor.interleavings(), literal.interleavings());
    assert_eq!(dpor.outcomes().len(), 2, "notified, or timed out: {dpor}");
}
