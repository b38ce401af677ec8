//! What each ordering is needed for, found out by leaving it away.
//!
//! Predict first: which of these does `Relaxed` suffice for, which need `Release` and `Acquire`,
//! and which nothing less than `SeqCst`?
//!
//! You will see each race with every choice of orderings checked under Rust's memory model: those
//! that hold, and beside them those that fail and are only one weaker.
//!
//!     cargo run --example 13_orderings

use racelab::explore::{ExploreError, Explorer, Memory};
use racelab::race::CATALOGUE;
use racelab::report::Grade;

fn main() -> Result<(), ExploreError> {
    let explorer = Explorer::new().memory(Memory::Rc11);
    for race in CATALOGUE {
        println!("{}", race.title);
        println!("  must not be: {}", race.forbidden);
        for case in race.cases {
            let report = race.check(case, &explorer)?;
            let verdict = match report.graded(Grade::Forbidden).next() {
                None => "holds".to_owned(),
                Some(outcome) => match outcome.result() {
                    Ok(seen) => format!("fails: {seen:?}"),
                    Err(failure) => format!("fails: {}", failure.name()),
                },
            };
            println!("  {:<30} {:>2} executions  {verdict}", case.name, report.executions());
        }
        println!();
    }
    Ok(())
}
