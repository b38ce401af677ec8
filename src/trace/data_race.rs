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
use super::{Action, Step, ThreadId, Trace};
use std::collections::{HashMap, HashSet};
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

/// What has happened to objects besides the steps.
#[derive(Clone, Copy, Default)]
pub(crate) struct Besides<'a> {
    pub claims: &'a [Claim],
    /// The steps that got a cell's pointer and have written through it.
    pub written: &'a [u32],
}

/// What races in an execution.
#[derive(Default)]
pub(crate) struct Racing {
    /// Pairs of plain accesses, each with the earlier one first.
    pub pairs: Vec<(usize, usize)>,
    /// Steps, each with the claim (by its number) that nothing puts after it.
    pub claimed: Vec<(usize, usize)>,
}

/// Plain accesses of one object by one thread at one place, all reads or all writes.
struct Kind<P> {
    thread: usize,
    writes: bool,
    place: P,
    /// Those so far.
    accesses: Vec<usize>,
}

/// Finds what races: of all pairs that differ in no thread and no place, the first. In a long
/// execution there would be no end of them.
///
/// `after` calls back with the steps that had to come before one for another reason than an object.
pub(crate) fn racing<P: PartialEq>(
    count: usize,
    event: impl Fn(usize) -> Event,
    after: impl Fn(usize, &mut dyn FnMut(usize)),
    place: impl Fn(usize) -> P,
    Besides { claims, written }: Besides<'_>,
) -> Racing {
    let event = |nth: usize| {
        let event = event(nth);
        match event.action {
            Action::CellGet if written.contains(&(nth as u32)) => {
                Event { action: Action::CellGetWrite, ..event }
            }
            _ => event,
        }
    };
    let plain = |nth: &usize| event(*nth).action.is_plain_access();
    let accesses: Vec<usize> = (0..count).filter(plain).collect();
    if accesses.is_empty() && claims.is_empty() {
        return Racing::default();
    }
    let clocks = clocks(count, event, after);
    // A step's own clock counts itself, so it is known to whoever has that.
    let knows = |clock: &Clock, step: usize| {
        let thread = event(step).thread;
        clock.get(thread) >= clocks[step].get(thread)
    };
    let mut kinds: HashMap<Option<u32>, Vec<Kind<P>>> = HashMap::new();
    let mut open = OpenAccesses::default();
    let mut met = HashSet::new();
    // With the access at which it was found, and the other.
    let mut pairs: Vec<(usize, usize, (usize, usize))> = Vec::new();
    for later in accesses {
        let this = event(later);
        let (thread, place) = (this.thread, place(later));
        let writes = this.action.writes_value();
        let kinds = kinds.entry(this.object).or_default();
        let same = |k: &Kind<P>| k.thread == thread && k.writes == writes && k.place == place;
        let own = kinds.iter().position(same).unwrap_or(kinds.len());
        let overlapped = open.begun((later, own), this);
        for (other, kind) in kinds.iter().enumerate() {
            if kind.thread == thread || !kind.writes && !writes {
                continue;
            }
            // Whoever knows a thread's step knows those before it.
            let known = |&earlier: &usize| knows(&clocks[later], earlier);
            let known = kind.accesses.partition_point(known);
            if let Some(&earlier) = kind.accesses.get(known)
                && met.insert((this.object, other, own, false))
            {
                pairs.push((later, earlier, (earlier, later)));
            }
            // What comes after the beginning of an access comes before its end.
            let Some((begin, begun)) = overlapped else { continue };
            let outside = |&earlier: &usize| !knows(&clocks[earlier], begin);
            let inside = &kind.accesses[..known];
            if let Some(&earlier) = inside.get(inside.partition_point(outside))
                && met.insert((this.object, other, begun, true))
            {
                pairs.push((later, earlier, (begin, earlier)));
            }
        }
        match kinds.get_mut(own) {
            Some(kind) => kind.accesses.push(later),
            None => kinds.push(Kind { thread, writes, place, accesses: vec![later] }),
        }
    }
    pairs.sort_unstable();
    let pairs = pairs.into_iter().map(|(_, _, pair)| pair).collect();
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

/// Which accesses lie within each other: of one thread, to one object, all reads or all writes.
type Nested = (usize, Option<u32>, bool);

/// The accesses that may still go on, each with its kind: those of one thread lie within each other.
#[derive(Default)]
struct OpenAccesses(HashMap<Nested, Vec<(usize, usize)>>);

impl OpenAccesses {
    /// Where the access began that ends with this step, if it is the end of one.
    fn begun(&mut self, step: (usize, usize), this: Event) -> Option<(usize, usize)> {
        let writes = this.action.writes_value();
        let open = self.0.entry((this.thread, this.object, writes)).or_default();
        match this.action {
            Action::CellReadEnd | Action::CellWriteEnd => open.pop(),
            // A pointer that was got is no access that ends.
            Action::CellGet | Action::CellGetWrite => None,
            _ => {
                open.push(step);
                None
            }
        }
    }
}

/// The same for recorded steps.
pub(crate) fn racing_steps(steps: &[Step], besides: Besides<'_>) -> Racing {
    let after = |nth: usize, each: &mut dyn FnMut(usize)| {
        steps[nth].after.iter().for_each(|&before| each(before));
    };
    let place = |nth: usize| &steps[nth].place;
    racing(steps.len(), |nth| Event::from(&steps[nth]), after, place, besides)
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
    /// The data races of the execution, in the order of threads and places. Of those between the same
    /// two places in the same two threads it is the first.
    pub fn data_races(&self) -> Vec<DataRace> {
        let steps = &self.steps;
        let key = |nth: usize| {
            let step = &steps[nth];
            (step.thread.letter(), step.writes_value(), &step.place)
        };
        let mut races: Vec<_> = racing_steps(steps, Besides::default())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Three threads that read and write two cells under one lock, or without it, some of them taking
    /// their time, as a number says.
    fn events(mut number: u64) -> Vec<Event> {
        let mut events = Vec::new();
        let mut open: [Vec<(Action, u32)>; 3] = Default::default();
        for _ in 0..24 {
            number = number.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let thread = (number >> 33) as usize % 3;
            let cell = (number >> 40) as u32 % 2;
            let (begin, end) = [
                (Action::CellRead, Action::CellReadEnd),
                (Action::CellWrite, Action::CellWriteEnd),
            ][(number >> 45) as usize % 2];
            let event = |action, object| Event {
                thread,
                action,
                object: Some(object),
                mutex: None,
                order: None,
                stale: None,
                is_late: false,
            };
            match (number >> 50) % 6 {
                0 | 1 => events.push(event(begin, cell)),
                2 => {
                    events.push(event(begin, cell));
                    open[thread].push((end, cell));
                }
                3 => events.extend(open[thread].pop().map(|(end, cell)| event(end, cell))),
                _ => events.extend([
                    event(Action::Lock, 2),
                    event(begin, cell),
                    event(Action::Unlock, 2),
                ]),
            }
        }
        events
    }

    /// Every pair, looked at by itself.
    fn one_by_one(events: &[Event]) -> Vec<(usize, usize)> {
        let clocks = clocks(events.len(), |nth| events[nth], |_, _| ());
        let knows = |clock: &Clock, step: usize| {
            clock.get(events[step].thread) >= clocks[step].get(events[step].thread)
        };
        let mut open = OpenAccesses::default();
        let mut pairs = Vec::new();
        for (later, &b) in events.iter().enumerate().filter(|(_, e)| e.action.is_plain_access()) {
            let overlapped = open.begun((later, 0), b).map(|(begin, _)| begin);
            for (earlier, &a) in events[..later].iter().enumerate() {
                let writes = [a, b].iter().any(|event| event.action.writes_value());
                if !writes || a.object != b.object || a.thread == b.thread {
                    continue;
                }
                match knows(&clocks[later], earlier) {
                    false => pairs.push((earlier, later)),
                    true => pairs.extend(
                        overlapped
                            .filter(|&begin| knows(&clocks[earlier], begin))
                            .map(|begin| (begin, earlier)),
                    ),
                }
            }
        }
        pairs
    }

    #[test]
    fn of_the_races_at_the_same_places_the_first_is_named_and_none_is_missed() {
        let place = |nth: usize| nth % 3;
        let mut met = 0;
        for number in 0..2_000 {
            let events = events(number);
            let kind =
                |nth: usize| (events[nth].thread, events[nth].action.writes_value(), place(nth));
            let kinds = |pairs: &[(usize, usize)]| {
                let mut kinds: Vec<_> = pairs
                    .iter()
                    .map(|&(a, b)| (events[a].object, kind(a).min(kind(b)), kind(a).max(kind(b))))
                    .collect();
                kinds.sort_unstable();
                kinds.dedup();
                kinds
            };
            let all = one_by_one(&events);
            let found =
                racing(events.len(), |nth| events[nth], |_, _| (), place, Besides::default()).pairs;
            assert_eq!(kinds(&found), kinds(&all), "{number}");
            met += all.len();
            assert_eq!(found.first(), all.first(), "{number}");
            assert!(found.iter().all(|pair| all.contains(pair)), "{number}");
        }
        assert!(met > 2_000, "{met}");
    }
}
