//! Holds the reduction against every interleaving, run literally.

use racelab::{Explorer, Reduction, Report};
use std::fmt::Debug;

/// Explores with the reduction, and asserts that running every interleaving finds the same, as often,
/// and that no class is run twice.
pub fn explored<T: Clone + Ord + Debug + Send>(program: impl Fn() -> T + Send + Sync) -> Report<T> {
    let explorer = Explorer::new().prove_up_to(0);
    let report = explorer.clone().classes(true).explore(&program);
    let literally = explorer.reduction(Reduction::None).explore(&program);
    let outcomes = |report: &Report<T>| -> Vec<_> {
        let outcomes = report.outcomes().iter();
        outcomes.map(|o| (format!("{:?}", o.result()), o.interleavings())).collect()
    };
    assert!(report.is_complete() && literally.is_complete());
    assert_eq!(outcomes(&report), outcomes(&literally), "{report}");
    assert_eq!(report.interleavings(), Some(u128::from(literally.executions())));
    assert_eq!((report.traces(), report.redundant()), (report.executions(), 0));
    report
}
