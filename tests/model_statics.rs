//! Statics start anew in each execution, whatever they hold, or are refused; and what safe code keeps
//! of one stays what it was.

#[path = "support/agree.rs"]
mod support;

use racelab::explore::ExploreError;
use racelab::model::sync::atomic::{AtomicU32, Ordering::SeqCst};
use racelab::model::sync::{Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use racelab::model::thread;
use racelab::{Explorer, explore};
use std::sync::{Arc, Mutex as RealMutex};
use support::all_agree;

#[test]
fn a_static_once_lock_is_empty_when_an_execution_begins_also_in_parallel() {
    static C: OnceLock<String> = OnceLock::new();
    let program = || {
        let before = C.get().cloned();
        let thread = thread::spawn(|| C.get_or_init(|| "theirs".to_owned()).len());
        let mine = C.get_or_init(|| "my".to_owned()).clone();
        (before, mine, thread.join().unwrap())
    };
    let seen = all_agree(program);
    let of = |text: &str| (None, text.to_owned(), text.len());
    assert_eq!(seen, [of("my"), of("theirs")]);
    for _ in 0..50 {
        let report = Explorer::new().jobs(4).explore(program);
        assert_eq!(report.outcomes().len(), 2, "{report}");
    }
}

#[test]
fn what_was_kept_of_a_static_stays_what_it_was() {
    static C: OnceLock<String> = OnceLock::new();
    static KEPT: RealMutex<Vec<&'static str>> = RealMutex::new(Vec::new());
    explore(|| {
        let run = KEPT.lock().unwrap().len();
        let text: &'static str = C.get_or_init(|| format!("execution {run}"));
        KEPT.lock().unwrap().push(text);
        let thread = thread::spawn(|| C.get().map(|text| text.len()));
        thread.join().unwrap();
    });
    let kept = KEPT.lock().unwrap();
    assert!(kept.len() > 1);
    for (run, text) in kept.iter().enumerate() {
        assert_eq!(*text, format!("execution {run}"));
    }
}

#[test]
fn a_static_lazy_is_made_once_in_each_execution() {
    static MADE: AtomicU32 = AtomicU32::new(0);
    static L: LazyLock<Mutex<Vec<u32>>> = LazyLock::new(|| {
        MADE.fetch_add(1, SeqCst);
        Mutex::new(Vec::new())
    });
    let seen = all_agree(|| {
        let thread = thread::spawn(|| L.lock().unwrap().push(1));
        L.lock().unwrap().push(2);
        thread.join().unwrap();
        (L.lock().unwrap().clone(), MADE.load(SeqCst))
    });
    assert_eq!(seen, [(vec![1, 2], 1), (vec![2, 1], 1)]);
    static N: LazyLock<u32> = LazyLock::new(|| 7);
    assert_eq!(all_agree(|| *N), [7]);
    static P: LazyLock<u32> = LazyLock::new(|| panic!("on purpose"));
    let twice = || {
        let force = || std::panic::catch_unwind(|| *P).is_err();
        (force(), force())
    };
    assert_eq!(all_agree(twice), [(true, true)]);
}

#[test]
fn static_locks_of_plain_values_start_anew() {
    static M: Mutex<u32> = Mutex::new(5);
    static L: RwLock<i64> = RwLock::new(-1);
    static U: Mutex<()> = Mutex::new(());
    let seen = all_agree(|| {
        let thread = thread::spawn(|| {
            let _unit = U.lock();
            *M.lock().unwrap() += 1;
            *L.write().unwrap() *= 2;
        });
        let seen = (*M.lock().unwrap(), *L.read().unwrap());
        thread.join().unwrap();
        *M.lock().unwrap() += 10;
        (seen, *M.lock().unwrap(), *L.read().unwrap())
    });
    // The first lock is held while the second is looked at.
    assert_eq!(seen, [((5, -1), 16, -2), ((6, -2), 16, -2), ((6, -1), 16, -2)]);
}

#[test]
fn static_locks_are_apart_in_explorations_that_run_at_the_same_time() {
    static M: Mutex<u32> = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let report = explore(|| {
                    let thread = thread::spawn(|| {
                        let mut guard = M.lock().unwrap();
                        *guard += 1;
                        *guard
                    });
                    let mine = {
                        let mut guard = M.lock().unwrap();
                        *guard += 1;
                        *guard
                    };
                    (mine, thread.join().unwrap())
                });
                let values: Vec<_> =
                    report.outcomes().iter().map(|o| *o.result().unwrap()).collect();
                assert_eq!(values, [(1, 2), (2, 1)]);
            });
        }
    });
}

#[test]
fn other_statics_start_anew() {
    static ONCE: Once = Once::new();
    static BARRIER: Barrier = Barrier::new(2);
    static CONDVAR: Condvar = Condvar::new();
    static READY: Mutex<bool> = Mutex::new(false);
    let seen = all_agree(|| {
        let mut ran = 0;
        ONCE.call_once(|| ran += 1);
        let thread = thread::spawn(|| {
            BARRIER.wait();
            *READY.lock().unwrap() = true;
            CONDVAR.notify_one();
        });
        BARRIER.wait();
        let ready = CONDVAR.wait_while(READY.lock().unwrap(), |ready| !*ready).map(|g| *g);
        thread.join().unwrap();
        (ran, ready.unwrap())
    });
    assert_eq!(seen, [(1, true)]);
}

#[test]
fn a_static_whose_value_cannot_be_made_anew_is_refused_with_the_way_out() {
    static M: Mutex<Option<String>> = Mutex::new(None);
    static L: RwLock<Vec<u32>> = RwLock::new(Vec::new());
    let refused = |result: Result<_, ExploreError>| match result.map(drop).unwrap_err() {
        error @ ExploreError::StaticObject { .. } => error.to_string(),
        error => panic!("{error}"),
    };
    let text = refused(Explorer::new().try_explore(|| M.lock().unwrap().is_none()));
    assert!(text.contains("static mutex made at tests/model_statics.rs"), "{text}");
    assert!(text.contains("LazyLock<Mutex<_>> = LazyLock::new"), "{text}");
    let text = refused(Explorer::new().try_explore(|| L.read().unwrap().is_empty()));
    assert!(text.contains("LazyLock<RwLock<_>>"), "{text}");
}

#[test]
fn what_a_program_puts_into_a_static_of_std_is_not_taken_for_the_compilers() {
    // Made at run time, and moved there: its vector is owned, not a constant.
    static S: RealMutex<Option<Mutex<Vec<u32>>>> = RealMutex::new(None);
    let result = Explorer::new().try_explore(|| {
        *S.lock().unwrap() = Some(Mutex::new(vec![1]));
        let static_one = S.lock().unwrap();
        static_one.as_ref().unwrap().lock().unwrap().push(2);
    });
    assert!(matches!(result, Err(ExploreError::StaticObject { .. })));
    // Used before it is put there: it belongs to the first execution.
    static O: std::sync::OnceLock<OnceLock<String>> = std::sync::OnceLock::new();
    let result = Explorer::new().try_explore(|| {
        let once = O.get_or_init(|| {
            let once = OnceLock::new();
            once.set("first".to_owned()).unwrap();
            once
        });
        once.get().cloned()
    });
    assert!(matches!(result, Err(ExploreError::OutsideObject { .. })));
    // One type after the other in the same place.
    enum Either {
        Text(OnceLock<String>),
        Number(OnceLock<u64>),
    }
    static E: RealMutex<Option<Either>> = RealMutex::new(None);
    let seen = all_agree(|| {
        let mut place = E.lock().unwrap();
        *place = Some(Either::Text(OnceLock::new()));
        let Some(Either::Text(text)) = &*place else { panic!() };
        let text = text.get_or_init(|| "text".to_owned()).clone();
        *place = Some(Either::Number(OnceLock::new()));
        let Some(Either::Number(number)) = &*place else { panic!() };
        let number = *number.get_or_init(|| 7);
        (text, number)
    });
    assert_eq!(seen, [("text".to_owned(), 7)]);
}

#[test]
fn a_run_that_is_repeated_begins_with_fresh_statics_too() {
    // The first time a thread yields its execution is run again: by then the lock's value was changed.
    let program = || {
        static USES: Mutex<u32> = Mutex::new(0);
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let sets = thread::spawn(move || theirs.store(1, SeqCst));
        *USES.lock().unwrap() += 1;
        let seen = x.load(SeqCst);
        thread::yield_now();
        sets.join().unwrap();
        (*USES.lock().unwrap(), seen)
    };
    assert_eq!(all_agree(program), [(1, 0), (1, 1)]);
}
