//! Values: those that differ from run to run, numbers that are too large, what outlives its execution.

use racelab::explore::ExploreError;
use racelab::model::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use racelab::model::sync::{Mutex, mpsc};
use racelab::model::{choose, thread, thread_local};
use racelab::{Explorer, Failure, Memory, Report, explore};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64 as Real;

/// What the first run did, and what the second.
#[track_caller]
fn differs<T: std::fmt::Debug>(report: &Report<T>) -> (String, String) {
    let results: Vec<_> = report.outcomes().iter().map(|outcome| outcome.result()).collect();
    let [Err(Failure::Nondeterministic { expected, found, .. })] = results[..] else {
        panic!("{report}")
    };
    assert!(!report.is_complete());
    (expected.clone(), found.clone())
}

#[test]
fn a_value_that_differs_from_run_to_run_is_noticed_where_it_is_found() {
    for memory in [Memory::SequentiallyConsistent, Memory::Rc11] {
        let runs = Real::new(0);
        let report = Explorer::new().memory(memory).explore(|| {
            let x = AtomicU64::new(0);
            x.store(runs.fetch_add(1, SeqCst) + 10, SeqCst);
            x.load(SeqCst);
        });
        let (expected, found) = differs(&report);
        assert_ne!((expected.contains("10"), found.contains("11")), (false, true), "{expected}");
    }
    // As a clock does.
    let report = explore(|| {
        let begun = std::time::Instant::now();
        let x = AtomicU64::new(0);
        while begun.elapsed().is_zero() {}
        x.store(begun.elapsed().as_nanos() as u64, SeqCst);
        x.load(SeqCst) > 0
    });
    differs(&report);
}

#[test]
fn an_outcome_that_differs_from_run_to_run_is_noticed() {
    for memory in [Memory::SequentiallyConsistent, Memory::Rc11] {
        let runs = Real::new(0);
        let report = Explorer::new().memory(memory).explore(|| {
            AtomicU64::new(0).load(SeqCst);
            runs.fetch_add(1, SeqCst)
        });
        assert_eq!(differs(&report), ("return 0".to_owned(), "return 1".to_owned()));
    }
    let runs = Real::new(0);
    let report = explore(|| {
        assert!(runs.fetch_add(1, SeqCst) > 0, "only the first time");
    });
    let (expected, found) = differs(&report);
    assert!(expected.contains("only the first time") && found == "return ()", "{expected} {found}");
}

#[test]
fn the_order_of_a_hash_map_is_noticed() {
    let report = explore(|| {
        let map: HashMap<u64, ()> = (0..64).map(|key| (key, ())).collect();
        map.into_keys().collect::<Vec<_>>()
    });
    differs(&report);
}

#[test]
fn a_value_that_differs_in_a_later_execution_only_is_noticed_too() {
    let runs = Real::new(0);
    let report = explore(|| {
        let late = runs.fetch_add(1, SeqCst) > 3;
        let x = Arc::new(AtomicU64::new(0));
        x.fetch_add(u64::from(late), SeqCst);
        let theirs = Arc::clone(&x);
        let thread = thread::spawn(move || theirs.fetch_add(2, SeqCst));
        x.fetch_add(4, SeqCst);
        x.fetch_add(8, SeqCst);
        x.fetch_add(8, SeqCst);
        thread.join().unwrap();
    });
    let failed = |failure: &Failure| matches!(failure, Failure::Nondeterministic { .. });
    assert!(report.failures().any(|outcome| outcome.result().is_err_and(failed)), "{report}");
}

#[test]
fn there_is_no_choice_among_more_than_can_be_told_apart() {
    for alternatives in [1 << 32, usize::MAX] {
        let report = explore(move || choose(alternatives));
        let [Err(Failure::Panic { message, .. })] =
            report.outcomes().iter().map(|outcome| outcome.result()).collect::<Vec<_>>()[..]
        else {
            panic!("{report}")
        };
        assert!(message.contains(&alternatives.to_string()), "{message}");
    }
}

#[test]
fn a_number_in_a_schedule_is_read_as_it_is_written_or_refused() {
    let program = || {
        let thread = thread::spawn(|| choose(3));
        AtomicUsize::new(0).load(SeqCst);
        thread.join().unwrap()
    };
    let replay = |schedule: &str| Explorer::new().try_replay(schedule, program);
    assert_eq!(replay("A2").unwrap().ending(), "returned 2");
    assert_eq!(replay("A002").unwrap().ending(), "returned 2");
    for too_large in ["A4294967295", "A4294967296", "A4294967298", "A99999999999999999999999"] {
        let error = replay(too_large).map(drop).unwrap_err();
        assert!(matches!(error, ExploreError::Schedule(_)), "{error}");
    }
}

#[test]
fn handles_of_another_execution_are_refused() {
    static JOINED: std::sync::Mutex<Option<thread::JoinHandle<()>>> = std::sync::Mutex::new(None);
    static PARKED: std::sync::Mutex<Option<thread::Thread>> = std::sync::Mutex::new(None);
    static SENT: std::sync::Mutex<Option<mpsc::Sender<u8>>> = std::sync::Mutex::new(None);
    let outside = |error: Result<Report<()>, ExploreError>| {
        assert_eq!(error.map(drop), Err(ExploreError::OutsideThread));
    };
    outside(Explorer::new().try_explore(|| {
        let kept = JOINED.lock().unwrap().replace(thread::spawn(|| ()));
        drop(kept.map(thread::JoinHandle::join));
    }));
    outside(Explorer::new().try_explore(|| {
        let kept = PARKED.lock().unwrap().replace(thread::current());
        kept.inspect(thread::Thread::unpark);
    }));
    for how in [0, 1, 2] {
        let error = Explorer::new().try_explore(|| {
            let (send, receive) = mpsc::channel();
            let kept = SENT.lock().unwrap().replace(send);
            match (how, kept) {
                (0, Some(kept)) => drop(kept.clone()),
                (1, Some(kept)) => drop(kept.send(1)),
                (_, kept) => drop(kept),
            }
            drop(receive);
        });
        assert!(matches!(error, Err(ExploreError::OutsideObject { .. })), "{error:?}");
        // Nobody's any more: no step, and no panic.
        drop(SENT.lock().unwrap().take());
    }
}

#[test]
fn a_guard_of_another_execution_is_refused() {
    static KEPT: std::sync::Mutex<Vec<Arc<Mutex<u8>>>> = std::sync::Mutex::new(Vec::new());
    let error = Explorer::new().try_explore(|| {
        let lock = Arc::new(Mutex::new(1));
        let mut kept = KEPT.lock().unwrap();
        kept.push(Arc::clone(&lock));
        let first = Arc::clone(&kept[0]);
        drop(kept);
        *first.lock().unwrap() += 1;
    });
    assert!(matches!(error, Err(ExploreError::OutsideObject { .. })), "{error:?}");
}

#[test]
fn threads_are_counted_by_who_starts_them_and_that_is_said() {
    let explored = |children: usize| {
        Explorer::new().max_executions(20_000).counting(false).try_explore(move || {
            // Whoever comes first starts all the others.
            let first = Arc::new(AtomicUsize::new(0));
            let threads = [0; 4].map(|_| {
                let first = Arc::clone(&first);
                thread::spawn(move || {
                    if first.fetch_add(1, SeqCst) == 0 {
                        for _ in 0..children {
                            thread::spawn(|| ());
                        }
                    }
                })
            });
            for thread in threads {
                thread.join().unwrap();
            }
        })
    };
    assert!(explored(11).is_ok());
    let error = explored(13).map(drop).unwrap_err();
    assert_eq!(error, ExploreError::TooManyThreads);
    assert!(error.to_string().contains("in all of them together"), "{error}");
}

#[test]
fn a_thread_local_is_dropped_once_in_every_execution_main_s_too() {
    struct Counts;
    static MADE: Real = Real::new(0);
    static DROPPED: Real = Real::new(0);
    impl Drop for Counts {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, SeqCst);
        }
    }
    thread_local! {
        static COUNTS: Counts = {
            MADE.fetch_add(1, SeqCst);
            Counts
        };
    }
    let report = explore(|| {
        let x = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&x);
        let thread = thread::spawn(move || {
            COUNTS.with(|_| theirs.store(1, SeqCst));
        });
        COUNTS.with(|_| x.store(2, SeqCst));
        thread.join().unwrap();
        x.load(SeqCst)
    });
    assert_eq!(report.outcomes().len(), 2);
    assert!(MADE.load(SeqCst) >= 4);
    assert_eq!(MADE.load(SeqCst), DROPPED.load(SeqCst));
}

#[test]
fn a_thread_local_that_is_gone_cannot_be_used_and_says_so_as_std_s_does() {
    macro_rules! program {
        ($module:ident, $($from:ident)::+) => {
            mod $module {
                use super::*;
                use $($from)::+::thread;

                struct Uses(&'static str);

                impl Drop for Uses {
                    fn drop(&mut self) {
                        let own = KEY.try_with(|_| ()).map_err(|error| error.to_string());
                        let other = OTHER.try_with(|_| ()).map_err(|error| error.to_string());
                        let plain = PLAIN.try_with(Cell::get).map_err(|error| error.to_string());
                        SAID.lock()
                            .unwrap()
                            .push(format!("{}: {own:?} {other:?} {plain:?}", self.0));
                    }
                }

                $($from)::+::thread_local! {
                    static KEY: Uses = Uses("key");
                    static OTHER: RefCell<Uses> = const { RefCell::new(Uses("other")) };
                    static PLAIN: Cell<u8> = const { Cell::new(7) };
                }

                static SAID: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());

                pub fn said() -> Vec<String> {
                    thread::spawn(|| {
                        PLAIN.with(|_| ());
                        KEY.with(|_| ());
                        OTHER.with(|_| ());
                    })
                    .join()
                    .unwrap();
                    std::mem::take(&mut *SAID.lock().unwrap())
                }
            }
        };
    }
    program!(real, std);
    program!(modelled, racelab::model);
    let report = explore(modelled::said);
    assert_eq!(report.outcomes().len(), 1, "{report}");
    assert_eq!(report.outcomes()[0].result(), Ok(&real::said()));
}

/// An outcome that counts as any other and holds one of the model's objects, which takes a step when it
/// is copied.
#[derive(Clone, Debug)]
struct Holds(#[expect(dead_code, reason = "it is dropped")] mpsc::Sender<u32>);

impl PartialEq for Holds {
    fn eq(&self, _: &Holds) -> bool {
        true
    }
}

impl Eq for Holds {}

impl PartialOrd for Holds {
    fn partial_cmp(&self, other: &Holds) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Holds {
    fn cmp(&self, _: &Holds) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

#[test]
fn an_outcome_that_holds_the_models_objects_is_not_copied() {
    for memory in [Memory::SequentiallyConsistent, Memory::Rc11] {
        let report = Explorer::new().memory(memory).explore(|| {
            let (sender, receiver) = mpsc::channel();
            let theirs = sender.clone();
            let other = thread::spawn(move || theirs.send(1).unwrap());
            sender.send(2).unwrap();
            other.join().unwrap();
            drop(receiver);
            Holds(sender)
        });
        report.assert_complete();
        assert_eq!(report.outcomes().len(), 1, "{report}");
    }
}
