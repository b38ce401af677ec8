//! A value that is made once, under loom.

use super::mutex::LoomMutex;
use crate::primitives::{Mutex, OnceLock};

/// A value that is made once. To loom it is a lock that every look takes: a step more than the real
/// one's, and nothing that the real one would not do.
pub struct LoomOnce<T> {
    lock: LoomMutex<()>,
    value: std::sync::OnceLock<T>,
}

impl<T> Default for LoomOnce<T> {
    fn default() -> Self {
        LoomOnce { lock: LoomMutex::named("once", ()), value: std::sync::OnceLock::new() }
    }
}

impl<T: Send + Sync + 'static> OnceLock<T> for LoomOnce<T> {
    #[track_caller]
    fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        let _guard = self.lock.lock();
        self.value.get_or_init(make)
    }
}
