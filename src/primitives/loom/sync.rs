//! Mutex and condition variable under loom.
//!
//! Both stand on a *point*: a read lock of loom's `RwLock` that nobody ever takes for writing.
//! Taking it is a place where loom may switch and learns what others published; giving it back
//! publishes. Whether the mutex is free is plain data, since only one modelled thread runs at a
//! time, and waiting is [`threads::wait`]. loom's own mutex is not used because a panic while it is
//! held poisons it, which ends the exploration, and because waiting for it hides who waits from us.

use super::log::{self, Done, Stop, Tag};
use super::threads::{self, Wait};
use super::{LoomIn, Mode};
use crate::primitives::{Condvar, Mutex};
use crate::trace::{Action, ObjectKind, Place, ThreadId};
use ::loom::sync::{RwLock, RwLockReadGuard};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

/// A place where loom may switch, and that carries what was published there.
pub(super) struct Point(RwLock<()>);

impl Point {
    pub(super) fn new() -> Point {
        Point(RwLock::new(()))
    }

    /// Lets loom switch, and learns what was published here. Dropping the guard publishes.
    pub(super) fn pass(&self) -> RwLockReadGuard<'_, ()> {
        log::uninterrupted(|| self.0.read().expect("a read lock is never poisoned"))
    }

    /// The same without publishing: for one who looked and found that it has to wait.
    pub(super) fn look(&self) {
        std::mem::forget(self.pass());
    }
}

/// A mutex that loom schedules, each step recorded.
pub struct LoomMutex<T> {
    tag: Tag,
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
    mutex: &'a LoomMutex<T>,
    published: Option<RwLockReadGuard<'a, ()>>,
    data: Option<parking_lot::MutexGuard<'a, T>>,
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
            log::stop(Stop::UnlocksAsPoints);
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
    fn acquire(&self, action: Action, place: &Place) -> Option<RwLockReadGuard<'_, ()>> {
        while self.tag.enter() {
            // Who has to wait does so without going to loom: blocked means disabled, and a look
            // that finds the mutex taken would be one more thing to be tried in every order.
            let holder = self.state.lock().holder.clone();
            if holder.is_none() {
                let published = self.point.as_ref()?.pass();
                if self.take(action, place) {
                    return Some(published);
                }
                std::mem::forget(published);
                continue;
            }
            self.state.lock().waiting.push(log::with(|log| log.current));
            let wait = Wait::Mutex { mutex: self.tag.id, holder };
            threads::wait(wait, place.clone(), || self.point.iter().for_each(Point::look));
        }
        None
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
    fn borrow(&self) -> parking_lot::MutexGuard<'_, T> {
        self.data.try_lock().unwrap_or_else(|| log::hang())
    }

    /// Lets the next one have it: the holder's half of an unlock or of a wait.
    fn release(&self, published: Option<RwLockReadGuard<'_, ()>>) {
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

/// A condition variable that loom schedules, each step recorded.
pub struct LoomCondvar<M> {
    tag: Tag,
    point: Option<Point>,
    waiting: parking_lot::Mutex<Vec<usize>>,
    mode: PhantomData<M>,
}

impl<M> Default for LoomCondvar<M> {
    fn default() -> Self {
        Self::make("")
    }
}

impl<M> LoomCondvar<M> {
    fn make(name: &'static str) -> Self {
        let tag = Tag::new(name, ObjectKind::Condvar, None);
        LoomCondvar {
            point: tag.part(Point::new),
            tag,
            waiting: parking_lot::Mutex::default(),
            mode: PhantomData,
        }
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

impl<M: Mode> Condvar<LoomIn<M>> for LoomCondvar<M> {
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
            threads::wait(Wait::Notify(self.tag.id), place.clone(), || ());
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
