//! From the log of an execution to its trace and its failure.
//!
//! The log numbers threads and objects as they came, which depends on the schedule. Here they get
//! the numbers that stay: threads by parent and index, objects by maker and index.

use crate::primitives::loom::log::{Log, PanicNote, RacyAccess};
use crate::primitives::loom::threads::Wait;
use crate::report::{Failure, RacingAccess};
use crate::trace::{
    Action, Besides, Object, ObjectId, ObjectKind, Step, Thread, ThreadId, Trace, Waiting,
    racing_steps,
};
use std::borrow::Cow;

/// An execution, its threads and objects numbered for good.
pub(super) struct Finished {
    pub(super) steps: Vec<Step>,
    pub(super) failure: Option<Failure>,
    /// For each step: was there anyone to race with, whatever the schedule?
    pub(super) contended: Vec<bool>,
    /// Something that loom does not explore was asked of it.
    pub(super) unexplored: bool,
    waiting: Vec<Waiting>,
    threads: Vec<Thread>,
    objects: Vec<Object>,
}

/// What each number in the log becomes.
struct Names {
    threads: Vec<ThreadId>,
    objects: Vec<ObjectId>,
}

pub(super) fn finish(mut log: Log) -> Finished {
    let threads = thread_order(&log);
    let objects = object_order(&log, &threads);
    let names = Names {
        threads: inverse(&threads).into_iter().map(|n| ThreadId(n as u8)).collect(),
        objects: inverse(&objects).into_iter().map(|n| ObjectId(n as u32)).collect(),
    };
    let mut steps = std::mem::take(&mut log.steps);
    for step in &mut steps {
        step.thread = names.threads[step.thread.index()];
        step.object = step.object.map(|object| names.objects[object.0 as usize]);
        step.mutex = step.mutex.map(|mutex| names.objects[mutex.0 as usize]);
    }
    let mut made: Vec<Object> = objects.iter().map(|&i| log.objects[i].object.clone()).collect();
    name_the_nameless(&mut made);
    let waiting = waiting(&log, &names, &made);
    Finished {
        failure: failure(&log, &names, &made, &steps, &waiting),
        contended: std::mem::take(&mut log.contended),
        unexplored: log.unexplored,
        threads: threads.iter().map(|&i| thread(&log, i, &names)).collect(),
        objects: made,
        waiting,
        steps,
    }
}

impl Finished {
    pub(super) fn into_trace(self, ending: String) -> Trace {
        let Finished { steps, threads, objects, waiting, .. } = self;
        Trace { threads, objects, steps, ending, waiting }
    }
}

/// The threads of the log, main first, then by parent and index.
fn thread_order(log: &Log) -> Vec<usize> {
    let mut order = vec![0];
    let mut next = 0;
    while let Some(&parent) = order.get(next) {
        // A thread is logged after its parent, and the children of one parent in their order.
        let children = (1..log.threads.len()).filter(|&i| log.threads[i].parent == parent);
        order.extend(children);
        next += 1;
    }
    order
}

fn object_order(log: &Log, threads: &[usize]) -> Vec<usize> {
    let rank = inverse(threads);
    let mut order: Vec<usize> = (0..log.objects.len()).collect();
    order.sort_by_key(|&i| (rank[log.objects[i].maker], log.objects[i].index));
    order
}

fn inverse(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, &i)| places[i] = place);
    places
}

fn thread(log: &Log, i: usize, names: &Names) -> Thread {
    let name = log.threads[i].name;
    Thread {
        id: names.threads[i],
        name: (!name.is_empty()).then_some(Cow::Borrowed(name)),
        task: false,
    }
}

/// `x`, `y`, … for atomics, `m`, `n`, … for mutexes, and so on.
fn name_the_nameless(objects: &mut [Object]) {
    for i in 0..objects.len() {
        if !objects[i].name.is_empty() {
            continue;
        }
        let letters: &[&str] = match objects[i].kind {
            ObjectKind::Atomic => &["x", "y", "z", "w"],
            ObjectKind::Mutex => &["m", "n", "o", "p"],
            ObjectKind::Cell => &["cell"],
            ObjectKind::Condvar => &["condvar"],
            _ => &["channel"],
        };
        let taken = |name: &str| objects.iter().any(|object| object.name == name);
        let plain = letters.iter().map(|letter| (*letter).to_owned());
        let counted = (2..).map(|n: u32| format!("{}{n}", letters[0]));
        if let Some(name) = plain.chain(counted).find(|name| !taken(name)) {
            objects[i].name = Cow::Owned(name);
        }
    }
}

fn waiting(log: &Log, names: &Names, objects: &[Object]) -> Vec<Waiting> {
    let object = |id: ObjectId| &objects[names.objects[id.0 as usize].0 as usize];
    let thread = |id: ThreadId| names.threads[id.index()];
    let mut waiting: Vec<Waiting> = log
        .deadlock
        .iter()
        .flatten()
        .map(|stuck| {
            let (what, holder) = match &stuck.wait {
                Wait::Mutex { mutex, holder } => {
                    (Waiting::for_object(object(*mutex)), holder.clone())
                }
                Wait::Notify(id) | Wait::Message(id) | Wait::Room(id) => {
                    (Waiting::for_object(object(*id)), None)
                }
                Wait::End(child) => (Waiting::for_end(thread(*child), false), None),
            };
            let holder = holder.map(|(holder, place)| (thread(holder), place));
            Waiting { thread: thread(stuck.thread), what, place: stuck.place.clone(), holder }
        })
        .collect();
    waiting.sort();
    waiting
}

/// What ended a thread first, then why the execution did not end, then undefined behaviour.
fn failure(
    log: &Log,
    names: &Names,
    objects: &[Object],
    steps: &[Step],
    waiting: &[Waiting],
) -> Option<Failure> {
    if let Some(panic) = log.threads.iter().find_map(|thread| thread.panic.clone()) {
        let PanicNote { thread, message, place } = panic;
        let thread = names.threads[thread.index()].letter();
        return Some(Failure::Panic { thread, message, place });
    }
    if !waiting.is_empty() {
        return Some(Failure::Deadlock { waiting: waiting.to_vec() });
    }
    let (cell, first, second) = log.race.as_ref()?;
    let cell = names.objects[cell.0 as usize];
    let object = objects[cell.0 as usize].name.to_string();
    // loom says that there is a race; of all pairs that race the same one is named in every
    // interleaving of the class.
    let pair = racing_pairs(steps, cell).min();
    let (first, second) = pair.unwrap_or_else(|| {
        let access = |(thread, writes, place): &RacyAccess| RacingAccess {
            thread: names.threads[thread.index()].letter(),
            writes: *writes,
            frees: false,
            place: place.clone(),
        };
        (access(first), access(second))
    });
    Some(Failure::DataRace { object, first, second })
}

/// The pairs of accesses of `cell` that race, each with the smaller thread first.
fn racing_pairs(
    steps: &[Step],
    cell: ObjectId,
) -> impl Iterator<Item = (RacingAccess, RacingAccess)> {
    let access = |step: &Step| RacingAccess {
        thread: step.thread.letter(),
        writes: step.action == Action::CellWrite,
        frees: false,
        place: step.place.clone(),
    };
    let pairs = racing_steps(steps, Besides::default()).pairs.into_iter();
    let pairs = pairs.map(|(earlier, later)| (&steps[earlier], &steps[later]));
    pairs.filter(move |(earlier, _)| earlier.object == Some(cell)).map(move |(earlier, later)| {
        let (first, second) = (access(earlier), access(later));
        if second.thread < first.thread { (second, first) } else { (first, second) }
    })
}
