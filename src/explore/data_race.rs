//! Data races: plain accesses that nothing orders.
//!
//! Two accesses of a cell by different threads, at least one a write, race unless one *happens
//! before* the other in the sense of the language: through a spawn, a join, a lock, a channel, or a
//! release that an acquire has read from (C++20 §6.9.2.2, which Rust adopts). `Relaxed` atomics
//! order nothing. It is asked of each execution once it is complete, and only if it touched a cell.

use super::dpor::{Event, History};
use super::runtime::NONE;
use crate::report::{Failure, RacingAccess};
use crate::trace::{Action, ThreadId};
use std::sync::atomic::Ordering;

type Clock = Vec<u32>;

fn join(clock: &mut Clock, other: &Clock) {
    if clock.len() < other.len() {
        clock.resize(other.len(), 0);
    }
    clock.iter_mut().zip(other).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
}

#[derive(Clone, Default)]
struct Sync {
    /// What the thread knows.
    known: Clock,
    /// What relaxed reads have brought: known after an acquire fence.
    pending: Clock,
    /// What it knew at its last release fence: relaxed writes publish this.
    fenced: Clock,
}

/// The first data race, in the order of threads and places: the same for every interleaving of a
/// class.
pub(super) fn find(history: &History, name: impl Fn(u32) -> String) -> Option<Failure> {
    let cells = |e: &Event| matches!(e.action, Action::CellRead | Action::CellWrite);
    if !history.events.iter().any(cells) {
        return None;
    }
    let clocks = synchronisation(history);
    let accesses: Vec<usize> =
        (0..history.len()).filter(|&nth| cells(&history.events[nth])).collect();
    let mut races = Vec::new();
    for (i, &second) in accesses.iter().enumerate() {
        let later = &history.events[second];
        for &first in &accesses[..i] {
            let earlier = &history.events[first];
            let writes = [earlier, later].map(|e| e.action == Action::CellWrite);
            let conflict = earlier.request.object == later.request.object
                && earlier.thread != later.thread
                && writes.contains(&true);
            let known = clocks[second].get(usize::from(earlier.thread)).copied().unwrap_or(0);
            if conflict && known < earlier.position {
                let access = |e: &Event| RacingAccess {
                    thread: ThreadId(e.thread).letter(),
                    writes: e.action == Action::CellWrite,
                    place: e.request.place.into(),
                };
                let (mut first, mut second) = (access(earlier), access(later));
                if second.thread < first.thread {
                    std::mem::swap(&mut first, &mut second);
                }
                races.push(Failure::DataRace { object: name(later.request.object), first, second });
            }
        }
    }
    races.into_iter().min()
}

/// What each step's thread knows before it: how many steps of every thread happened before.
fn synchronisation(history: &History) -> Vec<Clock> {
    let mut threads: Vec<Sync> = Vec::new();
    let mut objects: Vec<Clock> = Vec::new();
    let mut ends: Vec<Clock> = Vec::with_capacity(history.len());
    let mut clocks = Vec::with_capacity(history.len());
    for (nth, event) in history.events.iter().enumerate() {
        let me = usize::from(event.thread);
        if threads.len() <= me {
            threads.resize_with(me + 1, Sync::default);
        }
        for &step in history.after(nth as u32) {
            let earlier = &history.events[step as usize];
            // A notify wakes, it does not synchronise: the mutex does.
            if !matches!(earlier.action, Action::NotifyOne | Action::NotifyAll) {
                join(&mut threads[me].known, &ends[step as usize]);
            }
        }
        let mut object = std::mem::take(&mut Clock::new());
        let slot = event.request.object;
        if slot != NONE {
            if objects.len() <= slot as usize {
                objects.resize(slot as usize + 1, Clock::new());
            }
            object = std::mem::take(&mut objects[slot as usize]);
        }
        let this = &mut threads[me];
        if this.known.len() <= me {
            this.known.resize(me + 1, 0);
        }
        acquire(event, this, &object);
        clocks.push(this.known.clone());
        this.known[me] = event.position;
        release(event, this, &mut object);
        if slot != NONE {
            objects[slot as usize] = object;
        }
        if event.action == Action::Wait {
            // The wait gives its mutex back.
            let mutex = event.request.mutex as usize;
            if objects.len() <= mutex {
                objects.resize(mutex + 1, Clock::new());
            }
            join(&mut objects[mutex], &threads[me].known);
        }
        ends.push(threads[me].known.clone());
    }
    clocks
}

fn order(event: &Event) -> Ordering {
    match event.action {
        Action::CompareExchangeFailed => event.request.failure,
        _ => event.request.order,
    }
}

fn acquires(order: Ordering) -> bool {
    matches!(order, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
}

fn releases(order: Ordering) -> bool {
    matches!(order, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
}

fn acquire(event: &Event, this: &mut Sync, object: &Clock) {
    use Action::*;
    match event.action {
        CellRead | CellWrite | Store | Choose => {}
        Load
        | Swap
        | FetchAdd
        | FetchSub
        | FetchUpdate
        | CompareExchange
        | CompareExchangeFailed => {
            join(&mut this.pending, object);
            if acquires(order(event)) {
                join(&mut this.known, object);
            }
        }
        Fence if acquires(order(event)) => {
            let pending = std::mem::take(&mut this.pending);
            join(&mut this.known, &pending);
        }
        Fence => {}
        // Locks, channels and the like synchronise with whoever used them before.
        _ => join(&mut this.known, object),
    }
}

fn release(event: &Event, this: &mut Sync, object: &mut Clock) {
    use Action::*;
    let published = if releases(order(event)) { &this.known } else { &this.fenced };
    match event.action {
        CellRead | CellWrite | Choose | Load | CompareExchangeFailed => {}
        // A plain store starts anew; a read-modify-write carries the release sequence on.
        Store => object.clone_from(published),
        Swap | FetchAdd | FetchSub | FetchUpdate | CompareExchange => join(object, published),
        Fence if releases(order(event)) => this.fenced = this.known.clone(),
        Fence => {}
        _ => join(object, &this.known),
    }
}
