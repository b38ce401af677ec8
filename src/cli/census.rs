//! `racelab census`: how many interleavings end in each value.

use super::args::{CensusArgs, CensusFormat as Format};
use super::limits::Bounds;
use super::out::{Out, say};
use super::style::{self, HEADING, paint};
use super::subject::Subject;
use super::{Usage, Verdict, counters, graphs};
use racelab::Trace;
use racelab::counter::Rung;
use racelab::diagram::{Bar, Timeline, bars, bars_svg};
use racelab::explore::StateGraph;
use racelab::report::{counted, grouped};
use racelab::trace::ObjectKind;
use serde_json::json;

/// A counter's states, counted.
struct Census {
    rung: &'static Rung,
    threads: u64,
    increments: u64,
    bounds: Bounds,
    graph: StateGraph<u64>,
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
            let title = format!("{}, {}", census.rung.name, census.size());
            out.print(format_args!("{}", bars_svg(&title, &census.bars)));
        }
        Format::Json => say!(out, "{:#}", census.json()),
    }
    Ok(Verdict::Kept)
}

impl Census {
    fn take(args: &CensusArgs) -> Result<Census, Usage> {
        let rung = counters::find(&args.counter)?;
        let (threads, increments) = (args.threads, args.increments);
        let program = rung.model.ok_or_else(|| counters::not_modelled(rung))?;
        let subject =
            Subject::Counter { rung, threads: threads as usize, increments: increments as usize };
        let bounds = Bounds::given(&args.bounds, &subject);
        let graph =
            graphs::states(rung.name, bounds, || program(threads as usize, increments as usize))?;
        let all = threads * increments;
        let bar = |count: racelab::explore::Count<'_, u64>| {
            let (label, lost) = match count.result {
                Ok(value) => (value.to_string(), *value != all),
                Err(failure) => (failure.name().to_owned(), true),
            };
            Some(Bar { label, count: count.interleavings?, lost })
        };
        let bars: Option<Vec<Bar>> = graph.census().into_iter().map(bar).collect();
        let (Some(total), Some(bars)) = (graph.interleavings(), bars) else {
            return Err(Usage::new(
                "there are more interleavings than 128 bits can count (3.4 × 10^38); take fewer \
                 threads or increments",
            ));
        };
        Ok(Census { rung, threads, increments, bounds, graph, total, bars })
    }

    /// `2 threads × 20 increments`.
    fn size(&self) -> String {
        let threads = counted(self.threads.into(), "thread");
        format!("{threads} × {}", counted(self.increments.into(), "increment"))
    }

    /// The first outcome is the least: values come in their order, before failures. With it, a
    /// schedule that ends there, if anything is lost by it.
    fn least(&self) -> Option<(u64, String)> {
        let least = *self.graph.outcomes().first()?.as_ref().ok()?;
        let lost = least < self.threads * self.increments;
        Some((least, self.graph.schedule_to(0)?)).filter(|_| lost)
    }

    fn print(&self, width: usize, ascii: bool, out: &mut Out) -> Result<(), Usage> {
        let size = if ascii { self.size().replace('×', "x") } else { self.size() };
        say!(out, "{}", paint(HEADING, format!("{}: {size}", self.rung.name)));
        let (total, states) = (grouped(self.total), grouped(self.graph.len() as u128));
        let how = format!(
            "{total} interleavings, counted on {states} states without running them. So many end in:"
        );
        say!(out, "{}", style::wrap(&how, "", width));
        say!(out);
        out.print(format_args!("{}", bars(&self.bars, width, ascii)));
        if self.graph.objects().iter().any(|object| object.kind == ObjectKind::Cell) {
            let note = "Counted as if each access of the plain number were one step. It is a data \
                        race, so on a real machine anything may happen.";
            say!(out, "\n{}", style::wrap(note, "", width));
        }
        let Some((least, schedule)) = self.least() else { return Ok(()) };
        say!(out);
        let heading = format!(
            "The least possible count is {least}, of {}. A way to get there with the fewest switches:",
            grouped((self.threads * self.increments).into())
        );
        say!(out, "{}", paint(HEADING, style::wrap(&heading, "", width)));
        say!(out);
        let trace = self.replay(&schedule)?;
        let picture = Timeline::new(&trace).ascii(ascii).width(width).colour(true).to_string();
        say!(out, "{}", picture.trim_end());
        Ok(())
    }

    fn replay(&self, schedule: &str) -> Result<Trace, Usage> {
        let program = self.rung.model.ok_or_else(|| counters::not_modelled(self.rung))?;
        let (threads, increments) = (self.threads as usize, self.increments as usize);
        Ok(self.bounds.explorer().try_replay(schedule, move || program(threads, increments))?)
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
        json!({
            "counter": self.rung.name,
            "threads": self.threads,
            "increments": self.increments,
            "states": self.graph.len(),
            "interleavings": self.total.to_string(),
            "outcomes": outcomes.collect::<Vec<_>>(),
            "least": self.least().map(|(value, schedule)| json!({
                "value": value,
                "schedule": schedule,
            })),
        })
    }
}
