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
use racelab::list::{Role, Subject};
use racelab::race::ORDERINGS;
use racelab::report::Grade;
use std::fmt::Write;

/// The table: the cures of every race, and what is one weaker.
pub fn table() -> Result<String, ExploreError> {
    let mut table = String::new();
    for race in ORDERINGS {
        let gap = if table.is_empty() { "" } else { "\n" };
        let _ = writeln!(table, "{gap}{}\n  must not be: {}", race.name, race.forbidden);
        for cure in race.subjects().filter(|subject| subject.variant.role == Role::Cure) {
            table.push_str(&line(cure)?);
            for variant in race.weaker(cure.variant) {
                table.push_str(&line(Subject { variant, ..cure })?);
            }
        }
    }
    Ok(table)
}

/// One choice of orderings, and what becomes of it.
fn line(subject: Subject) -> Result<String, ExploreError> {
    let name = subject.variant.name;
    let report = subject.check(&Explorer::new().memory(Memory::Rc11))?;
    report.assert_complete();
    let verdict = match report.graded(Grade::Forbidden).next() {
        None => format!("holds   {name}"),
        Some(outcome) => {
            let seen = match outcome.result() {
                Ok(seen) => format!("{:?}", seen.numbers()),
                Err(failure) => failure.name().to_owned(),
            };
            format!("  fails {name:<42} {seen}")
        }
    };
    Ok(format!("  {verdict}\n"))
}

fn main() -> Result<(), ExploreError> {
    print!("{}", table()?);
    Ok(())
}
