//! Where everything stands, in pixels.

use crate::diagram::explain::Explanation;
use crate::diagram::picture::{Idle, Picture, Row, StepRow};
use crate::diagram::words;
use crate::trace::ThreadId;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The advance of one character of the 14-pixel monospaced font, generously.
const ADVANCE: f32 = 8.6;
pub(super) const ROW: i32 = 40;
pub(super) const BOX: i32 = 28;
/// The space between two threads' columns, where the arrows run.
pub(super) const GUTTER: i32 = 64;
const MARGIN: i32 = 24;
/// The height of a line of the title, and of a sentence.
pub(super) const LINE: i32 = 22;
/// A title or a sentence that is longer is broken, unless the picture is wider anyway.
const LONG: i32 = 640;
/// The size of the sentences' font.
const SENTENCE: f32 = 15.0;

/// How many pixels a text takes.
pub(super) fn width(text: &str) -> i32 {
    (text.width() as f32 * ADVANCE).ceil() as i32
}

/// How many pixels a sentence takes: at most what the widest of its fonts does with it, DejaVu Sans in bold.
pub(super) fn sentence_width(text: &str) -> i32 {
    let em = |c: char| match c {
        'f' | 'i' | 'j' | 'l' | 'r' | 't' | ' ' | '.' | ',' | ':' | ';' | '\'' | '(' | ')'
        | '-' => 0.5,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1.11,
        'a'..='z' | '0'..='9' => 0.72,
        _ => 0.86 * c.width().unwrap_or(0).max(1) as f32,
    };
    (text.chars().map(em).sum::<f32>() * SENTENCE).ceil() as i32
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
    /// The top: schedule and ending, and the base line of its first line.
    pub title: Vec<String>,
    pub first_line: i32,
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
    pub fn new(picture: &Picture, explanation: &Explanation, title: &str) -> Self {
        let digits = picture.trace.steps().len().to_string();
        let number = MARGIN + width(&digits);
        let mut at = number + 28;
        let mut place = |width: i32, gap: i32| {
            let column = Column { left: at, width };
            at += width + gap;
            column
        };
        // All threads are alike, so their boxes are.
        let columns = picture.columns.len() as i32;
        let widest = (0..picture.columns.len()).map(|column| thread_width(picture, column)).max();
        let shared = picture.rows.iter().map(|row| shared_width(picture, row)).max().unwrap_or(0);
        let share = (shared - (columns - 1) * GUTTER + columns - 1) / columns.max(1);
        let widest = widest.unwrap_or(0).max(share);
        let threads: Vec<_> = (0..columns).map(|_| place(widest, GUTTER)).collect();
        if threads.is_empty() {
            place(shared, 20);
        }
        let values: Vec<_> = (0..picture.values.len())
            .map(|column| place(value_width(picture, column), 20))
            .collect();
        let note = at;
        let ends = picture.rows.iter().map(|row| match row {
            Row::Step(row) => note + width(&row.note),
            Row::Fold { .. } | Row::Stuck(_) => note,
        });
        let rows = ends.max().unwrap_or(note) + MARGIN;
        let lines = explanation.lines.iter().map(|line| {
            let text = line.text.as_ref().map(|text| width(text) + 24).unwrap_or(0);
            2 * MARGIN + width(&line.steps) + 24 + width(&line.place) + text
        });
        // Not so narrow that the sentences would be broken into a column of words.
        let sentences = explanation.sentences.iter().map(|sentence| sentence_width(sentence));
        let longest = sentences.max().unwrap_or(0).max(width(title)).min(LONG) + 2 * MARGIN;
        let all = rows.max(lines.max().unwrap_or(0)).max(longest);
        let title = broken(title, all - 2 * MARGIN, width);
        let first_line = MARGIN + 16;
        let head = first_line + LINE * (title.len() as i32 - 1) + 40;
        let start = head + 14 + ROW / 2;
        let under = super::circle::height(picture, &explanation.waits);
        let below = start + (picture.rows.len() as i32 + 1) * ROW - ROW / 2 + under;
        Layout {
            number,
            threads,
            values,
            note,
            title,
            first_line,
            head,
            start,
            width: all,
            below,
            margin: MARGIN,
        }
    }

    /// The middle of a row.
    pub fn row(&self, row: usize) -> i32 {
        self.start + (row as i32 + 1) * ROW
    }
}

fn thread_width(picture: &Picture, column: usize) -> i32 {
    let id = picture.columns[column];
    let mut need = width(&head(picture, id)).max(64);
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

/// What all threads' columns together have to have room for.
fn shared_width(picture: &Picture, row: &Row) -> i32 {
    match row {
        Row::Step(row) if !picture.columns.contains(&row.thread) => width(&across(picture, row)),
        Row::Fold { count, by, .. } => width(&words::fold(*count, by)) + 16,
        Row::Step(_) | Row::Stuck(_) => 0,
    }
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

/// What stands over a thread's column.
pub(super) fn head(picture: &Picture, id: ThreadId) -> String {
    words::heading(&picture.trace.threads, id)
}

/// A step of a thread that has no column.
pub(super) fn across(picture: &Picture, row: &StepRow) -> String {
    format!("{}: {}", words::thread_name(&picture.trace.threads, row.thread), row.text)
}

/// Breaks a text into lines of at most `room` pixels: between words, and within one that is longer.
pub(super) fn broken(text: &str, room: i32, width: fn(&str) -> i32) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        let longer = format!("{line} {word}");
        if line.is_empty() {
            line.push_str(word);
        } else if width(&longer) <= room {
            *line = longer;
        } else {
            lines.push(word.to_owned());
        }
        while let Some(line) = lines.last_mut().filter(|line| width(line) > room) {
            let fits = |&(at, _): &(usize, char)| at == 0 || width(&line[..at]) <= room;
            let Some((at, _)) = line.char_indices().take_while(fits).last() else { break };
            // Not even one character fits: it stands alone.
            let at = at.max(line.chars().next().map_or(0, char::len_utf8));
            if at == line.len() {
                break;
            }
            let rest = line.split_off(at);
            lines.push(rest);
        }
    }
    lines
}
