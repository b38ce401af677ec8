//! Plain cells under loom, with its data-race check.
//!
//! loom checks each access against the clocks of the threads and panics when two conflict and
//! nothing orders them. That panic is caught and noted, and the execution goes on: the first race
//! of an execution is its verdict, and the other executions still run.
//!
//! To loom an access of a cell is no point where it may switch. In
//! [`Interleavings`](crate::loom::LoomMode::Interleavings) each is made one, by a relaxed read-modify-write beside
//! it (relaxed, so that it orders nothing); otherwise the lost updates of a racy cell are not seen.

use super::log::{self, Done};
use super::tag::{Tag, shown};
use crate::loom::panics;
use crate::primitives::UnsafeCell;
use crate::trace::{Action, ObjectKind, Place, Step, ThreadId};
use ::loom::sync::atomic::AtomicUsize;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::Ordering;

/// loom's `UnsafeCell`, each access recorded.
pub struct LoomCell<T> {
    tag: Tag,
    point: Option<AtomicUsize>,
    check: Option<::loom::cell::UnsafeCell<()>>,
    /// A race was found: loom's half is not in order any more and is left alone.
    raced: Cell<bool>,
    data: std::cell::UnsafeCell<T>,
}

impl<T: Send + 'static> UnsafeCell<T> for LoomCell<T> {
    #[track_caller]
    fn named(name: &'static str, value: T) -> Self {
        let tag = Tag::new(name, ObjectKind::Cell, shown(&value));
        LoomCell {
            point: if log::is_exact() { tag.part(|| AtomicUsize::new(0)) } else { None },
            check: tag.part(|| ::loom::cell::UnsafeCell::new(())),
            tag,
            raced: Cell::new(false),
            data: std::cell::UnsafeCell::new(value),
        }
    }

    #[track_caller]
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        self.access(Action::CellRead, Location::caller(), |data| f(data))
    }

    #[track_caller]
    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        self.access(Action::CellWrite, Location::caller(), f)
    }
}

impl<T: Send + 'static> LoomCell<T> {
    fn access<R>(
        &self,
        action: Action,
        place: &'static Location<'static>,
        f: impl FnOnce(*mut T) -> R,
    ) -> R {
        let place = Place::from(place);
        if !self.tag.enter() {
            return f(self.data.get());
        }
        if let Some(point) = &self.point {
            log::uninterrupted(|| point.fetch_add(0, Ordering::Relaxed));
        }
        self.check(action, &place);
        let result = f(self.data.get());
        // SAFETY: all modelled threads are coroutines of one thread, and there is no switch between
        // `f` and here, so nobody else accesses the cell now; what `f` was given it has used.
        let value = shown(unsafe { &*self.data.get() });
        if self.tag.is_live() {
            log::with(|log| {
                let written = action == Action::CellWrite;
                let done = Done {
                    read: value.filter(|_| !written),
                    written: value.filter(|_| written),
                    ..Done::on(action, self.tag.id)
                };
                log.step(done, place);
            });
        }
        result
    }

    /// Lets loom check the access, and notes the race if it finds one.
    fn check(&self, action: Action, place: &Place) {
        let (Some(check), false) = (&self.check, self.raced.get()) else {
            return;
        };
        let writes = action == Action::CellWrite;
        let checked = catch_unwind(AssertUnwindSafe(|| {
            if writes {
                check.with_mut(|_| ());
            } else {
                check.with(|_| ());
            }
        }));
        if checked.is_ok() {
            return;
        }
        self.raced.set(true);
        let said = panics::take().map(|kept| kept.message).unwrap_or_default();
        log::with(|log| {
            let me = log.me();
            let conflicts = |step: &&Step| {
                step.object == Some(self.tag.id)
                    && step.thread != me
                    && (writes || step.action == Action::CellWrite)
            };
            let named = other_thread(&said, me);
            let earlier = || log.steps.iter().rev().filter(conflicts);
            let other =
                earlier().find(|step| Some(step.thread) == named).or_else(|| earlier().next());
            let Some(other) = other else { return };
            let other = (other.thread, other.action == Action::CellWrite, other.place.clone());
            log.race.get_or_insert((self.tag.id, other, (me, writes, place.clone())));
        });
    }
}

/// The other thread in loom's message, which names both as `thread #N`.
fn other_thread(message: &str, me: ThreadId) -> Option<ThreadId> {
    message
        .split("thread #")
        .skip(1)
        .filter_map(|rest| rest.split(' ').next()?.parse().ok())
        .map(ThreadId)
        .find(|&thread| thread != me)
}
