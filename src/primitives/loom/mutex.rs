//! The mutex under loom.

use super::log::{self, Done};
use super::point::Point;
use super::stop::{self, Stop};
use super::tag::Tag;
use super::threads::{self, Wait};
use crate::primitives::Mutex;
use crate::trace::{Action, ObjectKind, Place, ThreadId};
use ::loom::sync::RwLockReadGuard;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

/// A mutex that loom schedules, each step recorded.
pub struct LoomMutex<T> {
    pub(super) tag: Tag,
    point: Option<Point>,
    state: parking_lot::Mutex<State>,
    data: parking_lot::Mutex<T>,
}

#[derive(Default)]
struct State {
    holder: Option<(ThreadId, Place)>,
    waiting: Vec<usize>,
}

/// Access to what a [`LoomMutex`] protects.
pub struct LoomGuard<'a, T> {
    pub(super) mutex: &'a LoomMutex<T>,
    pub(super) published: Option<RwLockReadGuard<'a, ()>>,
    pub(super) data: Option<parking_lot::MutexGuard<'a, T>>,
    place: Place,
}

impl<T: Send + 'static> Mutex<T> for LoomMutex<T> {
    type Guard<'a> = LoomGuard<'a, T>;

    fn named(name: &'static str, value: T) -> Self {
        let tag = Tag::new(name, ObjectKind::Mutex, None);
        LoomMutex {
            point: tag.part(Point::new),
            tag,
            state: parking_lot::Mutex::default(),
            data: parking_lot::Mutex::new(value),
        }
    }

    #[track_caller]
    fn lock(&self) -> LoomGuard<'_, T> {
        let place = Place::from(Location::caller());
        let published = self.acquire(Action::Lock, &place);
        LoomGuard { mutex: self, published, data: Some(self.borrow()), place }
    }

    #[track_caller]
    fn try_lock(&self) -> Option<LoomGuard<'_, T>> {
        let place = Place::from(Location::caller());
        if !self.tag.enter() {
            let data = self.data.try_lock();
            return data.map(|data| LoomGuard {
                mutex: self,
                published: None,
                data: Some(data),
                place,
            });
        }
        // loom switches at no unlock, so it would never look between a lock and its unlock.
        if !log::with(|log| log.unlocks_are_points) {
            stop::stop(Stop::UnlocksAsPoints);
            return None;
        }
        let point = self.point.as_ref()?;
        let published = point.pass();
        if !self.take(Action::Lock, &place) {
            std::mem::forget(published);
            log::with(|log| log.step(Done::on(Action::TryLockFailed, self.tag.id), place));
            return None;
        }
        let data = Some(self.borrow());
        Some(LoomGuard { mutex: self, published: Some(published), data, place })
    }
}

impl<T> LoomMutex<T> {
    /// Waits until the mutex is free and takes it. `None` when the execution cannot go on.
    pub(super) fn acquire(&self, action: Action, place: &Place) -> Option<RwLockReadGuard<'_, ()>> {
        while self.tag.enter() {
            if self.is_free() {
                let published = self.point.as_ref()?.pass();
                if self.take(action, place) {
                    return Some(published);
                }
                std::mem::forget(published);
                continue;
            }
            // Who has to wait does so without going to loom: blocked means disabled, and a look
            // that finds the mutex taken would be one more thing to be tried in every order. But
            // where the unlock is a point too, it would hide the lock before it, which is the step
            // that could have come after this one; the look finds that one.
            if log::with(|log| log.unlocks_are_points) {
                self.point.as_ref()?.look();
                if self.is_free() || !self.tag.is_live() {
                    continue;
                }
            }
            let holder = {
                let mut state = self.state.lock();
                state.waiting.push(log::with(|log| log.current));
                state.holder.clone()
            };
            let wait = Wait::Mutex { mutex: self.tag.id, holder };
            threads::wait(wait, place.clone(), &|| self.point.iter().for_each(Point::look));
        }
        None
    }

    fn is_free(&self) -> bool {
        self.state.lock().holder.is_none()
    }

    /// Takes the mutex if it is free, and records that.
    fn take(&self, action: Action, place: &Place) -> bool {
        let mut state = self.state.lock();
        if state.holder.is_some() {
            return false;
        }
        log::with(|log| {
            state.holder = Some((log.me(), place.clone()));
            log.step(Done::on(action, self.tag.id), place.clone());
        });
        true
    }

    /// The value. Whoever holds the mutex has it to himself; in an execution that cannot go on, a
    /// destructor may ask for it while a thread that has yet to unwind still holds it.
    pub(super) fn borrow(&self) -> parking_lot::MutexGuard<'_, T> {
        self.data.try_lock().unwrap_or_else(|| stop::hang())
    }

    /// Lets the next one have it: the holder's half of an unlock or of a wait.
    pub(super) fn release(&self, published: Option<RwLockReadGuard<'_, ()>>) {
        let waiting = {
            let mut state = self.state.lock();
            state.holder = None;
            std::mem::take(&mut state.waiting)
        };
        if self.tag.is_live() {
            drop(published);
            threads::wake(waiting);
        } else {
            std::mem::forget(published);
        }
    }
}

impl<T> Drop for LoomGuard<'_, T> {
    fn drop(&mut self) {
        self.data = None;
        if self.mutex.tag.is_live() {
            if let (true, Some(point)) =
                (log::with(|log| log.unlocks_are_points), &self.mutex.point)
            {
                point.look();
            }
            let done = Done::on(Action::Unlock, self.mutex.tag.id);
            log::with(|log| log.step(done, self.place.clone()));
        }
        self.mutex.release(self.published.take());
    }
}

impl<T> Deref for LoomGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.data.as_ref().expect("only a wait gives the value back, and nobody looks meanwhile")
    }
}

impl<T> DerefMut for LoomGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.data.as_mut().expect("only a wait gives the value back, and nobody looks meanwhile")
    }
}
