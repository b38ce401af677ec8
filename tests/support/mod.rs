//! What several test files share.

use racelab::Report;
use racelab::explore::{Explorer, Memory};
use std::fmt::Debug;

/// Every execution that Rust's orderings allow.
pub fn rc11<T, F>(program: F) -> Report<T>
where
    F: Fn() -> T + Send + Sync,
    T: Clone + Ord + Debug + Send,
{
    let report = Explorer::new().memory(Memory::Rc11).explore(program);
    report.assert_complete();
    report
}
