//! What executions leave behind: nothing where every thread ends, with a panic or without. Threads
//! that are stuck when their execution ends are left where they are, so what they own is leaked: this
//! says how much.

use racelab::model::sync::Mutex;
use racelab::model::sync::atomic::{AtomicU64, Ordering::SeqCst};
use racelab::model::thread;
use racelab::{Explorer, Failure};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, AtomicU64 as Real, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};

/// The bytes that are allocated.
static ALLOCATED: AtomicI64 = AtomicI64::new(0);

/// One test at a time: they count what the whole process does.
static COUNTING: std::sync::Mutex<()> = std::sync::Mutex::new(());

struct Counted;

// SAFETY: as the system's allocator, which it calls.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size() as i64, Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// The bytes that `program` has left allocated, and the number of times that it ran.
fn leaked(program: impl Fn() + Send + Sync) -> (i64, u64, Vec<Failure>) {
    let runs = Real::new(0);
    let explore = || {
        let report = Explorer::new().counting(false).explore(|| {
            runs.fetch_add(1, Relaxed);
            program();
        });
        assert!(report.is_complete());
        let failures = report.failures().filter_map(|outcome| outcome.result().err());
        failures.cloned().collect::<Vec<_>>()
    };
    // What is made once for all is there after the first exploration.
    drop(explore());
    runs.store(0, Relaxed);
    let before = ALLOCATED.load(Relaxed);
    (0..100).for_each(|_| drop(explore()));
    let after = ALLOCATED.load(Relaxed);
    (after - before, runs.load(Relaxed), explore())
}

/// Owns half a kibibyte.
fn value() -> Box<[u8; 512]> {
    Box::new([7; 512])
}

/// Two threads take two locks, one after the other, crosswise or not.
fn two_locks(crosswise: bool) {
    let shared = Arc::new((Mutex::new(value()), Mutex::new(value()), AtomicU64::new(0)));
    let handles = [false, crosswise].map(|crosswise| {
        let shared = Arc::clone(&shared);
        let mine = value();
        thread::spawn(move || {
            let (one, other) =
                if crosswise { (&shared.1, &shared.0) } else { (&shared.0, &shared.1) };
            let seen = shared.2.load(SeqCst);
            shared.2.store(seen + 1, SeqCst);
            let held = one.lock();
            let also = other.lock();
            assert!(shared.2.load(SeqCst) > 1, "lost");
            drop((held, also, mine));
        })
    });
    let _last = value();
    for handle in handles {
        handle.join().unwrap();
    }
}

#[test]
fn executions_in_which_threads_panic_leave_nothing_behind() {
    let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let (bytes, runs, failures) = leaked(|| two_locks(false));
    assert!(failures.iter().all(|failure| matches!(failure, Failure::Panic { .. })));
    assert!(!failures.is_empty() && runs > 20, "{runs} runs, {failures:?}");
    // The test harness allocates a little meanwhile.
    assert!(bytes < runs as i64, "{bytes} bytes after {runs} executions");
}

#[test]
fn an_execution_that_gets_stuck_costs_what_its_threads_own() {
    let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let (bytes, runs, failures) = leaked(|| {
        let mine = value();
        let (_sender, receiver) = racelab::model::sync::mpsc::channel::<()>();
        let other = thread::spawn(move || {
            let _ = receiver.recv();
            drop(mine);
        });
        other.join().unwrap();
    });
    assert!(matches!(failures[..], [Failure::Deadlock { .. }]), "{failures:?}");
    let each = bytes / runs as i64;
    // The 512 bytes of its value, the channel, and what the thread's handle and its body share.
    assert!((512..1024).contains(&each), "{each} bytes");
}

#[test]
#[cfg(target_os = "linux")]
fn a_thread_that_is_left_costs_the_frames_on_its_stack_and_not_the_stack() {
    let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let explorer = Explorer::new().counting(false).max_executions(20_000);
    let report = explorer.explore(|| {
        let count = Arc::new(AtomicU64::new(0));
        for _ in 0..4 {
            let count = Arc::clone(&count);
            thread::spawn(move || {
                count.store(count.load(SeqCst) + 1, SeqCst);
                count.store(count.load(SeqCst) + 1, SeqCst);
            });
        }
        thread::park();
    });
    assert_eq!(report.executions(), 20_000);
    assert!(report.executions_left() >= 20_000);
    // Main's frames, the atomic, and what the explorer itself keeps of 20,000 executions.
    let each = report.bytes_left() / report.executions_left();
    assert!(each < 8 << 10, "{each} bytes each");
}

#[test]
fn of_executions_that_may_get_stuck_only_those_cost_that_do() {
    let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let (bytes, runs, failures) = leaked(|| two_locks(true));
    assert!(failures.iter().any(|failure| matches!(failure, Failure::Deadlock { .. })));
    let each = bytes / runs as i64;
    assert!((1..4096).contains(&each), "{each} bytes");
}
