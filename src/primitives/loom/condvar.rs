//! The condition variable under loom.

use super::Loom;
use super::log::{self, Done};
use super::mutex::{LoomGuard, LoomMutex};
use super::point::Point;
use super::tag::Tag;
use super::threads::{self, Wait};
use crate::primitives::Condvar;
use crate::trace::{Action, ObjectKind, Place};
use std::panic::Location;

/// A condition variable that loom schedules, each step recorded.
pub struct LoomCondvar {
    tag: Tag,
    point: Option<Point>,
    waiting: parking_lot::Mutex<Vec<usize>>,
}

impl Default for LoomCondvar {
    fn default() -> Self {
        Self::make("")
    }
}

impl LoomCondvar {
    fn make(name: &'static str) -> Self {
        let tag = Tag::new(name, ObjectKind::Condvar, None);
        LoomCondvar { point: tag.part(Point::new), tag, waiting: parking_lot::Mutex::default() }
    }

    /// Wakes the `count` threads that have waited longest.
    fn notify(&self, action: Action, count: usize, place: Place) {
        if !self.tag.enter() {
            return;
        }
        let Some(point) = &self.point else { return };
        point.look();
        let woken: Vec<usize> = {
            let mut waiting = self.waiting.lock();
            if count < waiting.len() {
                log::with(|log| log.unexplored = true);
            }
            let count = count.min(waiting.len());
            waiting.drain(..count).collect()
        };
        // A notify that finds nobody asleep changes nothing: to others it is a mere read.
        let action = if woken.is_empty() { Action::NotifyNobody } else { action };
        log::with(|log| {
            let step = log.step(Done::on(action, self.tag.id), place);
            for &thread in &woken {
                log.threads[thread].after.push(step);
            }
        });
        threads::wake(woken);
    }
}

impl Condvar<Loom> for LoomCondvar {
    fn named(name: &'static str) -> Self {
        Self::make(name)
    }

    #[track_caller]
    fn wait<'a, T: Send + 'static>(&self, guard: &mut LoomGuard<'a, T>)
    where
        LoomMutex<T>: 'a,
    {
        let place = Place::from(Location::caller());
        let mutex = guard.mutex;
        if !self.tag.enter() {
            return;
        }
        let Some(point) = &self.point else { return };
        point.look();
        guard.data = None;
        let me = log::with(|log| {
            let done = Done { mutex: Some(mutex.tag.id), ..Done::on(Action::Wait, self.tag.id) };
            log.step(done, place.clone());
            log.current
        });
        self.waiting.lock().push(me);
        mutex.release(guard.published.take());
        while self.tag.is_live() && self.waiting.lock().contains(&me) {
            threads::wait(Wait::Notify(self.tag.id), place.clone(), &|| ());
        }
        guard.published = mutex.acquire(Action::Reacquire, &place);
        guard.data = Some(mutex.borrow());
    }

    #[track_caller]
    fn notify_one(&self) {
        self.notify(Action::NotifyOne, 1, Place::from(Location::caller()));
    }

    #[track_caller]
    fn notify_all(&self) {
        self.notify(Action::NotifyAll, usize::MAX, Place::from(Location::caller()));
    }
}
