//! The arrows: which write each read got its value from, and who overwrote whom.
//!
//! A row holds one step only, so a row's height is free everywhere but at that step's box. An arrow
//! leaves its box sideways, goes up or down between two columns, and enters the other box sideways:
//! it never crosses a box.

use super::layout::{Column, GUTTER, Layout};
use crate::diagram::picture::{Picture, Row};
use crate::trace::{Step, ThreadId};

/// What an arrow says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// From a write, or the initial value, to the read that saw it.
    ReadsFrom,
    /// From a stale read to the write that used what it had read.
    Held,
    /// From a write to the other thread's write that it overwrote.
    Overwrites,
    /// From who waits to whom it waits for, in a circle.
    Circle,
    /// The same, on the way into a circle or to nobody.
    Waits,
}

impl Kind {
    pub fn class(self) -> &'static str {
        match self {
            Kind::ReadsFrom => "from",
            Kind::Held => "held",
            Kind::Overwrites | Kind::Circle => "over",
            Kind::Waits => "awaits",
        }
    }

    pub fn tip(self) -> &'static str {
        match self {
            Kind::ReadsFrom | Kind::Waits => "from",
            Kind::Held | Kind::Overwrites | Kind::Circle => "over",
        }
    }
}

/// An arrow and the path it takes.
pub(super) struct Arrow {
    pub kind: Kind,
    pub path: String,
}

/// One end of an arrow: a column and a height.
#[derive(Clone, Copy)]
struct End {
    column: Column,
    y: i32,
}

/// All arrows of a picture, those that matter most last (drawn on top).
pub(super) fn arrows(picture: &Picture, layout: &Layout) -> Vec<Arrow> {
    let mut router = Router { taken: Vec::new() };
    let mut arrows = Vec::new();
    for row in picture.rows.iter() {
        let Row::Step(row) = row else { continue };
        let Some(to) = end(picture, layout, row.index, -5) else { continue };
        let Some(from) = source(picture, layout, row.index) else { continue };
        arrows.push(Arrow { kind: Kind::ReadsFrom, path: router.route(from, to) });
    }
    for link in &picture.links {
        let ends = (
            end(picture, layout, link.read, 6),
            end(picture, layout, link.write, -6),
            end(picture, layout, link.write, 6),
        );
        let (Some(read), Some(write), Some(out)) = ends else { continue };
        arrows.push(Arrow { kind: Kind::Held, path: router.route(read, write) });
        for &lost in &link.overwritten {
            let Some(lost) = end(picture, layout, lost, 6) else { continue };
            arrows.push(Arrow { kind: Kind::Overwrites, path: router.route(out, lost) });
        }
    }
    arrows
}

/// Where a step's box is, `shift` pixels below its middle.
fn end(picture: &Picture, layout: &Layout, step: usize, shift: i32) -> Option<End> {
    let here = |row: &Row| matches!(row, Row::Step(row) if row.index == step);
    let row = picture.rows.iter().position(here)?;
    let column = column(picture, layout, picture.trace.steps()[step].thread)?;
    Some(End { column, y: layout.row(row) + shift })
}

fn column(picture: &Picture, layout: &Layout, id: ThreadId) -> Option<Column> {
    let at = picture.column(id)?;
    Some(layout.threads[at])
}

/// Where the value came from that the step at `index` read: a drawn step, or the initial value.
fn source(picture: &Picture, layout: &Layout, index: usize) -> Option<End> {
    let steps = picture.trace.steps();
    let step = &steps[index];
    if !step.reads_value() || step.read.is_none() {
        return None;
    }
    let earlier = |other: &Step| other.object == step.object && other.writes_value();
    let writer = match step.stale {
        Some(from) => from,
        None => (0..index).rev().find(|&i| earlier(&steps[i])),
    };
    match writer {
        // A thread that reads back its own write needs no arrow to be understood.
        Some(writer) if steps[writer].thread == step.thread => None,
        Some(writer) => end(picture, layout, writer, 5),
        None => {
            let value = picture.values.iter().position(|id| Some(*id) == step.object)?;
            // Under the other objects' values, not through them.
            Some(End { column: layout.values[value], y: layout.start + 11 })
        }
    }
}

/// Gives each arrow its own track between the columns.
struct Router {
    /// Tracks in use: where, and from which height to which.
    taken: Vec<(i32, i32, i32)>,
}

impl Router {
    fn route(&mut self, from: End, to: End) -> String {
        // Between the columns, beside the arrow's head.
        let same = from.column.left == to.column.left;
        let rightwards = from.column.left < to.column.left;
        let (gutter, out) = match (same, rightwards) {
            (true, _) => (to.column.right(), 1),
            (false, true) => (to.column.left - GUTTER, -1),
            (false, false) => (to.column.right(), 1),
        };
        let (top, bottom) = (from.y.min(to.y) - 4, from.y.max(to.y) + 4);
        let clash = |x: i32, taken: &[(i32, i32, i32)]| {
            taken.iter().any(|&(at, t, b)| (at - x).abs() < 7 && t < bottom && top < b)
        };
        // From the middle of the gutter outwards, whichever is free first.
        let tracks = [0, 9, -9, 18, -18].map(|shift| gutter + GUTTER / 2 + shift);
        let x = tracks.into_iter().find(|&x| !clash(x, &self.taken)).unwrap_or(tracks[0]);
        self.taken.push((x, top, bottom));
        let start = if x > from.column.middle() { from.column.right() } else { from.column.left };
        let start = if x < from.column.left && same { from.column.right() } else { start };
        let end = if out > 0 { to.column.right() } else { to.column.left };
        rounded(start, from.y, x, end, to.y)
    }
}

/// Sideways to `x`, up or down, sideways to the end; with rounded corners.
fn rounded(start: i32, from: i32, x: i32, end: i32, to: i32) -> String {
    let down = (to - from).signum();
    let radius = 6.min((to - from).abs() / 2);
    let first = (x - start).signum() * radius.min((x - start).abs());
    let last = (end - x).signum() * radius.min((end - x).abs());
    format!(
        "M{start} {from}H{}Q{x} {from} {x} {}V{}Q{x} {to} {} {to}H{end}",
        x - first,
        from + down * radius,
        to - down * radius,
        x + last,
    )
}
