//! The order of a class with the fewest switches: the one that is shown.

use super::Dpor;

impl Dpor {
    /// Replaces `best` if the class has an order with fewer switches than `switches`, or as few
    /// and earlier in schedule order.
    ///
    /// Whatever order the class was run in, the same one is offered: each thread in turn goes
    /// first, and whoever goes goes on for as long as it can.
    pub fn offer_example(&self, switches: &mut usize, best: &mut Vec<(u8, u32)>) {
        let history = &self.history;
        let total = history.len();
        if self.literal {
            let found = self.switches();
            if found < *switches {
                *switches = found;
                best.clear();
                best.extend(self.schedule());
            }
            return;
        }
        let threads = history.last_in_thread.len();
        let mut steps: Vec<Vec<u32>> = vec![Vec::new(); threads];
        for (nth, event) in history.events.iter().enumerate() {
            steps[usize::from(event.thread)].push(nth as u32);
        }
        let ready = |at: &[usize], thread: usize| {
            steps[thread].get(at[thread]).is_some_and(|&step| {
                let clock = history.clock(step);
                (0..threads).all(|t| t == thread || clock[t] as usize <= at[t])
            })
        };
        let mut at = vec![0usize; threads];
        let mut order = Vec::with_capacity(total);
        for start in 0..threads {
            if steps[start].is_empty() {
                continue;
            }
            at.fill(0);
            order.clear();
            let (mut current, mut found) = (start, 0);
            while order.len() < total && found <= *switches {
                if !ready(&at, current) {
                    let Some(next) = (0..threads).find(|&t| ready(&at, t)) else { break };
                    // Before `start` can go, main has to have started it.
                    let next = if ready(&at, start) { start } else { next };
                    found += usize::from(!order.is_empty());
                    current = next;
                }
                order.push(steps[current][at[current]]);
                at[current] += 1;
            }
            if order.len() < total || found > *switches {
                continue;
            }
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
    }

    fn switches(&self) -> usize {
        self.history.events.windows(2).filter(|pair| pair[0].thread != pair[1].thread).count()
    }
}
