//! Which executions are the same but for the order of independent steps.

use crate::trace::{Action, ObjectId, Step, ThreadId, Value, clocks};

/// What a step did, without who did it and where.
type Deed = (Action, Option<ObjectId>, Option<ObjectId>, Option<Value>, Option<Value>);

/// An execution, literally: its steps in their order, with values.
pub(super) type Literal = Vec<(ThreadId, Deed)>;

/// A class: what each thread did, and for each of its steps how many steps of every thread had to
/// come before. Two executions are of one class exactly when these are equal.
pub(super) type Class = Vec<Vec<(Deed, Vec<u32>)>>;

fn deed(step: &Step) -> Deed {
    (step.action, step.object, step.mutex, step.read, step.written)
}

pub(super) fn literal(steps: &[Step]) -> Literal {
    steps.iter().map(|step| (step.thread, deed(step))).collect()
}

pub(super) fn class(steps: &[Step]) -> Class {
    let deeds = |thread: usize| steps.iter().filter(move |s| s.thread.index() == thread).map(deed);
    let threads = clocks(steps).into_iter().enumerate();
    threads.map(|(thread, clocks)| deeds(thread).zip(clocks).collect()).collect()
}
