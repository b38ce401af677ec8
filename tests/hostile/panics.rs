//! Panics: whose they are, who is poisoned, who is told.

use crate::{alone, ends_well, stderr};
use racelab::model::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use racelab::model::sync::{Mutex, RwLock, mpsc};
use racelab::model::thread;
use racelab::{Explorer, Failure, Reduction, Report, explore};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

#[track_caller]
fn returns_only<T: PartialEq + std::fmt::Debug>(report: &Report<T>, value: &T) {
    let found: Vec<_> = report.outcomes().iter().map(|outcome| outcome.result()).collect();
    assert_eq!(found, [Ok(value)]);
    assert!(report.is_complete());
}

/// Its `Drop` takes steps, and so lets others come in between.
struct Steps(Arc<AtomicU32>);

impl Drop for Steps {
    fn drop(&mut self) {
        assert!(std::thread::panicking() && thread::panicking());
        self.0.fetch_add(1, SeqCst);
        self.0.fetch_add(1, SeqCst);
        assert!(std::thread::panicking() && thread::panicking());
    }
}

#[test]
fn a_thread_that_waits_in_its_unwinding_makes_no_other_seem_to_panic() {
    let raise: [fn(); 2] = [|| panic!("with a hook"), || resume_unwind(Box::new("without one"))];
    for raise in raise {
        for reduction in [Reduction::Dpor, Reduction::None] {
            let report = Explorer::new().reduction(reduction).explore(move || {
                let count = Arc::new(AtomicU32::new(0));
                let theirs = Arc::clone(&count);
                let panics = thread::spawn(move || {
                    let _steps = Steps(theirs);
                    raise();
                });
                let (lock, shared) = (Mutex::new(0), RwLock::new(0));
                let mut seen = std::thread::panicking() || thread::panicking();
                *lock.lock().unwrap() += count.load(SeqCst);
                *shared.write().unwrap() += 1;
                let real = std::sync::Mutex::new(0);
                drop(real.lock());
                count.load(SeqCst);
                seen |= std::thread::panicking() || lock.is_poisoned() || real.is_poisoned();
                seen |= shared.read().is_err();
                assert!(panics.join().is_err());
                (seen, count.load(SeqCst), std::thread::panicking())
            });
            returns_only(&report, &(false, 2, false));
            assert!(report.executions() > 1);
        }
    }
}

#[test]
fn who_panics_poisons_its_locks_however_many_unwind_at_once() {
    let report = explore(|| {
        let locks: [_; 3] = std::array::from_fn(|_| Arc::new(Mutex::new(0)));
        let threads = [true, false, true].map(|panics| {
            let lock = Arc::clone(&locks[usize::from(panics)]);
            thread::spawn(move || {
                let mut held = lock.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                *held += 1;
                assert!(!panics, "poisons");
            })
        });
        let ends = threads.map(|thread| thread.join().is_ok());
        (ends, locks.map(|lock| lock.is_poisoned()))
    });
    returns_only(&report, &([false, true, false], [false, true, false]));
}

#[test]
fn a_panic_that_is_caught_in_a_drop_ends_no_unwinding() {
    struct Catches(Arc<Mutex<u32>>);
    impl Drop for Catches {
        fn drop(&mut self) {
            let steps = Arc::new(AtomicU32::new(0));
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let _steps = Steps(Arc::clone(&steps));
                panic!("a second one");
            }));
            assert!(caught.is_err() && std::thread::panicking());
            // Taken while it unwinds: nobody is poisoned by giving it back.
            *self.0.lock().unwrap() += steps.load(SeqCst);
        }
    }
    let report = explore(|| {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let thread = thread::spawn(move || {
            let _catches = Catches(theirs);
            panic!("the first one");
        });
        let here = std::thread::panicking() || lock.lock().is_err();
        let ended = thread.join().is_err();
        (here, ended, lock.is_poisoned(), *lock.lock().unwrap())
    });
    returns_only(&report, &(false, true, false, 2));
}

#[test]
fn a_thread_that_is_left_in_its_unwinding_leaves_the_next_execution_in_peace() {
    let report = explore(|| {
        let quiet = !std::thread::panicking();
        let x = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&x);
        let thread = thread::spawn(move || {
            struct Waits;
            impl Drop for Waits {
                fn drop(&mut self) {
                    thread::park();
                }
            }
            let _waits = Waits;
            // In some executions it is stuck in its unwinding.
            assert!(!theirs.load(SeqCst));
            std::mem::forget(_waits);
        });
        x.store(true, SeqCst);
        thread.join().unwrap();
        (quiet, std::thread::panicking())
    });
    assert!(report.outcome(&(true, false)).is_some(), "{report}");
    let failures: Vec<_> = report.failures().map(|outcome| outcome.result()).collect();
    assert_eq!((report.outcomes().len(), failures.len()), (2, 1), "{report}");
}

#[test]
fn a_scope_answers_for_its_threads_and_may_be_caught() {
    let report = explore(|| {
        let caught = catch_unwind(|| {
            thread::scope(|scope| {
                scope.spawn(|| panic!("a child's"));
                scope.spawn(|| ());
            });
        });
        caught.unwrap_err().downcast_ref::<&str>().map(|text| (*text).to_owned())
    });
    returns_only(&report, &Some("a scoped thread panicked".to_owned()));
    let report = explore(|| {
        let caught = catch_unwind(|| {
            thread::scope(|scope| {
                scope.spawn(|| panic!("a child's"));
                panic!("the scope's own");
            })
        });
        caught.unwrap_err().downcast_ref::<&str>().map(|text| (*text).to_owned())
    });
    returns_only(&report, &Some("the scope's own".to_owned()));
}

#[test]
fn a_scope_that_is_not_caught_is_told_by_the_panic_of_its_thread() {
    let scoped = || {
        thread::scope(|scope| {
            scope.spawn(|| panic!("the cause"));
        });
    };
    for in_a_thread in [false, true] {
        let report = explore(move || match in_a_thread {
            true => drop(thread::spawn(scoped)),
            false => scoped(),
        });
        let failures: Vec<_> = report.failures().map(|o| o.result().err().unwrap()).collect();
        let [Failure::Panic { message, .. }] = failures[..] else { panic!("{report}") };
        assert_eq!(message, "the cause");
    }
}

#[test]
fn a_hook_that_is_set_later_does_not_make_a_program_loud() {
    let Some(output) = alone("panics::a_hook_that_is_set_later_does_not_make_a_program_loud")
    else {
        let program = || {
            let count = Arc::new(AtomicU32::new(0));
            let threads = [0; 3].map(|_| {
                let count = Arc::clone(&count);
                thread::spawn(move || {
                    count.store(count.load(SeqCst) + 1, SeqCst);
                    panic!("hushed words");
                })
            });
            threads.map(|thread| thread.join().is_err())
        };
        let executions = explore(program).executions();
        assert!(executions > 10);
        std::panic::set_hook(Box::new(|info| eprintln!("a hook of one's own: {info}")));
        assert_eq!(explore(program).executions(), executions);
        assert_eq!(explore(program).executions(), executions);
        let spoken = std::thread::spawn(|| panic!("spoken words")).join();
        assert!(spoken.is_err());
        return;
    };
    let errors = stderr(&output);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors.matches("a hook of one's own").count(), errors.matches("words").count());
    assert!(errors.contains("spoken words"));
    // Those of one execution, by which it is noticed.
    assert!(errors.matches("hushed words").count() <= 3, "{errors}");
}

#[test]
fn a_panic_during_a_panic_ends_the_process_as_ever_and_tells_both() {
    let Some(output) =
        alone("panics::a_panic_during_a_panic_ends_the_process_as_ever_and_tells_both")
    else {
        struct Panics;
        impl Drop for Panics {
            fn drop(&mut self) {
                panic!("the second one");
            }
        }
        explore(|| {
            let _panics = Panics;
            panic!("the first one");
        });
        return;
    };
    let errors = stderr(&output);
    assert!(!output.status.success());
    for words in ["the first one", "the second one", "panic in a destructor during cleanup"] {
        assert!(errors.contains(words), "{errors}");
    }
}

#[test]
fn thousands_of_panics_leave_nothing_behind() {
    if ends_well("panics::thousands_of_panics_leave_nothing_behind") {
        return;
    }
    struct Sends(Arc<AtomicU32>, mpsc::Sender<u32>);
    impl Drop for Sends {
        fn drop(&mut self) {
            let seen = self.0.load(SeqCst);
            self.0.store(seen + 1, SeqCst);
            self.1.send(seen).unwrap();
        }
    }
    // Each panics while others wait in their unwinding.
    let explorer = Explorer::new().max_executions(5_000).counting(false);
    let report = explorer.explore(|| {
        let count = Arc::new(AtomicU32::new(0));
        let (send, receive) = mpsc::channel();
        for _ in 0..4 {
            let (count, send) = (Arc::clone(&count), send.clone());
            thread::spawn(move || {
                let _sends = Sends(count, send);
                panic!("all of them do");
            });
        }
        drop(send);
        receive.iter().sum::<u32>()
    });
    assert!(report.executions() >= 5_000 && !std::thread::panicking());
}
