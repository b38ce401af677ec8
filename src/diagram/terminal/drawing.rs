//! Drawing a timeline, row by row.

use super::layout::{self, Layout};
use super::paint::{Look, Pen};
use crate::diagram::explain::Explanation;
use crate::diagram::lanes::Lane;
use crate::diagram::picture::{Idle, Picture, Row, StepRow};
use crate::diagram::waits::Waits;
use crate::diagram::words;
use crate::trace::ThreadId;

/// A timeline half drawn.
pub(super) struct Drawing<'p> {
    pub picture: &'p Picture<'p>,
    pub lanes: &'p [Lane],
    pub layout: &'p Layout,
    pub pen: Pen,
}

impl Drawing<'_> {
    /// The names of the columns, and what the objects hold before the first step.
    pub fn head(&mut self) {
        let (picture, layout) = (self.picture, self.layout);
        if !layout.narrow {
            for (column, &id) in picture.columns.iter().enumerate() {
                let (at, room) = layout.threads[column];
                self.pen.to(at);
                let name = words::thread_name(&picture.trace.threads, id);
                self.pen.put(&name, Look::Thread(column), room);
            }
        }
        for (&(at, room), id) in layout.values.iter().zip(&picture.values) {
            self.pen.to(at);
            self.pen.put(&picture.trace.object(*id).name, Look::Strong, room);
        }
        self.pen.end();
        if layout.values.is_empty() {
            return;
        }
        if !layout.narrow {
            for &(at, _) in &layout.threads {
                self.pen.to(at);
                self.pen.put("│", Look::Faint, 1);
            }
        }
        for (&(at, room), value) in layout.values.iter().zip(&picture.start) {
            self.pen.to(at);
            self.pen.put(value, Look::Faint, room);
        }
        self.pen.end();
    }

    pub fn row(&mut self, at: usize, row: &Row) {
        self.margin(at);
        match row {
            Row::Step(row) => self.step(row),
            Row::Fold { count, by, values } => self.fold(*count, by, values),
            Row::Stuck(stuck) => self.stuck(stuck),
        }
        self.pen.end();
    }

    /// The lanes left of a row.
    fn margin(&mut self, row: usize) {
        let mut end = " ";
        let mut across = false;
        for column in (0..self.layout.lanes).rev() {
            let here = |lane: &&Lane| lane.lane == column && lane.covers(row);
            let lane = self.lanes.iter().find(here);
            let glyph = match lane {
                Some(lane) if lane.read == row => ["┌", "┬"][usize::from(across)],
                Some(lane) if lane.write == row => ["└", "┴"][usize::from(across)],
                Some(lane) if lane.loses(row) => ["├", "┼"][usize::from(across)],
                Some(_) if across => "┼",
                Some(_) => "│",
                None if across => "─",
                None => " ",
            };
            if let Some(lane) = lane {
                across |= lane.read == row || lane.write == row || lane.loses(row);
                match () {
                    () if lane.loses(row) => end = "✗",
                    () if lane.write == row && end != "✗" => end = "▶",
                    () if lane.read == row && end == " " => end = "─",
                    () => {}
                }
            }
            self.glyph(self.layout.lanes - 1 - column, glyph);
        }
        if self.layout.lanes > 0 {
            self.glyph(self.layout.lanes, end);
        }
    }

    fn glyph(&mut self, at: usize, glyph: &str) {
        if glyph != " " {
            self.pen.to(at);
            self.pen.put(glyph, Look::Link, 1);
        }
    }

    fn step(&mut self, row: &StepRow) {
        let layout = self.layout;
        let number = (row.index + 1).to_string();
        self.pen.to(layout.switch - 1 - number.len());
        self.pen.put(&number, Look::Plain, number.len());
        if row.switch {
            self.pen.to(layout.switch);
            self.pen.put("»", Look::Plain, 1);
        }
        let column = self.picture.column(row.thread);
        if row.switch || row.index == 0 || (layout.narrow && column.is_some()) {
            self.pen.to(layout.switch + 1);
            let look = column.map_or(Look::Plain, Look::Thread);
            self.pen.put(&row.thread.letter().to_string(), look, 1);
        }
        match column {
            None => {
                self.span(&layout::span_text(self.picture, row), Look::Plain);
            }
            Some(_) if layout.narrow => {
                let look = if row.lost { Look::Lost } else { Look::Plain };
                self.span(&layout::struck(row), look);
            }
            Some(_) => {
                for (column, &id) in self.picture.columns.iter().enumerate() {
                    self.cell(column, id, row);
                }
            }
        }
        for (i, &(at, room)) in layout.values.iter().enumerate() {
            self.pen.to(at);
            let look = if row.changed[i] { Look::Strong } else { Look::Faint };
            self.pen.put(&row.values[i], look, room);
        }
        if let (Some(at), false) = (layout.note, row.note.is_empty()) {
            self.pen.to(at);
            self.pen.put(&row.note, Look::Link, layout.width - at);
        }
    }

    /// What one thread does while the row's step is taken.
    fn cell(&mut self, column: usize, id: ThreadId, row: &StepRow) {
        let (at, room) = self.layout.threads[column];
        self.pen.to(at);
        if id == row.thread {
            let look = if row.lost { Look::Lost } else { Look::Thread(column) };
            return self.pen.put(&layout::struck(row), look, room);
        }
        match row.others.iter().find(|(other, _)| *other == id).map(|(_, idle)| idle) {
            Some(Idle::Waits { why, first: true }) => {
                self.pen.put(&format!("┊ {why}"), Look::Strong, room);
            }
            Some(Idle::Waits { .. }) => self.pen.put("┊", Look::Strong, 1),
            Some(Idle::Ready) => self.pen.put("│", Look::Faint, 1),
            Some(Idle::Ended) | None => {}
        }
    }

    /// Text across all threads' columns.
    fn span(&mut self, text: &str, look: Look) {
        let (at, _) = self.layout.threads.first().copied().unwrap_or((self.layout.switch + 3, 0));
        let end = match self.layout.values.first() {
            Some(&(values, _)) => values - 1,
            None => self.layout.width,
        };
        self.pen.to(at);
        self.pen.put(text, look, end.saturating_sub(at));
    }

    fn fold(&mut self, count: usize, by: &[(ThreadId, usize)], values: &[String]) {
        self.pen.to(self.layout.number);
        self.pen.put("⋮", Look::Faint, 1);
        self.span(&words::fold(count, by), Look::Faint);
        for (&(at, room), value) in self.layout.values.iter().zip(values) {
            self.pen.to(at);
            self.pen.put(value, Look::Faint, room);
        }
    }

    /// The last row of a deadlock.
    fn stuck(&mut self, stuck: &[(ThreadId, String)]) {
        if self.layout.narrow {
            let all: Vec<_> = stuck.iter().map(|(id, what)| format!("{id} {what}")).collect();
            return self.span(&format!("✗ waits: {}", all.join(", ")), Look::Link);
        }
        for (column, id) in self.picture.columns.iter().enumerate() {
            if let Some((_, what)) = stuck.iter().find(|(thread, _)| thread == id) {
                let (at, room) = self.layout.threads[column];
                let whole = layout::stuck_text(what);
                // What it waits for says more than that it waits.
                let text =
                    if self.pen.width(&whole) > room { format!("✗ {what}") } else { whole };
                self.pen.to(at);
                self.pen.put(&text, Look::Link, room);
            }
        }
    }

    /// How it ended, why, and the source lines.
    pub fn below(&mut self) {
        let width = self.layout.width;
        let trace = self.picture.trace;
        let explanation = Explanation::new(self.picture);
        self.pen.end();
        let schedule = trace.schedule();
        let schedule = match schedule.len() {
            0..=40 => format!("schedule {schedule}: "),
            _ => String::new(),
        };
        let ending = explanation.waits.ending(trace);
        self.pen.wrapped(&format!("{schedule}{ending}"), Look::Plain, 2, width);
        for sentence in explanation.causes() {
            self.pen.wrapped(sentence, Look::Strong, 2, width);
        }
        self.waits(&explanation.waits);
        let lines = &explanation.lines;
        let steps = lines.iter().map(|line| line.steps.len()).max().unwrap_or(0).min(16);
        let place = lines.iter().map(|line| self.pen.width(&line.place)).max().unwrap_or(0);
        let place = place.min(width / 2);
        for line in lines {
            let at = if steps == 0 { 2 } else { steps + 4 };
            self.pen.to(2);
            self.pen.put(&line.steps, Look::Plain, steps);
            self.pen.to(at);
            self.pen.put(&line.place, Look::Faint, place.min(width.saturating_sub(at)));
            if let Some(text) = &line.text {
                let beside = at + place + 2;
                let fits = beside + self.pen.width(text) <= width;
                if !fits {
                    self.pen.end();
                }
                let at = if fits { beside } else { 6 };
                self.pen.to(at);
                self.pen.put(text, Look::Plain, width.saturating_sub(at));
            }
            self.pen.end();
        }
    }

    /// Who waits for whom: a circle to be followed, and what leads to it or to nobody.
    fn waits(&mut self, waits: &Waits) {
        let width = self.layout.width;
        for (at, wait) in waits.waits.iter().enumerate() {
            let margin = match at {
                _ if at >= waits.circle => "      ",
                0 => "  ┌─▶ ",
                _ => "  │   ",
            };
            self.pen.put(margin, Look::Link, 6);
            self.pen.to(6);
            let beside = if at < waits.circle { "  │" } else { "" };
            self.pen.wrapped_beside(beside, &wait.sentence, Look::Strong, 8, width);
            let below = match at + 1 {
                next if next < waits.circle => "  │   ▼",
                next if next == waits.circle => "  └───┘",
                _ if waits.leads_on(at) => "      ▼",
                _ if wait.on.is_none() => "      ▼ nobody",
                _ => continue,
            };
            self.pen.put(below, Look::Link, width);
            self.pen.end();
        }
    }
}
