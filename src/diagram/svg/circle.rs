//! The arrows of a deadlock: from each who waits to the one it waits for.
//!
//! Nothing stands below the last row, so an arrow that cannot go straight to its right-hand neighbour
//! runs there: down from the middle of its box, across, and up to the middle of the other.

use super::arrows::{Arrow, Kind};
use super::layout::{BOX, Layout};
use crate::diagram::picture::{Picture, Row};
use crate::diagram::waits::{Wait, Waits};

/// From the bottom of the boxes to the first arrow below them, and from one to the next.
const FIRST: i32 = 14;
const NEXT: i32 = 10;
/// An arrow leaves its box so far right of the middle, and comes in so far left of it.
const ASIDE: i32 = 14;
const RADIUS: i32 = 6;

/// How much room the arrows need below the last row.
pub(super) fn height(picture: &Picture, waits: &Waits) -> i32 {
    let below = waits.waits.iter().filter(|wait| runs_below(picture, wait)).count() as i32;
    let nobody =
        if waits.waits.iter().any(|wait| wait.on.is_none()) { nobody() - BOX / 2 } else { 0 };
    let arrows = if below == 0 { 0 } else { FIRST + NEXT * below };
    nobody.max(arrows)
}

/// From the middle of the last row to the words below an arrow that leads to nobody.
pub(super) fn nobody() -> i32 {
    BOX / 2 + FIRST + 24
}

/// The arrows, those of the circle last (drawn on top).
pub(super) fn waits(picture: &Picture, layout: &Layout, waits: &Waits) -> Vec<Arrow> {
    let Some(row) = picture.rows.iter().position(|row| matches!(row, Row::Stuck(_))) else {
        return Vec::new();
    };
    let y = layout.row(row);
    let bottom = y + BOX / 2;
    let mut depth = bottom + FIRST;
    let mut arrows = Vec::new();
    for (at, wait) in waits.waits.iter().enumerate() {
        let kind = if at < waits.circle { Kind::Circle } else { Kind::Waits };
        let Some(from) = picture.column(wait.thread).map(|from| layout.threads[from]) else {
            continue;
        };
        let Some(to) = wait.on else {
            let x = from.middle();
            arrows.push(Arrow { kind, path: format!("M{x} {bottom}V{}", bottom + FIRST + 8) });
            continue;
        };
        let Some(to) = picture.column(to).map(|to| layout.threads[to]) else { continue };
        let path = if runs_below(picture, wait) {
            let path = under(from.middle() + ASIDE, to.middle() - ASIDE, bottom, depth);
            depth += NEXT;
            path
        } else {
            format!("M{} {y}H{}", from.right(), to.left)
        };
        arrows.push(Arrow { kind, path });
    }
    arrows.sort_by_key(|arrow| arrow.kind == Kind::Circle);
    arrows
}

/// Does its arrow lead elsewhere than to the right-hand neighbour?
fn runs_below(picture: &Picture, wait: &Wait) -> bool {
    let ends = wait.on.map(|on| (picture.column(wait.thread), picture.column(on)));
    matches!(ends, Some((Some(from), Some(to))) if to != from + 1)
}

/// Down, across and up again, with rounded corners.
fn under(from: i32, to: i32, top: i32, depth: i32) -> String {
    let aside = (to - from).signum() * RADIUS;
    let up = depth - RADIUS;
    format!(
        "M{from} {top}V{up}Q{from} {depth} {} {depth}H{}Q{to} {depth} {to} {up}V{top}",
        from + aside,
        to - aside
    )
}
