//! The building blocks of Mara Bos, "Rust Atomics and Locks" (O'Reilly 2023), chapters 3 to 6,
//! written anew: with the right orderings each passes, with one of them weakened each fails.

mod support;

use racelab::model::cell::UnsafeCell;
use racelab::model::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering, fence};
use racelab::model::thread;
use racelab::{Failure, Report};
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use support::rc11;

#[track_caller]
fn assert_races<T: Debug>(report: &Report<T>) {
    let races = |failure: &Failure| matches!(failure, Failure::DataRace { .. });
    let found = report.failures().find(|o| o.result().is_err_and(races));
    let trace = found.unwrap_or_else(|| panic!("no data race:\n{report}")).example();
    assert!(!trace.steps().is_empty(), "a counterexample can be drawn");
}

/// A plain number that several threads reach.
struct Cell(UnsafeCell<u32>);

// SAFETY: on trial here: whether the orderings keep the accesses apart is what each test asks.
unsafe impl Sync for Cell {}
// SAFETY: a number is tied to no thread.
unsafe impl Send for Cell {}

impl Cell {
    fn new() -> Self {
        Cell(UnsafeCell::new(0))
    }

    fn get(&self) -> u32 {
        // SAFETY: the pointer is valid; the explorer runs one thread at a time.
        self.0.with(|number| unsafe { *number })
    }

    fn set(&self, value: u32) {
        // SAFETY: as in `get`.
        self.0.with_mut(|number| unsafe { *number = value });
    }
}

/// Chapter 3: whoever comes first makes the value; all others use that one.
fn lazily_made(publish: Ordering, find: Ordering) -> (u32, u32) {
    struct Lazy {
        made: AtomicPtr<Cell>,
    }
    let lazy = Arc::new(Lazy { made: AtomicPtr::new(std::ptr::null_mut()) });
    let get = move |lazy: &Lazy, value: u32| {
        let mut pointer = lazy.made.load(find);
        if pointer.is_null() {
            let mine = Box::into_raw(Box::new(Cell::new()));
            // SAFETY: it was made just now and nobody else knows of it.
            unsafe { &*mine }.set(value);
            match lazy.made.compare_exchange(std::ptr::null_mut(), mine, publish, find) {
                Ok(_) => pointer = mine,
                Err(other) => {
                    // SAFETY: it came from a box and was never shared.
                    drop(unsafe { Box::from_raw(mine) });
                    pointer = other;
                }
            }
        }
        // SAFETY: the pointer came from a box that is freed only after both threads have ended.
        unsafe { &*pointer }.get()
    };
    let other = Arc::clone(&lazy);
    let thread = thread::spawn(move || get(&other, 1));
    let mine = get(&lazy, 2);
    let theirs = thread.join().unwrap();
    // SAFETY: both threads are done with it.
    drop(unsafe { Box::from_raw(lazy.made.load(Relaxed)) });
    (mine, theirs)
}

#[test]
fn a_lazily_made_value_is_published_with_release_and_found_with_acquire() {
    rc11(|| lazily_made(AcqRel, Acquire)).assert_outcomes(&[(1, 1), (2, 2)]);
    assert_races(&rc11(|| lazily_made(AcqRel, Relaxed)));
    assert_races(&rc11(|| lazily_made(Acquire, Acquire)));
}

/// Chapter 4: a spin lock.
fn spin_lock(enter: Ordering, leave: Ordering) -> u32 {
    let shared = Arc::new((AtomicBool::new(false), Cell::new()));
    let start = |_| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            while shared.0.swap(true, enter) {
                thread::yield_now();
            }
            shared.1.set(shared.1.get() + 1);
            shared.0.store(false, leave);
        })
    };
    let threads: Vec<_> = (0..2).map(start).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    shared.1.get()
}

#[test]
fn a_spin_lock_is_entered_with_acquire_and_left_with_release() {
    rc11(|| spin_lock(Acquire, Release)).assert_outcomes(&[2]);
    assert_races(&rc11(|| spin_lock(Relaxed, Release)));
    assert_races(&rc11(|| spin_lock(Acquire, Relaxed)));
}

/// Chapter 5: a channel for one message.
fn one_shot(send: Ordering, receive: Ordering) -> u32 {
    let channel = Arc::new((AtomicBool::new(false), Cell::new()));
    let sender = Arc::clone(&channel);
    let thread = thread::spawn(move || {
        sender.1.set(7);
        sender.0.store(true, send);
    });
    while !channel.0.load(receive) {
        thread::yield_now();
    }
    let message = channel.1.get();
    thread.join().unwrap();
    message
}

#[test]
fn a_one_shot_channel_sends_with_release_and_receives_with_acquire() {
    rc11(|| one_shot(Release, Acquire)).assert_outcomes(&[7]);
    assert_races(&rc11(|| one_shot(Relaxed, Acquire)));
    assert_races(&rc11(|| one_shot(Release, Relaxed)));
}

/// Chapter 6: whoever counts down to zero may take the value apart.
fn last_owner(count_down: Ordering, before_taking_apart: Option<Ordering>) -> u32 {
    let shared = Arc::new((AtomicUsize::new(2), Cell::new(), Cell::new()));
    let drop_one = move |shared: &(AtomicUsize, Cell, Cell), which: usize| {
        // Each owner has used a part of the value.
        if which == 0 {
            shared.1.set(1)
        } else {
            shared.2.set(2)
        };
        if shared.0.fetch_sub(1, count_down) != 1 {
            return 0;
        }
        if let Some(order) = before_taking_apart {
            fence(order);
        }
        shared.1.get() + shared.2.get()
    };
    let other = Arc::clone(&shared);
    let thread = thread::spawn(move || drop_one(&other, 0));
    drop_one(&shared, 1) + thread.join().unwrap()
}

#[test]
fn the_last_owner_needs_release_counting_down_and_an_acquire_fence_at_zero() {
    rc11(|| last_owner(Release, Some(Acquire))).assert_outcomes(&[3]);
    rc11(|| last_owner(AcqRel, None)).assert_outcomes(&[3]);
    assert_races(&rc11(|| last_owner(Release, None)));
    assert_races(&rc11(|| last_owner(Relaxed, Some(Acquire))));
}
