//! Code that could run after its execution has ended: in the `Drop` of what a stuck thread owns.

use crate::ends_well;
use racelab::model::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use racelab::model::sync::{Condvar, Mutex, OnceLock, RwLock, mpsc};
use racelab::model::{future, thread};
use racelab::{Explorer, Failure, Report, explore};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Does something when it is dropped.
struct AtTheEnd<F: FnMut()>(F);

impl<F: FnMut()> Drop for AtTheEnd<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[track_caller]
fn only_failure<T>(report: &Report<T>) -> &Failure {
    assert_eq!(report.outcomes().len(), 1);
    report.outcomes()[0].result().err().expect("a failure")
}

#[track_caller]
fn deadlocks<T: Clone + Ord + std::fmt::Debug + Send>(program: impl Fn() -> T + Send + Sync) {
    let report = explore(program);
    let deadlock = |failure: &&Failure| matches!(failure, Failure::Deadlock { .. });
    let failures = report.outcomes().iter().filter_map(|outcome| outcome.result().err());
    assert_eq!(failures.filter(deadlock).count(), report.outcomes().len(), "{report}");
    assert!(report.is_complete());
}

/// A thread holds something for ever, and another would take it in its `Drop`.
fn would_take<T: Send + Sync + 'static>(make: fn() -> T, hold: fn(&T), take: fn(&T)) {
    static TAKEN: AtomicUsize = AtomicUsize::new(0);
    deadlocks(move || {
        let value = Arc::new(make());
        let (held, taken) = (Arc::clone(&value), Arc::clone(&value));
        let holds = thread::spawn(move || hold(&held));
        let takes = thread::spawn(move || {
            let _end = AtTheEnd(|| {
                take(&taken);
                TAKEN.fetch_add(1, Relaxed);
            });
            thread::park();
        });
        holds.join().unwrap();
        takes.join().unwrap();
    });
    assert_eq!(TAKEN.load(Relaxed), 0);
}

#[test]
fn what_is_held_is_given_to_nobody_in_a_drop() {
    fn mutex(m: &Mutex<String>) {
        let mut text = m.lock().unwrap();
        thread::park();
        text.push('x');
    }
    fn rwlock(lock: &RwLock<String>) {
        let mut text = lock.write().unwrap();
        thread::park();
        text.push('x');
    }
    fn awaited(m: &future::Mutex<String>) {
        future::block_on(async {
            let mut text = m.lock().await;
            thread::park();
            text.push('x');
        });
    }
    fn once(lock: &OnceLock<String>) {
        lock.get_or_init(|| {
            thread::park();
            String::new()
        });
    }
    would_take(Mutex::default, mutex, |m| m.lock().unwrap().push('y'));
    would_take(RwLock::default, rwlock, |lock| lock.write().unwrap().push('y'));
    would_take(future::Mutex::default, awaited, |m| {
        future::block_on(async { m.lock().await.push('y') });
    });
    would_take(OnceLock::new, once, |lock| {
        assert!(!lock.get_or_init(|| "y".to_owned()).is_empty())
    });
}

#[test]
fn a_stack_is_not_popped_twice_while_a_lock_that_guards_it_is_held() {
    // As a lock-free stack frees its nodes: whoever pops one owns it.
    deadlocks(|| {
        let stack = Arc::new(Mutex::new(vec![Box::new(1), Box::new(2)]));
        let threads = [0, 1].map(|_| {
            let stack = Arc::clone(&stack);
            thread::spawn(move || {
                let _end = AtTheEnd(|| while stack.lock().unwrap().pop().is_some() {});
                let _held = stack.lock();
                thread::park();
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_scope_s_owner_never_ends_before_its_threads() {
    for panics in [false, true] {
        let dropped = AtomicUsize::new(0);
        let report = explore(|| {
            let text = String::from("of the owner's");
            thread::scope(|scope| {
                scope.spawn(|| {
                    let _end = AtTheEnd(|| {
                        assert_eq!(text, "of the owner's");
                        dropped.fetch_add(1, Relaxed);
                    });
                    thread::park();
                });
                // A panic that is caught, or one of the scope's own closure.
                let _ = std::panic::catch_unwind(|| panic!("caught"));
                assert!(!panics, "not caught");
                thread::park();
            });
        });
        assert!(matches!(only_failure(&report), Failure::Deadlock { .. }), "{report}");
        assert_eq!(dropped.into_inner(), 0);
    }
}

#[test]
fn a_drop_that_spins_leaves_no_panic_behind() {
    let program = || {
        let flag = Arc::new(AtomicBool::new(false));
        let waits = Arc::clone(&flag);
        let thread = thread::spawn(move || {
            let _end = AtTheEnd(|| {
                while !waits.load(SeqCst) {
                    thread::yield_now();
                }
            });
            panic!("and waits for ever in its `Drop`");
        });
        let _ = thread.join();
        flag.store(true, SeqCst);
    };
    let report = explore(program);
    assert!(report.failures().count() > 0 && !std::thread::panicking());
    // Locks of later executions are poisoned by panics of their own, and by no other.
    let poisoned = explore(|| {
        let healthy = Mutex::new(0);
        drop(healthy.lock());
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let panics = thread::spawn(move || {
            let _held = theirs.lock().unwrap();
            panic!("poisons");
        });
        (panics.join().is_err(), lock.lock().is_err(), healthy.lock().is_ok())
    });
    assert!(poisoned.outcome(&(true, true, true)).is_some(), "{poisoned}");
}

#[test]
fn no_thread_is_started_in_a_drop_after_the_end() {
    let started = AtomicUsize::new(0);
    deadlocks(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                let _end = AtTheEnd(|| {
                    scope.spawn(|| started.fetch_add(1, Relaxed));
                });
                thread::park();
            });
        });
    });
    assert_eq!(started.into_inner(), 0);
}

/// A pool whose threads wait for work, and are joined when it is dropped.
struct Pool {
    work: Option<mpsc::Sender<u32>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Pool {
    fn new(size: usize) -> Self {
        let (send, receive) = mpsc::channel();
        let receive = Arc::new(Mutex::new(receive));
        let threads = (0..size).map(|_| {
            let receive = Arc::clone(&receive);
            thread::spawn(move || while receive.lock().unwrap().recv().is_ok() {})
        });
        Pool { threads: threads.collect(), work: Some(send) }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        drop(self.work.take());
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
    }
}

#[test]
fn a_pool_that_joins_its_threads_in_its_drop_may_be_stuck() {
    if ends_well("ended::a_pool_that_joins_its_threads_in_its_drop_may_be_stuck") {
        return;
    }
    deadlocks(|| {
        let pool = Pool::new(2);
        let (lock, changed) = (Mutex::new(false), Condvar::new());
        let mut done = lock.lock().unwrap();
        while !*done {
            done = changed.wait(done).unwrap();
        }
        drop(pool);
    });
    // A `Drop` that waits for a message that never comes, and would not do without it.
    deadlocks(|| {
        let (_send, receive) = mpsc::channel::<()>();
        let _end = AtTheEnd(|| assert!(receive.recv().is_ok()));
        thread::park();
    });
}

#[test]
fn os_threads_of_a_thread_that_is_stuck_may_go_on_borrowing_from_its_stack() {
    if ends_well("ended::os_threads_of_a_thread_that_is_stuck_may_go_on_borrowing_from_its_stack") {
        return;
    }
    const PATTERN: [u64; 256] = [0x5a5a_5a5a_5a5a_5a5a; 256];
    let (wrong, read) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // Twenty executions at least, each of which leaves an OS thread that goes on reading.
    let report = explore(|| {
        let done = std::sync::atomic::AtomicBool::new(false);
        let pattern = PATTERN;
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let mut rounds = 0;
                while !done.load(Relaxed) && rounds < 20_000 {
                    wrong.fetch_add(
                        usize::from(std::hint::black_box(&pattern) != &PATTERN),
                        Relaxed,
                    );
                    read.fetch_add(1, Relaxed);
                    rounds += 1;
                }
            });
            let lock = Arc::new(Mutex::new(0));
            for _ in 0..3 {
                let lock = Arc::clone(&lock);
                thread::spawn(move || *lock.lock().unwrap() += 1);
            }
            drop(lock.lock());
            thread::park();
            done.store(true, Relaxed);
            thread.join().unwrap();
        });
    });
    assert!(report.executions() > 20);
    assert!(read.load(Relaxed) > 0);
    assert_eq!(wrong.load(Relaxed), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_left_behind_is_told_and_ends_an_exploration_when_it_is_too_much() {
    if ends_well("ended::what_is_left_behind_is_told_and_ends_an_exploration_when_it_is_too_much") {
        return;
    }
    fn leaves(bytes: usize) -> impl Fn() + Send + Sync {
        move || {
            let count = Arc::new(AtomicU32::new(0));
            for _ in 0..4 {
                let count = Arc::clone(&count);
                thread::spawn(move || {
                    count.store(count.load(SeqCst) + 1, SeqCst);
                    count.store(count.load(SeqCst) + 1, SeqCst);
                });
            }
            let _kept = vec![1u8; bytes];
            thread::park();
        }
    }
    let explorer = Explorer::new().counting(false).max_executions(2_000);
    let little = explorer.explore(leaves(16));
    assert_eq!(little.executions(), 2_000);
    assert!(little.executions_left() >= 2_000 && little.bytes_left() < 64 << 20, "{little}");
    assert!(!little.to_string().contains("never given back"), "{little}");
    let some = explorer.explore(leaves(100 << 10));
    assert!(some.bytes_left() >= 64 << 20, "{some}");
    assert!(some.to_string().contains("got stuck; what their threads own is never given back"));
    let much = explorer.explore(leaves(1 << 20));
    assert!(!much.is_complete() && much.executions() < 2_000, "{much}");
    assert!(much.to_string().contains("too much to go on"), "{much}");
}
