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

/// What an object hands on to whoever synchronises with it.
#[derive(Clone, Default)]
struct Published {
    /// From everyone who used it.
    all: Clock,
    /// From those who had it alone: all that the readers of a read-write lock may learn.
    by_writers: Clock,
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
    let mut objects: Vec<Published> = Vec::new();
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
        let mut object = Published::default();
        let slot = event.request.object;
        if slot != NONE {
            if objects.len() <= slot as usize {
                objects.resize(slot as usize + 1, Published::default());
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
                objects.resize(mutex + 1, Published::default());
            }
            join(&mut objects[mutex].all, &threads[me].known);
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

fn acquire(event: &Event, this: &mut Sync, object: &Published) {
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
            join(&mut this.pending, &object.all);
            if acquires(order(event)) {
                join(&mut this.known, &object.all);
            }
        }
        Fence if acquires(order(event)) => {
            let pending = std::mem::take(&mut this.pending);
            join(&mut this.known, &pending);
        }
        Fence => {}
        // Readers do not wait for each other, so they learn from writers only.
        ReadLock => join(&mut this.known, &object.by_writers),
        // A notify wakes and does not synchronise; an attempt that fails learns nothing.
        NotifyOne | NotifyAll | NotifyNobody | Wait | TimeOut => {}
        TryLockFailed | TryReadLockFailed | TrySendFull | TryReceiveEmpty => {}
        ReadUnlock | CloseSender => {}
        // Locks, channels and the like synchronise with whoever used them before.
        _ => join(&mut this.known, &object.all),
    }
}

fn release(event: &Event, this: &mut Sync, object: &mut Published) {
    use Action::*;
    let published = if releases(order(event)) { &this.known } else { &this.fenced };
    match event.action {
        CellRead | CellWrite | Choose | Load | CompareExchangeFailed => {}
        // A plain store starts anew; a read-modify-write carries the release sequence on.
        Store => object.all.clone_from(published),
        Swap | FetchAdd | FetchSub | FetchUpdate | CompareExchange => {
            join(&mut object.all, published);
        }
        Fence if releases(order(event)) => this.fenced = this.known.clone(),
        Fence => {}
        NotifyOne | NotifyAll | NotifyNobody | Wait | TimeOut | OnceDone => {}
        TryLockFailed | TryReadLockFailed | TrySendFull | TryReceiveEmpty => {}
        SendClosed | ReceiveClosed | ReadLock => {}
        ReadUnlock | CloseSender => join(&mut object.all, &this.known),
        _ => {
            join(&mut object.all, &this.known);
            join(&mut object.by_writers, &this.known);
        }
    }
}
