//! `thread_local!`, for programs under exploration.
//!
//! All modelled threads are coroutines of one OS thread, so std's thread-local storage is shared
//! between them; this one is not.

use crate::explore::runtime::with_current;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::sync::OnceLock;
use std::thread::AccessError;

/// A thread-local key, as [`thread_local!`](crate::model::thread_local) declares it.
pub struct LocalKey<T: 'static> {
    init: fn() -> T,
}

/// The values of the execution under way, in the order in which they were made.
struct Values {
    execution: u64,
    values: Vec<Value>,
}

struct Value {
    thread: u8,
    /// The key's address.
    key: usize,
    /// `None` once it has been dropped.
    value: Option<&'static dyn Any>,
    needs_drop: bool,
}

thread_local! {
    static VALUES: RefCell<Values> = const {
        RefCell::new(Values { execution: 0, values: Vec::new() })
    };
}

impl Values {
    /// Those of this execution. What threads of an earlier one have left is forgotten, not dropped.
    fn of(&mut self, execution: u64) -> &mut Vec<Value> {
        if self.execution != execution {
            self.execution = execution;
            self.values.clear();
        }
        &mut self.values
    }
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
    /// When the value has been dropped already, since the thread ends; outside an exploration.
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.try_with(f)
            .expect("cannot access a Thread Local Storage value during or after destruction")
    }

    /// As [`with`](LocalKey::with).
    ///
    /// # Errors
    /// When the value has been dropped already, since the thread ends.
    ///
    /// # Panics
    /// Outside an exploration.
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        let value = self.value_or(|| (self.init)())?;
        Ok(f(value.downcast_ref::<T>().expect("the key's address stands for its type")))
    }

    /// The value, which `init` makes if this is its first use.
    fn value_or(&'static self, init: impl FnOnce() -> T) -> Result<&'static dyn Any, AccessError> {
        let (execution, thread) = with_current(|runtime| runtime.execution_and_thread());
        let key = std::ptr::from_ref(self).addr();
        let found = VALUES.with_borrow_mut(|values| {
            let mut values = values.of(execution).iter();
            values.find(|value| (value.thread, value.key) == (thread, key)).map(|found| found.value)
        });
        if let Some(value) = found {
            return value.ok_or_else(access_error);
        }
        // Leaked here, taken back when the thread ends: neither this nor the use of the value may
        // hold a borrow of the table, since both may use other keys.
        let value: &'static dyn Any = Box::leak(Box::new(init()));
        let needs_drop = std::mem::needs_drop::<T>();
        VALUES.with_borrow_mut(|values| {
            values.of(execution).push(Value { thread, key, value: Some(value), needs_drop });
        });
        with_current(|runtime| runtime.at_exit(drop_values));
        Ok(value)
    }

    /// Replaces the value; one that has not been made yet is not made for that.
    fn put(&'static self, value: T, replace: impl FnOnce(&T, T)) {
        let mut value = Some(value);
        let made = self.value_or(|| value.take().expect("made at most once"));
        made.expect("cannot access a Thread Local Storage value during or after destruction");
        if let Some(value) = value {
            self.with(|old| replace(old, value));
        }
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// Replaces the value; one that has not been made yet is not made for that.
    pub fn set(&'static self, value: T) {
        self.put(Cell::new(value), |cell, value| cell.set(value.into_inner()));
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

    /// Replaces the value; one that has not been made yet is not made for that.
    pub fn set(&'static self, value: T) {
        self.put(RefCell::new(value), |cell, value| drop(cell.replace(value.into_inner())));
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

/// Drops the running thread's values, as std does: the one made last first.
fn drop_values() {
    let (execution, thread) = with_current(|runtime| runtime.execution_and_thread());
    let take = |also_plain: bool| {
        VALUES.with_borrow_mut(|values| {
            let mut values = values.of(execution).iter_mut().rev();
            let mine = |value: &&mut Value| value.thread == thread && value.value.is_some();
            values.find(|value| mine(value) && (value.needs_drop || also_plain))?.value.take()
        })
    };
    // One at a time: a value's `Drop` may use others, or make some. Those that need no `Drop` can be
    // used until there is none left that does.
    while let Some(value) = take(false).or_else(|| take(true)) {
        // SAFETY: the value came out of `Box::leak` in `make`, and the table does not have it any
        // more; who has used it has given it back, since the thread is at its end.
        drop(unsafe { Box::from_raw(std::ptr::from_ref(value).cast_mut()) });
    }
}

/// What std says to who uses a value that has been dropped. Only std can make it.
fn access_error() -> AccessError {
    struct Asks;
    impl Drop for Asks {
        fn drop(&mut self) {
            if let Err(error) = ASKS.try_with(|_| ()) {
                let _ = ERROR.set(error);
            }
        }
    }
    thread_local! {
        static ASKS: Asks = const { Asks };
    }
    static ERROR: OnceLock<AccessError> = OnceLock::new();
    if ERROR.get().is_none() {
        let _ = std::thread::spawn(|| ASKS.with(|_| ())).join();
    }
    *ERROR.get().expect("a value that is being dropped cannot be used")
}
