//! `racelab show`: one execution of a program, drawn; or all of them, listed.

mod all;

use super::args::{Drawing, Format, ShowArgs};
use super::limits::Bounds;
use super::out::{Out, say};
use super::progress::Progress;
use super::usage::warn;
use super::{Usage, Verdict, diagram, graphs};
use racelab::explore::{Explorer, Memory};
use racelab::list::{Outcome, Subject};
use racelab::report::{Grade, Report, counted, grouped};
use racelab::{Failure, Trace};
use std::time::Duration;

/// A program, the memory it runs under, and how far to look.
struct Show {
    subject: Subject,
    memory: Memory,
    bounds: Bounds,
    /// No execution begins after this much time. What was found until then is shown.
    timeout: Duration,
}

/// Draws the execution asked for.
pub fn run(args: &ShowArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let subject = args.chosen.subject(&args.program)?;
    let bounds = Bounds::given(&args.bounds, &subject);
    let show = Show { subject, memory: args.chosen.memory.into(), bounds, timeout: args.timeout };
    if args.all {
        return all::run(&show, args.drawing.format, out);
    }
    let trace = match (&args.schedule, &args.outcome, args.interleaving) {
        (Some(schedule), ..) => show.schedule(schedule)?,
        (None, Some(outcome), _) => show.outcome(outcome)?,
        (None, None, Some(_)) if show.memory == Memory::Rc11 => {
            let way_out = "--all lists them, --schedule draws one";
            return Err(Usage::new(format!(
                "under rc11 there are executions, and they are not numbered; {way_out}"
            )));
        }
        (None, None, Some(number)) => show.numbered(number, &args.drawing, out)?,
        (None, None, None) => show.worst()?,
    };
    diagram::draw(&trace, &args.drawing, out);
    Ok(Verdict::Kept)
}

impl Show {
    fn explorer(&self) -> Explorer {
        self.bounds.explorer().memory(self.memory).timeout(self.timeout)
    }

    fn schedule(&self, schedule: &str) -> Result<Trace, Usage> {
        Ok(self.subject.replay(&self.explorer(), schedule)?)
    }

    /// The interleaving with this number, without a look at those before it.
    fn numbered(&self, number: u128, drawing: &Drawing, out: &mut Out) -> Result<Trace, Usage> {
        let states = graphs::states(&self.subject, self.bounds)?;
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

    fn report(&self) -> Result<Report<Outcome>, Usage> {
        let what = if self.memory == Memory::Rc11 { "execution" } else { "interleaving" };
        let progress = Progress::start(format!("every {what} of {}", self.subject));
        Ok(self.subject.check(&progress.follow(self.explorer()))?)
    }

    /// How many were looked at: `6 interleavings`.
    fn among(&self, report: &Report<Outcome>) -> String {
        match report.interleavings().filter(|_| report.is_complete()) {
            Some(count) => counted(count, "interleaving"),
            None => counted(report.executions().into(), "execution"),
        }
    }

    /// An execution that ends in this value, or in this failure.
    fn outcome(&self, wanted: &str) -> Result<Trace, Usage> {
        let report = self.report()?;
        let name = |result: Result<&Outcome, &Failure>| match result {
            Ok(value) => format!("{value:?}"),
            Err(failure) => failure.name().to_owned(),
        };
        let is_meant = |result: Result<&Outcome, &Failure>| match result {
            Ok(value) => value.is_meant_by(wanted),
            Err(failure) => failure.name() == wanted,
        };
        let found = report.outcomes().iter().find(|outcome| is_meant(outcome.result()));
        match found {
            Some(outcome) => example(outcome),
            None => {
                let mut there: Vec<_> =
                    report.outcomes().iter().map(|outcome| name(outcome.result())).collect();
                there.dedup();
                let (among, there) = (self.among(&report), there.join(", "));
                let way_out = match report.is_complete() {
                    true => format!("it can be {there}"),
                    false => format!("until --timeout there were {there}; allow more time"),
                };
                Err(Usage::new(format!("none of the {among} ends in {wanted:?}; {way_out}")))
            }
        }
    }

    /// The worst there is: a value that must not be, a failure, or any outcome where all is well.
    fn worst(&self) -> Result<Trace, Usage> {
        let report = self.report()?;
        // The first that can be shown.
        let bad = report.graded(Grade::Forbidden).min_by_key(|outcome| !outcome.has_example());
        let outcome = bad.or(report.outcomes().first());
        let outcome = outcome.ok_or_else(|| Usage::new("no execution was run to its end"))?;
        if !report.is_complete() {
            let (among, why) = (self.among(&report), "not all: a limit stopped the search");
            warn(&format!("this is the worst of {among}, {why} (--timeout, --max-steps)"));
        }
        example(outcome)
    }
}

/// An outcome's example, if it was kept.
fn example(outcome: &racelab::report::Outcome<Outcome>) -> Result<Trace, Usage> {
    let too_long = "the executions are too long to keep one for each of so many outcomes; take fewer \
                    --threads or --increments";
    outcome.has_example().then(|| outcome.example().clone()).ok_or_else(|| Usage::new(too_long))
}
