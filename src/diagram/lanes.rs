//! The lanes in the margin: a line from a stale read, past the writes it never saw, to the write
//! that overwrote them.

use super::links::Link;
use super::picture::{Picture, Row};
use std::collections::HashMap;

/// A link, placed: row numbers of the picture, and a lane no overlapping link has.
pub(crate) struct Lane {
    /// Which lane, from 0: the innermost.
    pub lane: usize,
    pub read: usize,
    /// In the order of the rows.
    pub overwritten: Vec<usize>,
    pub write: usize,
}

impl Lane {
    /// Is what was written in the row lost?
    pub fn loses(&self, row: usize) -> bool {
        self.overwritten.binary_search(&row).is_ok()
    }

    /// Does the lane pass the row, or end there?
    pub fn covers(&self, row: usize) -> bool {
        (self.read..=self.write).contains(&row)
    }
}

/// Gives every link a lane: short ones inside, long ones outside.
pub(crate) fn lanes(picture: &Picture) -> Vec<Lane> {
    let rows = picture.rows.iter().enumerate().filter_map(|(at, row)| match row {
        Row::Step(row) => Some((row.index, at)),
        _ => None,
    });
    let rows: HashMap<usize, usize> = rows.collect();
    let row_of = |step: usize| rows.get(&step).copied();
    let mut links: Vec<&Link> = picture.links.iter().collect();
    links.sort_by_key(|link| (link.write - link.read, link.read));
    let mut lanes: Vec<Lane> = Vec::new();
    for link in links {
        let (Some(read), Some(write)) = (row_of(link.read), row_of(link.write)) else { continue };
        let mut overwritten: Vec<_> = link.overwritten.iter().filter_map(|&i| row_of(i)).collect();
        overwritten.sort_unstable();
        let free = |lane: &usize| {
            let mut others = lanes.iter().filter(|other| other.lane == *lane);
            others.all(|other| other.write < read || write < other.read)
        };
        let lane = (0..).find(free).expect("there are fewer links than lanes");
        lanes.push(Lane { lane, read, overwritten, write });
    }
    lanes
}
