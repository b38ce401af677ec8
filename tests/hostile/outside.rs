//! What reaches in from outside a program, or out of it: outcomes that take steps or panic when they
//! are compared, objects of another execution, explorations on threads that do other things.

use racelab::explore::ExploreError;
use racelab::model::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use racelab::model::sync::{Mutex, mpsc};
use racelab::model::thread;
use racelab::{Explorer, explore};
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Several executions with several outcomes.
fn racy() -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let theirs = Arc::clone(&count);
    let thread = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
    count.store(count.load(SeqCst) + 1, SeqCst);
    thread.join().unwrap();
    count.load(SeqCst)
}

fn explores_as_ever() {
    let report = explore(racy);
    assert_eq!((report.executions(), report.outcomes().len()), (4, 2));
}

/// What a panic says that is passed on to the caller of an exploration.
#[track_caller]
fn panic_of(explores: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(explores)).expect_err("it panics");
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PanicsWhenCompared(usize);

impl PartialOrd for PanicsWhenCompared {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PanicsWhenCompared {
    fn cmp(&self, _: &Self) -> Ordering {
        panic!("these cannot be compared")
    }
}

#[test]
fn an_outcome_that_panics_when_it_is_compared_is_the_caller_s_panic() {
    for jobs in [1, 2] {
        let explorer = Explorer::new().jobs(jobs);
        let said = panic_of(|| drop(explorer.explore(|| PanicsWhenCompared(racy()))));
        assert_eq!(said, "these cannot be compared");
        explores_as_ever();
    }
}

#[derive(Clone, Debug)]
struct TakesAStep(Arc<AtomicUsize>);

impl PartialEq for TakesAStep {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for TakesAStep {}

impl PartialOrd for TakesAStep {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TakesAStep {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.load(SeqCst).cmp(&other.0.load(SeqCst))
    }
}

#[test]
fn an_outcome_that_takes_steps_when_it_is_compared_is_told_where_those_are_taken() {
    let said = panic_of(|| {
        explore(|| {
            racy();
            TakesAStep(Arc::new(AtomicUsize::new(1)))
        });
    });
    assert!(said.contains("only inside a program under exploration"), "{said}");
    explores_as_ever();
}

#[test]
fn outcomes_whose_drop_would_take_steps_are_dropped_all_the_same() {
    #[derive(Clone)]
    struct Kept(usize, #[expect(dead_code, reason = "it is dropped")] Arc<mpsc::Sender<String>>);
    impl PartialEq for Kept {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    impl Eq for Kept {}
    impl PartialOrd for Kept {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Kept {
        fn cmp(&self, other: &Self) -> Ordering {
            self.0.cmp(&other.0)
        }
    }
    impl std::fmt::Debug for Kept {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }
    let report = explore(|| {
        let (send, receive) = mpsc::channel();
        send.send("never received".to_owned()).unwrap();
        std::mem::forget(receive);
        Kept(racy(), Arc::new(send))
    });
    assert_eq!(report.outcomes().len(), 2);
    drop(report);
    explores_as_ever();
}

#[test]
fn a_listener_s_panic_is_the_caller_s() {
    for jobs in [1, 2] {
        let explorer = Explorer::new().jobs(jobs).on_progress(|_| panic!("no progress, please"));
        let said = panic_of(|| {
            explorer.explore(|| {
                let count = Arc::new(AtomicUsize::new(0));
                let threads = [0; 4].map(|_| {
                    let count = Arc::clone(&count);
                    thread::spawn(move || {
                        count.store(count.load(SeqCst) + 1, SeqCst);
                        count.store(count.load(SeqCst) + 1, SeqCst);
                    })
                });
                for thread in threads {
                    thread.join().unwrap();
                }
            });
        });
        assert_eq!(said, "no progress, please");
        explores_as_ever();
    }
}

#[test]
fn an_object_that_two_explorations_share_is_refused_by_both() {
    for _ in 0..200 {
        let shared = Mutex::new(String::new());
        let explores = || {
            let result = Explorer::new().try_explore(|| {
                let other = thread::scope(|scope| {
                    let other = scope.spawn(|| shared.lock().unwrap().push('x'));
                    shared.lock().unwrap().push('y');
                    other.join().is_ok()
                });
                other && racy() > 0
            });
            assert!(matches!(result, Err(ExploreError::OutsideObject { .. })), "{result:?}");
        };
        std::thread::scope(|scope| {
            scope.spawn(explores);
            scope.spawn(explores);
        });
    }
}

#[test]
fn workers_run_beside_a_pool_s_tasks_and_not_among_them() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let executions = pool.install(|| {
        use rayon::prelude::*;
        let explorer = Explorer::new().jobs(2);
        let explore = |_| explorer.explore(racy).executions();
        (0..200).into_par_iter().map(explore).collect::<Vec<_>>()
    });
    assert_eq!(executions, [4; 200]);
}

#[test]
fn an_exploration_in_a_drop_during_a_panic_is_one_like_any_other() {
    struct Explores<'a>(&'a mut bool);
    impl Drop for Explores<'_> {
        fn drop(&mut self) {
            assert!(std::thread::panicking());
            let report = explore(|| {
                let lock = Mutex::new(0);
                let quiet = !std::thread::panicking() && !thread::panicking();
                drop(lock.lock().unwrap());
                (quiet, lock.lock().is_ok())
            });
            *self.0 = report.outcome(&(true, true)).is_some();
        }
    }
    let mut well = false;
    panic_of(|| {
        let _explores = Explores(&mut well);
        panic!("once");
    });
    assert!(well);
}
