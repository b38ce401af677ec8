//! `racelab census`: how many interleavings end in each value.

use super::args::{CensusArgs, CensusFormat as Format};
use super::limits::Bounds;
use super::out::{Out, say};
use super::style::{self, HEADING, paint};
use super::{Usage, Verdict, graphs, json, subject};
use racelab::Trace;
use racelab::diagram::{Bar, Timeline, bars, bars_svg};
use racelab::explore::StateGraph;
use racelab::list::{Outcome, Subject};
use racelab::report::{Failure, grouped};
use racelab::trace::ObjectKind;
use serde_json::json;
use std::time::Duration;

/// How often each thread increments unless told otherwise: a census is for what is too large to run.
const INCREMENTS: u64 = 10;

/// A program's states, counted.
struct Census {
    subject: Subject,
    bounds: Bounds,
    graph: StateGraph<Outcome>,
    total: u128,
    bars: Vec<Bar>,
}

/// Counts and draws. It draws what was asked for, so a loss is no failure.
pub fn run(args: &CensusArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let census = Census::take(args)?;
    let width = args.width.map_or_else(style::width, |width| width as usize);
    match args.format {
        Format::Terminal | Format::Ascii => {
            census.print(width, args.format == Format::Ascii, out)?;
        }
        Format::Svg => {
            let title = census.subject.title().replacen(':', ",", 1);
            out.print(format_args!("{}", bars_svg(&title, &census.bars)));
        }
        Format::Json => say!(out, "{:#}", census.json()),
    }
    Ok(Verdict::Kept)
}

/// A data race has no value that could be counted. The states do not know of it, so a part of the
/// executions is run: where plain accesses race, nearly every one shows it.
fn refuse_races(subject: &Subject, bounds: Bounds) -> Result<(), Usage> {
    let explorer = bounds.explorer().max_executions(1_000).timeout(Duration::from_secs(2));
    let report = subject.explore(&explorer)?;
    let is_race = |failure: &Failure| matches!(failure, Failure::DataRace { .. });
    if !report.failures().any(|outcome| outcome.result().err().is_some_and(is_race)) {
        return Ok(());
    }
    let check = style::command(&format!("check {}", subject.entry.name));
    Err(Usage::new(format!(
        "{} has a data race: that is undefined behaviour, and no interleaving ends in a value that \
         could be counted; '{check}' shows where",
        subject.entry.name
    )))
}

impl Census {
    fn take(args: &CensusArgs) -> Result<Census, Usage> {
        let entry = subject::entry(&args.program)?;
        let has_increments =
            entry.parameters.iter().any(|parameter| parameter.name == "increments");
        let increments = args.increments.or(has_increments.then_some(INCREMENTS));
        let size = [("threads", args.threads), ("increments", increments)];
        let subject = subject::find(&args.program, args.variant.as_deref(), &size)?;
        let bounds = Bounds::given(&args.bounds, &subject);
        let graph = graphs::states(&subject, bounds)?;
        if graph.objects().iter().any(|object| object.kind == ObjectKind::Cell) {
            refuse_races(&subject, bounds)?;
        }
        let bar = |count: racelab::explore::Count<'_, Outcome>| {
            let label = match count.result {
                Ok(value) => format!("{value:?}"),
                Err(failure) => failure.name().to_owned(),
            };
            let lost = subject.is_forbidden(count.result);
            Some(Bar { label, count: count.interleavings?, lost })
        };
        let bars: Option<Vec<Bar>> = graph.census().into_iter().map(bar).collect();
        let (Some(total), Some(bars)) = (graph.interleavings(), bars) else {
            return Err(Usage::new(
                "there are more interleavings than 128 bits can count (3.4 × 10^38); take fewer \
                 threads or increments",
            ));
        };
        Ok(Census { subject, bounds, graph, total, bars })
    }

    /// The first outcome is the least: values come in their order, before failures. With it, a
    /// schedule that ends there, if it must not be.
    fn least(&self) -> Option<(Outcome, String)> {
        let least = *self.graph.outcomes().first()?.as_ref().ok()?;
        let lost = self.subject.is_forbidden(Ok(&least));
        Some((least, self.graph.schedule_to(0)?)).filter(|_| lost)
    }

    /// `The least possible final count is 2, of 20.`
    fn least_in_words(&self, least: &Outcome) -> String {
        let (Subject { entry, .. }, graph) = (self.subject, &self.graph);
        let [name] = entry.outcome else {
            return format!("It can end in this: {}.", least.words());
        };
        let most = graph.outcomes().iter().filter_map(|outcome| outcome.as_ref().ok());
        match most.max().filter(|most| !self.subject.is_forbidden(Ok(*most))) {
            Some(most) => {
                let most = most.numbers().first().and_then(|most| u128::try_from(*most).ok());
                let of = most.map(|most| format!(", of {}", grouped(most))).unwrap_or_default();
                format!("The least possible {name} is {least:?}{of}.")
            }
            None => format!("The least possible {name} is {least:?}."),
        }
    }

    fn print(&self, width: usize, ascii: bool, out: &mut Out) -> Result<(), Usage> {
        let title = self.subject.title();
        let title = if ascii { title.replace('×', "x") } else { title };
        say!(out, "{}", paint(HEADING, title));
        let (total, states) = (grouped(self.total), grouped(self.graph.len() as u128));
        let how = format!(
            "{total} interleavings, counted on {states} states without running them. So many end in:"
        );
        say!(out, "{}", style::wrap(&how, "", width));
        say!(out);
        out.print(format_args!("{}", bars(&self.bars, width, ascii)));
        let Some((least, schedule)) = self.least() else { return Ok(()) };
        say!(out);
        let least = self.least_in_words(&least);
        let heading = format!("{least} A way to get there with the fewest switches:");
        say!(out, "{}", paint(HEADING, style::wrap(&heading, "", width)));
        say!(out);
        let trace = self.replay(&schedule)?;
        let picture = Timeline::new(&trace).ascii(ascii).width(width).colour(true).to_string();
        say!(out, "{}", picture.trim_end());
        Ok(())
    }

    fn replay(&self, schedule: &str) -> Result<Trace, Usage> {
        Ok(self.subject.replay(&self.bounds.explorer(), schedule)?)
    }

    fn json(&self) -> serde_json::Value {
        let outcomes = self.graph.outcomes().iter().zip(&self.bars).map(|(outcome, bar)| {
            json!({
                "value": outcome.as_ref().ok(),
                "failure": outcome.as_ref().err().map(ToString::to_string),
                "lost": bar.lost,
                "interleavings": bar.count.to_string(),
            })
        });
        let mut json = json!(json::names(&self.subject));
        json["states"] = self.graph.len().into();
        json["interleavings"] = self.total.to_string().into();
        json["outcomes"] = outcomes.collect::<Vec<_>>().into();
        json["least"] = match self.least() {
            Some((value, schedule)) => json!({"value": value, "schedule": schedule}),
            None => serde_json::Value::Null,
        };
        json
    }
}
