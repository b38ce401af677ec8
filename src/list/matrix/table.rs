//! The matrix as a table, and the endings that prove it.

use super::{Found, Matrix, Row};
use crate::explore::Memory;
use crate::list::Means;
use std::fmt::{self, Write};

impl Matrix {
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
