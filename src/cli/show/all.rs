//! `racelab show --all`: every interleaving of a counter, a line each.

use super::Show;
use crate::cli::args::Format;
use crate::cli::out::{Out, say};
use crate::cli::{Usage, Verdict, graphs};
use racelab::Trace;
use racelab::diagram::causes;
use racelab::report::grouped;
use serde_json::json;

/// Nobody reads more lines than this.
const MOST: u128 = 100_000;

/// Lists them in schedule order, with how each ends and what it loses.
pub fn run(show: &Show, format: Format, out: &mut Out) -> Result<Verdict, Usage> {
    if !matches!(format, Format::Terminal | Format::Ascii | Format::Json) {
        return Err(Usage::new("--all lists in the formats terminal, ascii and json"));
    }
    let states = graphs::states(show.rung, show.threads, show.increments)?;
    let total = match states.interleavings() {
        Some(total) if total <= MOST => total,
        total => {
            let there = total.map_or("too many".into(), grouped);
            return Err(Usage::new(format!(
                "there are {there} interleavings, too many to list; ask for one: --interleaving N"
            )));
        }
    };
    let schedules = (1..=total).filter_map(|number| Some((number, states.schedule(number)?)));
    let traces = schedules.map(|(number, schedule)| Ok((number, show.schedule(&schedule)?)));
    let traces: Vec<(u128, Trace)> = traces.collect::<Result<_, Usage>>()?;
    if format == Format::Json {
        let all: Vec<_> = traces
            .iter()
            .map(|(number, trace)| {
                json!({
                    "number": number.to_string(),
                    "schedule": trace.schedule(),
                    "ending": trace.ending(),
                    "causes": causes(trace),
                })
            })
            .collect();
        let listed = json!({
            "counter": show.rung.name,
            "threads": show.threads,
            "increments": show.increments,
            "interleavings": total.to_string(),
            "all": all,
        });
        say!(out, "{listed:#}");
        return Ok(Verdict::Kept);
    }
    let digits = grouped(total).len();
    for (number, trace) in traces {
        let number = grouped(number);
        let mut line = format!("{number:>digits$}  {}  {}", trace.schedule(), trace.ending());
        for (i, cause) in causes(&trace).iter().enumerate() {
            line.push_str(if i == 0 { ": " } else { "; " });
            line.push_str(cause);
        }
        if format == Format::Ascii {
            // Names that are not ASCII are shown as they are elsewhere in this format.
            line = line.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
        }
        say!(out, "{line}");
    }
    Ok(Verdict::Kept)
}
