//! What each ordering is needed for, found out by leaving it away.
//!
//! Predict first: which of these does `Relaxed` suffice for, which need `Release` and `Acquire`,
//! and which nothing less than `SeqCst`?
//!
//! You will see the cures of each race, checked under Rust's memory model, and under each cure the
//! same program with one ordering a step weaker: this strong holds, one weaker fails.
//!
//!     cargo run --example 13_orderings

use racelab::explore::{ExploreError, Explorer, Memory};
use racelab::race::{CATALOGUE, Case, Race};
use racelab::report::Grade;
use std::fmt::Write;

/// The table: the cures of every race, and what is one weaker.
pub fn table() -> Result<String, ExploreError> {
    let mut table = String::new();
    for race in CATALOGUE {
        let gap = if table.is_empty() { "" } else { "\n" };
        let _ = writeln!(table, "{gap}{}\n  must not be: {}", race.name, race.forbidden);
        for cure in race.cases.iter().filter(|case| case.holds) {
            table.push_str(&line(race, cure)?);
            for weaker in race.weaker(cure) {
                table.push_str(&line(race, weaker)?);
            }
        }
    }
    Ok(table)
}

/// One choice of orderings, and what becomes of it.
fn line(race: &Race, case: &Case) -> Result<String, ExploreError> {
    let report = race.check(case, &Explorer::new().memory(Memory::Rc11))?;
    report.assert_complete();
    let verdict = match report.graded(Grade::Forbidden).next() {
        None => format!("holds   {}", case.name),
        Some(outcome) => {
            let seen = match outcome.result() {
                Ok(seen) => format!("{seen:?}"),
                Err(failure) => failure.name().to_owned(),
            };
            format!("  fails {:<42} {seen}", case.name)
        }
    };
    Ok(format!("  {verdict}\n"))
}

fn main() -> Result<(), ExploreError> {
    print!("{}", table()?);
    Ok(())
}
