//! Who gets how many columns.

use super::paint::Pen;
use crate::diagram::lanes::Lane;
use crate::diagram::picture::{Idle, Picture, Row, StepRow};
use crate::diagram::words;

/// Where everything stands on a line, in columns from 0.
pub(super) struct Layout {
    pub lanes: usize,
    pub number: usize,
    pub switch: usize,
    /// Start and width of each thread's column; one for all when the picture is narrow.
    pub threads: Vec<(usize, usize)>,
    /// Start and width of each value column; empty when there is no room.
    pub values: Vec<(usize, usize)>,
    /// Where the notes begin, when there is room for them.
    pub note: Option<usize>,
    pub width: usize,
    /// One column for all threads: each line then names its thread.
    pub narrow: bool,
}

/// A thread's column of fewer characters than this says nothing.
const LEAST: usize = 12;
const GAP: usize = 2;

impl Layout {
    pub fn new(picture: &Picture, lanes: &[Lane], pen: &Pen, width: usize) -> Self {
        let lane_count = lanes.iter().map(|lane| lane.lane + 1).max().unwrap_or(0);
        let digits = picture.trace.steps().len().max(1).to_string().len();
        let lane_width = if lane_count == 0 { 0 } else { lane_count + 2 };
        let number = lane_width;
        let switch = number + digits + 1;
        let start = switch + 2 + GAP;
        let mut needs = thread_needs(picture, pen);
        if let Some((last, others)) = needs.split_last_mut() {
            // What stands across all columns is as wide as they are together, with the last gap.
            let others: usize = others.iter().map(|need| need + GAP).sum();
            *last = (*last).max((span_need(picture, pen) + 1).saturating_sub(others + GAP));
        }
        let values = value_needs(picture, pen);
        let notes = steps(picture).map(|row| pen.width(&row.note)).max().unwrap_or(0);
        // What is given up, in this order: the notes (the sentences below say the same), the value
        // columns (the steps name the values they read and write), the thread columns.
        let all = |values: &[usize], notes: usize| -> usize {
            let notes = if notes > 0 { notes + GAP } else { 0 };
            values.iter().map(|v| v + GAP).sum::<usize>() + notes
        };
        let least: usize = needs.iter().map(|&need| need.min(LEAST) + GAP).sum();
        let full: usize = needs.iter().map(|need| need + GAP).sum();
        let comfortable = needs.iter().map(|&need| need.min(16) + GAP).sum::<usize>().min(full);
        let tries = [
            (&values[..], notes, comfortable),
            (&values[..], 0, least),
            (&[][..], notes, comfortable),
            (&[][..], 0, least),
        ];
        let fits = |&(values, notes, threads): &(&[usize], usize, usize)| {
            start + threads + all(values, notes) <= width + GAP
        };
        let found = tries.into_iter().find(fits);
        let narrow = found.is_none();
        let (values, notes, _) = found.unwrap_or((&[], 0, 0));
        let room = (width + GAP).saturating_sub(start + all(values, notes));
        let widths = match narrow {
            false => share(&needs, room.saturating_sub(needs.len() * GAP)),
            true => vec![width.saturating_sub(start)],
        };
        let mut at = start;
        let mut place = |width: usize| {
            let placed = (at, width);
            at += width + GAP;
            placed
        };
        let threads = widths.into_iter().map(&mut place).collect();
        let values = values.iter().copied().map(&mut place).collect();
        let note = (notes > 0).then_some(at);
        Layout { lanes: lane_count, number, switch, threads, values, note, width, narrow }
    }
}

/// The steps of the picture that are drawn.
fn steps<'p>(picture: &'p Picture) -> impl Iterator<Item = &'p StepRow> {
    picture.rows.iter().filter_map(|row| match row {
        Row::Step(row) => Some(row),
        _ => None,
    })
}

/// The width of the steps that stand across the threads' columns.
fn span_need(picture: &Picture, pen: &Pen) -> usize {
    let across = steps(picture).filter(|row| !picture.columns.contains(&row.thread));
    across.map(|row| pen.width(&span_text(picture, row))).max().unwrap_or(0)
}

/// A step of a thread without a column.
pub(super) fn span_text(picture: &Picture, row: &StepRow) -> String {
    let name = words::thread_name(&picture.trace.threads, row.thread);
    format!("{name}: {}", struck(row))
}

/// The width of each thread's column if there were room for everything.
fn thread_needs(picture: &Picture, pen: &Pen) -> Vec<usize> {
    let need = |column: usize| {
        let id = picture.columns[column];
        let mut need = pen.width(&words::thread_name(&picture.trace.threads, id)).max(LEAST);
        for row in &picture.rows {
            let width = match row {
                Row::Step(row) if row.thread == id => pen.width(&struck(row)),
                Row::Step(row) => match row.others.iter().find(|(other, _)| *other == id) {
                    Some((_, Idle::Waits { why, first: true })) => 2 + pen.width(why),
                    _ => 1,
                },
                Row::Stuck(stuck) => match stuck.iter().find(|(other, _)| *other == id) {
                    Some((_, what)) => pen.width(&stuck_text(what)),
                    None => 1,
                },
                Row::Fold { .. } => 1,
            };
            need = need.max(width);
        }
        need
    };
    (0..picture.columns.len()).map(need).collect()
}

fn value_needs(picture: &Picture, pen: &Pen) -> Vec<usize> {
    let need = |column: usize| {
        let name = &picture.trace.object(picture.values[column]).name;
        let start = pen.width(&picture.start[column]);
        let shown = picture.rows.iter().map(|row| match row {
            Row::Step(row) => pen.width(&row.values[column]),
            Row::Fold { values, .. } => pen.width(&values[column]),
            Row::Stuck(_) => 0,
        });
        shown.max().unwrap_or(0).max(start).max(pen.width(name).min(12))
    };
    (0..picture.values.len()).map(need).collect()
}

/// A step's text; that of a lost write struck, as in Markdown.
pub(super) fn struck(row: &StepRow) -> String {
    match row.lost {
        true => format!("~~{}~~", row.text),
        false => row.text.clone(),
    }
}

/// What stands in the column of a thread that is stuck.
pub(super) fn stuck_text(what: &str) -> String {
    format!("✗ waits for {what}")
}

/// Shares `room` fairly: nobody gets more than it needs, and what one leaves goes to the others.
fn share(needs: &[usize], room: usize) -> Vec<usize> {
    let mut widths = vec![0; needs.len()];
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|&i| needs[i]);
    let mut room = room;
    for (done, &i) in order.iter().enumerate() {
        widths[i] = needs[i].min(room / (needs.len() - done));
        room -= widths[i];
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn what_one_column_leaves_goes_to_the_others() {
        assert_eq!(share(&[5, 20, 30], 60), [5, 20, 30]);
        assert_eq!(share(&[5, 20, 30], 45), [5, 20, 20]);
        assert_eq!(share(&[30, 5, 30], 35), [15, 5, 15]);
        assert_eq!(share(&[], 10), [0; 0]);
    }
}
