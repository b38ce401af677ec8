//! The order of a class with the fewest switches: the one that is shown.

use super::Dpor;
use super::history::History;
use std::cmp::Ordering;

impl Dpor {
    /// Replaces `best` if the class has an order with fewer switches than `switches`, or as few
    /// and earlier in schedule order.
    ///
    /// Whatever order the class was run in, the same one is offered: each thread in turn goes
    /// first, and whoever goes goes on for as long as it can.
    pub fn offer_example(&mut self, switches: &mut usize, best: &mut Vec<(u8, u32)>) {
        if self.literal {
            let found = self.switches();
            if found < *switches {
                *switches = found;
                best.clear();
                best.extend(self.schedule());
            }
            return;
        }
        // What main does before the others is not counted as a switch.
        let events = &self.history.events;
        if events.is_empty() {
            *switches = 0;
            return;
        }
        let needed = events.iter().map(|event| event.switches).max().unwrap_or(0);
        let alone = events.first().is_some_and(|event| event.thread == 0);
        if needed as usize > switches.saturating_add(usize::from(alone)) {
            return;
        }
        let mut at = std::mem::take(&mut self.positions);
        let mut order = std::mem::take(&mut self.order);
        let history = &self.history;
        let threads = history.by_thread.len();
        at.clear();
        at.resize(threads, 0);
        order.clear();
        // What main does before anyone else can go is not a matter of choice.
        while is_ready(history, &at, 0) && (1..threads).all(|t| !is_ready(history, &at, t)) {
            order.push(history.by_thread[0][at[0] as usize]);
            at[0] += 1;
        }
        let alone = (at[0], order.len());
        for start in 0..threads {
            at.fill(0);
            at[0] = alone.0;
            order.truncate(alone.1);
            if !is_ready(history, &at, start) && order.len() < history.len() {
                continue;
            }
            if let Some(found) = fewest(history, start, &mut at, &mut order, *switches, best) {
                *switches = found;
                best.clear();
                best.extend(order.iter().map(|&step| label(history, step)));
            }
        }
        self.positions = at;
        self.order = order;
    }

    fn switches(&self) -> usize {
        self.history.events.windows(2).filter(|pair| pair[0].thread != pair[1].thread).count()
    }
}

/// A step as a schedule has it.
fn label(history: &History, step: u32) -> (u8, u32) {
    let event = &history.events[step as usize];
    (event.thread, event.choice)
}

/// Has everything been done that comes before the next step of `thread`, if there is one?
fn is_ready(history: &History, at: &[u32], thread: usize) -> bool {
    history.by_thread[thread].get(at[thread] as usize).is_some_and(|&step| {
        // Of its own thread a step always knows one more: itself.
        history.clock(step).iter().zip(at).filter(|(known, done)| known > done).count() == 1
    })
}

/// Goes on with the order begun in `order`, `start` going first, whoever goes going on for as long
/// as it can. Returns the switches it takes; `None` as soon as it cannot take fewer than `limit`,
/// nor as many and come before `best`.
fn fewest(
    history: &History,
    start: usize,
    at: &mut [u32],
    order: &mut Vec<u32>,
    limit: usize,
    best: &[(u8, u32)],
) -> Option<usize> {
    let has_more =
        |at: &[u32], thread: usize| at[thread] as usize != history.by_thread[thread].len();
    let mut unfinished = (0..at.len()).filter(|&thread| has_more(at, thread)).count();
    // How the order so far stands to the best one.
    let mut standing = Ordering::Equal;
    for (nth, &step) in order.iter().enumerate() {
        standing = standing.then_with(|| compare(history, step, best, nth));
    }
    let (mut current, mut found) = (start, 0);
    while order.len() < history.len() {
        if !is_ready(history, at, current) {
            current = (0..at.len()).find(|&thread| is_ready(history, at, thread))?;
            found += 1;
        }
        // Every thread that is left costs one switch at least.
        let needed = found + unfinished - 1;
        if needed > limit || (needed == limit && standing == Ordering::Greater) {
            return None;
        }
        let step = history.by_thread[current][at[current] as usize];
        standing = standing.then_with(|| compare(history, step, best, order.len()));
        order.push(step);
        at[current] += 1;
        unfinished -= usize::from(!has_more(at, current));
    }
    (found < limit || standing == Ordering::Less).then_some(found)
}

/// How a step stands to the one in its place of the best order.
fn compare(history: &History, step: u32, best: &[(u8, u32)], nth: usize) -> Ordering {
    best.get(nth).map_or(Ordering::Greater, |other| label(history, step).cmp(other))
}
