//! Whatever a program can ask of the model is a step: the reduction finds each answer that some
//! interleaving gives, and counts as many interleavings as there are.

#[path = "support/agree.rs"]
mod support;

use racelab::model::sync::{Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use racelab::model::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use support::all_agree;

/// Panics while it holds the lock, in a thread of its own.
fn poisons<T: Send + 'static>(mutex: &Arc<Mutex<T>>) -> thread::JoinHandle<()> {
    let mutex = Arc::clone(mutex);
    thread::spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(|| {
            let _guard = mutex.lock();
            panic!("on purpose");
        }));
        assert!(result.is_err());
    })
}

#[test]
fn poison_is_seen_before_and_after_it_comes() {
    let seen = all_agree(|| {
        let mutex = Arc::new(Mutex::new(0));
        let thread = poisons(&mutex);
        let seen = mutex.is_poisoned();
        thread.join().unwrap();
        (seen, mutex.is_poisoned())
    });
    assert_eq!(seen, [(false, true), (true, true)]);
}

#[test]
fn poison_can_be_cleared_while_others_look() {
    let seen = all_agree(|| {
        let mutex = Arc::new(Mutex::new(0));
        let thread = poisons(&mutex);
        mutex.clear_poison();
        let seen = mutex.try_lock().map(|guard| *guard).map_err(|error| format!("{error}"));
        thread.join().unwrap();
        (seen.is_err_and(|error| error.contains("poisoned")), mutex.is_poisoned())
    });
    // Cleared before it came or after, looked at before it came, between or after.
    assert_eq!(seen, [(false, false), (false, true), (true, true)]);
}

#[test]
fn a_poisoned_read_write_lock_says_so_until_it_is_cleared() {
    let seen = all_agree(|| {
        let lock = Arc::new(RwLock::new(0));
        let writer = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                let _ = catch_unwind(AssertUnwindSafe(|| {
                    let _guard = lock.write();
                    panic!("on purpose");
                }));
            })
        };
        let reader = {
            let lock = Arc::clone(&lock);
            // A reader that panics poisons nothing.
            thread::spawn(move || {
                let _ = catch_unwind(AssertUnwindSafe(|| {
                    let _guard = lock.read();
                    panic!("on purpose");
                }));
            })
        };
        let seen = lock.is_poisoned();
        writer.join().unwrap();
        reader.join().unwrap();
        let was = lock.read().is_err();
        lock.clear_poison();
        (seen, was, lock.write().is_err())
    });
    assert_eq!(seen, [(false, true, false), (true, true, false)]);
}

#[test]
fn poison_outlasts_a_wait() {
    let seen = all_agree(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let other = {
            let pair = Arc::clone(&pair);
            thread::spawn(move || {
                let result = catch_unwind(AssertUnwindSafe(|| {
                    let mut ready = pair.0.lock().unwrap_or_else(|e| e.into_inner());
                    *ready = true;
                    pair.1.notify_one();
                    panic!("on purpose");
                }));
                assert!(result.is_err());
            })
        };
        let mut poisoned = 0;
        let mut ready = pair.0.lock().unwrap_or_else(|e| {
            poisoned += 1;
            e.into_inner()
        });
        while !*ready {
            ready = pair.1.wait(ready).unwrap_or_else(|e| {
                poisoned += 10;
                e.into_inner()
            });
        }
        drop(ready);
        other.join().unwrap();
        poisoned
    });
    assert_eq!(seen, [1, 10]);
}

#[test]
fn a_value_that_is_set_once_is_seen_before_and_after() {
    let seen = all_agree(|| {
        let once = Arc::new(OnceLock::new());
        let other = Arc::clone(&once);
        let thread = thread::spawn(move || other.set(7).is_ok());
        let seen = (once.get().copied(), once.get().copied());
        thread.join().unwrap();
        (seen, once.get().copied())
    });
    assert_eq!(
        seen,
        [((None, None), Some(7)), ((None, Some(7)), Some(7)), ((Some(7), Some(7)), Some(7))]
    );
    let own = all_agree(|| {
        let once = OnceLock::new();
        once.set(7).unwrap();
        once.get().copied()
    });
    assert_eq!(own, [Some(7)]);
}

#[test]
fn a_once_is_completed_before_during_and_after() {
    let seen = all_agree(|| {
        let once = Arc::new(Once::new());
        let other = Arc::clone(&once);
        let thread = thread::spawn(move || other.call_once(|| {}));
        let seen = (once.is_completed(), once.is_completed());
        once.wait();
        thread.join().unwrap();
        seen
    });
    assert_eq!(seen, [(false, false), (false, true), (true, true)]);
}

#[test]
fn a_once_that_panics_is_poisoned_as_in_std() {
    let seen = all_agree(|| {
        let once = Arc::new(Once::new());
        let call = |once: &Once, panics: bool| {
            catch_unwind(AssertUnwindSafe(|| once.call_once(|| assert!(!panics)))).is_ok()
        };
        let other = Arc::clone(&once);
        let thread = thread::spawn(move || call(&other, true));
        let mine = call(&once, false);
        let theirs = thread.join().unwrap();
        let mut was_poisoned = None;
        once.call_once_force(|state| was_poisoned = Some(state.is_poisoned()));
        (theirs, mine, was_poisoned, once.is_completed())
    });
    // The other came first and panicked, so this one cannot; or this one came first.
    assert_eq!(seen, [(false, false, Some(true), true), (true, true, None, true)]);
    let lazy = all_agree(|| {
        let lazy: LazyLock<u32> = LazyLock::new(|| panic!("on purpose"));
        let message = |r: std::thread::Result<u32>| {
            r.unwrap_err().downcast_ref::<&str>().map(|text| text.to_string())
        };
        let force = || message(catch_unwind(AssertUnwindSafe(|| *lazy)));
        (force(), force())
    });
    let again = "LazyLock instance has previously been poisoned".to_owned();
    assert_eq!(lazy, [(Some("on purpose".to_owned()), Some(again))]);
}

#[test]
fn a_write_lock_is_kept_for_reading_without_a_gap() {
    let seen = all_agree(|| {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || *other.write().unwrap() += 1);
        let mut writer = lock.write().unwrap();
        let before = *writer;
        *writer += 10;
        let reader = racelab::model::sync::RwLockWriteGuard::downgrade(writer);
        let after = *reader;
        drop(reader);
        thread.join().unwrap();
        (before, after)
    });
    assert_eq!(seen, [(0, 10), (1, 11)]);
}

#[test]
fn what_is_printed_for_debugging_is_a_step() {
    let seen = all_agree(|| {
        let mutex = Arc::new(Mutex::new(1));
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || *other.lock().unwrap() = 2);
        let seen = format!("{mutex:?}");
        thread.join().unwrap();
        seen
    });
    let data = |data: &str| format!("Mutex {{ data: {data}, poisoned: false, .. }}");
    assert_eq!(seen, [data("1"), data("2"), data("<locked>")]);
}
