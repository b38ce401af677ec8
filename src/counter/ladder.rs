//! The list of all counters, worst first, and the one program they all run.

use super::wrong::*;
use super::*;
use crate::primitives::{JoinHandle, Loom, LoomIn, Model, Plain, Primitives, Std};
use std::sync::Arc;

/// A race between `threads` threads of `increments` increments each; returns the count.
pub type Program = fn(threads: usize, increments: usize) -> u64;

/// What a counter promises about many threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Every increment is in the count, whatever the interleaving.
    Exact,
    /// Some interleavings lose updates.
    Loses,
}

/// One counter of the ladder: what it is called, what it promises, where its source is and how it
/// is run.
pub struct Rung {
    /// Its name on the command line: `compare-exchange`.
    pub name: &'static str,
    /// The name of its type: `CompareExchangeCounter`.
    pub counter: &'static str,
    /// A heading: `Write only if nobody came between`.
    pub title: &'static str,
    /// One sentence: what it does, and why it loses or cannot.
    pub summary: &'static str,
    /// What it promises.
    pub promise: Promise,
    /// Is it one of the plausible fixes that do not work?
    pub wrong_fix: bool,
    /// Where its source is, from the root of the repository, as a step's place names it.
    pub path: &'static str,
    /// Its source, as it is compiled.
    pub source: &'static str,
    /// How many threads it starts for itself.
    pub own_threads: fn() -> usize,
    /// Makes one at zero, for this many real threads to share.
    pub make: fn(threads: usize) -> Box<dyn Counter>,
    /// Makes one at this number, on real threads.
    pub starting_at: fn(value: u64) -> Box<dyn Counter>,
    /// [`race`] on real threads.
    pub on_threads: Program,
    /// [`race`] under loom, for [`explore_with_loom`](crate::explore_with_loom); `None` for a
    /// counter that exists on real threads only.
    pub loom: Option<Program>,
    /// [`race`] under loom as it comes, which misses interleavings.
    pub plain_loom: Option<Program>,
    /// [`race`] under the explorer, for [`explore`](crate::explore()); `None` for a counter that
    /// exists on real threads only.
    pub model: Option<Program>,
}

impl Rung {
    /// The rung with this name.
    ///
    /// # Examples
    /// ```
    /// use racelab::counter::{Promise, Rung};
    ///
    /// assert_eq!(Rung::named("racy").unwrap().promise, Promise::Loses);
    /// assert!(Rung::named("rusty").is_none());
    /// ```
    pub fn named(name: &str) -> Option<&'static Rung> {
        LADDER.iter().find(|rung| rung.name == name)
    }
}

/// What the threads of a race are called, in the order in which they are started.
///
/// They are the letters that schedules give to threads, so that the two agree (`M` is main).
const NAMES: [&str; 50] = [
    "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "N", "O", "P", "Q", "R", "S", "T",
    "U", "V", "W", "X", "Y", "Z", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "n",
    "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z",
];

/// The program that every counter runs: `threads` threads increment one counter `increments` times
/// each; main joins them and returns the count.
///
/// A correct counter returns `threads * increments`, whatever the interleaving.
///
/// # Examples
/// ```
/// use racelab::counter::{AtomicCounter, race};
/// use racelab::primitives::Std;
///
/// assert_eq!(race::<Std, AtomicCounter>(2, 1000), 2000);
/// ```
pub fn race<P: Primitives, C: Counter + Default>(threads: usize, increments: usize) -> u64 {
    let counter = Arc::new(C::for_threads(threads));
    let names = NAMES.iter().skip(C::own_threads()).chain(std::iter::repeat(&"thread"));
    let spawn = |name| {
        let counter = Arc::clone(&counter);
        P::spawn(name, move || {
            for _ in 0..increments {
                P::operation(|| counter.increment());
            }
        })
    };
    let running: Vec<_> = names.take(threads).map(|name| spawn(name)).collect();
    running.into_iter().for_each(JoinHandle::join);
    counter.get()
}

/// [`race`] in a family that is checked.
macro_rules! checked {
    (everywhere, $counter:ident, $family:ty) => {
        Some(race::<$family, $counter<$family>>)
    };
    (real, $counter:ident, $family:ty) => {
        None
    };
}

/// One entry. `everywhere` counters are generic over the family, `real` ones exist on threads only.
macro_rules! rung {
    ($name:literal, $file:literal, $counter:ident, $families:ident, $promise:ident, $wrong:literal,
     $title:literal, $summary:literal) => {
        Rung {
            name: $name,
            counter: stringify!($counter),
            title: $title,
            summary: $summary,
            promise: Promise::$promise,
            wrong_fix: $wrong,
            path: concat!("src/counter/", $file),
            source: include_str!($file),
            own_threads: <$counter as Counter>::own_threads,
            make: |threads| Box::new(<$counter>::for_threads(threads)),
            starting_at: |value| Box::new(<$counter>::starting_at(value)),
            on_threads: race::<Std, $counter>,
            loom: checked!($families, $counter, Loom),
            plain_loom: checked!($families, $counter, LoomIn<Plain>),
            model: checked!($families, $counter, Model),
        }
    };
}

/// All counters, worst first: the losing ones, the fixes that do not work, the cures.
pub static LADDER: &[Rung] = &[
    rung!(
        "unsafe",
        "unsafe_cell.rs",
        UnsafeCounter,
        everywhere,
        Loses,
        false,
        "A plain number, shared by a false promise",
        "Plain memory, read and written by all with nothing to order them: a data race, undefined."
    ),
    rung!(
        "racy",
        "racy.rs",
        RacyCounter,
        everywhere,
        Loses,
        false,
        "Load, then store",
        "Atomic accesses, but two of them: another thread can come between, and its update is lost."
    ),
    rung!(
        "volatile",
        "wrong/volatile.rs",
        VolatileCounter,
        real,
        Loses,
        true,
        "Volatile",
        "Holds back the compiler, not the other threads: still two steps, still a data race."
    ),
    rung!(
        "sleep",
        "wrong/sleep.rs",
        SleepCounter,
        real,
        Loses,
        true,
        "Sleep until nobody is busy",
        "Looking at a flag and setting it are two steps; the sleep only makes the collision rarer."
    ),
    rung!(
        "seqcst-pair",
        "wrong/seqcst_pair.rs",
        SeqCstPairCounter,
        everywhere,
        Loses,
        true,
        "The strongest ordering",
        "SeqCst orders every pair of steps and merges none: it loses in the same interleavings."
    ),
    rung!(
        "lock-per-thread",
        "wrong/lock_per_thread.rs",
        LockPerThreadCounter,
        everywhere,
        Loses,
        true,
        "A lock for each thread",
        "A lock keeps out who wants the same lock; here everyone has another."
    ),
    rung!(
        "lock-the-read",
        "wrong/lock_the_read.rs",
        LockTheReadCounter,
        everywhere,
        Loses,
        true,
        "A lock around the read only",
        "The lock is given back before the write, so what was read is out of date by then."
    ),
    rung!(
        "mutex",
        "mutex.rs",
        MutexCounter,
        everywhere,
        Exact,
        false,
        "One thread at a time",
        "Read and write happen under one lock, so nobody can come between."
    ),
    rung!(
        "atomic",
        "atomic.rs",
        AtomicCounter,
        everywhere,
        Exact,
        false,
        "One step instead of two",
        "fetch_add reads and writes in one indivisible step: there is no between."
    ),
    rung!(
        "compare-exchange",
        "compare_exchange.rs",
        CompareExchangeCounter,
        everywhere,
        Exact,
        false,
        "Write only if nobody came between",
        "The write happens only if the number is still the one that was read; otherwise try again."
    ),
    rung!(
        "sharded",
        "sharded.rs",
        ShardedCounter,
        everywhere,
        Exact,
        false,
        "A number for each thread",
        "Each thread adds to its own number; whoever asks adds them up."
    ),
    rung!(
        "actor",
        "actor.rs",
        ActorCounter,
        everywhere,
        Exact,
        false,
        "One thread owns the number",
        "Everyone else sends it messages, and it serves them one at a time."
    ),
];
