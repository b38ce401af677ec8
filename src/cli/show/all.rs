//! `racelab show --all`: every execution of a program, a line each.

use super::Show;
use crate::cli::args::Format;
use crate::cli::out::{Out, say};
use crate::cli::{Usage, Verdict, graphs, json, style};
use racelab::Trace;
use racelab::diagram::causes;
use racelab::explore::Memory;
use racelab::report::grouped;
use serde_json::json;

/// Nobody reads more lines than this.
const MOST: u128 = 100_000;

/// Lists them in schedule order, with how each ends and what it loses.
pub fn run(show: &Show, format: Format, out: &mut Out) -> Result<Verdict, Usage> {
    if !matches!(format, Format::Terminal | Format::Ascii | Format::Json) {
        return Err(Usage::new("--all lists in the formats terminal, ascii and json"));
    }
    let schedules = match show.memory {
        Memory::Rc11 => executions(show)?,
        _ => interleavings(show)?,
    };
    let traces = schedules.iter().map(|schedule| show.schedule(schedule));
    let traces: Vec<(usize, Trace)> = (1..).zip(traces.collect::<Result<Vec<_>, _>>()?).collect();
    if format == Format::Json {
        say!(out, "{:#}", listed(show, &traces));
        return Ok(Verdict::Kept);
    }
    let digits = grouped(traces.len() as u128).len();
    for (number, trace) in &traces {
        let number = grouped(*number as u128);
        let head = format!("{number:>digits$}  {}  ", trace.schedule());
        let mut ending = trace.ending().to_owned();
        let unexplained = trace.cycle().map(|_| "no interleaving explains it".to_owned());
        for (i, cause) in causes(trace).into_iter().chain(unexplained).enumerate() {
            ending.push_str(if i == 0 { ": " } else { "; " });
            ending.push_str(&cause);
        }
        let mut line = beside(&head, &ending, style::terminal_columns());
        if format == Format::Ascii {
            // Names that are not ASCII are shown as they are elsewhere in this format.
            line = line.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
        }
        say!(out, "{line}");
    }
    Ok(Verdict::Kept)
}

/// One line for a program that reads it; on a terminal the text stays to the right of its head.
fn beside(head: &str, text: &str, width: Option<usize>) -> String {
    let Some(width) = width.filter(|width| style::columns(head) + style::columns(text) > *width)
    else {
        return format!("{head}{text}");
    };
    match style::columns(head) {
        indent if indent <= width / 2 => {
            format!("{head}{}", style::wrap(text, &" ".repeat(indent), width).trim_start())
        }
        _ => format!("{}\n{}", head.trim_end(), style::wrap(text, "    ", width)),
    }
}

fn interleavings(show: &Show) -> Result<Vec<String>, Usage> {
    let states = graphs::states(&show.subject, show.bounds)?;
    match states.interleavings() {
        Some(total) if total <= MOST => {
            Ok((1..=total).filter_map(|number| states.schedule(number)).collect())
        }
        total => {
            let there = total.map_or("too many".into(), grouped);
            Err(Usage::new(format!(
                "there are {there} interleavings, too many to list; ask for one: --interleaving N"
            )))
        }
    }
}

/// One schedule for each execution that the orderings allow.
fn executions(show: &Show) -> Result<Vec<String>, Usage> {
    let graph = graphs::graph(&show.subject, show.memory, show.bounds.at_most(MOST as usize))?;
    let graph = graph.ok_or_else(|| {
        Usage::new("there are too many executions to list; ask for one: --outcome VALUE")
    })?;
    let paths = graph.executions.iter().flatten();
    Ok(paths.map(|path| graph.trace(path).schedule()).collect())
}

fn listed(show: &Show, traces: &[(usize, Trace)]) -> serde_json::Value {
    let all = traces.iter().map(|(number, trace)| {
        json!({
            "number": number.to_string(),
            "schedule": trace.schedule(),
            "ending": trace.ending(),
            "causes": causes(trace),
            "cycle": trace.cycle().map(|cycle| cycle.lines().to_vec()).unwrap_or_default(),
        })
    });
    let all: Vec<_> = all.collect();
    let total = traces.len().to_string();
    let counted = if show.memory == Memory::Rc11 { "executions" } else { "interleavings" };
    let mut listed = json!(json::names(&show.subject));
    listed["memory"] = show.memory.name().into();
    listed[counted] = total.into();
    listed["all"] = all.into();
    listed
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn what_is_too_wide_for_a_terminal_goes_on_beside_its_head() {
        assert_eq!(beside("1  AB  ", "one two", None), "1  AB  one two");
        assert_eq!(beside("1  AB  ", "one two", Some(14)), "1  AB  one two");
        let wide = "one two three";
        assert_eq!(beside("1  AB  ", wide, Some(14)), "1  AB  one two\n       three");
        assert_eq!(beside("1  ABABABAB  ", wide, Some(14)), "1  ABABABAB\n    one two\n    three");
        assert_eq!(beside("1  AB  ", wide, None), "1  AB  one two three");
    }
}
