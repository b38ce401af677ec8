//! A step allocates nothing once an exploration has warmed up: what is allocated is the program's.

use racelab::Explorer;
use racelab::model::sync::atomic::{AtomicU64, Ordering::SeqCst};
use racelab::model::sync::{Mutex, mpsc};
use racelab::model::thread;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64 as Counter, Ordering::Relaxed};

/// The system's allocator, which counts.
struct Counting;

static ALLOCATIONS: Counter = Counter::new(0);

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs `body` in so many threads and joins them.
fn in_threads(threads: usize, body: impl Fn() + Clone + Send + 'static) {
    let running: Vec<_> = (0..threads).map(|_| thread::spawn(body.clone())).collect();
    running.into_iter().for_each(|thread| thread.join().unwrap());
}

fn racy() {
    let count = Arc::new(AtomicU64::new(0));
    in_threads(3, move || {
        for _ in 0..2 {
            count.store(count.load(SeqCst) + 1, SeqCst);
        }
    });
}

fn locked() {
    let count = Arc::new(Mutex::new(0));
    in_threads(3, move || {
        for _ in 0..3 {
            *count.lock().unwrap() += 1;
        }
    });
}

fn sent() {
    let (sender, receiver) = mpsc::channel();
    in_threads(3, move || {
        sender.send(1).unwrap();
        sender.send(1).unwrap();
    });
    assert_eq!(receiver.iter().sum::<u32>(), 6);
}

// One test: several would count each other's.
#[test]
fn what_is_allocated_is_the_programs() {
    // What each execution allocates by itself: three threads' results, the list of their handles and
    // what they share; a channel's queue grows twice.
    for (name, program, own) in
        [("racy", racy as fn(), 5), ("locked", locked, 5), ("sent", sent, 7)]
    {
        let explorer = Explorer::new();
        explorer.explore(program); // what is done once in a process is done
        let before = ALLOCATIONS.load(Relaxed);
        let executions = explorer.explore(program).executions();
        let allocations = ALLOCATIONS.load(Relaxed) - before;
        // Room for the steps, the points and the report is made once.
        let once = allocations.saturating_sub(own * executions);
        assert!(executions > 600, "{name}: {executions} executions");
        assert!(once < 300, "{name}: {allocations} allocations in {executions} executions");
        assert!(allocations >= own * executions, "{name}: it allocates {own} times by itself");
    }
}
