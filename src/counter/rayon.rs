//! No shared counter at all: count apart, then add up.
//!
//! Counting what is in a collection is not a reason to share a number. [rayon] splits the
//! collection, each piece is counted by one thread in a local variable, and the counts are added
//! where the pieces meet. [`count_apart`] does that; [`count_together`] is the reflex it replaces,
//! `for_each(|_| counter.increment())`, which is only as right as its counter.
//!
//! # Why it cannot lose
//! Between the pieces nothing is shared, so no step of one can come between two steps of another.
//! Adding is associative and has 0 as its neutral element, so it does not matter where the
//! collection is split nor which sums are made first \[1\]. Rust holds `for_each` to `Fn + Sync`:
//! a closure that did `count += 1` on a captured variable would not compile.
//!
//! # Orderings
//! None in sight. rayon's `join` orders a piece's work before the sum that uses it.
//!
//! # Trade-offs
//! The fastest of all, as an increment is an addition in a register, and the first choice wherever
//! the work is a collection known beforehand. It is no answer when requests arrive one by one and
//! each wants the number as it stands: that takes a shared counter.
//!
//! # Sources
//! 1. rayon, [`ParallelIterator::reduce`], on why the operation has to be associative
//!
//! [rayon]: https://docs.rs/rayon

use super::Counter;
use rayon::prelude::*;

/// Counts the items that satisfy `hit`, all threads incrementing one shared `counter`.
///
/// The result is the counter's: exact if the counter is.
///
/// # Examples
/// ```
/// use racelab::counter::{AtomicCounter, Counter, rayon::count_together};
///
/// let counter = AtomicCounter::new();
/// count_together(&[1, 2, 3, 4], |n| n % 2 == 0, &counter);
/// assert_eq!(counter.get(), 2);
/// ```
pub fn count_together<T: Sync>(
    items: &[T],
    hit: impl Fn(&T) -> bool + Sync,
    counter: &dyn Counter,
) {
    items.par_iter().filter(|item| hit(item)).for_each(|_| counter.increment());
}

/// Counts the items that satisfy `hit`, each thread by itself, and adds up.
///
/// # Examples
/// ```
/// use racelab::counter::rayon::count_apart;
///
/// assert_eq!(count_apart(&[1, 2, 3, 4], |n| n % 2 == 0), 2);
/// ```
pub fn count_apart<T: Sync>(items: &[T], hit: impl Fn(&T) -> bool + Sync) -> u64 {
    items
        .par_iter()
        .fold(|| 0, |count: u64, item| count + u64::from(hit(item))) // one piece, one local count
        .reduce(|| 0, |left, right| left + right) // where two pieces meet
}
