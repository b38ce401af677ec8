//! Is an object dropped by a reference count?
//!
//! `std::sync::Arc` puts the drop of its value after every use of it, by a count that the explorer
//! does not see. Other ways to free what others have used (a `Box` made from a raw pointer) put it
//! after nothing. The two are told apart by who calls: `Arc::drop_slow`, which is never inlined. It is
//! asked once for each place where objects are made, and only where an object that others have used is
//! dropped by a thread that has not joined them.

use std::backtrace::Backtrace;
use std::collections::HashMap;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

/// Is the object that is being dropped, made at `created`, one that a count has let go? Also where
/// that cannot be told.
#[cold]
pub(super) fn is_by_count(created: &'static Location<'static>) -> bool {
    static KNOWN: Mutex<Option<HashMap<usize, bool>>> = Mutex::new(None);
    let place = std::ptr::from_ref(created) as usize;
    let known = |f: &mut dyn FnMut(&mut HashMap<usize, bool>) -> Option<bool>| {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        f(known.get_or_insert_default())
    };
    known(&mut |known| known.get(&place).copied()).unwrap_or_else(|| {
        let callers = Backtrace::force_capture().to_string();
        let by_count = says_counted(&callers);
        known(&mut |known| known.insert(place, by_count));
        by_count
    })
}

fn says_counted(callers: &str) -> bool {
    let count = |line: &str| line.contains("sync::Arc<") && line.trim_end().ends_with("drop_slow");
    callers.lines().any(count) || !callers.contains("is_by_count")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    struct Asks(&'static Location<'static>, Arc<Mutex<Vec<bool>>>);

    impl Drop for Asks {
        fn drop(&mut self) {
            self.1.lock().unwrap().push(is_by_count(self.0));
        }
    }

    #[test]
    fn who_calls_tells_a_count_from_a_box() {
        let said = Arc::default();
        drop(Arc::new(Asks(Location::caller(), Arc::clone(&said))));
        drop(Box::new(Asks(Location::caller(), Arc::clone(&said))));
        assert_eq!(*said.lock().unwrap(), [true, false]);
    }
}
