//! What the explorer cannot see is not taken for right: a program that shares nothing of the model's.

use racelab::explore;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

/// The forgotten `use` line: std's atomic, in the model's threads.
fn forgotten() -> u32 {
    let count = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&count);
    let thread = racelab::model::thread::spawn(move || {
        theirs.store(theirs.load(SeqCst) + 1, SeqCst);
    });
    count.store(count.load(SeqCst) + 1, SeqCst);
    thread.join().unwrap();
    count.load(SeqCst)
}

#[test]
fn a_program_that_shares_nothing_of_the_models_is_told_so() {
    let report = explore(forgotten);
    assert!(report.takes_no_steps());
    let text = report.to_string();
    assert!(
        text.contains("no thread took a step") && text.contains("racelab::model::sync"),
        "{text}"
    );
    let counted = explore(|| racelab::model::sync::atomic::AtomicU32::new(7).load(SeqCst));
    assert!(!counted.takes_no_steps());
    counted.assert_complete();
    // What went wrong is told as what it is.
    assert!(!explore(|| panic!("on purpose")).takes_no_steps());
}

#[test]
#[should_panic(expected = "no thread took a step")]
fn it_is_not_complete() {
    explore(forgotten).assert_complete();
}

#[test]
#[should_panic(expected = "no thread took a step")]
fn nothing_can_be_asserted_about_it() {
    explore(forgotten).assert_outcomes(&[2]);
}
