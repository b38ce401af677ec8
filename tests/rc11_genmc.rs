//! Programs from the tests of [GenMC](https://github.com/MPI-SWS/genmc), written anew: each of the
//! executions that it counts is run once, and none is started in vain.

mod support;

use racelab::model::sync::atomic::AtomicU32;
use racelab::model::thread;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use support::rc11;

/// Each thread turns the number it is given into the next one, if it is there.
fn casrot(threads: u32) {
    let x = Arc::new(AtomicU32::new(0));
    let turn = |number: u32| {
        let x = Arc::clone(&x);
        thread::spawn(move || _ = x.compare_exchange(number, number + 1, Relaxed, Relaxed))
    };
    let all: Vec<_> = (0..threads).map(turn).collect();
    all.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn compare_exchanges_that_pass_a_number_on_run_once_each() {
    for (threads, executions) in [(2, 2), (3, 5), (4, 14), (8, 2_048)] {
        let report = rc11(|| casrot(threads));
        assert_eq!((report.executions(), report.redundant()), (executions, 0), "{threads} threads");
    }
}

/// Two threads sieve the same numbers; place `i` stands for the number `i + 2`.
fn eratosthenes(numbers: usize) {
    let found: Arc<Vec<_>> = Arc::new((0..numbers).map(|_| AtomicU32::new(0)).collect());
    let sieve = |_| {
        let found = Arc::clone(&found);
        thread::spawn(move || {
            for i in 0..numbers {
                if found[i].load(Acquire) == 0 {
                    found[i].store(1, Release);
                    for j in (2 * i + 2..numbers).step_by(i + 2) {
                        found[j].store(2, Release);
                    }
                }
            }
        })
    };
    let both: Vec<_> = (0..2).map(sieve).collect();
    both.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn two_sieves_on_one_field_run_once_each() {
    for (numbers, executions) in [(1, 4), (5, 1_512)] {
        let report = rc11(|| eratosthenes(numbers));
        assert_eq!((report.executions(), report.redundant()), (executions, 0), "{numbers} numbers");
    }
}
