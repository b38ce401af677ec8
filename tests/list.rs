//! The list: what holds for everything that can be run, whatever kind of program it is.

use racelab::explore::{Explorer, Memory};
use racelab::list::{self, Entry, PARTS, Promise, Role, Subject};
use racelab::report::Grade;
use std::collections::HashSet;

const MEMORIES: [Memory; 2] = [Memory::SequentiallyConsistent, Memory::Rc11];

/// Every variant of every entry.
fn subjects() -> impl Iterator<Item = Subject> {
    list::all().flat_map(Entry::subjects)
}

#[test]
fn every_variant_keeps_its_promise_or_breaks_it_as_it_says_and_every_ending_has_a_meaning() {
    for subject in subjects().filter(Subject::is_modelled) {
        for memory in MEMORIES {
            let explorer = Explorer::new().memory(memory).prove_up_to(0);
            let report = subject.check(&explorer).unwrap();
            report.assert_complete();
            let kept = report.graded(Grade::Forbidden).next().is_none();
            let promised = subject.variant.promise.is_kept_under(memory);
            assert_eq!(kept, promised, "{subject} under {}:\n{report}", memory.name());
            for outcome in report.outcomes() {
                assert!(outcome.description().is_some_and(|why| !why.is_empty()), "{subject}");
                let Ok(value) = outcome.result() else { continue };
                assert_eq!(value.numbers().len(), subject.entry.outcome.len(), "{subject}");
            }
        }
    }
}

#[test]
fn what_is_called_a_cure_is_one_and_nothing_else_is() {
    for subject in subjects() {
        let holds = subject.variant.promise == Promise::Holds;
        assert_eq!(subject.variant.role == Role::Cure, holds, "{subject}");
    }
}

#[test]
fn the_broken_come_first_then_the_wrong_fixes_then_the_cures() {
    for entry in list::all() {
        let roles: Vec<_> = entry.variants.iter().map(|variant| variant.role).collect();
        assert!(roles.is_sorted(), "{}: {roles:?}", entry.name);
        assert!(!roles.is_empty(), "{} has no variant", entry.name);
    }
}

#[test]
fn each_name_is_there_once_and_can_be_typed() {
    let mut names = HashSet::new();
    for entry in list::all() {
        assert!(names.insert(entry.name), "{} is there twice", entry.name);
        let typed = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(entry.name.chars().all(typed), "{}", entry.name);
        let found = list::find(entry.name).unwrap();
        assert_eq!(found.title, entry.title);
        let variants: HashSet<_> =
            entry.variants.iter().map(|variant| variant.name.to_lowercase()).collect();
        assert_eq!(variants.len(), entry.variants.len(), "{}: a variant twice", entry.name);
        for (number, variant) in (1..).zip(entry.variants) {
            assert_eq!(entry.variant(variant.name).unwrap().name, variant.name);
            assert_eq!(entry.number(variant), number);
        }
    }
    assert!(PARTS.iter().all(|part| !part.entries.is_empty()));
}

#[test]
fn every_race_says_why_its_variants_fail_or_hold_what_a_cure_costs_and_where_it_bit() {
    for entry in list::all().filter(|entry| entry.variants.len() > 1) {
        if entry.variants.iter().all(|variant| variant.orderings.is_some()) {
            continue; // the names of their variants say it, and their files why
        }
        assert!(!entry.sources.is_empty(), "{}: where did it bite somebody?", entry.name);
        for source in entry.sources {
            assert!(source.link.starts_with("https://"), "{}: {}", entry.name, source.link);
        }
        for variant in entry.variants {
            let name = format!("{}: {}", entry.name, variant.name);
            assert!(!variant.why.is_empty(), "{name} does not say why");
            assert_eq!(variant.role == Role::Cure, !variant.cost.is_empty(), "{name}: its cost");
        }
        let roles = entry.variants.iter().map(|variant| variant.role);
        let roles: HashSet<_> = roles.map(|role| format!("{role:?}")).collect();
        assert_eq!(roles.len(), 3, "{}: broken, a wrong fix and a cure are needed", entry.name);
    }
}

#[test]
fn an_entry_has_all_that_is_shown_of_it() {
    for Entry { name, title, story, forbidden, outcome, path, source, .. } in list::all() {
        for text in [title, story, forbidden] {
            assert!(!text.is_empty() && text.trim() == *text, "{name}: {text:?}");
        }
        assert!(!outcome.is_empty(), "{name}");
        let on_disk = std::fs::read_to_string(path).expect(path);
        assert_eq!(on_disk, *source, "{name}: another file at its path");
    }
}

#[test]
fn on_real_threads_a_cure_keeps_its_promise() {
    for subject in subjects().filter(|subject| subject.variant.role == Role::Cure) {
        let seen = subject.run_on_threads();
        assert!(!subject.is_forbidden(Ok(&seen)), "{subject}: {seen:?}");
    }
}
