//! The counters as entries of the list, worst first, and the one program they all run.

use super::wrong::*;
use super::*;
use crate::diagram::graph::Aim;
use crate::list::{Entry, Means, Parameter, Runs, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{JoinHandle, Primitives, Std};
use std::sync::Arc;

/// Makes counters of one kind for real threads.
#[derive(Clone, Copy, Debug)]
pub struct Maker {
    /// The name of the type: `CompareExchangeCounter`.
    pub counter: &'static str,
    /// Makes one at zero, for this many threads to share.
    pub make: fn(threads: usize) -> Box<dyn Counter>,
    /// Makes one at this number.
    pub starting_at: fn(value: u64) -> Box<dyn Counter>,
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

/// What all counters have in common.
const COUNTER: Entry = Entry {
    outcome: &["count"],
    forbidden: "an update was lost",
    grade: |ending, [threads, increments]| match ending {
        Ok([count]) if *count == (threads * increments) as i64 => {
            acceptable("every increment is there")
        }
        Ok([count]) if *count < (threads * increments) as i64 => forbidden("an update was lost"),
        Ok(_) => forbidden("more than was added"),
        Err(failure) => failed(failure),
    },
    aim: Some(&Aim::LOSE_AN_UPDATE),
    parameters: &[
        Parameter {
            name: "threads",
            one: "thread",
            usual: 2,
            least: 1,
            most: 16,
            why: "with more there are more interleavings than can be counted",
            offered: &[2, 3],
        },
        Parameter {
            name: "increments",
            one: "increment",
            usual: 1,
            least: 1,
            most: 1_000,
            why: "with more an execution takes too many steps to be looked at",
            offered: &[1, 2],
        },
    ],
    ..Entry::BLANK
};

/// A counter's one variant: where it can be run. `everywhere` counters are generic over the family,
/// `real` ones exist on threads only.
macro_rules! variant {
    ($role:ident, $name:literal, $counter:ident, $places:ident) => {
        Variant::$role($name, Runs { hammer: Some(maker!($counter)), ..places!($counter, $places) })
    };
}

macro_rules! maker {
    ($counter:ident) => {
        Maker {
            counter: stringify!($counter),
            make: |threads| Box::new(<$counter>::for_threads(threads)),
            starting_at: |value| Box::new(<$counter>::starting_at(value)),
        }
    };
}

macro_rules! places {
    ($counter:ident, everywhere) => {
        runs!(P, [threads, increments] => race::<P, $counter<P>>(threads, increments))
    };
    ($counter:ident, real) => {
        Runs {
            threads: Some(|[threads, increments]| race::<Std, $counter>(threads, increments).into()),
            ..Runs::NOWHERE
        }
    };
}

/// One entry.
macro_rules! counter {
    ($name:literal, $file:literal, $counter:ident, $places:ident, $role:ident $(by $means:ident)?,
     $title:literal, $story:literal $(, $cost:literal)?) => {
        &Entry {
            name: $name,
            title: $title,
            story: $story,
            path: concat!("src/counter/", $file),
            source: include_str!($file),
            variants: &[variant!($role, $name, $counter, $places)
                $(.by(Means::$means))?
                $(.costs($cost))?],
            ..COUNTER
        }
    };
}

/// All counters, worst first: the losing ones, the fixes that do not work, the cures.
pub static LADDER: &[&Entry] = &[
    counter!(
        "unsafe",
        "unsafe_cell.rs",
        UnsafeCounter,
        everywhere,
        broken,
        "A plain number, shared by a false promise",
        "Plain memory, read and written by all with nothing to order them: a data race, undefined."
    ),
    counter!(
        "racy",
        "racy.rs",
        RacyCounter,
        everywhere,
        broken,
        "Load, then store",
        "Atomic accesses, but two of them: another thread can come between, and its update is lost."
    ),
    counter!(
        "volatile",
        "wrong/volatile.rs",
        VolatileCounter,
        real,
        wrong_fix,
        "Volatile",
        "Holds back the compiler, not the other threads: still two steps, still a data race."
    ),
    counter!(
        "sleep",
        "wrong/sleep.rs",
        SleepCounter,
        real,
        wrong_fix by Pause,
        "Sleep until nobody is busy",
        "Looking at a flag and setting it are two steps; the sleep only makes the collision rarer."
    ),
    counter!(
        "seqcst-pair",
        "wrong/seqcst_pair.rs",
        SeqCstPairCounter,
        everywhere,
        wrong_fix by Ordering,
        "The strongest ordering",
        "SeqCst orders every pair of steps and merges none: it loses in the same interleavings."
    ),
    counter!(
        "lock-per-thread",
        "wrong/lock_per_thread.rs",
        LockPerThreadCounter,
        everywhere,
        wrong_fix by Lock,
        "A lock for each thread",
        "A lock keeps out who wants the same lock; here everyone has another."
    ),
    counter!(
        "lock-the-read",
        "wrong/lock_the_read.rs",
        LockTheReadCounter,
        everywhere,
        wrong_fix by Lock,
        "A lock around the read only",
        "The lock is given back before the write, so what was read is out of date by then."
    ),
    counter!(
        "mutex",
        "mutex.rs",
        MutexCounter,
        everywhere,
        cure by Lock,
        "One thread at a time",
        "Read and write happen under one lock, so nobody can come between.",
        "Threads wait for each other, and one that is stopped while it holds the lock stops them all."
    ),
    counter!(
        "atomic",
        "atomic.rs",
        AtomicCounter,
        everywhere,
        cure by Atomic,
        "One step instead of two",
        "fetch_add reads and writes in one indivisible step: there is no between.",
        "One locked instruction; many cores that count at once pass one cache line around."
    ),
    counter!(
        "compare-exchange",
        "compare_exchange.rs",
        CompareExchangeCounter,
        everywhere,
        cure by Atomic,
        "Write only if nobody came between",
        "The write happens only if the number is still the one that was read; otherwise try again.",
        "As fetch_add when nobody is in the way; whoever comes too late does its work again."
    ),
    counter!(
        "sharded",
        "sharded.rs",
        ShardedCounter,
        everywhere,
        cure,
        "A number for each thread",
        "Each thread adds to its own number; whoever asks adds them up.",
        "A cache line for each thread, and a read that looks at all of them."
    ),
    counter!(
        "actor",
        "actor.rs",
        ActorCounter,
        everywhere,
        cure by Owner,
        "One thread owns the number",
        "Everyone else sends it messages, and it serves them one at a time.",
        "A message an increment and a thread that serves them; a read waits for its turn."
    ),
];
