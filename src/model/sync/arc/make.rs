//! Ways to make an `Arc`.

use super::Arc;
use super::counts::Inner;
use std::alloc::Layout;
use std::any::Any;
use std::pin::Pin;

impl<T> Arc<T> {
    /// A new value with one reference.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let place: *mut T = Inner::<T>::allocate(Layout::new::<T>(), true).cast();
        // SAFETY: there is room for it, and one reference is counted.
        unsafe {
            place.write(value);
            Arc::from_inner(Inner::around(place, Layout::new::<T>()))
        }
    }

    /// A new value that does not move any more.
    #[track_caller]
    pub fn pin(value: T) -> Pin<Arc<T>> {
        // SAFETY: what an `Arc` points to does not move.
        unsafe { Pin::new_unchecked(Arc::new(value)) }
    }
}

impl<T: ?Sized> Arc<T> {
    /// Moves a value of any layout into an allocation of its own.
    #[track_caller]
    fn from_box(value: Box<T>) -> Self {
        let layout = Layout::for_value(&*value);
        let to = Inner::<T>::allocate(layout, true);
        let from = Box::into_raw(value);
        let mut moved: *mut T = from;
        // SAFETY: the bytes are those of the value, which is not used there any more. A pointer begins
        // with its address, and what else a wide one has is the same for the moved value. The box's
        // memory is given back as it was had, without the value.
        unsafe {
            to.copy_from_nonoverlapping(from.cast(), layout.size());
            (&raw mut moved).cast::<*mut u8>().write(to);
            if layout.size() > 0 {
                std::alloc::dealloc(from.cast(), layout);
            }
            Arc::from_inner(Inner::around(moved, layout))
        }
    }
}

impl Arc<dyn Any + Send + Sync> {
    /// The value as what it is, if it is that.
    ///
    /// # Errors
    /// With the `Arc`, when it is something else.
    pub fn downcast<T: Any + Send + Sync>(self) -> Result<Arc<T>, Self> {
        match (*self).is::<T>() {
            // SAFETY: the value is a `T`.
            true => Ok(unsafe { Arc::from_raw(Arc::into_raw(self).cast()) }),
            false => Err(self),
        }
    }
}

impl<T> From<T> for Arc<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Arc::new(value)
    }
}

impl<T: ?Sized> From<Box<T>> for Arc<T> {
    #[track_caller]
    fn from(value: Box<T>) -> Self {
        Arc::from_box(value)
    }
}

impl<T> From<Vec<T>> for Arc<[T]> {
    #[track_caller]
    fn from(values: Vec<T>) -> Self {
        Arc::from_box(values.into_boxed_slice())
    }
}

impl<T: Clone> From<&[T]> for Arc<[T]> {
    #[track_caller]
    fn from(values: &[T]) -> Self {
        Arc::from_box(values.into())
    }
}

impl<T, const N: usize> From<[T; N]> for Arc<[T]> {
    #[track_caller]
    fn from(values: [T; N]) -> Self {
        Arc::from_box(Box::new(values))
    }
}

impl From<&str> for Arc<str> {
    #[track_caller]
    fn from(text: &str) -> Self {
        Arc::from_box(text.into())
    }
}

impl From<String> for Arc<str> {
    #[track_caller]
    fn from(text: String) -> Self {
        Arc::from_box(text.into_boxed_str())
    }
}

impl<T> FromIterator<T> for Arc<[T]> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Arc::from_box(values.into_iter().collect())
    }
}

impl<T: Default> Default for Arc<T> {
    #[track_caller]
    fn default() -> Self {
        Arc::new(T::default())
    }
}
