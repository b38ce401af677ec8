//! The published benchmarks of optimal partial-order reduction, with their published classes.
//!
//! readers, lastzero, indexer and filesystem: Abdulla, Aronis, Jonsson, Sagonas, "Optimal Dynamic
//! Partial Order Reduction" (POPL 2014), table 1, the column of the optimal algorithm; indexer and
//! filesystem come from Flanagan and Godefroid, "Dynamic Partial-Order Reduction" (POPL 2005).

use racelab::Explorer;
use racelab::model::sync::Mutex;
use racelab::model::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use racelab::model::thread;
use std::sync::Arc;

fn run(threads: usize, body: impl Fn(usize) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let handles: Vec<_> = (0..threads)
        .map(|number| {
            let body = Arc::clone(&body);
            thread::spawn(move || body(number))
        })
        .collect();
    handles.into_iter().for_each(|handle| handle.join().unwrap());
}

fn zeros(n: usize) -> Vec<AtomicUsize> {
    (0..n).map(|_| AtomicUsize::new(0)).collect()
}

#[track_caller]
fn has_classes(classes: u64, program: impl Fn() + Send + Sync) {
    let report = Explorer::new().classes(true).explore(program);
    assert!(report.is_complete());
    assert_eq!((report.executions(), report.redundant()), (classes, 0));
    assert_eq!(report.traces(), classes);
}

#[test]
fn readers_have_two_classes_each() {
    for n in [2, 8, 10] {
        has_classes(1 << n, move || {
            let x = AtomicUsize::new(0);
            run(n + 1, move |number| match number {
                0 => x.store(1, SeqCst),
                _ => {
                    x.load(SeqCst);
                }
            });
        });
    }
}

#[test]
fn lastzero_has_the_published_classes() {
    for (n, classes) in [(5, 64), (8, 704), (10, 3328)] {
        has_classes(classes, move || {
            let array = zeros(n + 1);
            run(n + 1, move |number| match number {
                0 => {
                    let mut i = n;
                    while array[i].load(SeqCst) != 0 {
                        i -= 1;
                    }
                }
                j => array[j].store(array[j - 1].load(SeqCst) + 1, SeqCst),
            });
        });
    }
}

#[test]
fn indexer_has_the_published_classes() {
    for (n, classes) in [(11, 1), (12, 8)] {
        has_classes(classes, move || {
            let table = zeros(128);
            run(n, move |tid| {
                for message in 1..=4 {
                    let word = message * 11 + tid;
                    let mut hash = word * 7 % 128;
                    while table[hash].compare_exchange(0, word, SeqCst, SeqCst).is_err() {
                        hash = (hash + 1) % 128;
                    }
                }
            });
        });
    }
}

#[test]
fn filesystem_has_the_published_classes() {
    for (n, classes) in [(13, 1), (14, 2), (16, 8), (18, 32)] {
        has_classes(classes, move || {
            let inodes: Vec<_> = (0..32).map(|_| Mutex::new(0)).collect();
            let busy: Vec<_> = (0..26).map(|_| Mutex::new(false)).collect();
            run(n, move |tid| {
                let mut inode = inodes[tid % 32].lock().unwrap();
                if *inode == 0 {
                    let mut block = tid % 32 * 2 % 26;
                    loop {
                        let mut is_busy = busy[block].lock().unwrap();
                        if !*is_busy {
                            *is_busy = true;
                            *inode = block + 1;
                            break;
                        }
                        drop(is_busy);
                        block = (block + 1) % 26;
                    }
                }
            });
        });
    }
}
