//! Where everything stands, in pixels.

use crate::diagram::explain::Explanation;
use crate::diagram::picture::{Idle, Picture, Row};
use crate::diagram::words;
use unicode_width::UnicodeWidthStr;

/// The advance of one character of the 14-pixel monospaced font, generously.
const ADVANCE: f32 = 8.6;
pub(super) const ROW: i32 = 40;
pub(super) const BOX: i32 = 28;
/// The space between two threads' columns, where the arrows run.
pub(super) const GUTTER: i32 = 64;
const MARGIN: i32 = 24;

/// How many pixels a text takes.
pub(super) fn width(text: &str) -> i32 {
    (text.width() as f32 * ADVANCE).ceil() as i32
}

/// A column: its left edge and its width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub left: i32,
    pub width: i32,
}

impl Column {
    pub fn middle(self) -> i32 {
        self.left + self.width / 2
    }

    pub fn right(self) -> i32 {
        self.left + self.width
    }
}

pub(super) struct Layout {
    /// The right edge of the step numbers.
    pub number: i32,
    pub threads: Vec<Column>,
    pub values: Vec<Column>,
    pub note: i32,
    /// The top line: schedule and ending.
    pub title: i32,
    /// The base line of the column heads.
    pub head: i32,
    /// The middle of the row before the first step.
    pub start: i32,
    pub width: i32,
    /// The bottom of the rows.
    pub below: i32,
    pub margin: i32,
}

impl Layout {
    pub fn new(picture: &Picture, explanation: &Explanation) -> Self {
        let digits = picture.trace.steps().len().to_string();
        let number = MARGIN + width(&digits);
        let mut at = number + 28;
        let mut place = |width: i32, gap: i32| {
            let column = Column { left: at, width };
            at += width + gap;
            column
        };
        let threads: Vec<_> = (0..picture.columns.len())
            .map(|column| place(thread_width(picture, column), GUTTER))
            .collect();
        let values: Vec<_> = (0..picture.values.len())
            .map(|column| place(value_width(picture, column), 20))
            .collect();
        let note = at;
        let notes = picture.rows.iter().map(|row| match row {
            Row::Step(row) => width(&row.note),
            Row::Fold { .. } | Row::Stuck(_) => 0,
        });
        let title = MARGIN + 16;
        let head = title + 40;
        let start = head + 14 + ROW / 2;
        let rows = note + notes.max().unwrap_or(0) + MARGIN;
        let lines = explanation.lines.iter().map(|line| {
            let text = line.text.as_ref().map(|text| width(text) + 24).unwrap_or(0);
            2 * MARGIN + width(&line.steps) + 24 + width(&line.place) + text
        });
        // Not so narrow that the sentences would be broken into a column of words.
        let sentences = explanation.sentences.iter().map(|sentence| width(sentence).min(640));
        let sentences = sentences.max().unwrap_or(0) + 2 * MARGIN;
        let width = rows.max(lines.max().unwrap_or(0)).max(sentences);
        let under = super::circle::height(picture, &explanation.waits);
        let below = start + (picture.rows.len() as i32 + 1) * ROW - ROW / 2 + under;
        Layout { number, threads, values, note, title, head, start, width, below, margin: MARGIN }
    }

    /// The middle of a row.
    pub fn row(&self, row: usize) -> i32 {
        self.start + (row as i32 + 1) * ROW
    }
}

fn thread_width(picture: &Picture, column: usize) -> i32 {
    let id = picture.columns[column];
    let mut need = width(&words::thread_name(&picture.trace.threads, id)).max(64);
    for row in &picture.rows {
        let text = match row {
            Row::Step(row) if row.thread == id => width(&row.text) + 24,
            Row::Step(row) => match row.others.iter().find(|(other, _)| *other == id) {
                Some((_, Idle::Waits { why, first: true })) => 2 * (width(why) + 10),
                _ => 0,
            },
            Row::Stuck(stuck) => {
                let own = stuck.iter().find(|(other, _)| *other == id);
                own.map_or(0, |(_, what)| width(&format!("waits for {what}")) + 24)
            }
            Row::Fold { .. } => 0,
        };
        need = need.max(text);
    }
    need
}

fn value_width(picture: &Picture, column: usize) -> i32 {
    let name = width(&picture.trace.object(picture.values[column]).name);
    let shown = picture.rows.iter().map(|row| match row {
        Row::Step(row) => width(&row.values[column]),
        Row::Fold { values, .. } => width(&values[column]),
        Row::Stuck(_) => 0,
    });
    shown.max().unwrap_or(0).max(name).max(width(&picture.start[column]))
}

/// Breaks a text into lines of at most `room` pixels of the sentences' font.
pub(super) fn broken(text: &str, room: i32) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && width(line) + width(word) + 9 > room {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
