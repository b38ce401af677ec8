//! Data races: plain accesses that nothing orders.
//!
//! Two accesses of a cell by different threads, at least one a write, *race* when neither happens
//! before the other. That is the same for every interleaving of a class. An access lasts as long as
//! its closure: where the thread takes steps inside, the access ends with a step of its own, and what
//! comes between its two ends races with it, ordered or not.
//!
//! Freeing an object, taking its value out or getting it as `&mut` is no step: by Rust's rules nobody
//! else can reach it then. Unsafe code can get that wrong, so such a *claim* races with every use by
//! another thread that happens neither before nor after it.

use super::happens_before::{Clock, Event, clocks, join};
use super::{Action, Mode, Step, ThreadId, Trace};
use std::fmt;
use std::panic::Location;

/// A thread has an object for itself: it gets it as `&mut`, takes its value out, or frees it.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub thread: ThreadId,
    pub object: u32,
    /// The thread's latest step.
    pub last: Option<usize>,
    /// The latest steps of others that it comes after.
    pub after: Vec<usize>,
    /// How many steps had been taken.
    pub at: usize,
    /// The threads that had been started, as a bit set.
    pub started: u64,
    /// Where; of an object that is freed, where it was made: freeing has no place of its own.
    pub place: &'static Location<'static>,
    /// Is the object freed?
    pub frees: bool,
}

/// What races in an execution.
#[derive(Default)]
pub(crate) struct Racing {
    /// Pairs of plain accesses, each with the earlier one first.
    pub pairs: Vec<(usize, usize)>,
    /// Steps, each with the claim (by its number) that nothing puts after it.
    pub claimed: Vec<(usize, usize)>,
}

/// Finds what races.
///
/// `after` calls back with the steps that had to come before one for another reason than an object.
pub(crate) fn racing(
    count: usize,
    event: impl Fn(usize) -> Event,
    after: impl Fn(usize, &mut dyn FnMut(usize)),
    claims: &[Claim],
) -> Racing {
    let plain = |nth: &usize| event(*nth).action.is_plain_access();
    let accesses: Vec<usize> = (0..count).filter(plain).collect();
    if accesses.is_empty() && claims.is_empty() {
        return Racing::default();
    }
    let clocks = clocks(count, &event, after);
    // A step's own clock counts itself, so it is known to whoever has that.
    let knows = |clock: &Clock, step: usize| {
        let thread = event(step).thread;
        clock.get(thread) >= clocks[step].get(thread)
    };
    let conflict = |a: Event, b: Event| {
        let writes = [a, b].iter().any(|event| event.action.mode() == Some(Mode::Write));
        writes && a.object == b.object && a.thread != b.thread
    };
    let mut pairs = Vec::new();
    for (nth, &later) in accesses.iter().enumerate() {
        let overlapped = begun(&accesses[..nth], &event, later);
        for &earlier in &accesses[..nth] {
            let (a, b) = (event(earlier), event(later));
            if conflict(a, b) && !knows(&clocks[later], earlier) {
                pairs.push((earlier, later));
            }
            // What comes after the beginning of an access comes before its end.
            let inside = overlapped.is_some_and(|begin| knows(&clocks[earlier], begin));
            if inside && conflict(a, b) && knows(&clocks[later], earlier) {
                pairs.extend(overlapped.map(|begin| (begin, earlier)));
            }
        }
    }
    let mut claimed = Vec::new();
    for (nth, claim) in claims.iter().enumerate() {
        let mut known = Clock::new();
        claim.after.iter().chain(&claim.last).for_each(|&step| join(&mut known, &clocks[step]));
        let touches = |step: &usize| {
            let event = event(*step);
            let object = Some(claim.object);
            (event.object == object || event.mutex == object)
                && event.thread != claim.thread.index()
        };
        // What comes later comes later for a reason if it knows the thread's latest step (or, where
        // it had taken none, a later one), or if its own thread was not there yet.
        let unordered = |&step: &usize| match step < claim.at {
            true => !knows(&known, step),
            false => {
                let there = claim.started & 1 << event(step).thread != 0;
                let knows = match claim.last {
                    Some(last) => knows(&clocks[step], last),
                    None => clocks[step].get(claim.thread.index()).is_some_and(|&steps| steps > 0),
                };
                there && !knows
            }
        };
        claimed.extend((0..count).filter(touches).filter(unordered).map(|step| (step, nth)));
    }
    Racing { pairs, claimed }
}

/// Where the access began that ends with the step `end`, if it is the end of one.
fn begun(before: &[usize], event: &impl Fn(usize) -> Event, end: usize) -> Option<usize> {
    let this = event(end);
    let begin = match this.action {
        Action::CellReadEnd => Action::CellRead,
        Action::CellWriteEnd => Action::CellWrite,
        _ => return None,
    };
    // Accesses of one thread lie within each other.
    let mut inner = 0;
    for &step in before.iter().rev() {
        let earlier = event(step);
        if (earlier.thread, earlier.object) != (this.thread, this.object) {
            continue;
        }
        if earlier.action == this.action {
            inner += 1;
        } else if earlier.action == begin {
            if inner == 0 {
                return Some(step);
            }
            inner -= 1;
        }
    }
    None
}

/// The same for recorded steps.
pub(crate) fn racing_steps(steps: &[Step], claims: &[Claim]) -> Racing {
    let after = |nth: usize, each: &mut dyn FnMut(usize)| {
        steps[nth].after.iter().for_each(|&before| each(before));
    };
    racing(steps.len(), |nth| Event::from(&steps[nth]), after, claims)
}

/// Two plain accesses of one cell, at least one a write, that nothing orders. Steps are indices
/// into [`Trace::steps`]; what is shown counts from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataRace {
    /// The access of the thread whose letter comes first.
    pub first: usize,
    /// The other.
    pub second: usize,
    text: String,
}

impl fmt::Display for DataRace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Trace {
    /// Every data race of the execution, in the order of threads and places.
    pub fn data_races(&self) -> Vec<DataRace> {
        let steps = &self.steps;
        let key = |nth: usize| {
            let step = &steps[nth];
            (step.thread.letter(), step.writes_value(), &step.place)
        };
        let mut races: Vec<_> = racing_steps(steps, &[])
            .pairs
            .into_iter()
            .map(|(a, b)| if key(b).0 < key(a).0 { (b, a) } else { (a, b) })
            .collect();
        races.sort_by_key(|&(first, second)| (steps[first].object, key(first), key(second)));
        let race =
            |(first, second)| DataRace { first, second, text: self.race_text(first, second) };
        races.into_iter().map(race).collect()
    }

    fn race_text(&self, first: usize, second: usize) -> String {
        let name = self.steps[first].object.map(|id| self.object(id).name.as_ref());
        let name = name.unwrap_or_default();
        let does = |nth: usize, what: &str| {
            let step = &self.steps[nth];
            let verb = if step.writes_value() { "writes" } else { "reads" };
            format!("{} {verb} {what}", step.thread)
        };
        format!(
            "step {} races with step {}: {}, {}, and nothing orders the two",
            first + 1,
            second + 1,
            does(first, name),
            does(second, "it")
        )
    }
}
