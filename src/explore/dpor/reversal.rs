//! From a race to a branch of a wakeup tree.
//!
//! For a race of `first` and `second` the branch is taken at the point before `first`: all steps
//! that do not happen after `first`, in their order, with `second` moved up as far as its turn came.

use super::driver::near_conflict;
use super::history::{Event, History, Race, Touch, Touches};
use super::names::Names;
use super::tree::{Branch, FarTouch, FarTouches, Forest, conflict, without_names};
use super::trunk::Point;
use super::{Dpor, Node, Sleeper};
use crate::explore::runtime::{NONE, Op, Request, Runtime, Waking};
use crate::trace::{Action, Mode};
use std::cell::Cell;

/// A step of a reversed order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub thread: u8,
    /// Which alternative, where there are several.
    pub choice: Option<u32>,
    pub touches: FarTouches,
    near: Touches,
    /// The step of the execution; `NONE` for the race's second step, which finds another state.
    pub event: u32,
}

/// Why a reversed order need not be explored.
enum Covered {
    /// It begins with a step that has been (or will be) explored from here, whatever follows.
    ForGood,
    /// Only together with later steps of this execution.
    ThisTime,
}

impl Dpor {
    /// Reverses every race that is not settled.
    pub(super) fn reverse_races(&mut self, runtime: &Runtime, deadlocked: bool) {
        for i in 0..self.history.races.len() {
            let race = self.history.races[i];
            if !race.settled {
                let event = &self.history.events[race.second as usize];
                let (thread, request) = (event.thread, event.request);
                let previous = event.previous_in_thread;
                let settled = self.reverse(runtime, race, thread, &request, previous);
                self.history.races[i].settled = settled;
            }
        }
        self.reverse_notifies(runtime);
        if deadlocked && self.history.len() > 0 {
            // A step that is asked for and never taken could have come first as well.
            let mut races = std::mem::take(&mut self.blocked);
            for thread in (0..64).filter(|thread| runtime.asking & (1 << thread) != 0) {
                races.clear();
                self.history.races_of_blocked(runtime, thread, &mut races);
                let request = runtime.threads[usize::from(thread)].request;
                let previous = self.history.last_in_thread[usize::from(thread)];
                for &race in &races {
                    self.reverse(runtime, race, thread, &request, previous);
                }
            }
            self.blocked = races;
        }
    }

    /// A notify takes its waiter's time-out away: that could have come first, and is no step of this
    /// execution.
    fn reverse_notifies(&mut self, runtime: &Runtime) {
        for i in 0..self.history.notifies.len() {
            let nth = self.history.notifies[i];
            let event = &self.history.events[nth as usize];
            let woken = event.request.effect(event.before, event.thread, event.choice).result;
            for thread in (0..64u8).filter(|thread| woken & (1 << thread) != 0) {
                let steps = &self.history.by_thread[usize::from(thread)];
                let Some(&wait) = steps.iter().rev().find(|&&step| step < nth) else { continue };
                let mut request = self.history.events[wait as usize].request;
                if request.a == 1 {
                    request.op = Op::TimeOut;
                    let race = Race { first: nth, second: NONE, settled: false };
                    self.reverse(runtime, race, thread, &request, wait);
                }
            }
        }
    }

    /// Adds the reversed order to the tree where the two orders part, unless it is covered.
    /// Returns whether the race is settled.
    fn reverse(
        &mut self,
        runtime: &Runtime,
        race: Race,
        thread: u8,
        request: &Request,
        previous: u32,
    ) -> bool {
        let first = race.first;
        let mut items = std::mem::take(&mut self.items);
        let mut known = std::mem::take(&mut self.known);
        items.clear();
        let history = &self.history;
        let (after, woken) = match race.second {
            // Whoever sleeps has its reasons behind it.
            NONE if request.op == Op::TimeOut => (&[][..], &[][..]),
            NONE => {
                let actor = &runtime.threads[usize::from(thread)];
                (&actor.after[..], &actor.woken[..])
            }
            second => (history.after(second), history.woken(second)),
        };
        let end = history.len() as u32;
        let second = race.second.min(end);
        let item = |event: u32| {
            let e = &history.events[event as usize];
            Item {
                thread: e.thread,
                choice: (e.alternatives > 1).then_some(e.choice),
                touches: far(runtime, &self.names, &e.touches, first),
                near: e.touches,
                event,
            }
        };
        let stays = history.not_after(first);
        for event in first + 1..second {
            if stays(event) {
                items.push(item(event));
            }
        }
        let moved = items.len();
        if moved > 0 {
            history.known_to(previous, after, &mut known);
        }
        let keeps = |event: u32| event < first || (event < second && stays(event));
        let mut alternatives = 1;
        let possible = woken.iter().all(|waking| history.wakes(waking, &keeps))
            && match history.touches_at(request, thread, &keeps) {
                Some((near, found)) => {
                    alternatives = request.alternatives(found);
                    let touches = far(runtime, &self.names, &near, first);
                    items.push(Item { thread, choice: None, touches, near, event: NONE });
                    true
                }
                None => false,
            };
        let settled = !possible || {
            for event in second..end {
                if event != race.second && stays(event) {
                    items.push(item(event));
                }
            }
            self.insert_all(runtime, first as usize, &mut items, (moved, alternatives), &known)
        };
        self.items = items;
        self.known = known;
        settled
    }

    /// Inserts a reversed order once for each alternative of its second step.
    fn insert_all(
        &mut self,
        runtime: &Runtime,
        depth: usize,
        items: &mut Vec<Item>,
        (moved, alternatives): (usize, u32),
        known: &[u32],
    ) -> bool {
        if alternatives == 1 {
            return self.insert(runtime, depth, items, moved, known);
        }
        let order = items.clone();
        (0..alternatives).fold(true, |settled, choice| {
            items.clone_from(&order);
            items[moved].choice = Some(choice);
            self.insert(runtime, depth, items, moved, known) && settled
        })
    }

    /// Inserts a reversed order at the point `depth`; returns whether its race is settled.
    fn insert(
        &mut self,
        runtime: &Runtime,
        depth: usize,
        items: &mut Vec<Item>,
        moved: usize,
        known: &[u32],
    ) -> bool {
        let history = &self.history;
        let Some(trunk) = self.trunk.get(depth) else {
            let Node { sleep, branches, .. } = &mut self.nodes[depth];
            return insert_at(
                (history, &self.names),
                runtime,
                depth,
                sleep,
                &mut self.forest,
                branches,
                items,
                moved,
                known,
                false,
            );
        };
        let mut point = trunk.lock();
        let Point { sleep, forest, branches } = &mut *point;
        let settled = insert_at(
            (history, &self.names),
            runtime,
            depth,
            sleep,
            forest,
            branches,
            items,
            moved,
            known,
            true,
        );
        drop(point);
        if let Some(crew) = &self.crew {
            crew.announce();
        }
        settled
    }
}

/// Inserts a reversed order among `branches`; returns whether its race is settled.
#[expect(clippy::too_many_arguments, reason = "the parts of a point, own or shared")]
fn insert_at(
    (history, names): (&History, &Names),
    runtime: &Runtime,
    depth: usize,
    sleep: &[Sleeper],
    forest: &mut Forest,
    branches: &mut u32,
    items: &mut Vec<Item>,
    mut moved: usize,
    known: &[u32],
    shared: bool,
) -> bool {
    for sleeper in sleep {
        let apart =
            |items: &[Item]| items.iter().all(|item| !near_conflict(&item.near, &sleeper.touches));
        let covered = covers(history, (sleeper.thread, sleeper.choice), apart, items, moved, known);
        match covered {
            Some(Covered::ForGood) => return true,
            Some(Covered::ThisTime) if sleeper.finished => return false,
            _ => {}
        }
    }
    // Other executions that share the race may choose differently after it.
    let fixed = !items.iter().skip(moved + 1).any(|item| item.choice.is_some());
    // Walk down the branches that begin like the reversed order; a leaf covers it.
    let mut settled = None;
    let mut parent = NONE;
    // Threads that have gone on in another way than in this execution, as a bit set.
    let mut astray = 0u64;
    let doubt = Cell::new(false);
    loop {
        let mut branch = match parent {
            NONE => *branches,
            parent => forest.get(parent).first_child,
        };
        if parent != NONE && branch == NONE {
            return fixed && settled.unwrap_or(true);
        }
        let mut found = None;
        while branch != NONE {
            let b = forest.get(branch);
            let apart = |items: &[Item]| {
                let known = astray & (1 << b.thread) == 0;
                match known.then(|| history.touches_of(runtime, b, depth as u32)).flatten() {
                    Some(near) => items.iter().all(|item| !near_conflict(&item.near, &near)),
                    None => {
                        let meets = |item: &Item| conflict(&item.touches, &b.touches, names);
                        let apart = !items.iter().any(meets);
                        doubt.set(doubt.get() || !apart);
                        apart
                    }
                }
            };
            let covered = covers(history, (b.thread, b.choice), apart, items, moved, known);
            // At a shared point another worker may take the branch before this one has found all
            // that belongs below it.
            let enough = !shared || parent != NONE;
            match covered {
                Some(covered) if enough || matches!(covered, Covered::ForGood) => {
                    found = Some((branch, covered));
                    break;
                }
                _ => {}
            }
            branch = b.next;
        }
        let Some((branch, covered)) = found else { break };
        settled.get_or_insert(matches!(covered, Covered::ForGood));
        let thread = forest.get(branch).thread;
        match items.iter().position(|item| item.thread == thread) {
            Some(at) => {
                let item = items.remove(at);
                moved -= usize::from(at < moved);
                astray |= u64::from(item.event == NONE) << thread;
            }
            None => astray |= 1 << thread,
        }
        if items.is_empty() {
            return fixed && settled.unwrap_or(true);
        }
        parent = branch;
    }
    let mut chain = NONE;
    for item in items.iter().rev() {
        let touches = if shared { without_names(item.touches) } else { item.touches };
        let branch = forest.add(item.thread, item.choice, touches);
        forest.get_mut(branch).first_child = chain;
        chain = branch;
    }
    match parent {
        NONE => {
            *branches = forest.append(*branches, chain);
        }
        parent => {
            let first = forest.get(parent).first_child;
            let first = forest.append(first, chain);
            forest.get_mut(parent).first_child = first;
        }
    }
    fixed && !doubt.get() && settled.unwrap_or(true)
}

/// Can this step of `thread` be taken first without leaving the class of the reversed order?
///
/// `apart`: is it independent of all of them?
fn covers(
    history: &History,
    (thread, choice): (u8, Option<u32>),
    apart: impl FnOnce(&[Item]) -> bool,
    items: &[Item],
    moved: usize,
    known: &[u32],
) -> Option<Covered> {
    let Some(at) = items.iter().position(|item| item.thread == thread) else {
        // It does not occur: it must be independent of everything. Then one alternative of it will
        // do: those of the class that take another one are found by the races that led to it.
        return apart(items).then_some(Covered::ThisTime);
    };
    let item = &items[at];
    if choice.is_some() && choice != item.choice {
        return None;
    }
    let first = items[..at].iter().all(|earlier| !comes_before(history, earlier, item, known));
    first.then_some(if at <= moved { Covered::ForGood } else { Covered::ThisTime })
}

fn comes_before(history: &History, earlier: &Item, later: &Item, known: &[u32]) -> bool {
    match (earlier.event, later.event) {
        (NONE, _) => false,
        (event, NONE) => {
            let position = history.events[event as usize].position;
            known[usize::from(earlier.thread)] >= position
                || near_conflict(&earlier.near, &later.near)
        }
        (earlier, later) => history.before(earlier, later),
    }
}

impl Event {
    /// What the step makes of an object's state; a wait leaves its mutex, the second one, free.
    fn word_after(&self, is_first: bool, word: u64) -> u64 {
        match is_first {
            true => self.request.effect(word, self.thread, self.choice).word,
            false => 0,
        }
    }
}

impl History {
    /// What the object looked like if only the steps that `keeps` names had been taken.
    pub(super) fn word_at(&self, object: u32, keeps: &impl Fn(u32) -> bool) -> Option<u64> {
        // The latest write that is kept has its whole past kept: it found what it would find.
        // Only steps that commute with each other (readers, senders that go) need to be redone.
        let mut word = None;
        let mut later = Vec::new();
        for (step, mode) in self.on_object(object) {
            let event = &self.events[step as usize];
            let is_first = event.touches[0].is_some_and(|touch| touch.object == object);
            let word_before = if is_first { event.before } else { 0 };
            word = Some(word_before);
            if !keeps(step) {
                continue;
            }
            match mode {
                Mode::Write => {
                    word = Some(event.word_after(is_first, word_before));
                    break;
                }
                Mode::Share => later.push(step),
                Mode::Read => {}
            }
        }
        later.iter().rev().fold(word, |word, &step| {
            word.map(|word| self.events[step as usize].word_after(true, word))
        })
    }

    /// How a step would touch its objects, and in which state it would find the first, if only the
    /// steps that `keeps` names had been taken; `None` if it would have to wait.
    fn touches_at(
        &self,
        request: &Request,
        thread: u8,
        keeps: &impl Fn(u32) -> bool,
    ) -> Option<(Touches, u64)> {
        if request.object == NONE {
            return Some(([None, None], 0));
        }
        let touch = |object, mode| super::Touch { object, mode };
        if let Some(mode) = request.mode() {
            return Some(([Some(touch(request.object, mode)), None], 0));
        }
        let word = self.word_at(request.object, keeps).unwrap_or(0);
        if !request.enabled(word) {
            return None;
        }
        let effect = request.effect(word, thread, 0);
        let touch = |object, mode| Touch { object, mode };
        let first = effect.action.mode().map(|mode| touch(request.object, mode));
        let waits = effect.action == Action::Wait;
        Some(([first, waits.then_some(touch(request.mutex, Mode::Write))], word))
    }

    /// What a branch's thread, which has no step in a reversed order that parts before step `first`,
    /// touches with its next step: it asks for the same as it did in this execution. `None` if it
    /// cannot be told.
    fn touches_of(&self, runtime: &Runtime, branch: &Branch, first: u32) -> Option<Touches> {
        let steps = &self.by_thread[usize::from(branch.thread)];
        let from = steps.partition_point(|&step| step < first);
        let step = steps[from..].iter().find(|&&step| self.before(first, step));
        let pending = || {
            let asks = runtime.asking & (1 << branch.thread) != 0;
            asks.then(|| &runtime.threads[usize::from(branch.thread)].request)
        };
        let request = match step {
            Some(&step) => &self.events[step as usize].request,
            None => pending()?,
        };
        let mut near = [None, None];
        for (slot, object) in [request.object, request.mutex].into_iter().enumerate() {
            let Some(far) = branch.touches[slot] else { continue };
            let object = if far.object == NONE { object } else { far.object };
            // Who sleeps on a condition variable may be made to ask for something else.
            if object == NONE || runtime.objects[object as usize].key != far.key {
                return None;
            }
            near[slot] = Some(Touch { object, mode: far.mode });
        }
        Some(near)
    }

    /// Would the thread that spun have been woken by the steps that `keeps` names?
    fn wakes(&self, waking: &Waking, keeps: &impl Fn(u32) -> bool) -> bool {
        let (first, last) = waking.looks;
        let looks = self.by_thread[usize::from(waking.thread)].iter().rev();
        let looks = looks.skip_while(|&&look| look > last).take_while(|&&look| look >= first);
        let news = |&step: &u32| {
            let other = &self.events[step as usize];
            other.thread != waking.thread && other.changed && keeps(step)
        };
        looks.filter_map(|&look| Some((look, self.events[look as usize].touches[0]?))).any(
            |(look, touch)| {
                self.on_object(touch.object)
                    .take_while(|&(step, _)| step > look)
                    .any(|(s, _)| news(&s))
            },
        )
    }
}

/// The touches of a step, as other executions that share the first `depth` steps may know them.
fn far(runtime: &Runtime, names: &Names, touches: &Touches, depth: u32) -> FarTouches {
    touches.map(|touch| {
        touch.map(|touch| {
            let info = &runtime.objects[touch.object as usize];
            let (key, mode, name) = (info.key, touch.mode, names.of(touch.object));
            if info.born <= depth {
                return FarTouch { object: touch.object, met: 0, key, name, mode };
            }
            // They are numbered as they are met.
            let met = runtime.objects.partition_point(|other| other.born <= depth) as u32;
            FarTouch { object: NONE, met, key, name, mode }
        })
    })
}
