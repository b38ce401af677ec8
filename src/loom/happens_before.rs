//! Which accesses of a cell nothing orders.
//!
//! loom says *that* an execution races, at the access where it notices, which depends on the
//! schedule. Which pairs race is read off the trace, the same for every interleaving of a class.
//!
//! # Orderings
//! A step happens before another of its thread that follows, before what waited for it (a spawn, a
//! join), and before a step that synchronises with it: locks and channels with their predecessors
//! on the same object, an acquiring access with the releasing one whose value it reads, or with one
//! that it continues through read-modify-writes (C++20 §6.9.2.2, which Rust adopts).

use crate::report::RacingAccess;
use crate::trace::{Action, ObjectId, Step};
use std::collections::HashMap;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Release, SeqCst};

/// How many steps of each thread are known to have happened.
type Clock = Vec<u32>;

fn join(clock: &mut Clock, other: &Clock) {
    clock.resize(clock.len().max(other.len()), 0);
    clock.iter_mut().zip(other).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
}

/// What one thread knows.
#[derive(Clone, Default)]
struct Known {
    now: Clock,
    /// Read with relaxed accesses: known after an acquire fence.
    read: Clock,
    /// Known at the last release fence: what relaxed writes publish.
    fenced: Clock,
}

/// The pairs of accesses of `cell` that race, each with the smaller thread first.
pub(super) fn racing_pairs(
    steps: &[Step],
    cell: ObjectId,
) -> impl Iterator<Item = (RacingAccess, RacingAccess)> {
    let clocks = clocks(steps);
    let accesses: Vec<usize> =
        (0..steps.len()).filter(|&i| steps[i].object == Some(cell)).collect();
    let mut pairs = Vec::new();
    for (nth, &later) in accesses.iter().enumerate() {
        for &earlier in &accesses[..nth] {
            let (a, b) = (&steps[earlier], &steps[later]);
            let writes = [a, b].iter().any(|step| step.action == Action::CellWrite);
            let thread = a.thread.index();
            // The earlier step's own clock counts itself, so it is known if the later one has that.
            let ordered = clocks[later].get(thread) >= clocks[earlier].get(thread);
            if writes && a.thread != b.thread && !ordered {
                let (mut first, mut second) = (access(a), access(b));
                if second.thread < first.thread {
                    std::mem::swap(&mut first, &mut second);
                }
                pairs.push((first, second));
            }
        }
    }
    pairs.into_iter()
}

fn access(step: &Step) -> RacingAccess {
    RacingAccess {
        thread: step.thread.letter(),
        writes: step.action == Action::CellWrite,
        place: step.place.clone(),
    }
}

/// For each step: what its thread knows once it is done, itself included.
fn clocks(steps: &[Step]) -> Vec<Clock> {
    let mut threads: Vec<Known> = Vec::new();
    let mut objects: HashMap<ObjectId, Clock> = HashMap::new();
    let mut clocks: Vec<Clock> = Vec::with_capacity(steps.len());
    for step in steps {
        let me = step.thread.index();
        threads.resize_with(threads.len().max(me + 1), Known::default);
        let known = &mut threads[me];
        for &before in &step.after {
            // A notify wakes; what is ordered, the mutex orders.
            if !matches!(steps[before].action, Action::NotifyOne | Action::NotifyAll) {
                join(&mut known.now, &clocks[before]);
            }
        }
        known.now.resize(known.now.len().max(me + 1), 0);
        known.now[me] += 1;
        for object in step.object.iter().chain(&step.mutex) {
            synchronise(step, known, objects.entry(*object).or_default());
        }
        if step.action == Action::Fence {
            fence(step.order, known);
        }
        clocks.push(known.now.clone());
    }
    clocks
}

fn synchronise(step: &Step, known: &mut Known, object: &mut Clock) {
    let (acquires, releases) = (acquires(step.order), releases(step.order));
    match step.action {
        Action::CellRead | Action::CellWrite => {}
        Action::Store
        | Action::Load
        | Action::CompareExchangeFailed
        | Action::Swap
        | Action::FetchAdd
        | Action::FetchSub
        | Action::FetchUpdate
        | Action::CompareExchange => {
            if step.reads_value() {
                join(&mut known.read, object);
                if acquires {
                    join(&mut known.now, object);
                }
            }
            if step.action == Action::Store {
                object.clear();
            }
            if step.writes_value() {
                join(object, if releases { &known.now } else { &known.fenced });
            }
        }
        _ => {
            join(&mut known.now, object);
            join(object, &known.now);
        }
    }
}

fn fence(order: Option<Ordering>, known: &mut Known) {
    if acquires(order) {
        let read = known.read.clone();
        join(&mut known.now, &read);
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
