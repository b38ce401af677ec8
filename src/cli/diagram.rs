//! `racelab diagram`: draws a trace that was written as JSON, here or elsewhere.

use super::args::{DiagramArgs, Drawing, Format};
use super::out::{Out, say};
use super::{Usage, Verdict, style};
use racelab::Trace;
use racelab::diagram::{self, Timeline, json};
use std::io::Read;

/// Larger files than this are not traces; reading them would only take the memory.
const LARGEST: u64 = 64 << 20;

/// Reads a trace and draws it.
pub fn run(args: &DiagramArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let text = read(&args.file)?;
    let trace = json::read(&text).map_err(|error| {
        // The library does not know how the command is started here.
        let command = style::command("show");
        let error = error.to_string().replace("racelab show", &command);
        Usage::new(format!("{}: {error}", name(&args.file)))
    })?;
    draw(&trace, &args.drawing, out);
    Ok(Verdict::Kept)
}

/// The file's name in messages.
fn name(file: &str) -> &str {
    if file == "-" { "standard input" } else { file }
}

fn read(file: &str) -> Result<String, Usage> {
    let wrong = |error| Usage::new(format!("cannot read {}: {error}", name(file)));
    let mut text = String::new();
    let read = match file {
        "-" => std::io::stdin().lock().take(LARGEST).read_to_string(&mut text),
        file => {
            let file = std::fs::File::open(file).map_err(wrong)?;
            file.take(LARGEST).read_to_string(&mut text)
        }
    };
    match read.map_err(wrong)? as u64 {
        LARGEST => Err(Usage::new(format!("{} is over 64 MiB, too large for a trace", name(file)))),
        _ => Ok(text),
    }
}

/// Prints a trace in the format asked for.
pub fn draw(trace: &Trace, drawing: &Drawing, out: &mut Out) {
    let timeline = |ascii| {
        let timeline = Timeline::new(trace).ascii(ascii).width(timeline_width(trace, drawing));
        let timeline = if drawing.full { timeline.fold_above(usize::MAX) } else { timeline };
        // What standard output cannot show in colour it leaves out by itself.
        timeline.colour(true).to_string()
    };
    let picture = match drawing.format {
        Format::Terminal => timeline(false),
        Format::Ascii => timeline(true),
        Format::Svg => diagram::svg(trace),
        Format::Mermaid => diagram::mermaid(trace),
        Format::Json => json::write(trace),
        Format::Html => diagram::page(trace),
    };
    say!(out, "{}", picture.trim_end_matches('\n'));
}

/// How wide a timeline may be: as asked for, or the terminal's width, or what the number of
/// threads needs.
fn timeline_width(trace: &Trace, drawing: &Drawing) -> usize {
    let usual = if trace.threads().len() > 3 { 100 } else { 80 };
    let width = drawing.width.map(|width| width as usize);
    width.unwrap_or_else(|| style::terminal_columns().map_or(usual, |there| there.min(usual)))
}
