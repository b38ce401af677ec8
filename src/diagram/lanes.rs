//! The lanes in the margin: a line from a stale read, past the writes it never saw, to the write
//! that overwrote them.

use super::links::Link;
use super::picture::{Picture, Row};

/// A link, placed: row numbers of the picture, and a lane no overlapping link has.
pub(crate) struct Lane {
    /// Which lane, from 0: the innermost.
    pub lane: usize,
    pub read: usize,
    pub overwritten: Vec<usize>,
    pub write: usize,
}

impl Lane {
    /// Does the lane pass the row, or end there?
    pub fn covers(&self, row: usize) -> bool {
        (self.read..=self.write).contains(&row)
    }
}

/// Gives every link a lane: short ones inside, long ones outside.
pub(crate) fn lanes(picture: &Picture) -> Vec<Lane> {
    let row_of = |step: usize| {
        let here = |row: &Row| matches!(row, Row::Step(row) if row.index == step);
        picture.rows.iter().position(here)
    };
    let mut links: Vec<&Link> = picture.links.iter().collect();
    links.sort_by_key(|link| (link.write - link.read, link.read));
    let mut lanes: Vec<Lane> = Vec::new();
    for link in links {
        let (Some(read), Some(write)) = (row_of(link.read), row_of(link.write)) else { continue };
        let overwritten = link.overwritten.iter().filter_map(|&i| row_of(i)).collect();
        let free = |lane: &usize| {
            let mut others = lanes.iter().filter(|other| other.lane == *lane);
            others.all(|other| other.write < read || write < other.read)
        };
        let lane = (0..).find(free).expect("there are fewer links than lanes");
        lanes.push(Lane { lane, read, overwritten, write });
    }
    lanes
}
