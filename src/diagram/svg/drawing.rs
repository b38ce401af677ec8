//! Drawing the SVG, row by row.

use super::arrows::arrows;
use super::circle::{nobody, waits};
use super::layout::{BOX, LINE, Layout, ROW, across, broken, head, sentence_width, width};
use super::xml::{Escaped, fingerprint};
use crate::diagram::explain::Explanation;
use crate::diagram::picture::{Idle, Picture, Row, StepRow};
use crate::diagram::words;
use crate::trace::ThreadId;
use std::fmt::Write;

/// What stands above it all: the schedule and how it ended.
pub(super) fn title(picture: &Picture) -> String {
    let schedule = picture.trace.schedule();
    let ending = picture.trace.ending();
    match schedule.len() {
        0..=40 => format!("Schedule {schedule}: {ending}"),
        _ => format!("An interleaving of {} steps: {ending}", schedule.len()),
    }
}

/// A picture half drawn.
pub(super) struct Drawing<'p> {
    pub picture: &'p Picture<'p>,
    pub explanation: &'p Explanation,
    pub layout: &'p Layout,
    pub out: String,
}

/// Adds a line to the drawing. Writing to a `String` cannot fail.
macro_rules! line {
    ($drawing:expr, $($format:tt)*) => {{
        let _ = writeln!($drawing.out, $($format)*);
    }};
}

impl Drawing<'_> {
    pub fn draw(&mut self) {
        let (title, description) = (title(self.picture), self.description());
        let name = fingerprint(&format!("{title}{description}"));
        let mut below = Drawing { out: String::new(), ..*self };
        let height = below.below();
        let width = self.layout.width;
        line!(
            self,
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="racelab" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="t{name:08x} d{name:08x}">"#
        );
        line!(self, r#"<title id="t{name:08x}">{}</title>"#, Escaped(&title));
        line!(self, r#"<desc id="d{name:08x}">{}</desc>"#, Escaped(&description));
        line!(self, "<style>\n{}</style>", include_str!("style.css"));
        self.out.push_str("<defs>\n");
        for tip in ["from", "over"] {
            line!(
                self,
                r#"<marker id="{tip}-{name:08x}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="tip-{tip}" d="M0 0L8 4L0 8z"/></marker>"#
            );
        }
        self.out.push_str("</defs>\n");
        line!(self, r#"<rect class="ground" width="{width}" height="{height}" rx="8"/>"#);
        for (line, y) in
            self.layout.title.iter().zip((self.layout.first_line..).step_by(LINE as usize))
        {
            self.text(self.layout.margin, y, "head", line);
        }
        self.head();
        for (at, row) in self.picture.rows.iter().enumerate() {
            self.lives(at, row);
        }
        let waits = waits(self.picture, self.layout, &self.explanation.waits);
        for arrow in arrows(self.picture, self.layout).into_iter().chain(waits) {
            let (class, tip, path) = (arrow.kind.class(), arrow.kind.tip(), arrow.path);
            line!(
                self,
                r#"<path class="{class}" d="{path}" marker-end="url(#{tip}-{name:08x})"/>"#
            );
        }
        for (at, row) in self.picture.rows.iter().enumerate() {
            self.row(at, row);
        }
        self.out.push_str(&below.out);
        self.out.push_str("</svg>\n");
    }

    /// The picture in words.
    fn description(&self) -> String {
        let trace = self.picture.trace;
        let mut words = Vec::new();
        for row in &self.picture.rows {
            words.push(match row {
                Row::Step(row) => {
                    let note = match row.note.as_str() {
                        "" => String::new(),
                        note => format!(" ({note})"),
                    };
                    format!("Step {}, thread {}: {}{note}.", row.index + 1, row.thread, row.text)
                }
                Row::Fold { count, .. } => format!("Then {count} steps that are not drawn."),
                Row::Stuck(stuck) => {
                    let stuck: Vec<_> =
                        stuck.iter().map(|(id, what)| format!("{id} waits for {what}")).collect();
                    format!("Then {}.", stuck.join(", "))
                }
            });
        }
        words.push(format!("It {}.", trace.ending()));
        words.extend(self.explanation.sentences.iter().map(|sentence| format!("{sentence}.")));
        words.join(" ")
    }

    fn text(&mut self, x: i32, y: i32, class: &str, text: &str) {
        line!(self, r#"<text class="{class}" x="{x}" y="{y}">{}</text>"#, Escaped(text));
    }

    fn middle(&mut self, x: i32, y: i32, class: &str, text: &str) {
        let text = Escaped(text);
        line!(self, r#"<text class="{class}" x="{x}" y="{y}" text-anchor="middle">{text}</text>"#);
    }

    fn head(&mut self) {
        let (picture, layout) = (self.picture, self.layout);
        for (column, &id) in layout.threads.iter().zip(&picture.columns) {
            self.middle(column.middle(), layout.head, "head", &head(picture, id));
            let (x, top) = (column.middle(), layout.head + 10);
            let bottom = layout.start + ROW / 2;
            line!(self, r#"<line class="life" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}"/>"#);
        }
        for (column, id) in layout.values.iter().zip(&picture.values) {
            let name = picture.trace.object(*id).name.clone();
            self.middle(column.middle(), layout.head, "head", &name);
        }
        for (column, value) in layout.values.iter().zip(&picture.start) {
            self.middle(column.middle(), layout.start + 5, "faint", value);
        }
    }

    /// The pieces of the threads' lines that belong to one row.
    fn lives(&mut self, at: usize, row: &Row) {
        let y = self.layout.row(at);
        let (top, bottom) = (y - ROW / 2, y + ROW / 2);
        for (column, &id) in self.layout.threads.iter().zip(&self.picture.columns) {
            let x = column.middle();
            let (class, bottom) = match row {
                Row::Step(row) if row.thread == id => {
                    let last = self.ends_at(id, row.index);
                    ("life", if last { y } else { bottom })
                }
                Row::Step(row) => match row.others.iter().find(|(other, _)| *other == id) {
                    Some((_, Idle::Waits { .. })) => ("life waits", bottom),
                    Some((_, Idle::Ended)) | None => continue,
                    Some((_, Idle::Ready)) => ("life", bottom),
                },
                Row::Fold { .. } => ("life waits", bottom),
                Row::Stuck(stuck) if stuck.iter().any(|(other, _)| *other == id) => ("life", y),
                Row::Stuck(_) => continue,
            };
            line!(self, r#"<line class="{class}" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}"/>"#);
        }
    }

    /// Is this the thread's last step, and nothing keeps it waiting after?
    fn ends_at(&self, id: ThreadId, index: usize) -> bool {
        let trace = self.picture.trace;
        let more = trace.steps()[index + 1..].iter().any(|step| step.thread == id);
        !more && !trace.waiting().iter().any(|waiting| waiting.thread == id)
    }

    fn row(&mut self, at: usize, row: &Row) {
        let y = self.layout.row(at);
        match row {
            Row::Step(row) => self.step(y, row),
            Row::Fold { count, by, values } => {
                let text = words::fold(*count, by);
                let first = self.layout.threads.first().map_or(0, |column| column.left);
                let last = self.layout.threads.last().map_or(0, |column| column.right());
                let (left, width) = ((first + last - width(&text)) / 2 - 8, width(&text) + 16);
                line!(
                    self,
                    r#"<rect class="ground" x="{left}" y="{}" width="{width}" height="24"/>"#,
                    y - 12
                );
                self.middle((first + last) / 2, y + 5, "faint", &text);
                self.values(y, values, None);
            }
            Row::Stuck(stuck) => {
                for (column, id) in self.picture.columns.iter().enumerate() {
                    if let Some((_, what)) = stuck.iter().find(|(other, _)| other == id) {
                        self.step_box(column, y, "lost");
                        let x = self.layout.threads[column].middle();
                        self.middle(x, y + 5, "bad", &format!("waits for {what}"));
                        if self.explanation.waits.of(*id).is_some_and(|wait| wait.on.is_none()) {
                            self.middle(x, y + nobody(), "bad", "nobody");
                        }
                    }
                }
            }
        }
    }

    fn step_box(&mut self, column: usize, y: i32, class: &str) {
        let place = self.layout.threads[column];
        line!(
            self,
            r#"<rect class="box {class}" x="{}" y="{}" width="{}" height="{BOX}" rx="6"/>"#,
            place.left,
            y - BOX / 2,
            place.width
        );
    }

    fn step(&mut self, y: i32, row: &StepRow) {
        let layout = self.layout;
        let number = (row.index + 1).to_string();
        line!(
            self,
            r#"<text class="faint" x="{}" y="{}" text-anchor="end">{number}</text>"#,
            layout.number,
            y + 5
        );
        match self.picture.column(row.thread) {
            Some(column) => {
                let class = match row.lost {
                    true => "lost".to_owned(),
                    false => format!("t{}", column % 6),
                };
                self.step_box(column, y, &class);
                let text = if row.lost { "bad struck" } else { "step" };
                self.middle(layout.threads[column].middle(), y + 5, text, &row.text);
            }
            None => {
                let left = layout.threads.first().map_or(layout.number + 20, |c| c.left);
                self.text(left, y + 5, "step", &across(self.picture, row));
            }
        }
        for (id, idle) in &row.others {
            let Idle::Waits { why, first: true } = idle else { continue };
            if let Some(column) = self.picture.column(*id) {
                self.text(layout.threads[column].middle() + 8, y + 5, "wait small", why);
            }
        }
        self.values(y, &row.values, Some(&row.changed));
        if !row.note.is_empty() {
            self.text(layout.note, y + 5, "bad", &row.note);
        }
    }

    fn values(&mut self, y: i32, values: &[String], changed: Option<&[bool]>) {
        for (i, value) in values.iter().enumerate() {
            let strong = changed.is_some_and(|changed| changed[i]);
            let class = if strong { "head" } else { "faint" };
            self.middle(self.layout.values[i].middle(), y + 5, class, value);
        }
    }

    /// The sentences and the source lines; returns where they end.
    fn below(&mut self) -> i32 {
        let layout = self.layout;
        let mut y = layout.below + 14;
        let right = layout.width - layout.margin;
        if !self.explanation.sentences.is_empty() {
            line!(
                self,
                r#"<line class="rule" x1="{}" y1="{y}" x2="{right}" y2="{y}"/>"#,
                layout.margin
            );
            y += 26;
        }
        for sentence in &self.explanation.sentences {
            for line in broken(sentence, right - layout.margin, sentence_width) {
                self.text(layout.margin, y, "cause", &line);
                y += LINE;
            }
        }
        let lines = &self.explanation.lines;
        let steps = lines.iter().map(|line| width(&line.steps)).max().unwrap_or(0);
        let places = lines.iter().map(|line| width(&line.place)).max().unwrap_or(0);
        for line in lines {
            let left = layout.margin;
            self.text(left, y, "faint", &line.steps);
            self.text(left + steps + 24, y, "faint", &line.place);
            if let Some(text) = &line.text {
                self.text(left + steps + places + 48, y, "step", text);
            }
            y += LINE;
        }
        y
    }
}
