//! What each rung promises, held against every interleaving.

use racelab::counter::{ActorCounter, Counter, LADDER, ShardedCounter};
use racelab::explore::{Memory, Reduction};
use racelab::list::{self, Outcome, Promise, Subject};
use racelab::primitives::{JoinHandle, Model, Primitives};
use racelab::trace::Action;
use racelab::{Explorer, Failure, Report, explore};
use std::sync::{Arc, atomic::Ordering::Relaxed};

/// The counters that can be checked, at this size.
fn modelled(threads: usize, increments: usize) -> impl Iterator<Item = Subject> {
    let subjects = LADDER.iter().map(|entry| entry.subject());
    subjects.filter(Subject::is_modelled).map(move |subject| subject.sized([threads, increments]))
}

/// The same, with their reports.
fn checked(threads: usize, increments: usize) -> impl Iterator<Item = (Subject, Report<Outcome>)> {
    modelled(threads, increments).map(|subject| (subject, explore(|| subject.run())))
}

#[test]
fn an_exact_counter_is_exact_in_every_interleaving() {
    for (threads, increments) in [(2, 1), (2, 2), (3, 1)] {
        for (subject, report) in checked(threads, increments) {
            if subject.variant.promise == Promise::Holds {
                report.assert_complete();
                report.assert_outcomes(&[(threads * increments).into()]);
            }
        }
    }
}

#[test]
fn a_losing_counter_loses_in_some_interleaving_and_the_step_is_named() {
    for (subject, report) in checked(2, 1) {
        // The unsafe counter has no outcome but the data race: the next test.
        if subject.variant.promise == Promise::Holds || subject.entry.name == "unsafe" {
            continue;
        }
        report.assert_complete();
        let lost = report.outcome(&1.into()).unwrap_or_else(|| panic!("{subject}: {report}"));
        assert_eq!(lost.example().lost_updates().len(), 1, "{subject}");
        assert_eq!(report.outcomes().len(), 2, "{subject}");
    }
}

#[test]
fn every_promise_holds_under_what_the_orderings_allow_as_well() {
    for subject in modelled(2, 1) {
        let report = Explorer::new().memory(Memory::Rc11).explore(|| subject.run());
        report.assert_complete();
        match (subject.variant.promise, subject.entry.name) {
            (Promise::Holds, _) => report.assert_outcomes(&[2.into()]),
            (_, "unsafe") => assert_eq!(report.failures().count(), 1),
            (_, _) => report.assert_outcomes(&[1.into(), 2.into()]),
        }
    }
}

#[test]
fn only_the_unsafe_counter_has_a_data_race() {
    for (subject, report) in checked(2, 1) {
        let race = |failure: &Failure| matches!(failure, Failure::DataRace { .. });
        let raced = report.failures().any(|outcome| outcome.result().is_err_and(race));
        assert_eq!(raced, subject.entry.name == "unsafe", "{subject}:\n{report}");
    }
}

#[test]
fn the_strongest_ordering_loses_in_the_same_four_of_six() {
    let four_of_six = |name: &str| {
        let subject = list::find(name).unwrap().subject();
        let report = explore(|| subject.run());
        assert_eq!(report.interleavings(), Some(6), "{name}");
        assert_eq!(report.outcome(&1.into()).unwrap().interleavings(), Some(4), "{name}");
        assert_eq!(report.outcome(&2.into()).unwrap().interleavings(), Some(2), "{name}");
    };
    four_of_six("racy");
    four_of_six("seqcst-pair");
}

#[test]
fn on_a_single_thread_every_counter_has_one_outcome() {
    for (subject, report) in checked(1, 3) {
        report.assert_outcomes(&[3.into()]);
        assert!(report.is_complete(), "{subject}");
    }
}

#[test]
fn who_adds_up_shards_while_others_count_sees_a_count_that_was() {
    let report = explore(|| {
        let counter = Arc::new(ShardedCounter::<Model>::with_shards(2));
        let threads = ["A", "B"].map(|name| {
            let counter = Arc::clone(&counter);
            Model::spawn(name, move || counter.increment())
        });
        let first = counter.get();
        let second = counter.get();
        threads.into_iter().for_each(JoinHandle::join);
        (first, second, counter.get())
    });
    report.assert_complete();
    // Never back, never more than there are, and exact after joining.
    report.assert_outcomes(&[(0, 0, 2), (0, 1, 2), (0, 2, 2), (1, 1, 2), (1, 2, 2), (2, 2, 2)]);
}

#[test]
fn the_interleavings_counted_are_those_that_there_are() {
    for (threads, increments) in [(1, 2), (2, 1), (2, 2)] {
        for (subject, counted) in checked(threads, increments) {
            let literal = Explorer::new().reduction(Reduction::None);
            let one_by_one = literal.explore(|| subject.run());
            let size = subject.title();
            assert_eq!(counted.interleavings(), Some(one_by_one.executions().into()), "{size}");
            assert_eq!(counted.redundant(), 0, "{size}");
            assert_eq!(counted.outcomes().len(), one_by_one.outcomes().len(), "{size}");
        }
    }
}

#[test]
fn dropping_the_actor_waits_until_its_thread_has_ended() {
    let report = explore(|| {
        let counter = ActorCounter::<Model>::default();
        counter.increment();
        drop(counter);
        <Model as Primitives>::AtomicBool::named("after", false).store(true, Relaxed);
    });
    report.assert_complete();
    report.assert_outcomes(&[()]);
    // The example is the execution that goes on with main for as long as it can.
    let last = report.outcomes()[0].example().steps().last().expect("it has steps");
    assert!(
        last.alone && last.action == Action::Store,
        "the actor outlived its counter:\n{last:?}"
    );
}

#[test]
fn stopping_the_actor_counts_what_is_still_on_its_way_in_every_interleaving() {
    let report = explore(|| {
        let counter = Arc::new(ActorCounter::<Model>::default());
        let other = Arc::clone(&counter);
        let thread = Model::spawn("B", move || other.increment());
        counter.increment();
        thread.join().unwrap();
        Arc::into_inner(counter).expect("the thread has ended").stop()
    });
    report.assert_complete();
    report.assert_outcomes(&[2]);
}
