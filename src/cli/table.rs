//! A table that fits: columns where there is room, a paragraph a row where there is not.

use super::style::{HEADING, columns, paint};

/// How a column's cells stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table of text.
pub struct Table {
    head: Vec<(String, Align)>,
    rows: Vec<Row>,
}

enum Row {
    /// A cell a column.
    Cells(Vec<String>),
    /// What the rows below have in common.
    Section(String),
}

impl Table {
    /// An empty table with these columns.
    pub fn new(head: &[(&str, Align)]) -> Self {
        let head = head.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect();
        Table { head, rows: Vec::new() }
    }

    /// Adds a row: a cell a column.
    pub fn row(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.head.len(), "a cell for each column");
        self.rows.push(Row::Cells(cells));
    }

    /// Puts a line above the rows that follow.
    pub fn section(&mut self, name: impl Into<String>) {
        self.rows.push(Row::Section(name.into()));
    }

    /// The table in at most `width` columns, each line after two blanks and ended.
    pub fn render(&self, width: usize) -> String {
        let cells = |row: &Row, i: usize| match row {
            Row::Cells(cells) => columns(&cells[i]),
            Row::Section(_) => 0,
        };
        let widths: Vec<usize> = (0..self.head.len())
            .map(|i| self.rows.iter().map(|row| cells(row, i)).max().unwrap_or(0))
            .zip(&self.head)
            .map(|(widest, (name, _))| widest.max(columns(name)))
            .collect();
        if widths.iter().map(|width| width + 2).sum::<usize>() > width {
            return self.paragraphs();
        }
        let heads: Vec<_> = self.head.iter().map(|(name, _)| name.clone()).collect();
        let mut text = format!("{}\n", paint(HEADING, self.line(&heads, &widths)));
        for row in &self.rows {
            match row {
                Row::Cells(cells) => text.push_str(&self.line(cells, &widths)),
                Row::Section(name) => text.push_str(name),
            }
            text.push('\n');
        }
        text
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), (_, align)) in row.iter().zip(widths).zip(&self.head) {
            let blanks = " ".repeat(width - columns(cell));
            match align {
                Align::Left => line.push_str(&format!("  {cell}{blanks}")),
                Align::Right => line.push_str(&format!("  {blanks}{cell}")),
            }
        }
        line.trim_end().to_owned()
    }

    /// The first cell on a line, then the others below it, each with its column's name.
    fn paragraphs(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let cells = match row {
                Row::Cells(cells) => cells,
                Row::Section(name) => {
                    text.push_str(&format!("{name}\n"));
                    continue;
                }
            };
            match self.head[0].0.as_str() {
                "" => text.push_str(&format!("  {}\n", cells[0])),
                name => text.push_str(&format!("  {name}: {}\n", cells[0])),
            }
            for (cell, (name, _)) in cells.iter().zip(&self.head).skip(1) {
                match (name.as_str(), cell.as_str()) {
                    (_, "") => {}
                    ("", cell) => text.push_str(&format!("    {cell}\n")),
                    (name, cell) => text.push_str(&format!("    {name}: {cell}\n")),
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[("counter", Align::Left), ("lost", Align::Right)]);
        table.row(vec!["racy".into(), "76,396".into()]);
        table.row(vec!["compare-exchange".into(), "0".into()]);
        table
    }

    #[test]
    fn with_room_the_cells_stand_in_columns() {
        let text = anstream::adapter::strip_str(&table().render(80)).to_string();
        assert_eq!(
            text,
            "  counter             lost\n  racy              76,396\n  compare-exchange       0\n"
        );
    }

    #[test]
    fn without_room_each_row_is_a_paragraph() {
        assert_eq!(
            table().render(20),
            "  counter: racy\n    lost: 76,396\n  counter: compare-exchange\n    lost: 0\n"
        );
    }
}
