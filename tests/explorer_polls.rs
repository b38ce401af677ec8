//! Loops that wait with a time-out, held against the same loops with a bound on their rounds: those are
//! followed round after round, since they count, so what comes of them is known without any cut.

use racelab::explore::Memory;
use racelab::model::sync::{Condvar, Mutex};
use racelab::model::thread;
use racelab::{Explorer, Reduction, Report};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// What the other thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Set(u8),
    Look,
    Try,
    NotifyOne,
    NotifyAll,
}

const DEEDS: [Deed; 5] = [Deed::Set(1), Deed::Look, Deed::Try, Deed::NotifyOne, Deed::NotifyAll];

struct Shared {
    value: Mutex<u8>,
    changed: Condvar,
}

/// Waits until the value is 2; returns whether its last wait timed out and what it found the round
/// before. Gives up after so many rounds, if it counts them.
fn poll(shared: &Shared, most: Option<u32>) -> Option<(bool, u8)> {
    let (mut timed_out, mut before) = (false, 0);
    let mut rounds = 0;
    let mut value = shared.value.lock().unwrap();
    while *value != 2 {
        before = *value;
        let time = Duration::from_millis(1);
        let (again, result) = shared.changed.wait_timeout(value, time).unwrap();
        (value, timed_out) = (again, result.timed_out());
        if let Some(most) = most {
            rounds += 1;
            if rounds == most && *value != 2 {
                return None;
            }
        }
    }
    Some((timed_out, before))
}

fn act(shared: &Shared, deeds: &[Deed]) -> u32 {
    let mut failed = 0;
    for deed in deeds {
        match deed {
            Deed::Set(value) => *shared.value.lock().unwrap() = *value,
            Deed::Look => drop(shared.value.lock().unwrap()),
            Deed::Try => failed += u32::from(shared.value.try_lock().is_err()),
            Deed::NotifyOne => shared.changed.notify_one(),
            Deed::NotifyAll => shared.changed.notify_all(),
        }
    }
    failed
}

type Outcome = (Vec<Option<(bool, u8)>>, u32);

fn program(deeds: &[Deed], pollers: usize, most: Option<u32>) -> Outcome {
    let shared = Arc::new(Shared { value: Mutex::new(0), changed: Condvar::new() });
    let poller = |_| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || poll(&shared, most))
    };
    let all: Vec<_> = (0..pollers).map(poller).collect();
    let failed = act(&shared, deeds);
    (all.into_iter().map(|poller| poller.join().unwrap()).collect(), failed)
}

/// The outcomes of executions that end, and are not given up.
fn ended<T: Ord + Clone + Debug>(report: &Report<T>, given_up: impl Fn(&T) -> bool) -> BTreeSet<T> {
    assert!(report.is_complete(), "{report}");
    let values = report.outcomes().iter().filter_map(|outcome| outcome.result().ok());
    values.filter(|value| !given_up(value)).cloned().collect()
}

/// `most` rounds are more than the other thread can tell apart.
fn agree(deeds: &[Deed], (pollers, most): (usize, u32), literal: bool) {
    let given_up = |(found, _): &Outcome| found.contains(&None);
    let explorer = Explorer::new().prove_up_to(0);
    let bounded = explorer.explore(|| program(deeds, pollers, Some(most)));
    let expected = ended(&bounded, given_up);
    assert!(!expected.is_empty(), "{deeds:?}");
    let mut engines = vec![explorer.clone().classes(true), explorer.clone().memory(Memory::Rc11)];
    engines.extend(literal.then(|| explorer.reduction(Reduction::None)));
    let mut counted = BTreeSet::new();
    for engine in engines {
        let report = engine.explore(|| program(deeds, pollers, None));
        assert_eq!(ended(&report, |_| false), expected, "{deeds:?}: {report}");
        assert_eq!(report.failures().count(), 0, "{deeds:?}: {report}");
        counted.extend(report.interleavings());
    }
    assert!(counted.len() <= 1, "{deeds:?}: {counted:?} interleavings");
}

#[test]
fn one_loop_ends_as_it_does_when_its_rounds_are_followed() {
    for first in DEEDS {
        for second in DEEDS {
            agree(&[first, second, Deed::Set(2)], (1, 4), true);
        }
        agree(&[first, Deed::Set(2), Deed::NotifyOne], (1, 4), true);
        if first != Deed::Set(1) {
            agree(&[Deed::Set(2), first], (1, 4), true);
        }
    }
}

#[test]
fn two_loops_end_as_they_do_when_their_rounds_are_followed() {
    agree(&[Deed::Set(2)], (2, 2), false);
}
