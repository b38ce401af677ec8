//! `racelab show`: one interleaving of a counter, drawn; or all of them, listed.

mod all;

use super::args::{Drawing, Format, ShowArgs};
use super::out::{Out, say};
use super::progress::Progress;
use super::{Usage, Verdict, counters, diagram, graphs};
use racelab::Trace;
use racelab::counter::Rung;
use racelab::counter::ladder::Program;
use racelab::explore::Explorer;
use racelab::report::{Report, grouped};
use std::time::Duration;

/// No execution begins after this much time. What was found until then is shown.
const PATIENCE: Duration = Duration::from_secs(60);

/// A counter and how many threads increment it how often.
struct Show {
    rung: &'static Rung,
    threads: usize,
    increments: usize,
    program: Program,
}

/// Draws the interleaving asked for.
pub fn run(args: &ShowArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let rung = counters::find(&args.counter)?;
    let program = rung.model.ok_or_else(|| counters::not_modelled(rung))?;
    let (threads, increments) = (args.threads as usize, args.increments as usize);
    let show = Show { rung, threads, increments, program };
    if args.all {
        return all::run(&show, args.drawing.format, out);
    }
    let trace = match (&args.schedule, &args.outcome, args.interleaving) {
        (Some(schedule), ..) => show.schedule(schedule)?,
        (None, Some(outcome), _) => show.outcome(outcome)?,
        (None, None, Some(number)) => show.numbered(number, &args.drawing, out)?,
        (None, None, None) => show.worst()?,
    };
    diagram::draw(&trace, &args.drawing, out);
    Ok(Verdict::Kept)
}

impl Show {
    fn schedule(&self, schedule: &str) -> Result<Trace, Usage> {
        let (program, threads, increments) = (self.program, self.threads, self.increments);
        let replayed = Explorer::new().try_replay(schedule, move || program(threads, increments));
        replayed.map_err(|error| Usage::new(error.to_string()))
    }

    /// The interleaving with this number, without a look at those before it.
    fn numbered(&self, number: u128, drawing: &Drawing, out: &mut Out) -> Result<Trace, Usage> {
        let states = graphs::states(self.rung, self.threads, self.increments)?;
        let total = states.interleavings().map_or("more than 128 bits can count".into(), grouped);
        let schedule = states.schedule(number).ok_or_else(|| {
            let number = grouped(number);
            Usage::new(format!("there is no interleaving {number}; they are numbered 1 to {total}"))
        })?;
        if matches!(drawing.format, Format::Terminal | Format::Ascii) {
            say!(out, "interleaving {} of {total}\n", grouped(number));
        }
        self.schedule(&schedule)
    }

    fn report(&self) -> Result<Report<u64>, Usage> {
        let (program, threads, increments) = (self.program, self.threads, self.increments);
        let _progress = Progress::start(format!("every interleaving of {}", self.rung.name));
        let explorer = Explorer::new().timeout(PATIENCE);
        let report = explorer.try_explore(move || program(threads, increments));
        report.map_err(|error| Usage::new(error.to_string()))
    }

    /// An interleaving that ends in this value, or in this failure.
    fn outcome(&self, wanted: &str) -> Result<Trace, Usage> {
        let report = self.report()?;
        let name = |result: Result<&u64, &racelab::Failure>| match result {
            Ok(value) => value.to_string(),
            Err(failure) => failure.name().to_owned(),
        };
        let found = report.outcomes().iter().find(|outcome| name(outcome.result()) == wanted);
        match found {
            Some(outcome) => Ok(outcome.example().clone()),
            None => {
                let mut there: Vec<_> =
                    report.outcomes().iter().map(|outcome| name(outcome.result())).collect();
                there.dedup();
                let among = report.interleavings().map_or("all".into(), grouped);
                Err(Usage::new(format!(
                    "none of the {among} interleavings ends in {wanted:?}; it can be {}",
                    there.join(", ")
                )))
            }
        }
    }

    /// The worst there is: a lost update, a failure, or any outcome where all is well.
    fn worst(&self) -> Result<Trace, Usage> {
        let report = self.report()?;
        let all = (self.threads * self.increments) as u64;
        let lost = report.outcomes().iter().find(|o| o.result().is_ok_and(|count| *count != all));
        let outcome = lost.or(report.failures().next()).or(report.outcomes().first());
        let outcome = outcome.ok_or_else(|| Usage::new("no execution was run to its end"))?;
        Ok(outcome.example().clone())
    }
}
