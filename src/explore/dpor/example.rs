//! The order of a class with the fewest switches: the one that is shown.

use super::Dpor;
use super::history::History;

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
        let mut at = std::mem::take(&mut self.positions);
        let mut order = std::mem::take(&mut self.order);
        let history = &self.history;
        let threads = history.by_thread.len();
        for start in 0..threads {
            at.clear();
            at.resize(threads, 0);
            order.clear();
            let Some(found) = fewest(history, start, &mut at, &mut order, *switches) else {
                continue;
            };
            let schedule = order.iter().map(|&step| {
                let event = &history.events[step as usize];
                (event.thread, event.choice)
            });
            if found < *switches || schedule.clone().lt(best.iter().copied()) {
                *switches = found;
                best.clear();
                best.extend(schedule);
            }
        }
        self.positions = at;
        self.order = order;
    }

    fn switches(&self) -> usize {
        self.history.events.windows(2).filter(|pair| pair[0].thread != pair[1].thread).count()
    }
}

/// Orders the steps with `start` going first among the threads that are started together; `None`
/// if that takes more than `limit` switches, or if `start` is not one of them.
fn fewest(
    history: &History,
    start: usize,
    at: &mut [u32],
    order: &mut Vec<u32>,
    limit: usize,
) -> Option<usize> {
    let threads = at.len();
    let ready = |at: &[u32], thread: usize| {
        history.by_thread[thread].get(at[thread] as usize).is_some_and(|&step| {
            let clock = history.clock(step);
            (0..threads).all(|t| t == thread || clock[t] <= at[t])
        })
    };
    // What main does before anyone else can go is not a matter of choice.
    while ready(at, 0) && (1..threads).all(|thread| !ready(at, thread)) {
        order.push(history.by_thread[0][at[0] as usize]);
        at[0] += 1;
    }
    let everything_done = order.len() == history.len();
    if !everything_done && !ready(at, start) {
        return None;
    }
    let (mut current, mut found) = (start, 0);
    while order.len() < history.len() {
        if !ready(at, current) {
            current = (0..threads).find(|&thread| ready(at, thread))?;
            found += 1;
            if found > limit {
                return None;
            }
        }
        order.push(history.by_thread[current][at[current] as usize]);
        at[current] += 1;
    }
    Some(found)
}
