//! A reference that does not keep its value.

use super::Arc;
use super::counts::Inner;
use std::alloc::Layout;
use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Relaxed;

/// A reference that does not keep its value: [`upgrade`](Self::upgrade) asks whether it is still there.
pub struct Weak<T: ?Sized> {
    /// `None`: it was made to point to nothing.
    inner: Option<NonNull<Inner<T>>>,
}

// SAFETY: as std's: an `Arc` may be made of it in another thread.
unsafe impl<T: ?Sized + Sync + Send> Send for Weak<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync + Send> Sync for Weak<T> {}

impl<T: ?Sized> Unpin for Weak<T> {}
impl<T: RefUnwindSafe + ?Sized> UnwindSafe for Weak<T> {}

impl<T> Weak<T> {
    /// One that points to nothing.
    pub const fn new() -> Self {
        Weak { inner: None }
    }
}

impl<T: ?Sized> Weak<T> {
    /// # Safety
    /// One part of those that the allocation counts is this one's.
    pub(super) unsafe fn from_inner(inner: NonNull<Inner<T>>) -> Self {
        Weak { inner: Some(inner) }
    }

    /// An `Arc`, if the value is still there. A step.
    #[track_caller]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        let inner = self.inner?;
        // SAFETY: the counts are there as long as this is. The value may be gone, or not there yet.
        let counts = unsafe { &(*inner.as_ptr()).counts };
        // SAFETY: counted by that.
        counts.upgrade(Location::caller()).then(|| unsafe { Arc::from_inner(inner) })
    }

    /// How many `Arc`s there are. A step.
    #[track_caller]
    pub fn strong_count(&self) -> usize {
        self.look().0
    }

    /// How many `Weak`s there are, as long as there is an `Arc`. A step.
    #[track_caller]
    pub fn weak_count(&self) -> usize {
        match self.look() {
            (0, _) => 0,
            (_, weak) => weak,
        }
    }

    #[track_caller]
    fn look(&self) -> (usize, usize) {
        let Some(inner) = self.inner else { return (0, 0) };
        // SAFETY: as in `upgrade`.
        unsafe { (*inner.as_ptr()).counts.look(Relaxed, Location::caller()) }
    }

    /// Do they point to the same value, or both to nothing?
    pub fn ptr_eq(&self, other: &Self) -> bool {
        let address = |weak: &Self| weak.inner.map(|inner| inner.as_ptr().cast::<()>());
        address(self) == address(other)
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        if let Some(inner) = self.inner {
            // SAFETY: as in `upgrade`.
            unsafe { (*inner.as_ptr()).counts.weak_more(Location::caller()) };
        }
        Weak { inner: self.inner }
    }
}

impl<T: ?Sized> Drop for Weak<T> {
    fn drop(&mut self) {
        if let Some(inner) = self.inner {
            // SAFETY: this is not used any more.
            unsafe { Inner::drop_weak(inner) };
        }
    }
}

impl<T> Default for Weak<T> {
    fn default() -> Self {
        Weak::new()
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}

impl<T> Arc<T> {
    /// A value that holds a `Weak` to itself: it points to nothing until the value is made.
    #[track_caller]
    pub fn new_cyclic(make: impl FnOnce(&Weak<T>) -> T) -> Self {
        let place = Location::caller();
        let value: *mut T = Inner::<T>::allocate(Layout::new::<T>(), false).cast();
        // SAFETY: a new allocation, whose one part is this `Weak`'s.
        let weak = unsafe { Weak::from_inner(Inner::around(value, Layout::new::<T>())) };
        let made = make(&weak);
        // SAFETY: nobody reads the value before there is an `Arc`, which there is from now on; it takes
        // over the `Weak`'s part.
        unsafe {
            value.write(made);
            let weak = ManuallyDrop::new(weak);
            let inner = weak.inner.expect("made above");
            (*inner.as_ptr()).counts.first(place);
            Arc::from_inner(inner)
        }
    }
}
