//! The state of the shared objects as a trace goes by: what they hold, and whom they keep waiting.
//!
//! Computed from the recorded steps alone. What a trace does not tell (the capacity of a channel)
//! is not guessed: a sender that waits for room is then not marked.

use crate::trace::{Action, ObjectId, ObjectKind, Step, ThreadId, Trace, Value, lock_text};

/// What every object holds, after some of the steps.
pub(crate) struct State<'t> {
    trace: &'t Trace,
    values: Vec<Option<Value>>,
    /// Who has each lock, and whether as a reader.
    holders: Vec<Vec<(ThreadId, bool)>>,
    /// How many messages each channel holds.
    queued: Vec<usize>,
}

impl<'t> State<'t> {
    pub fn new(trace: &'t Trace) -> Self {
        let objects = trace.objects();
        State {
            trace,
            values: objects.iter().map(|object| object.initial).collect(),
            holders: vec![Vec::new(); objects.len()],
            queued: vec![0; objects.len()],
        }
    }

    /// Takes one more step.
    pub fn apply(&mut self, step: &Step) {
        use Action::*;
        if let Some(mutex) = step.mutex.filter(|_| step.action == Wait) {
            self.release(mutex, step);
        }
        let Some(object) = step.object else { return };
        let at = object.0 as usize;
        match step.action {
            Lock | Reacquire | ReadLock => {
                self.holders[at].push((step.thread, step.action == ReadLock));
                self.values[at] = step.read.or(self.values[at]);
            }
            TaskStart | GoOn => self.holders[at] = vec![(step.thread, false)],
            Unlock | ReadUnlock | Await | TaskEnd | TaskCancelled => self.release(object, step),
            Downgrade => {
                self.release(object, step);
                self.holders[at].push((step.thread, true));
            }
            Send => self.queued[at] += 1,
            Receive => self.queued[at] = self.queued[at].saturating_sub(1),
            _ if step.writes_value() => self.values[at] = step.written.or(self.values[at]),
            _ => {}
        }
    }

    fn release(&mut self, lock: ObjectId, step: &Step) {
        let holders = &mut self.holders[lock.0 as usize];
        if let Some(at) = holders.iter().position(|(holder, _)| *holder == step.thread) {
            holders.remove(at);
        }
        let guarded = &mut self.values[lock.0 as usize];
        *guarded = step.written.or(*guarded);
    }

    /// How many messages a channel holds.
    pub fn queued(&self, id: ObjectId) -> usize {
        self.queued[id.0 as usize]
    }

    /// What stands in the object's column: a value, what a lock guards and the letters of its
    /// holders, the number of messages in a channel.
    pub fn shown(&self, id: ObjectId) -> String {
        let at = id.0 as usize;
        match self.trace.object(id).kind {
            ObjectKind::Mutex | ObjectKind::RwLock => {
                let holders = self.holders[at].iter().map(|(holder, _)| holder.letter());
                lock_text(&holders.collect::<String>(), self.values[at])
            }
            ObjectKind::Channel => format!("{} in", self.queued[at]),
            _ => self.values[at].map(|value| value.to_string()).unwrap_or_else(|| "–".into()),
        }
    }

    /// Why the thread whose next step is the one at `index` cannot take it now; `done` steps have
    /// been taken.
    pub fn blocks(&self, index: usize, done: usize) -> Option<String> {
        let step = &self.trace.steps()[index];
        let object = step.object?;
        let name = &self.trace.object(object).name;
        let holders = &self.holders[object.0 as usize];
        let waits = Some(format!("waits for {name}"));
        match step.action {
            Action::Reacquire if step.after.iter().any(|&notify| notify >= done) => {
                Some("sleeps".into())
            }
            Action::Lock | Action::Reacquire if !holders.is_empty() => waits,
            // Another task runs; that is seen.
            Action::TaskStart | Action::GoOn if !holders.is_empty() => Some(String::new()),
            Action::ReadLock if holders.iter().any(|(_, reads)| !reads) => waits,
            Action::Receive if self.queued[object.0 as usize] == 0 => waits,
            _ => None,
        }
    }
}
