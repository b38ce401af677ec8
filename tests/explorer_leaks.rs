//! Executions that fail leave nothing behind: no value that is never dropped or dropped twice, and no
//! memory that grows with their number.

use racelab::model::sync::Mutex;
use racelab::model::sync::atomic::{AtomicU64, Ordering::SeqCst};
use racelab::model::thread;
use racelab::{Explorer, Failure};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

static ALIVE: AtomicI64 = AtomicI64::new(0);

/// Counts the values that are alive.
struct Value(Box<[u8; 512]>);

impl Value {
    fn new() -> Self {
        ALIVE.fetch_add(1, Relaxed);
        Value(Box::new([7; 512]))
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        assert_eq!(self.0[0], 7, "dropped before");
        self.0[0] = 0;
        ALIVE.fetch_sub(1, Relaxed);
    }
}

/// Two locks taken crosswise, and one thread that may panic while it holds one of them.
fn fails() {
    let shared = Arc::new((Mutex::new(Value::new()), Mutex::new(Value::new()), AtomicU64::new(0)));
    let handles = [false, true].map(|crosswise| {
        let shared = Arc::clone(&shared);
        let mine = Value::new();
        thread::spawn(move || {
            let (one, other) =
                if crosswise { (&shared.1, &shared.0) } else { (&shared.0, &shared.1) };
            for _ in 0..3 {
                let seen = shared.2.load(SeqCst);
                shared.2.store(seen + 1, SeqCst);
            }
            let held = one.lock();
            let also = other.lock();
            assert!(shared.2.load(SeqCst) > 3, "lost");
            drop((held, also, mine));
        })
    });
    let _last = Value::new();
    for handle in handles {
        handle.join().unwrap();
    }
}

/// The pages of memory in use.
fn resident() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    pages.split(' ').nth(1)?.parse().ok()
}

#[test]
fn executions_that_fail_leave_nothing_behind() {
    let explore = || {
        let report = Explorer::new().counting(false).explore(fails);
        assert!(report.is_complete());
        let failures: Vec<_> = report.failures().filter_map(|o| o.result().err()).collect();
        let deadlocks = failures.iter().any(|f| matches!(f, Failure::Deadlock { .. }));
        let panics = failures.iter().any(|f| matches!(f, Failure::Panic { .. }));
        assert!(deadlocks && panics, "{report}");
        assert_eq!(ALIVE.load(Relaxed), 0);
        report.executions()
    };
    let executions = explore();
    let before = resident();
    let mut more = 0;
    while more < 100_000 {
        more += explore();
    }
    let (Some(before), Some(after)) = (before, resident()) else { return };
    // A page a hundred executions would be a leak of 40 bytes each; the allocator itself wanders.
    assert!(after < before + more / 100, "{before} pages after {executions}, {after} after {more}");
}
