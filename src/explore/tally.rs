//! Outcomes and their counts.

use super::dpor::Execution;
use super::error::used_up;
use super::exploration::Exploration;
use super::left::Left;
use super::runtime::effect::executor;
use super::runtime::{Ending, Op, Panic, Request, Runtime, State, Undefined, Use};
use crate::report::{Failure, RacingAccess};
use crate::trace::{Object, Place, ThreadId, Waiting};
use std::collections::{BTreeMap, HashSet};

/// A schedule by thread and alternative, alone steps included.
pub(super) type Steps = Vec<(u8, u32)>;

pub(super) struct Entry {
    pub executions: u64,
    pub interleavings: Option<u128>,
    /// The example with the fewest switches, and the first of those by schedule.
    pub switches: usize,
    pub example: Steps,
}

impl Entry {
    /// Those with the fewest switches come first, and of those the shortest.
    pub fn place_among_examples(&self) -> (usize, usize, &Steps) {
        (self.switches, self.example.len(), &self.example)
    }
}

/// The place of the last example that is shown, if all together may have so many steps. If any is, the first one
/// is.
pub(super) fn last_shown<'e>(
    entries: impl Iterator<Item = &'e Entry>,
    most: usize,
) -> (usize, usize, Steps) {
    let mut places: Vec<_> = entries.map(Entry::place_among_examples).collect();
    places.sort_unstable();
    let mut steps = 0;
    let last = places.iter().take_while(|&&(_, length, _)| {
        let fits = steps < most;
        steps += length;
        fits
    });
    let last = last.last();
    last.map_or_else(Default::default, |&(switches, length, steps)| {
        (switches, length, steps.clone())
    })
}

/// The books of an exploration.
pub(super) struct Tally<T> {
    pub executions: u64,
    pub interleavings: Option<u128>,
    pub outcomes: BTreeMap<Result<T, Failure>, Entry>,
    /// The fingerprints of the classes met, if somebody wants to know.
    classes: Option<HashSet<u128>>,
    /// A loop was followed for so many rounds only: there may be more outcomes.
    pub cut_loops: bool,
    /// What executions that got stuck have cost.
    pub left: Left,
    /// An outcome after which going on makes no sense.
    pub stop: bool,
}

impl<T: Ord> Tally<T> {
    pub fn new() -> Self {
        Tally {
            executions: 0,
            interleavings: Some(0),
            outcomes: BTreeMap::new(),
            classes: None,
            cut_loops: false,
            left: Left::default(),
            stop: false,
        }
    }

    /// Tells the classes of the executions apart from now on.
    pub fn tell_classes_apart(&mut self) {
        self.classes = Some(HashSet::new());
    }

    /// The one outcome of all executions so far is this failure, after which going on makes no sense.
    pub fn ends_as(&mut self, failure: Failure) {
        let entry = std::mem::take(&mut self.outcomes).into_values().next();
        self.outcomes.extend(entry.map(|entry| (Err(failure), entry)));
        self.stop = true;
    }

    /// How many distinct classes were met; without telling them apart, the executions.
    pub fn classes(&self) -> u64 {
        self.classes.as_ref().map_or(self.executions, |classes| classes.len() as u64)
    }

    /// Adds another worker's books.
    pub fn merge(&mut self, other: Tally<T>) {
        let add = |sum: &mut Option<u128>, more: Option<u128>| {
            *sum = sum.zip(more).and_then(|(sum, more)| sum.checked_add(more));
        };
        self.executions += other.executions;
        self.stop |= other.stop;
        self.cut_loops |= other.cut_loops;
        self.left += other.left;
        if let (Some(mine), Some(theirs)) = (&mut self.classes, other.classes) {
            mine.extend(theirs);
        }
        add(&mut self.interleavings, other.interleavings);
        for (result, theirs) in other.outcomes {
            match self.outcomes.entry(result) {
                std::collections::btree_map::Entry::Vacant(slot) => {
                    slot.insert(theirs);
                }
                std::collections::btree_map::Entry::Occupied(slot) => {
                    let mine = slot.into_mut();
                    mine.executions += theirs.executions;
                    add(&mut mine.interleavings, theirs.interleavings);
                    if (theirs.switches, &theirs.example) < (mine.switches, &mine.example) {
                        mine.switches = theirs.switches;
                        mine.example = theirs.example;
                    }
                }
            }
        }
    }

    /// Enters one execution. `value` is what the program returned, if it did.
    pub fn enter<E: Exploration>(
        &mut self,
        execution: Execution<'_, E>,
        value: Option<T>,
        max_steps: u32,
    ) {
        let Execution { runtime, ending, course, interleavings } = execution;
        self.cut_loops |= runtime.spins.cut;
        self.stop |= matches!(ending, Ending::StepLimit | Ending::Undefined | Ending::Stopped);
        let result = match failure(runtime, course, ending, max_steps, value.is_some()) {
            Some(failure) => Err(failure),
            None => match value {
                Some(value) => Ok(value),
                // Stopped by the driver without a reason of the program's.
                None => return,
            },
        };
        self.executions += 1;
        if let Some(classes) = &mut self.classes {
            classes.extend(course.fingerprint());
        }
        let add = |sum: &mut Option<u128>| {
            *sum = sum.zip(interleavings).and_then(|(sum, more)| sum.checked_add(more));
        };
        add(&mut self.interleavings);
        let entry = self.outcomes.entry(result).or_insert_with(|| Entry {
            executions: 0,
            interleavings: Some(0),
            switches: usize::MAX,
            example: Vec::new(),
        });
        entry.executions += 1;
        add(&mut entry.interleavings);
        course.offer_example(&mut entry.switches, &mut entry.example);
    }
}

/// Why the execution has no value.
fn failure(
    runtime: &Runtime,
    engine: &impl Exploration,
    ending: Ending,
    max_steps: u32,
    returned: bool,
) -> Option<Failure> {
    if let Some((step, expected, found)) = engine.diverged() {
        let (expected, found) = (expected.clone(), found.clone());
        return Some(Failure::Nondeterministic { step: *step, expected, found });
    }
    if let Some((thread, bytes)) = runtime.overflowed() {
        let (thread, message) = (thread.letter(), used_up(bytes));
        return Some(Failure::Panic { thread, message, place: None });
    }
    if let Some(panic) = panic(runtime, returned, |a, b| engine.happens_before(a, b)) {
        return Some(panic);
    }
    match ending {
        Ending::Deadlock => {
            let objects = runtime.named_objects(engine.uses().chain(runtime.pending()));
            Some(Failure::Deadlock { waiting: waiting(runtime, &objects) })
        }
        Ending::StepLimit | Ending::Livelock => {
            // How many steps it took until all were spinning differs within a class.
            let limit = (ending == Ending::StepLimit).then_some(max_steps as usize);
            Some(Failure::StepLimit { limit, looping: looping(runtime, engine) })
        }
        Ending::Finished if !runtime.has_cells() && runtime.claims.is_empty() => None,
        Ending::Finished => {
            let objects = std::cell::OnceCell::new();
            engine.data_race(runtime.besides(), |object| {
                let objects = objects
                    .get_or_init(|| runtime.named_objects(engine.uses().chain(runtime.pending())));
                objects[object as usize].name.to_string()
            })
        }
        Ending::Undefined => {
            let uses = engine.uses().chain(runtime.pending());
            undefined(runtime, &runtime.named_objects(uses))
        }
        Ending::Stopped => None,
    }
}

/// Why the execution could not go on, if that was undefined behaviour.
pub(super) fn undefined(runtime: &Runtime, objects: &[Object]) -> Option<Failure> {
    let Undefined { object, first, second, .. } = runtime.undefined?;
    let access = |Use { thread, writes, frees, place }: Use| RacingAccess {
        thread: ThreadId(thread).letter(),
        writes,
        frees,
        place: place.into(),
    };
    let name = objects[object as usize].name.to_string();
    Some(Failure::race_of(name, access(first), access(second)))
}

/// The first panic, if the main thread panicked or nobody took a thread's.
///
/// Of panics that nothing orders, whichever came first, it is the first thread's: the same in every
/// interleaving of a class.
pub(super) fn panic(
    runtime: &Runtime,
    returned: bool,
    happens_before: impl Fn(u32, u32) -> bool,
) -> Option<Failure> {
    if runtime.panics == 0 {
        return None;
    }
    let panics = || {
        let with_panic = |(i, t): (usize, _)| Some((i, Option::<&Panic>::as_ref(&t).copied()?));
        runtime.threads.iter().map(|t| t.panic.as_ref()).enumerate().filter_map(with_panic)
    };
    let main_panicked = !returned && panics().any(|(thread, _)| thread == 0);
    let counts = |(_, panic): &(usize, &Panic)| main_panicked || !panic.taken || panic.is_uncaught;
    // Does the second panic come after everything that the first one comes after?
    let is_known = |first: &Panic, second: &Panic| {
        let known = |&step: &u32| second.after.iter().any(|&last| happens_before(step, last));
        first.after.iter().all(known)
    };
    let causes = |cause: &Panic, panic: &Panic| match cause.after.is_empty() {
        // It took no step: only whoever took the error from `join` can know of it.
        true => cause.taken && !panic.taken,
        // Each may know the other's steps where one has joined the other: then it is the later one.
        false => is_known(cause, panic) && (!is_known(panic, cause) || cause.order < panic.order),
    };
    let (thread, panic) = panics().filter(counts).find(|(thread, panic)| {
        !panics().filter(counts).any(|(other, cause)| other != *thread && causes(cause, panic))
    })?;
    Some(Failure::Panic {
        thread: ThreadId(thread as u8).letter(),
        message: panic.message.clone(),
        place: panic.place.clone(),
    })
}

/// Who waits for what.
pub(super) fn waiting(runtime: &Runtime, objects: &[Object]) -> Vec<Waiting> {
    let mut waiting = Vec::new();
    for (number, thread) in runtime.threads.iter().enumerate() {
        let (what, place, holder) = match thread.state {
            State::Asking => {
                let request = &thread.request;
                let Some(object) = objects.get(request.object as usize) else { continue };
                let (what, held) = awaited(request, runtime.word(request), object);
                let holder = runtime.holder(request.object).filter(|_| held);
                (what, request.place, holder)
            }
            State::Joining(other) | State::Returning(other) => {
                let what = Waiting::for_end(ThreadId(other), runtime.is_task(other));
                (what, thread.waits_at, None)
            }
            State::AtBarrier(object) => {
                let name = objects.get(object as usize).map_or("barrier", |o| &o.name);
                (format!("others at {name}"), thread.waits_at, None)
            }
            _ => continue,
        };
        let holder = holder.map(|(thread, place)| (ThreadId(thread), Place::from(place)));
        let thread = ThreadId(number as u8);
        waiting.push(Waiting { thread, what, place: place.into(), holder });
    }
    waiting
}

/// What a step waits for, in words, and whether that is for whoever holds it.
fn awaited(request: &Request, word: u64, object: &Object) -> (String, bool) {
    match request.op {
        Op::GoOn if !executor::is_woken(word, request.a) => ("a wake-up".into(), false),
        Op::GoOn | Op::TaskStart => ("the thread".into(), true),
        _ => (Waiting::for_object(object), true),
    }
}

/// The places that the last steps go round.
fn looping(runtime: &Runtime, engine: &impl Exploration) -> Vec<Place> {
    let mut places = engine.last_places();
    let spins = spinning(runtime);
    if !spins.is_empty() {
        return spins;
    }
    places.sort();
    places.dedup();
    places
}

/// The places where threads spin.
pub(super) fn spinning(runtime: &Runtime) -> Vec<Place> {
    let spinning = runtime.threads.iter().filter(|thread| thread.goes_round());
    let mut places: Vec<Place> = spinning.map(|thread| thread.goes_round_at().into()).collect();
    places.sort();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_shown_as_long_as_they_fit_the_one_with_the_fewest_switches_first() {
        let entry = |switches, length| Entry {
            executions: 1,
            interleavings: None,
            switches,
            example: vec![(0, 0); length],
        };
        let entries = [entry(3, 10), entry(1, 40), entry(2, 10), entry(1, 30)];
        let shown = |most| {
            let last = last_shown(entries.iter(), most);
            let last = (last.0, last.1, &last.2);
            entries.each_ref().map(|entry| entry.place_among_examples() <= last)
        };
        assert_eq!(shown(0), [false; 4]);
        assert_eq!(shown(1), [false, false, false, true]);
        assert_eq!(shown(30), [false, false, false, true]);
        assert_eq!(shown(31), [false, true, false, true]);
        assert_eq!(shown(71), [false, true, true, true]);
        assert_eq!(shown(1_000), [true; 4]);
        assert_eq!(last_shown([].iter(), 7), Default::default());
    }
}
