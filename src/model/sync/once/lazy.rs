//! `std::sync::LazyLock`, for programs under exploration.

use super::OnceLock;
use crate::explore::runtime::{is_exploring, type_id};
use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// A value that is made when it is first used; in a `static`, once in each execution.
///
/// An execution leaves the value of a static behind, as std drops none: a `&'static` to it may have
/// been kept.
pub struct LazyLock<T, F = fn() -> T> {
    lock: OnceLock<T>,
    make: Cell<Option<F>>,
}

// SAFETY: `make` is only taken inside the one initialisation; of a static, which is initialised once
// in each execution, it is only read.
unsafe impl<T: Send + Sync, F: Send> Sync for LazyLock<T, F> {}

impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}
impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// A value that `make` will make.
    #[track_caller]
    pub const fn new(make: F) -> Self {
        LazyLock { lock: OnceLock::new(), make: Cell::new(Some(make)) }
    }

    /// The value; made now if this is the first use.
    ///
    /// # Panics
    /// When making it has panicked before.
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        this.lock.make_unless_poisoned(|| this.maker()()).unwrap_or_else(|| {
            panic!("LazyLock instance has previously been poisoned");
        })
    }

    /// What makes the value; called in the one initialisation.
    fn maker(&self) -> F {
        let maker = match self.lock.is_static() {
            false => self.make.take(),
            true if type_id::<F>() == type_id::<fn() -> T>() => {
                // SAFETY: `F` is the type of a function pointer, so any copy of it is as good as
                // another. Nobody writes to that of a static.
                unsafe { std::ptr::read(self.make.as_ptr()) }
            }
            true => self.lock.refuse(),
        };
        maker.expect("a value is made once")
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[track_caller]
    fn default() -> Self {
        LazyLock::new(T::default)
    }
}

/// As std's. Looking is a step.
impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple("LazyLock");
        match is_exploring().then(|| self.lock.get()) {
            None => return debug.finish_non_exhaustive(),
            Some(Some(value)) => debug.field(value),
            Some(None) => debug.field(&format_args!("<uninit>")),
        };
        debug.finish()
    }
}
