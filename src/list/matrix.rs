//! The matrix: every race, and by what means it can be cured.
//!
//! Nothing in it is said by hand: each ✓ and each ✗ is what the explorer finds, and each ✗ has the
//! ending that proves it.

use super::{Entry, Means, Outcome, PARTS, Subject};
use crate::explore::{ExploreError, Explorer, Memory};
use crate::report::Grade;
use std::fmt::{self, Write};

/// What the explorer found of every variant that tries something.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The races, in the list's order.
    pub rows: Vec<Row>,
}

/// A race, and what was tried against it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The entry's name; `counter` for all the counters together.
    pub race: &'static str,
    /// What was tried.
    pub trials: Vec<Trial>,
}

/// One variant, and what came of it.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Its number among the variants of its race, from 1.
    pub number: usize,
    /// Its name.
    pub name: &'static str,
    /// By what means it tries to cure.
    pub means: Means,
    /// What was found.
    pub found: Found,
}

/// What was found of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing that Rust's orderings allow ends as it must not.
    Holds,
    /// This does.
    Fails {
        /// The memory under which it does: interleavings first.
        memory: Memory,
        /// A schedule that ends so.
        schedule: String,
        /// How it ends: `count = 1`, `deadlock`.
        ending: String,
        /// What is wrong with that.
        why: String,
    },
    /// It runs on real threads only, so nothing is proved.
    Unproved,
}

impl Matrix {
    /// What the signs say.
    pub const LEGEND: &str = "Each number is a variant of the race: `check NAME --variant 3`; the \
        counters are numbered as `list` gives them. ✓: nothing that Rust's orderings allow ends as \
        it must not. ✗: something does, and the explorer has found it. ·: it runs on real threads \
        only, so nothing is proved.";

    /// How a proof can be looked at.
    pub const REPLAY: &str = "Each can be drawn, with the schedule that stands before it: `replay NAME \
        SCHEDULE --variant 3`, and `--memory rc11` where it says so.";

    /// Explores every variant, under both memories. It takes a few seconds.
    ///
    /// # Errors
    /// When one cannot be explored.
    pub fn prove() -> Result<Matrix, ExploreError> {
        let mut rows = Vec::new();
        for part in PARTS {
            let rowed = |entries: &[&'static Entry], race| {
                let subjects = entries.iter().flat_map(|entry| entry.subjects());
                let trials = (1..).zip(subjects).filter_map(|(number, subject)| {
                    let means = subject.variant.means?;
                    let name = subject.variant.name;
                    Some(find(subject).map(|found| Trial { number, name, means, found }))
                });
                trials.collect::<Result<_, _>>().map(|trials| Row { race, trials })
            };
            if part.side_by_side {
                rows.push(rowed(part.entries, part.entry)?);
            } else {
                for entry in part.entries {
                    rows.push(rowed(&[entry], entry.name)?);
                }
            }
        }
        Ok(Matrix { rows })
    }

    /// The table alone, as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for (at, cells) in self.cells().iter().enumerate() {
            let _ = writeln!(text, "| {} |", cells.join(" | "));
            if at == 0 {
                let _ = writeln!(text, "|{}", "---|".repeat(cells.len()));
            }
        }
        text
    }

    /// The endings that prove each ✗, in lines of at most so many characters.
    pub fn proofs(&self, width: usize) -> String {
        let mut text = String::new();
        for row in &self.rows {
            for trial in &row.trials {
                let Found::Fails { memory, schedule, ending, why } = &trial.found else { continue };
                let _ = writeln!(text, "{} ✗{} {}", row.race, trial.number, trial.name);
                let memory = match memory {
                    Memory::SequentiallyConsistent => "",
                    Memory::Rc11 => " under rc11",
                };
                let sentence = format!("{schedule}{memory}: {ending}; {why}");
                for line in broken(&sentence, width.saturating_sub(4)) {
                    let _ = writeln!(text, "    {line}");
                }
            }
        }
        text
    }

    /// The table's cells, row by row; first the headings.
    fn cells(&self) -> Vec<Vec<String>> {
        let headings = Means::ALL.iter().map(|means| means.heading().to_owned());
        let mut cells = vec![std::iter::once("race".to_owned()).chain(headings).collect()];
        for row in &self.rows {
            let marks = Means::ALL.iter().map(|means| row.marks(*means));
            cells.push(std::iter::once(row.race.to_owned()).chain(marks).collect());
        }
        cells
    }
}

impl Row {
    /// What came of one means: `✗2-3 ✓5`.
    fn marks(&self, means: Means) -> String {
        let mut marks: Vec<(char, usize, usize)> = Vec::new();
        for trial in self.trials.iter().filter(|trial| trial.means == means) {
            let mark = match trial.found {
                Found::Holds => '✓',
                Found::Fails { .. } => '✗',
                Found::Unproved => '·',
            };
            match marks.last_mut() {
                Some((same, _, last)) if *same == mark && *last + 1 == trial.number => {
                    *last = trial.number;
                }
                _ => marks.push((mark, trial.number, trial.number)),
            }
        }
        let marks = marks.iter().map(|&(mark, first, last)| match first == last {
            true => format!("{mark}{first}"),
            false => format!("{mark}{first}-{last}"),
        });
        marks.collect::<Vec<_>>().join(" ")
    }
}

/// The table, for a terminal of 80 columns.
impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = self.cells();
        let width =
            |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        for row in &cells {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                write!(line, "{cell:<width$} ", width = width(column))?;
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Interleavings first: they are easier to follow than what else Rust's orderings allow.
fn find(subject: Subject) -> Result<Found, ExploreError> {
    if !subject.is_modelled() {
        return Ok(Found::Unproved);
    }
    for memory in [Memory::SequentiallyConsistent, Memory::Rc11] {
        let report = subject.check(&Explorer::new().memory(memory).prove_up_to(0))?;
        report.assert_complete();
        if let Some(outcome) = report.graded(Grade::Forbidden).next() {
            let ending =
                outcome.result().map_or_else(|failure| failure.name().to_owned(), Outcome::words);
            let schedule = outcome.example().schedule().to_string();
            let why = outcome.description().unwrap_or_default().to_owned();
            return Ok(Found::Fails { memory, schedule, ending, why });
        }
    }
    Ok(Found::Holds)
}

/// The text in lines of at most so many characters.
fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
