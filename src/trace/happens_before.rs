//! Happens-before: what each step knows to have happened.
//!
//! A step happens before the next one of its thread, before what waited for it (a spawn, a join),
//! and before a step that synchronises with it: locks, channels and the like with those who had
//! the same object before, an acquiring access with the releasing one whose value it reads, or with
//! one that is carried on through read-modify-writes (C++20 §6.9.2.2, which Rust adopts). `Relaxed`
//! accesses order nothing by themselves. A notify wakes and orders nothing: the mutex does.

use super::{Action, Mode, Step};
use std::collections::HashMap;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Release, SeqCst};

/// How many steps of each thread are known to have happened.
pub(crate) type Clock = Vec<u32>;

pub(super) fn join(clock: &mut Clock, other: &Clock) {
    clock.resize(clock.len().max(other.len()), 0);
    clock.iter_mut().zip(other).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
}

/// What has to be known of a step.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    pub thread: usize,
    pub action: Action,
    pub object: Option<u32>,
    /// The mutex of a wait, which gives it back.
    pub mutex: Option<u32>,
    /// The ordering that counts: of a compare-exchange that failed, the one for failure.
    pub order: Option<Ordering>,
    /// For a read of an older store: which step's.
    pub stale: Option<Option<usize>>,
    /// Does it write, but not become the newest?
    pub is_late: bool,
}

impl From<&Step> for Event {
    fn from(step: &Step) -> Self {
        Event {
            thread: step.thread.index(),
            action: step.action,
            object: step.object.map(|id| id.0),
            mutex: step.mutex.map(|id| id.0),
            order: step.order,
            stale: step.stale,
            is_late: step.stale.or(step.behind).is_some(),
        }
    }
}

/// What one thread knows.
#[derive(Clone, Default)]
struct Known {
    now: Clock,
    /// What relaxed reads have brought: known after an acquire fence.
    pending: Clock,
    /// What it knew at its last release fence: relaxed writes publish this.
    fenced: Clock,
}

/// What an object hands on to whoever synchronises with it.
#[derive(Clone, Default)]
struct Published {
    /// From everyone who used it.
    all: Clock,
    /// From those who had it alone: all that the readers of a read-write lock may learn.
    by_writers: Clock,
    /// The newest write, for those that hold a value.
    newest: Option<usize>,
}

/// For each step: what its thread knows once it is done, itself included.
pub(crate) fn clocks(
    count: usize,
    event: impl Fn(usize) -> Event,
    after: impl Fn(usize, &mut dyn FnMut(usize)),
) -> Vec<Clock> {
    let mut threads: Vec<Known> = Vec::new();
    let mut objects: HashMap<u32, Published> = HashMap::new();
    // What a read of each write would learn.
    let mut released: Vec<Clock> = vec![Clock::new(); count];
    let mut clocks: Vec<Clock> = Vec::with_capacity(count);
    for nth in 0..count {
        let this = event(nth);
        let me = this.thread;
        threads.resize_with(threads.len().max(me + 1), Known::default);
        let known = &mut threads[me];
        after(nth, &mut |before| {
            if !matches!(event(before).action, Action::NotifyOne | Action::NotifyAll) {
                join(&mut known.now, &clocks[before]);
            }
        });
        known.now.resize(known.now.len().max(me + 1), 0);
        known.now[me] += 1;
        if let Some(object) = this.object {
            let object = objects.entry(object).or_default();
            match this.action.is_atomic_access() {
                true => access(nth, this, known, object, &mut released),
                false => synchronise(this.action, known, object),
            }
        } else if this.action == Action::Fence {
            fence(this.order, known);
        }
        if let (Action::Wait, Some(mutex)) = (this.action, this.mutex) {
            join(&mut objects.entry(mutex).or_default().all, &known.now);
        }
        clocks.push(known.now.clone());
    }
    clocks
}

/// A step on an atomic.
fn access(
    nth: usize,
    this: Event,
    known: &mut Known,
    object: &mut Published,
    released: &mut [Clock],
) {
    let writes = this.action.writes_value();
    let source = match this.action {
        Action::Store => None, // it starts anew
        _ => this.stale.unwrap_or(object.newest),
    };
    let learnt = source.map(|write| released[write].clone()).unwrap_or_default();
    join(&mut known.pending, &learnt);
    if acquires(this.order) {
        join(&mut known.now, &learnt);
    }
    if writes {
        released[nth] = learnt;
        join(&mut released[nth], if releases(this.order) { &known.now } else { &known.fenced });
        if !this.is_late {
            object.newest = Some(nth);
        }
    }
}

/// A step on an object that keeps its own order.
///
/// Who learns, learns from all who left something and on whom it depends: a reader of a read-write
/// lock does not depend on other readers.
fn synchronise(action: Action, known: &mut Known, object: &mut Published) {
    let (learns, leaves) = action.learns_and_leaves();
    let alone = action.mode() == Some(Mode::Write);
    if learns {
        let shares = action.mode() == Some(Mode::Share);
        join(&mut known.now, if shares { &object.by_writers } else { &object.all });
    }
    if leaves {
        join(&mut object.all, &known.now);
        if alone {
            join(&mut object.by_writers, &known.now);
        }
    }
}

fn fence(order: Option<Ordering>, known: &mut Known) {
    if acquires(order) {
        let pending = std::mem::take(&mut known.pending);
        join(&mut known.now, &pending);
    }
    if releases(order) {
        known.fenced = known.now.clone();
    }
}

fn acquires(order: Option<Ordering>) -> bool {
    matches!(order, Some(Acquire | AcqRel | SeqCst))
}

fn releases(order: Option<Ordering>) -> bool {
    matches!(order, Some(Release | AcqRel | SeqCst))
}
