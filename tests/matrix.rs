//! The matrix of races and cures: what it says is what was found, and can be looked at.

use racelab::Explorer;
use racelab::list::{self, Found, Matrix, Means, PARTS, Promise, Subject};
use std::sync::{Mutex, OnceLock};

fn matrix() -> &'static Matrix {
    static MATRIX: OnceLock<Matrix> = OnceLock::new();
    MATRIX.get_or_init(|| Matrix::prove().unwrap())
}

/// The program that a row and a number of it stand for.
fn subject(race: &str, number: usize) -> Subject {
    if let Some(entry) = list::find(race) {
        let variant = &entry.variants[number - 1];
        return Subject { variant, ..entry.subject() };
    }
    let part = PARTS.iter().find(|part| part.entry == race).expect("a row is a race or a part");
    part.entries[number - 1].subject()
}

#[test]
fn a_mark_stands_for_what_the_variant_promises() {
    for row in &matrix().rows {
        for trial in &row.trials {
            let subject = subject(row.race, trial.number);
            assert_eq!(subject.variant.name, trial.name);
            match trial.found {
                Found::Unproved => assert!(!subject.is_modelled(), "{subject}"),
                Found::Holds => assert_eq!(subject.variant.promise, Promise::Holds, "{subject}"),
                Found::Fails { .. } => {
                    assert_ne!(subject.variant.promise, Promise::Holds, "{subject}");
                }
            }
        }
    }
}

#[test]
fn every_schedule_that_proves_a_failure_ends_as_it_must_not() {
    let mut proofs = 0;
    for row in &matrix().rows {
        for trial in &row.trials {
            let Found::Fails { memory, schedule, ending, .. } = &trial.found else { continue };
            let subject = subject(row.race, trial.number);
            let returned = Mutex::new(None);
            // Where a thread yields, an execution may have to be run again.
            let run = || {
                *returned.lock().unwrap() = None;
                let value = subject.run();
                *returned.lock().unwrap() = Some(value);
            };
            let trace = Explorer::new().memory(*memory).try_replay(schedule, run).unwrap();
            assert_eq!(trace.schedule(), *schedule, "{subject}");
            match (ending.as_str(), *returned.lock().unwrap()) {
                ("data race", _) => assert!(!trace.data_races().is_empty(), "{subject}"),
                ("deadlock", None) => assert!(!trace.waiting().is_empty(), "{subject}"),
                ("panic" | "step limit", None) => {}
                (words, Some(value)) => {
                    assert_eq!(value.words(), words, "{subject}");
                    assert!(subject.is_forbidden(Ok(&value)), "{subject}");
                }
                (ending, None) => panic!("{subject} returned nothing, but should end in {ending}"),
            }
            proofs += 1;
        }
    }
    assert!(proofs > 40, "{proofs}");
}

#[test]
fn every_race_that_is_broken_has_a_cure_in_it_and_the_table_fits_a_terminal() {
    for row in &matrix().rows {
        let cured = row.trials.iter().any(|trial| trial.found == Found::Holds);
        assert!(cured, "{}", row.race);
    }
    let races = PARTS.iter().map(|part| if part.side_by_side { 1 } else { part.entries.len() });
    let table = matrix().to_string();
    assert_eq!(table.lines().count(), 1 + races.sum::<usize>(), "{table}");
    for line in table.lines().chain(matrix().proofs(80).lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert_eq!(matrix().markdown().lines().count(), table.lines().count() + 1);
}

/// The book says so.
#[test]
fn a_pause_cures_nothing_and_a_second_look_only_under_the_lock() {
    let cured_by = |means| -> Vec<_> {
        let rows = matrix().rows.iter();
        let cured = rows.flat_map(|row| row.trials.iter().map(move |trial| (row.race, trial)));
        cured
            .filter(|(_, trial)| trial.means == means && trial.found == Found::Holds)
            .map(|(race, _)| race)
            .collect()
    };
    assert_eq!(cured_by(Means::Pause), [""; 0]);
    assert_eq!(cured_by(Means::Check), ["stolen-wakeup"]);
}
