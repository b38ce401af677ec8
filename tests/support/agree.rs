//! Holds the ways of exploring a program against each other.

use racelab::explore::Memory;
use racelab::{Explorer, Failure, Reduction, Report};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// What came of a program: a value, or the name of what went wrong.
pub type Found<T> = Result<T, &'static str>;

/// The outcomes of a report, in order. Failures are known by their name: which of two equal ones an
/// execution tells of is no matter.
pub fn outcomes<T: Clone + Ord>(report: &Report<T>) -> Vec<Found<T>> {
    let mut found: Vec<Found<T>> =
        report.outcomes().iter().map(|o| o.result().cloned().map_err(Failure::name)).collect();
    found.sort();
    found.dedup();
    found
}

/// Explores a program by classes and literally, and asserts that both find the same, the same number
/// of times, and that no class is run twice; returns the outcomes.
pub fn agree<T, F>(program: F) -> Vec<Found<T>>
where
    F: Fn() -> T + Send + Sync,
    T: Clone + Ord + Debug + Send,
{
    let counts = |report: &Report<T>| -> BTreeMap<_, _> {
        let one = |o: &racelab::Outcome<T>| {
            (o.result().cloned().map_err(Clone::clone), o.interleavings())
        };
        report.outcomes().iter().map(one).collect()
    };
    let explorer = Explorer::new().classes(true);
    let dpor = explorer.explore(&program);
    let literal = explorer.clone().reduction(Reduction::None).explore(&program);
    assert!(dpor.is_complete() && literal.is_complete(), "{dpor}\n{literal}");
    assert_eq!(counts(&dpor), counts(&literal), "by classes {dpor}\nliterally {literal}");
    assert_eq!((dpor.executions(), dpor.redundant()), (literal.traces(), 0), "{dpor}\n{literal}");
    outcomes(&dpor)
}

/// As [`agree`], of a program that fails nowhere and uses no weak ordering: Rust's orderings give the
/// same.
pub fn all_agree<T, F>(program: F) -> Vec<T>
where
    F: Fn() -> T + Send + Sync,
    T: Clone + Ord + Debug + Send,
{
    let found = agree(&program);
    let rc11 = Explorer::new().memory(Memory::Rc11).explore(&program);
    assert!(rc11.is_complete(), "{rc11}");
    assert_eq!(outcomes(&rc11), found, "{rc11}");
    found.into_iter().map(|found| found.expect("a value")).collect()
}
