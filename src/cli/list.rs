//! `racelab list`: everything that can be run, by name.

use super::args::ListArgs;
use super::out::{Out, say};
use super::progress::Progress;
use super::style::{self, BAD, GOOD, HEADING, TYPE, paint};
use super::subject::verdict;
use super::{Usage, Verdict};
use racelab::list::{Entry, Matrix, PARTS, Part, Role};

/// Lists the programs, part by part.
pub fn run(args: &ListArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let width = style::width();
    if args.matrix {
        return matrix(width, out);
    }
    for (at, part) in PARTS.iter().enumerate() {
        if at > 0 {
            say!(out);
        }
        if part.side_by_side {
            answers(part, width, out);
        } else {
            say!(out, "{}", paint(HEADING, part.heading));
            part.entries.iter().for_each(|entry| heading(entry, width, out));
        }
    }
    say!(out);
    say!(out, "Every interleaving:  {}", paint(TYPE, style::command("check NAME")));
    say!(out, "Play one yourself:   {}", paint(TYPE, style::command("play NAME")));
    say!(out, "On real threads:     {}", paint(TYPE, style::command("stress NAME")));
    Ok(Verdict::Kept)
}

/// Explores them all, and prints what cures what.
fn matrix(width: usize, out: &mut Out) -> Result<Verdict, Usage> {
    let progress = Progress::start("every variant of every race".to_owned());
    let matrix = Matrix::prove().map_err(|error| Usage::new(error.to_string()))?;
    drop(progress);
    say!(out, "{matrix}");
    say!(out, "{}", style::wrap(Matrix::LEGEND, "", width));
    say!(out);
    say!(out, "{}", paint(HEADING, "What proves each ✗"));
    say!(out, "{}", style::wrap(Matrix::REPLAY, "", width));
    say!(out);
    say!(out, "{}", matrix.proofs(width).trim_end());
    Ok(Verdict::Kept)
}

/// Entries that answer one question, worst first, each with its idea.
fn answers(part: &Part, width: usize, out: &mut Out) {
    let mut last = "";
    for entry in part.entries {
        let subject = entry.subject();
        let section = verdict(&subject);
        if section != last {
            let blank = if last.is_empty() { "" } else { "\n" };
            let colour = if subject.variant.role == Role::Cure { GOOD } else { BAD };
            say!(out, "{blank}{}", paint(colour, section));
            last = section;
        }
        heading(entry, width, out);
        say!(out, "{}", style::wrap(entry.story, "      ", width));
    }
}

fn heading(entry: &Entry, width: usize, out: &mut Out) {
    let title = format!("  {}: {}", paint(TYPE, entry.name), paint(HEADING, entry.title));
    say!(out, "{}", style::fit(&title, width));
}
