//! What a command is about: a counter of the ladder, or a race of the catalogue in one of its
//! choices of orderings.

use super::args::MemoryArg;
use super::{Usage, counters};
use racelab::counter::{LADDER, Rung};
use racelab::explore::Memory;
use racelab::race::{CATALOGUE, Case, Race};
use std::fmt;

/// What a program of either kind returns; `Debug` is that of what is inside.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Count(u64),
    Seen(Vec<u64>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Count(count) => count.fmt(f),
            Value::Seen(seen) => seen.fmt(f),
        }
    }
}

/// A program that can be explored.
#[derive(Clone, Copy)]
pub enum Subject {
    Counter { rung: &'static Rung, threads: usize, increments: usize },
    Case { race: &'static Race, case: &'static Case },
}

/// Two threads and one increment, unless told otherwise: the size that a race of the catalogue has.
const USUAL: (u64, u64) = (2, 1);

impl Subject {
    /// The program with this name. `case` says which orderings, by number or in words; without it
    /// they are the strongest that fail.
    pub fn find(
        name: &str,
        case: Option<&str>,
        (threads, increments): (u64, u64),
    ) -> Result<Subject, Usage> {
        if let Some(race) = Race::named(&name.to_lowercase()) {
            if (threads, increments) != USUAL {
                return Err(Usage::new(format!(
                    "{} is a program of its own; leave out --threads and --increments",
                    race.name
                )));
            }
            let case = match case {
                Some(words) => find_case(race, words)?,
                None => strongest_failing(race),
            };
            return Ok(Subject::Case { race, case });
        }
        let rung = Rung::named(&name.to_lowercase());
        let rung = rung.ok_or_else(|| counters::unknown(name, names()))?;
        if case.is_some() {
            let names: Vec<_> = CATALOGUE.iter().map(|race| race.name).collect();
            let names = names.join(", ");
            return Err(Usage::new(format!(
                "{} has no --case; leave it out (there are cases of {names})",
                rung.name
            )));
        }
        if rung.model.is_none() {
            return Err(counters::not_modelled(rung));
        }
        let (threads, increments) = (threads as usize, increments as usize);
        Ok(Subject::Counter { rung, threads, increments })
    }

    /// Runs the program under exploration.
    pub fn run(&self) -> Value {
        match self {
            Subject::Counter { rung, threads, increments } => {
                let program = rung.model.expect("others are refused when they are looked for");
                Value::Count(program(*threads, *increments))
            }
            Subject::Case { case, .. } => Value::Seen((case.model)()),
        }
    }

    /// The name on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Subject::Counter { rung, .. } => rung.name,
            Subject::Case { race, .. } => race.name,
        }
    }

    /// A heading.
    pub fn title(&self) -> String {
        match self {
            Subject::Counter { rung, .. } => format!("{}: {}", rung.name, rung.title),
            Subject::Case { race, case } => format!("{}: {}", race.name, case.name),
        }
    }

    /// Must this value not be?
    pub fn is_forbidden(&self, value: &Value) -> bool {
        match (self, value) {
            (Subject::Counter { threads, increments, .. }, Value::Count(count)) => {
                *count != (threads * increments) as u64
            }
            (Subject::Case { race, .. }, Value::Seen(seen)) => (race.is_forbidden)(seen),
            _ => unreachable!("a counter counts, a case sees"),
        }
    }
}

/// The strongest orderings of a race that fail; its first, should none fail.
pub fn strongest_failing(race: &'static Race) -> &'static Case {
    race.cases.iter().rev().find(|case| !case.holds).unwrap_or(&race.cases[0])
}

fn find_case(race: &'static Race, words: &str) -> Result<&'static Case, Usage> {
    let number = words.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let numbered = number.and_then(|at| race.cases.get(at));
    let named = race.cases.iter().find(|case| case.name.eq_ignore_ascii_case(words));
    numbered.or(named).ok_or_else(|| {
        let cases = race.cases.iter().zip(1..).map(|(case, at)| format!("{at} ({})", case.name));
        let cases = cases.collect::<Vec<_>>().join(", ");
        Usage::new(format!("{} has no case {words:?}; it can be {cases}", race.name))
    })
}

/// Every name that can be given, for suggestions.
fn names() -> impl Iterator<Item = &'static str> {
    LADDER.iter().map(|rung| rung.name).chain(CATALOGUE.iter().map(|race| race.name))
}

impl From<MemoryArg> for Memory {
    fn from(memory: MemoryArg) -> Self {
        match memory {
            MemoryArg::Sc => Memory::SequentiallyConsistent,
            MemoryArg::Rc11 => Memory::Rc11,
        }
    }
}
