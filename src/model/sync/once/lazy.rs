//! `std::sync::LazyLock`, for programs under exploration.

use super::OnceLock;
use crate::explore::runtime::is_exploring;
use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// A value that is made when it is first used.
pub struct LazyLock<T, F = fn() -> T> {
    lock: OnceLock<T>,
    make: Cell<Option<F>>,
}

// SAFETY: `make` is only taken inside the one initialisation.
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
        this.lock.get_or_init(|| match this.make.take() {
            Some(make) => make(),
            None => panic!("LazyLock instance has previously been poisoned"),
        })
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
