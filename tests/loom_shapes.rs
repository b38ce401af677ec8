//! The litmus shapes of loom's own test suite (0.7.3: `fence`, `litmus`, `atomic`, `unsafe_cell`,
//! `spec`), written anew: the exact set of outcomes under Rust's orderings, and beside each correct
//! one the same with an ordering weakened, which fails and is drawn.
//!
//! Shapes that are checked elsewhere are left out: store buffering, message passing and relaxed
//! counters are in the catalogue, the locks in `rc11_classics`. What loom marks as out of its reach
//! (`spec::test_seq_cst`, `atomic::compare_and_swap_reads_old_values`) is here.

mod support;

use racelab::diagram::timeline;
use racelab::model::cell::UnsafeCell;
use racelab::model::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use racelab::model::thread;
use racelab::{Failure, Report};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use support::rc11;

/// Every execution returns, and these are the values.
#[track_caller]
fn assert_values<T: Clone + Ord + Debug>(report: &Report<T>, expected: impl Into<BTreeSet<T>>) {
    let values = report.outcomes().iter().map(|outcome| outcome.result());
    let values: BTreeSet<T> =
        values.map(|value| value.unwrap_or_else(|_| panic!("{report}")).clone()).collect();
    assert_eq!(values, expected.into(), "{report}");
}

/// The value can come out, no interleaving explains it, and the picture says both why.
#[track_caller]
fn assert_unexplained<T: Clone + Ord + Debug>(report: &Report<T>, value: T) {
    let outcome = report.outcome(&value).unwrap_or_else(|| panic!("never {value:?}:\n{report}"));
    let picture = timeline(outcome.example());
    assert!(picture.contains("an older value"), "{picture}");
    assert!(picture.contains("is not yet visible to"), "{picture}");
    assert!(picture.contains("no interleaving explains these values"), "{picture}");
}

/// Some execution has a data race, and the picture shows both accesses.
#[track_caller]
fn assert_races<T: Debug>(report: &Report<T>) {
    let races = |failure: &Failure| matches!(failure, Failure::DataRace { .. });
    let found = report.failures().find(|outcome| outcome.result().is_err_and(races));
    let outcome = found.unwrap_or_else(|| panic!("no data race:\n{report}"));
    let picture = timeline(outcome.example());
    assert_eq!(picture.matches("  races with ").count(), 2, "{picture}");
}

/// A plain number that several threads reach.
#[derive(Default)]
struct Plain(UnsafeCell<u32>);

// SAFETY: on trial here: whether the orderings keep the accesses apart is what each test asks.
unsafe impl Sync for Plain {}
// SAFETY: a number is tied to no thread.
unsafe impl Send for Plain {}

impl Plain {
    fn get(&self) -> u32 {
        // SAFETY: the pointer is valid; the explorer runs one thread at a time.
        self.0.with(|number| unsafe { *number })
    }

    fn set(&self, value: u32) {
        // SAFETY: as in `get`.
        self.0.with_mut(|number| unsafe { *number = value });
    }
}

fn fence_if(order: Option<Ordering>) {
    if let Some(order) = order {
        fence(order);
    }
}

/// `fence_sw_base`, `fence_sw_collapsed_store`, `fence_sw_collapsed_load`: each side says it with a
/// fence or with the access itself.
fn handed_over(
    (before, store): (Option<Ordering>, Ordering),
    (load, after): (Ordering, Option<Ordering>),
) -> Option<u32> {
    let shared = Arc::new((Plain::default(), AtomicBool::new(false)));
    let theirs = Arc::clone(&shared);
    let writer = thread::spawn(move || {
        theirs.0.set(42);
        fence_if(before);
        theirs.1.store(true, store);
    });
    let seen = shared.1.load(load).then(|| {
        fence_if(after);
        shared.0.get()
    });
    writer.join().unwrap();
    seen
}

#[test]
fn a_fence_and_an_access_are_partners_in_every_combination_and_neither_does_without() {
    let releases = [(Some(Release), Relaxed), (None, Release)];
    let acquires = [(Relaxed, Some(Acquire)), (Acquire, None)];
    for release in releases {
        for acquire in acquires {
            assert_values(&rc11(|| handed_over(release, acquire)), [None, Some(42)]);
        }
        assert_races(&rc11(|| handed_over(release, (Relaxed, None))));
        // A fence of the other kind does nothing here.
        assert_races(&rc11(|| handed_over(release, (Relaxed, Some(Release)))));
    }
    for acquire in acquires {
        assert_races(&rc11(|| handed_over((None, Relaxed), acquire)));
        assert_races(&rc11(|| handed_over((Some(Acquire), Relaxed), acquire)));
    }
}

/// `unsafe_cell_access_after_sync`: a release hands over what came before it, and nothing else.
fn written(after_the_store: bool) -> u32 {
    let shared = Arc::new((AtomicUsize::new(0), Plain::default()));
    let theirs = Arc::clone(&shared);
    let writer = thread::spawn(move || {
        if after_the_store {
            theirs.0.store(1, Release);
            theirs.1.set(1);
        } else {
            theirs.1.set(1);
            theirs.0.store(1, Release);
        }
    });
    if shared.0.load(Acquire) == 1 {
        shared.1.set(2);
    }
    writer.join().unwrap();
    shared.1.get()
}

#[test]
fn a_release_hands_over_what_came_before_it_and_nothing_else() {
    assert_values(&rc11(|| written(false)), [1, 2]);
    assert_races(&rc11(|| written(true)));
}

/// `unsafe_cell_ok_3` and the five `unsafe_cell_race_mut_immut`: a thread and its child and main.
fn readers(somebody_writes: bool) -> [u32; 2] {
    let cell = Arc::new(Plain::default());
    cell.set(7);
    let (childs, grandchilds) = (Arc::clone(&cell), Arc::clone(&cell));
    let child = thread::spawn(move || {
        let grandchild = thread::spawn(move || {
            if somebody_writes {
                grandchilds.set(8);
            }
            grandchilds.get()
        });
        let seen = childs.get();
        grandchild.join().unwrap();
        seen
    });
    let seen = cell.get();
    let theirs = child.join().unwrap();
    cell.set(9);
    [seen, theirs]
}

#[test]
fn readers_may_meet_and_a_writer_may_not() {
    assert_values(&rc11(|| readers(false)), [[7, 7]]);
    assert_races(&rc11(|| readers(true)));
}

/// `fence_hazard_pointer`: the reader protects and then looks again, the other unlinks and then
/// looks for protection. What the reader finds, if it goes on; `false`: it was freed.
fn hazard_pointer(fences: [Ordering; 2]) -> Option<bool> {
    let shared = Arc::new([true, false, true].map(AtomicBool::new));
    let readers = Arc::clone(&shared);
    let reader = thread::spawn(move || {
        let [reachable, protected, allocated] = &*readers;
        protected.store(true, Relaxed);
        fence(fences[0]);
        reachable.load(Relaxed).then(|| allocated.load(Relaxed))
    });
    let [reachable, protected, allocated] = &*shared;
    reachable.store(false, Relaxed);
    fence(fences[1]);
    if !protected.load(Relaxed) {
        allocated.store(false, Relaxed);
    }
    reader.join().unwrap()
}

#[test]
fn a_hazard_pointer_needs_a_seqcst_fence_on_both_sides() {
    assert_values(&rc11(|| hazard_pointer([SeqCst, SeqCst])), [None, Some(true)]);
    for fences in [[SeqCst, AcqRel], [AcqRel, SeqCst]] {
        let report = rc11(|| hazard_pointer(fences));
        assert_values(&report, [None, Some(true), Some(false)]);
        assert_unexplained(&report, Some(false));
    }
}

/// Every triple of truth values, and all but the one that RWC and W+RWC forbid.
fn triples(but_the_forbidden: bool) -> BTreeSet<[bool; 3]> {
    let all = (0..8).map(|bits| [4, 2, 1].map(|bit| bits & bit != 0));
    all.filter(|triple| !but_the_forbidden || *triple != FORBIDDEN).collect()
}

/// x was seen, y was not, and who wrote y did not see x.
const FORBIDDEN: [bool; 3] = [true, false, false];

/// `rwc_syncs`: read to write causality.
fn rwc(fences: [Ordering; 2]) -> [bool; 3] {
    let [x, y] = [false, false].map(|start| Arc::new(AtomicBool::new(start)));
    let (seen_x, seen_y) = (Arc::clone(&x), Arc::clone(&y));
    let reader = thread::spawn(move || {
        let first = seen_x.load(Relaxed);
        fence(fences[0]);
        [first, seen_y.load(Relaxed)]
    });
    let other = Arc::clone(&x);
    let writer = thread::spawn(move || {
        y.store(true, Relaxed);
        fence(fences[1]);
        other.load(Relaxed)
    });
    x.store(true, Relaxed);
    let ([a, b], c) = (reader.join().unwrap(), writer.join().unwrap());
    [a, b, c]
}

#[test]
fn read_to_write_causality_needs_a_seqcst_fence_in_both_threads() {
    assert_values(&rc11(|| rwc([SeqCst, SeqCst])), triples(true));
    for fences in [[SeqCst, AcqRel], [AcqRel, SeqCst]] {
        let report = rc11(|| rwc(fences));
        assert_values(&report, triples(false));
        assert_unexplained(&report, FORBIDDEN);
    }
}

/// `w_rwc`: the same, with x handed on through z.
fn w_rwc((store, load): (Ordering, Ordering), fences: [Ordering; 2]) -> [bool; 3] {
    let [x, y, z] = [false; 3].map(|start| Arc::new(AtomicBool::new(start)));
    let (seen_z, seen_y) = (Arc::clone(&z), Arc::clone(&y));
    let reader = thread::spawn(move || {
        let first = seen_z.load(load);
        fence(fences[0]);
        [first, seen_y.load(Relaxed)]
    });
    let other = Arc::clone(&x);
    let writer = thread::spawn(move || {
        y.store(true, Relaxed);
        fence(fences[1]);
        other.load(Relaxed)
    });
    x.store(true, Relaxed);
    z.store(true, store);
    let ([a, b], c) = (reader.join().unwrap(), writer.join().unwrap());
    [a, b, c]
}

#[test]
fn what_is_handed_on_before_a_seqcst_fence_counts_as_well() {
    assert_values(&rc11(|| w_rwc((Release, Acquire), [SeqCst, SeqCst])), triples(true));
    // The fence behind the load acquires by itself.
    assert_values(&rc11(|| w_rwc((Release, Relaxed), [SeqCst, SeqCst])), triples(true));
    let weakened = [
        ((Relaxed, Acquire), [SeqCst, SeqCst]),
        ((Release, Acquire), [AcqRel, SeqCst]),
        ((Release, Acquire), [SeqCst, AcqRel]),
    ];
    for (orders, fences) in weakened {
        let report = rc11(|| w_rwc(orders, fences));
        assert_values(&report, triples(false));
        assert_unexplained(&report, FORBIDDEN);
    }
}

/// `compare_and_swap_reads_old_values`: each stores to its own place and swaps the other's from 0.
fn swaps((store, swap): (Ordering, Ordering)) -> ([bool; 2], [usize; 2]) {
    let places = Arc::new([0, 0].map(AtomicUsize::new));
    let start = |me: usize| {
        let places = Arc::clone(&places);
        thread::spawn(move || {
            places[me].store(1, store);
            places[1 - me].compare_exchange(0, 2, swap, Relaxed).is_ok()
        })
    };
    let threads = [start(0), start(1)];
    let swapped = threads.map(|thread| thread.join().unwrap());
    (swapped, [0, 1].map(|place: usize| places[place].load(Acquire)))
}

#[test]
fn a_compare_exchange_that_succeeds_may_have_missed_a_store_unless_all_is_seqcst() {
    // Whichever came first in the order of each place, a store of 1 is the last.
    let ends = |swapped: &[[bool; 2]]| -> BTreeSet<_> {
        swapped.iter().map(|swapped| (*swapped, [1, 1])).collect()
    };
    let one_at_most = [[false, false], [false, true], [true, false]];
    let any = [one_at_most.as_slice(), &[[true, true]]].concat();
    assert_values(&rc11(|| swaps((SeqCst, SeqCst))), ends(&one_at_most));
    for orders in [(Release, AcqRel), (Release, SeqCst), (SeqCst, AcqRel)] {
        let report = rc11(|| swaps(orders));
        assert_values(&report, ends(&any));
        let both = report.outcome(&([true, true], [1, 1])).unwrap();
        let picture = timeline(both.example());
        assert!(picture.contains("no interleaving explains these values"), "{picture}");
    }
}

/// `spec::acq_rel` and `spec::test_seq_cst`: two writers; two readers that wait for one and then
/// look for the other. How many see both.
fn both_seen(store: Ordering, load: Ordering) -> usize {
    let flags = Arc::new([false, false].map(AtomicBool::new));
    let write = |which: usize| {
        let flags = Arc::clone(&flags);
        thread::spawn(move || flags[which].store(true, store))
    };
    let read = |first: usize| {
        let flags = Arc::clone(&flags);
        thread::spawn(move || {
            while !flags[first].load(load) {
                thread::yield_now();
            }
            flags[1 - first].load(load)
        })
    };
    let (writers, readers) = ([write(0), write(1)], [read(0), read(1)]);
    writers.into_iter().for_each(|thread| thread.join().unwrap());
    readers.map(|thread| thread.join().unwrap()).into_iter().filter(|seen| *seen).count()
}

#[test]
fn at_least_one_reader_sees_both_flags_if_all_is_seqcst_and_perhaps_none_if_not() {
    assert_values(&rc11(|| both_seen(SeqCst, SeqCst)), [1, 2]);
    for (store, load) in [(Release, Acquire), (SeqCst, Acquire), (Release, SeqCst)] {
        let report = rc11(|| both_seen(store, load));
        assert_values(&report, [0, 1, 2]);
        assert_unexplained(&report, 0);
    }
}

/// `load_buffering`, `spec::relaxed`: what a thread reads is written only later, because of it.
fn load_buffering() -> (usize, usize) {
    let places = Arc::new([0, 0].map(AtomicUsize::new));
    let theirs = Arc::clone(&places);
    let copier = thread::spawn(move || {
        let seen = theirs[1].load(Relaxed);
        theirs[0].store(seen, Relaxed);
        seen
    });
    let seen = places[0].load(Relaxed);
    places[1].store(1, Relaxed);
    (seen, copier.join().unwrap())
}

/// Rust's rules allow (1, 1) as well; the model leaves it out, and says so.
#[test]
fn load_buffering_is_left_out_as_the_model_says() {
    assert_values(&rc11(load_buffering), [(0, 0), (0, 1)]);
}
