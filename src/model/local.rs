//! `thread_local!`, for programs under exploration.
//!
//! All modelled threads are coroutines of one OS thread, so std's thread-local storage is shared
//! between them; this one is not.

use crate::explore::runtime::with_current;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::thread::AccessError;

/// A thread-local key, as [`thread_local!`](crate::model::thread_local) declares it.
pub struct LocalKey<T: 'static> {
    init: fn() -> T,
}

type Slots = HashMap<(u64, u8, usize), &'static dyn Any>;

thread_local! {
    /// The values of the execution under way, by execution, thread and key.
    static SLOTS: RefCell<Slots> = RefCell::new(HashMap::new());
}

#[doc(hidden)]
#[macro_export]
macro_rules! __model_thread_local {
    () => {};
    ($(#[$attr:meta])* $vis:vis static $name:ident : $t:ty = const $init:block; $($rest:tt)*) => {
        $crate::__model_thread_local!($(#[$attr])* $vis static $name: $t = $init; $($rest)*);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident : $t:ty = const $init:block) => {
        $crate::__model_thread_local!($(#[$attr])* $vis static $name: $t = $init;);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident : $t:ty = $init:expr; $($rest:tt)*) => {
        $(#[$attr])* $vis static $name: $crate::model::LocalKey<$t> = {
            fn init() -> $t { $init }
            $crate::model::LocalKey::new(init)
        };
        $crate::__model_thread_local!($($rest)*);
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident : $t:ty = $init:expr) => {
        $crate::__model_thread_local!($(#[$attr])* $vis static $name: $t = $init;);
    };
}

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn new(init: fn() -> T) -> Self {
        LocalKey { init }
    }

    /// Gives access to this thread's value, which is made now if this is the first use.
    ///
    /// # Panics
    /// Outside an exploration.
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        let (execution, thread) = with_current(|runtime| runtime.execution_and_thread());
        let key = (execution, thread, std::ptr::from_ref(self) as usize);
        let slot = SLOTS.with_borrow(|slots| slots.get(&key).copied());
        let slot = slot.unwrap_or_else(|| {
            // Leaked here, taken back when the thread ends: `f` may run other code that uses other
            // keys, so no borrow of the table may be held meanwhile.
            let made: &'static dyn Any = Box::leak(Box::new((self.init)()));
            SLOTS.with_borrow_mut(|slots| slots.insert(key, made));
            made
        });
        f(slot.downcast_ref::<T>().expect("the key's address stands for its type"))
    }

    /// As [`with`](LocalKey::with).
    ///
    /// # Errors
    /// Never; std's may, while a thread ends.
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        Ok(self.with(f))
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// Replaces the value.
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    /// A copy of the value.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Takes the value, leaving the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// Replaces the value and returns the old one.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// Borrows the value.
    pub fn with_borrow<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Borrows the value mutably.
    pub fn with_borrow_mut<R>(&'static self, f: impl FnOnce(&mut T) -> R) -> R {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// Replaces the value.
    pub fn set(&'static self, value: T) {
        self.replace(value);
    }

    /// Takes the value, leaving the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// Replaces the value and returns the old one.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

/// Drops the running thread's values.
pub(super) fn drop_locals() {
    let (execution, thread) = with_current(|runtime| runtime.execution_and_thread());
    loop {
        // One at a time: a value's `Drop` may use another.
        let taken = SLOTS.with_borrow_mut(|slots| {
            let key = slots.keys().copied().find(|k| k.0 == execution && k.1 == thread)?;
            slots.remove(&key)
        });
        let Some(value) = taken else { return };
        // SAFETY: the value came out of `Box::leak` in `with`, and its key is gone, so nobody can
        // reach it any more.
        drop(unsafe { Box::from_raw(std::ptr::from_ref(value).cast_mut()) });
    }
}
