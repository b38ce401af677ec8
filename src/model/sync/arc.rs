//! `std::sync::{Arc, Weak}`, for programs under exploration.
//!
//! Counting references is no step where nobody can tell. Where a program asks for a count
//! ([`Arc::strong_count`], [`Arc::try_unwrap`], [`Weak::upgrade`] and the like), or where dropping what
//! is counted takes a step, the exploration begins anew with each clone and each drop a step on an
//! atomic, with std's orderings; so a last drop by whichever thread comes last is explored.
//!
//! # Limitations
//! A type that is not std's cannot do all that std's does: there is no `self: Arc<Self>`, and an
//! `Arc<T>` does not turn into an `Arc<dyn Trait>` by itself (`Arc::from(Box::new(x) as Box<dyn Trait>)`
//! makes one). std's own `Arc` is allowed as well; its counting is never a step.

mod counts;
mod make;
mod shown;
mod weak;

pub use weak::Weak;

use counts::{Counts, Inner};
use std::alloc::Layout;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

/// A shared value that is dropped with its last reference.
pub struct Arc<T: ?Sized> {
    inner: NonNull<Inner<T>>,
    owns: PhantomData<Inner<T>>,
}

// SAFETY: as std's: a clone in another thread shares the value, and may be the last to drop it.
unsafe impl<T: ?Sized + Sync + Send> Send for Arc<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync + Send> Sync for Arc<T> {}

impl<T: ?Sized> Unpin for Arc<T> {}
impl<T: RefUnwindSafe + ?Sized> UnwindSafe for Arc<T> {}

impl<T: ?Sized> Arc<T> {
    /// # Safety
    /// One reference of those that the allocation counts is this one's.
    unsafe fn from_inner(inner: NonNull<Inner<T>>) -> Self {
        Arc { inner, owns: PhantomData }
    }

    // No methods, which would hide those of the value.

    fn inner(this: &Self) -> &Inner<T> {
        // SAFETY: it is freed with the last reference at the earliest.
        unsafe { this.inner.as_ref() }
    }

    fn counts(this: &Self) -> &Counts {
        &Arc::inner(this).counts
    }

    /// A reference that does not keep the value.
    #[track_caller]
    pub fn downgrade(this: &Self) -> Weak<T> {
        Arc::counts(this).weak_more(Location::caller());
        // SAFETY: counted just now.
        unsafe { Weak::from_inner(this.inner) }
    }

    /// How many `Arc`s there are. A step.
    #[track_caller]
    pub fn strong_count(this: &Self) -> usize {
        Arc::counts(this).look(Relaxed, Location::caller()).0
    }

    /// How many `Weak`s there are. A step.
    #[track_caller]
    pub fn weak_count(this: &Self) -> usize {
        Arc::counts(this).look(Relaxed, Location::caller()).1
    }

    /// Is it the same value?
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        std::ptr::addr_eq(this.inner.as_ptr(), other.inner.as_ptr())
    }

    /// The value's address.
    pub fn as_ptr(this: &Self) -> *const T {
        // SAFETY: the allocation is there.
        unsafe { &raw const (*this.inner.as_ptr()).value }
    }

    /// The value's address; the reference is kept, and given back by [`from_raw`](Self::from_raw).
    pub fn into_raw(this: Self) -> *const T {
        let this = ManuallyDrop::new(this);
        Arc::as_ptr(&this)
    }

    /// Takes back what [`into_raw`](Self::into_raw) has given.
    ///
    /// # Safety
    /// As std's: the pointer came from `into_raw` of an `Arc` of the same value, once for each.
    pub unsafe fn from_raw(value: *const T) -> Self {
        // SAFETY: by the caller's promise the value stands in an allocation of ours.
        unsafe { Arc::from_inner(Inner::around(value, Layout::for_value(&*value))) }
    }

    /// The value, if this is the only reference to it, `Weak`s included. A step.
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        let alone = Arc::counts(this).look(Acquire, Location::caller()) == (1, 0);
        // SAFETY: nobody else has a reference, and nobody can make one meanwhile.
        alone.then(|| unsafe { &mut (*this.inner.as_ptr()).value })
    }
}

impl<T> Arc<T> {
    /// The value, if this is the only `Arc`; the `Arc` otherwise. A step.
    ///
    /// # Errors
    /// With the `Arc`, when there are others.
    #[track_caller]
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        let place = Location::caller();
        if !Arc::counts(&this).take_last(Relaxed, place) {
            return Err(this);
        }
        Arc::counts(&this).fence(place);
        // SAFETY: the last reference is given up here.
        Ok(unsafe { Arc::take(&ManuallyDrop::new(this)) })
    }

    /// The value, if this is the only `Arc`, which is dropped in any case. A step.
    #[track_caller]
    pub fn into_inner(this: Self) -> Option<T> {
        let place = Location::caller();
        let this = ManuallyDrop::new(this);
        Arc::counts(&this).observed();
        if !Arc::counts(&this).less(place) {
            return None;
        }
        Arc::counts(&this).fence(place);
        // SAFETY: the last reference was given up just now.
        Some(unsafe { Arc::take(&this) })
    }

    /// The value if this is the only `Arc`, a clone of it otherwise. A step.
    #[track_caller]
    pub fn unwrap_or_clone(this: Self) -> T
    where
        T: Clone,
    {
        Arc::try_unwrap(this).unwrap_or_else(|this| (*this).clone())
    }

    /// The value, alone: cloned first if there are other `Arc`s, and moved to a place of its own if
    /// there are `Weak`s. A step.
    #[track_caller]
    pub fn make_mut(this: &mut Self) -> &mut T
    where
        T: Clone,
    {
        let place = Location::caller();
        if !Arc::counts(this).take_last(Acquire, place) {
            *this = Arc::new((**this).clone());
        } else if Arc::counts(this).has_weak() {
            // SAFETY: the last reference was given up just now, and what stood for it is forgotten.
            let value = unsafe { Arc::take(this) };
            std::mem::forget(std::mem::replace(this, Arc::new(value)));
        } else {
            Arc::counts(this).put_back(place);
        }
        // SAFETY: nobody else has a reference.
        unsafe { &mut (*this.inner.as_ptr()).value }
    }

    /// Takes the value out, when the last `Arc` has been given up.
    ///
    /// # Safety
    /// Nobody uses the value any more, and this reference is forgotten.
    unsafe fn take(this: &Self) -> T {
        // SAFETY: by the caller's promise.
        unsafe {
            let value = std::ptr::read(Arc::as_ptr(this));
            Inner::give_up(this.inner);
            value
        }
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &Arc::inner(self).value
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Arc::counts(self).more(Location::caller());
        // SAFETY: counted just now.
        unsafe { Arc::from_inner(self.inner) }
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    fn drop(&mut self) {
        let place = Arc::counts(self).created();
        if Arc::counts(self).less(place) {
            Arc::counts(self).fence(place);
            // SAFETY: this was the last reference, and all others were given up before.
            unsafe { Inner::drop_value(self.inner) };
        }
    }
}
