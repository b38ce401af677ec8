//! A trace: the recorded steps of one execution.

use super::{Action, ObjectId, Place, Step, ThreadId, Value, linear_extensions};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// What kind of thing a shared object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectKind {
    /// An atomic integer, truth value or pointer.
    Atomic,
    /// A plain cell, unsynchronised.
    Cell,
    /// A mutex.
    Mutex,
    /// A read-write lock.
    RwLock,
    /// A condition variable.
    Condvar,
    /// A channel.
    Channel,
    /// A thread's park token.
    Park,
    /// A barrier.
    Barrier,
    /// A `Once` or `OnceLock`.
    Once,
    /// Whether a thread has ended, where the program asks.
    Thread,
    /// How many references there are to a shared value, where the program can tell.
    Arc,
    /// A thread that tasks share.
    Executor,
}

impl ObjectKind {
    /// Is its state a value, which steps with orderings read and write?
    pub(crate) fn is_atomic(self) -> bool {
        matches!(self, ObjectKind::Atomic | ObjectKind::Thread | ObjectKind::Arc)
    }
}

/// A shared object of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its name in pictures: the one it was given; that of the variable or field it is bound to, where
    /// the line that makes it could be read; or `x`, `y`, `m`, …
    pub name: Cow<'static, str>,
    /// What it is.
    pub kind: ObjectKind,
    /// The value it began with, for those that hold one, or guard one as a lock does.
    pub initial: Option<Value>,
}

/// What is shown of a lock: what it guards, and the letters of those who have it.
pub(crate) fn lock_text(holders: &str, guards: Option<Value>) -> String {
    let holders = if holders.is_empty() { "free" } else { holders };
    guards.map_or_else(|| holders.to_owned(), |value| format!("{value} {holders}"))
}

/// A thread of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Its letter in schedules.
    pub id: ThreadId,
    /// The name it was spawned with.
    pub name: Option<Cow<'static, str>>,
    /// Is it a task, which shares a thread of the program with others?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub task: bool,
}

impl Thread {
    /// What it is called in a sentence: `thread A`, `task A`.
    pub(crate) fn called(&self) -> String {
        format!("{} {}", if self.task { "task" } else { "thread" }, self.id)
    }
}

/// A thread that waits for something at the end of a deadlocked execution.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Waiting {
    /// Who waits.
    pub thread: ThreadId,
    /// For what: `"mutex m"`, `"thread A to end"`.
    pub what: String,
    /// Where in the source it asked.
    pub place: Place,
    /// Who has it, and since which line.
    pub holder: Option<(ThreadId, Place)>,
}

impl Waiting {
    /// What is said of somebody who waits for a thread, or a task, to end.
    pub(crate) fn for_end(thread: ThreadId, is_task: bool) -> String {
        format!("{} {thread} to end", if is_task { "task" } else { "thread" })
    }

    /// What is said of somebody who waits for an object.
    pub(crate) fn for_object(object: &Object) -> String {
        format!("{} {}", format!("{:?}", object.kind).to_lowercase(), object.name)
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} waits for {} at {}", self.thread, self.what, self.place)?;
        match &self.holder {
            Some((thread, place)) => write!(f, ", held by {thread} since {place}"),
            None => Ok(()),
        }
    }
}

/// The recorded steps of one execution, with values and source lines; what is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The threads, by [`ThreadId`].
    pub(crate) threads: Vec<Thread>,
    /// The objects, by [`ObjectId`].
    pub(crate) objects: Vec<Object>,
    pub(crate) steps: Vec<Step>,
    /// How it ended, in words: `returned 1`, `panicked: …`.
    pub(crate) ending: String,
    /// Who waits for what, when the execution ended in a deadlock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) waiting: Vec<Waiting>,
}

impl Trace {
    /// The steps, in the order in which they were taken.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The threads, indexed by [`ThreadId`].
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// The objects, indexed by [`ObjectId`].
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// How the execution ended, in words.
    pub fn ending(&self) -> &str {
        &self.ending
    }

    /// Who waits for what, when the execution ended in a deadlock; empty otherwise.
    pub fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }

    /// The object with this number.
    ///
    /// # Panics
    /// When the number is not of this trace.
    pub fn object(&self, id: ObjectId) -> &Object {
        &self.objects[id.0 as usize]
    }

    /// The first `count` steps, as a trace of their own.
    pub(crate) fn up_to(&self, count: usize) -> Trace {
        Trace { steps: self.steps[..count].to_vec(), ..self.clone() }
    }

    /// Who went at each step: a letter a step, a free choice as a number behind it.
    ///
    /// Steps taken while only one thread lived are left out: nobody could choose.
    pub fn schedule(&self) -> String {
        let mut schedule = String::new();
        for step in self.steps.iter().filter(|step| !step.alone) {
            schedule.push(step.thread.letter());
            if let Some(choice) = step.choice {
                schedule.push_str(&choice.to_string());
            }
        }
        schedule
    }

    /// How often the schedule goes over from one thread to another.
    pub fn switches(&self) -> usize {
        let mut scheduled = self.steps.iter().filter(|step| !step.alone);
        let Some(first) = scheduled.next() else {
            return 0;
        };
        scheduled
            .fold((0, first.thread), |(switches, last), step| {
                (switches + usize::from(step.thread != last), step.thread)
            })
            .0
    }

    /// The number of interleavings this trace stands for: the orders of its steps that keep every
    /// dependent pair as it is. `None` where it is too large to count within the budget.
    pub fn interleavings(&self) -> Option<u128> {
        linear_extensions(&self.steps)
    }

    /// The value of every object after the first `count` steps, for those that hold or guard one.
    pub fn values_after(&self, count: usize) -> Vec<Option<Value>> {
        let mut values: Vec<_> = self.objects.iter().map(|o| o.initial).collect();
        for step in &self.steps[..count] {
            // What takes its place before a newer write leaves the newest value as it is.
            let newest = step.behind.is_none() && step.stale.is_none();
            let object = match step.action {
                Action::Wait => step.mutex,
                Action::Send => None, // the message is gone when it is received
                _ => step.object,
            };
            if let (true, Some(object), Some(written)) = (newest, object, step.written) {
                values[object.0 as usize] = Some(written);
            }
        }
        values
    }
}
