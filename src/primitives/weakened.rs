//! A program of the [`Model`](super::Model) family, made weaker in one place.
//!
//! A cure needs each of its orderings, fences, signals and locks, or it is stronger than it has to be.
//! Which of both it is can be seen by taking them away one at a time: [`weakenings`] lists every
//! change for the worse that makes sense at the places a program came past, and a program that is
//! [`weakened`] by one of them is explored like any other.
//!
//! The source stays as it is; what changes is what its words do at that place.
//!
//! ```
//! use racelab::explore::{Explorer, Memory};
//! use racelab::primitives::{weakened, weakenings};
//!
//! let spin_lock = racelab::list::find("spin-lock").unwrap().subject();
//! let cure = racelab::list::Subject { variant: spin_lock.entry.variants.last().unwrap(), ..spin_lock };
//! let explorer = Explorer::new().memory(Memory::Rc11);
//! let found = weakenings(|watched| {
//!     explorer.explore(|| watched.program(|| cure.run()));
//! });
//! assert!(!found.is_empty());
//! for weakening in found {
//!     let report = explorer.explore(|| weakened(&weakening, || cure.run()));
//!     assert!(report.failures().next().is_some(), "{weakening}: nobody would notice");
//! }
//! ```

use crate::trace::Place;
use std::cell::RefCell;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::sync::{Arc, Mutex};

/// One change for the worse, at one place of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakening {
    /// Where.
    pub place: Place,
    /// What is done there.
    pub change: Change,
}

/// A change for the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A step has a weaker ordering than it asks for.
    Order(Ordering),
    /// A compare-and-exchange that fails has a weaker ordering than it asks for.
    FailureOrder(Ordering),
    /// A fence is left out.
    NoFence,
    /// A signal is not sent.
    NoSignal,
    /// One sleeper is woken, and not all.
    OneSignal,
    /// A lock that guards something elsewhere is given back at once.
    NoLock,
    /// A lock is given back before what it guards is written for the first, second ... time, and taken
    /// again: its region is two.
    SplitLock(u16),
    /// A compare-and-exchange that has failed is taken for one that has not: nobody tries again.
    NoRetry,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Order(order) => write!(f, "{order:?}"),
            Change::FailureOrder(order) => write!(f, "{order:?} where it fails"),
            Change::NoFence => f.write_str("no fence"),
            Change::NoSignal => f.write_str("no signal"),
            Change::OneSignal => f.write_str("one signal"),
            Change::NoLock => f.write_str("no lock"),
            Change::SplitLock(write) => write!(f, "unlocked before write {write}"),
            Change::NoRetry => f.write_str("no retry"),
        }
    }
}

/// `src/race/spin_lock.rs:61:25: Relaxed`
impl fmt::Display for Weakening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line, column } = &self.place;
        write!(f, "{file}:{line}:{column}: {}", self.change)
    }
}

/// What is done at the places that an execution comes past.
#[derive(Clone)]
enum Watch {
    /// They are noted, with what could be done there.
    Noting(Watched),
    /// One of them is weakened.
    Weakening(Weakening),
}

thread_local! {
    /// That of the execution which runs on this OS thread; an execution runs on one.
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// Was a program ever watched in this process? Nearly always not, and then asking is all it costs.
static EVER: AtomicBool = AtomicBool::new(false);

/// Where a program that is watched leaves what could be weakened.
#[derive(Clone, Debug, Default)]
pub struct Watched(Arc<Mutex<Vec<Weakening>>>);

impl Watched {
    /// Runs a program, as a thread of the [`Model`](super::Model) family's, and notes what could be
    /// weakened at the places it comes past.
    pub fn program<R>(&self, program: impl FnOnce() -> R) -> R {
        during(Watch::Noting(self.clone()), program)
    }
}

/// All single weakenings of a program that `explore` runs, watched, as often as it likes; in the order
/// of their places.
pub fn weakenings(explore: impl FnOnce(Watched)) -> Vec<Weakening> {
    let watched = Watched::default();
    explore(watched.clone());
    let mut found = watched.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
    found.sort_by(|a, b| a.place.cmp(&b.place));
    found
}

/// Runs a program, as a thread of the [`Model`](super::Model) family's, with one weakening.
pub fn weakened<R>(weakening: &Weakening, program: impl FnOnce() -> R) -> R {
    during(Watch::Weakening(weakening.clone()), program)
}

/// An execution that is stuck never comes back from `program`; the next one on its OS thread begins
/// with a watch of its own.
fn during<R>(watch: Watch, program: impl FnOnce() -> R) -> R {
    EVER.store(true, Relaxed);
    WATCH.set(Some(watch));
    let result = program();
    WATCH.set(None);
    result
}

/// What becomes of a word at this place: what `could` be done there is noted, what is to be done is
/// returned.
#[track_caller]
#[inline]
fn here(could: &[Change]) -> Option<Change> {
    if EVER.load(Relaxed) { at(Location::caller(), could) } else { None }
}

#[cold]
fn at(place: &'static Location<'static>, could: &[Change]) -> Option<Change> {
    WATCH.with_borrow(|watch| match watch.as_ref()? {
        Watch::Noting(Watched(found)) => {
            let mut found = found.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            for &change in could {
                let weakening = Weakening { place: place.into(), change };
                if !found.contains(&weakening) {
                    found.push(weakening);
                }
            }
            None
        }
        Watch::Weakening(weakening) => {
            let is_meant = weakening.place == place.into() && could.contains(&weakening.change);
            is_meant.then_some(weakening.change)
        }
    })
}

/// The orderings that are weaker than this one by a single step.
fn weaker(order: Ordering, released: Ordering) -> &'static [Change] {
    match (order, released) {
        (SeqCst, AcqRel) => &[Change::Order(AcqRel)],
        (SeqCst, Acquire) => &[Change::Order(Acquire)],
        (SeqCst, _) => &[Change::Order(Release)],
        (AcqRel, _) => &[Change::Order(Acquire), Change::Order(Release)],
        (Acquire | Release, _) => &[Change::Order(Relaxed)],
        _ => &[],
    }
}

#[track_caller]
#[inline]
fn ordered(order: Ordering, below_seq_cst: Ordering) -> Ordering {
    match here(weaker(order, below_seq_cst)) {
        Some(Change::Order(order)) => order,
        _ => order,
    }
}

/// The ordering of a load that asks for this one.
#[track_caller]
#[inline]
pub(super) fn load(order: Ordering) -> Ordering {
    ordered(order, Acquire)
}

/// As [`load`], of a store.
#[track_caller]
#[inline]
pub(super) fn store(order: Ordering) -> Ordering {
    ordered(order, Release)
}

/// As [`load`], of a step that reads and writes.
#[track_caller]
#[inline]
pub(super) fn update(order: Ordering) -> Ordering {
    ordered(order, AcqRel)
}

/// As [`load`], of a compare-and-exchange that fails.
#[track_caller]
#[inline]
pub(super) fn failure(order: Ordering) -> Ordering {
    let weaker: &[Change] = match order {
        SeqCst => &[Change::FailureOrder(Acquire)],
        Acquire => &[Change::FailureOrder(Relaxed)],
        _ => &[],
    };
    match here(weaker) {
        Some(Change::FailureOrder(order)) => order,
        _ => order,
    }
}

/// What a compare-and-exchange says of itself.
#[track_caller]
#[inline]
pub(super) fn exchanged<V>(result: Result<V, V>, current: V) -> Result<V, V> {
    match result {
        Err(_) if here(&[Change::NoRetry]).is_some() => Ok(current),
        result => result,
    }
}

/// The ordering of a fence that asks for this one; `None`: there is none.
#[track_caller]
#[inline]
pub(super) fn fence(order: Ordering) -> Option<Ordering> {
    let weaker: &[Change] = match order {
        Acquire | Release => &[Change::NoFence],
        _ => weaker(order, AcqRel),
    };
    match here(weaker) {
        Some(Change::Order(order)) => Some(order),
        Some(_) => None,
        None => Some(order),
    }
}

/// How many a signal wakes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    Nobody,
    One,
    All,
}

/// How many are woken by a signal that is for so many.
#[track_caller]
#[inline]
pub(super) fn signal(woken: Woken) -> Woken {
    let weaker: &[Change] = match woken {
        Woken::All => &[Change::NoSignal, Change::OneSignal],
        _ => &[Change::NoSignal],
    };
    match here(weaker) {
        Some(Change::OneSignal) => Woken::One,
        Some(_) => Woken::Nobody,
        None => woken,
    }
}

/// Is a lock that guards nothing itself kept?
#[track_caller]
#[inline]
pub(super) fn keeps_lock() -> bool {
    here(&[Change::NoLock]).is_none()
}

/// Is a lock from this place given back before what it guards is written for the `nth` time?
#[inline]
pub(super) fn splits_lock(place: &'static Location<'static>, nth: u16) -> bool {
    EVER.load(Relaxed) && at(place, &[Change::SplitLock(nth)]).is_some()
}
