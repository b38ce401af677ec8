//! Who waits for whom at the end of a deadlock, and the circle in it.
//!
//! Computed from the trace alone. Who has a lock and whose end is awaited stands there; who would
//! have to send a signal or make room is told by the steps that did so before.

use super::source;
use super::state::State;
use crate::trace::{Action, Object, ObjectId, ObjectKind, Step, Thread, ThreadId, Trace, Waiting};

/// Everybody who waits.
#[derive(Default)]
pub(crate) struct Waits {
    /// Those who go round come first, in their order; then the chains that lead to them, or to nobody.
    pub waits: Vec<Wait>,
    /// So many of them go round: each waits for the next, and the last for the first.
    pub circle: usize,
}

/// One who waits.
pub(crate) struct Wait {
    pub thread: ThreadId,
    /// A `thread`, or a `task`.
    pub kind: &'static str,
    /// Who would have to go on first; `None`: nobody ever will.
    pub on: Option<ThreadId>,
    /// What it waits for and why in vain, with the source lines.
    pub sentence: String,
}

impl Waits {
    pub fn new(trace: &Trace) -> Self {
        let mut left: Vec<Wait> =
            trace.waiting().iter().map(|waiting| wait(trace, waiting)).collect();
        let mut waits = take_circle(&mut left);
        let circle = waits.len();
        while !left.is_empty() {
            // A chain begins with somebody for whom nobody waits.
            let awaited = |wait: &Wait| left.iter().any(|other| other.on == Some(wait.thread));
            let mut next = left.iter().position(|wait| !awaited(wait)).or(Some(0));
            while let Some(at) = next {
                let wait = left.remove(at);
                next = left.iter().position(|other| Some(other.thread) == wait.on);
                waits.push(wait);
            }
        }
        Waits { waits, circle }
    }

    /// The same in sentences.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        self.waits.iter().map(|wait| format!("{} {}", wait.kind, wait.sentence))
    }

    /// The ending of the trace in few words.
    pub fn ending<'t>(&self, trace: &'t Trace) -> &'t str {
        match self.circle {
            _ if self.waits.is_empty() => trace.ending(),
            0 => "deadlock: no thread can go on, and nobody is left who could change that",
            1 => "deadlock: a thread waits for itself",
            _ => "deadlock: each waits for the next, and the last for the first",
        }
    }

    /// What this thread waits for, if it does.
    pub fn of(&self, thread: ThreadId) -> Option<&Wait> {
        self.waits.iter().find(|wait| wait.thread == thread)
    }

    /// Does the wait at this place lead to the one behind it?
    pub fn leads_on(&self, at: usize) -> bool {
        let next = self.waits.get(at + 1).map(|next| next.thread);
        next.is_some() && self.waits[at].on == next
    }
}

/// Takes those out who go round, in their order; nobody, where nobody does.
fn take_circle(left: &mut Vec<Wait>) -> Vec<Wait> {
    let on = |thread: ThreadId| left.iter().find(|wait| wait.thread == thread)?.on;
    let mut threads = left.iter().map(|wait| wait.thread);
    let circle = threads.find_map(|start| {
        let round: Vec<_> = std::iter::successors(Some(start), |&thread| on(thread))
            .skip(1)
            .take(left.len())
            .collect();
        let back = round.iter().position(|&thread| thread == start)?;
        let mut circle = vec![start];
        circle.extend(&round[..back]);
        Some(circle)
    });
    let take = |thread: ThreadId| {
        let at = left.iter().position(|wait| wait.thread == thread);
        left.remove(at.expect("who goes round waits"))
    };
    circle.unwrap_or_default().into_iter().map(take).collect()
}

fn wait(trace: &Trace, waiting: &Waiting) -> Wait {
    let Waiting { thread, what, place, holder } = waiting;
    let (on, why) = match holder {
        Some((holder, since)) => {
            let who = if holder == thread { "itself".to_owned() } else { holder.to_string() };
            (Some(*holder), format!(", held by {who} since {}", source::shown(since)))
        }
        None => unheld(trace, waiting),
    };
    let sentence = format!("{thread} waits for {what} at {}{why}", source::shown(place));
    let is_task = trace.threads()[thread.index()].task;
    Wait { thread: *thread, kind: if is_task { "task" } else { "thread" }, on, sentence }
}

/// Does it wait for a thread to end?
pub(crate) fn for_end(trace: &Trace, waiting: &Waiting) -> bool {
    whose_end(trace, waiting).is_some()
}

/// What is waited for, in few words: its name, where it has one.
pub(crate) fn for_what(trace: &Trace, waiting: &Waiting) -> String {
    match (whose_end(trace, waiting), object(trace, waiting)) {
        (Some(thread), _) => thread.to_string(),
        (_, Some(id)) => trace.object(id).name.to_string(),
        _ => waiting.what.clone(),
    }
}

fn whose_end(trace: &Trace, waiting: &Waiting) -> Option<ThreadId> {
    let mut threads = trace.threads().iter();
    let ends = |thread: &&Thread| Waiting::for_end(thread.id, thread.task) == waiting.what;
    Some(threads.find(ends)?.id)
}

/// The object that is waited for; `None` where two have this name.
fn object(trace: &Trace, waiting: &Waiting) -> Option<ObjectId> {
    let is_it = |object: &Object| Waiting::for_object(object) == waiting.what;
    let mut found = (0..).zip(trace.objects()).filter(|(_, object)| is_it(object));
    let (at, _) = found.next()?;
    found.next().is_none().then_some(ObjectId(at))
}

/// Who would have to go on for somebody who waits for what nobody holds, and why nobody does.
fn unheld(trace: &Trace, waiting: &Waiting) -> (Option<ThreadId>, String) {
    if let Some(thread) = whose_end(trace, waiting) {
        return (Some(thread), String::new());
    }
    let Some(id) = object(trace, waiting) else { return (None, String::new()) };
    match trace.object(id).kind {
        ObjectKind::Condvar => (None, missed(trace, waiting.thread, id)),
        ObjectKind::Channel => full_or_empty(trace, waiting.thread, id),
        _ => (None, String::new()),
    }
}

/// Where the signal went that a sleeper waits for.
fn missed(trace: &Trace, sleeper: ThreadId, condvar: ObjectId) -> String {
    use Action::*;
    let last = |which: &dyn Fn(&Step) -> bool| {
        trace.steps().iter().rposition(|step| step.object == Some(condvar) && which(step))
    };
    let slept = last(&|step| step.action == Wait && step.thread == sleeper);
    let signal = last(&|step| matches!(step.action, NotifyOne | NotifyAll | NotifyNobody));
    match (signal, slept) {
        (Some(signal), Some(slept)) => {
            let when = match signal < slept {
                true => format!("came before it fell asleep at step {}", slept + 1),
                false => "woke another".to_owned(),
            };
            format!(": the signal of step {} {when}", signal + 1)
        }
        _ => ": nobody has sent a signal".to_owned(),
    }
}

/// Who would have to make room in a channel; an empty one is never filled again.
fn full_or_empty(trace: &Trace, waits: ThreadId, channel: ObjectId) -> (Option<ThreadId>, String) {
    let mut state = State::new(trace);
    trace.steps().iter().for_each(|step| state.apply(step));
    if state.queued(channel) == 0 {
        return (None, ": it is empty, and nobody sends any more".to_owned());
    }
    let takes = |step: &&Step| step.object == Some(channel) && step.action == Action::Receive;
    match trace.steps().iter().rfind(takes).map(|step| step.thread) {
        Some(taker) if taker == waits => {
            (Some(taker), ": it is full, and only the one who waits takes messages out".to_owned())
        }
        Some(taker) => (Some(taker), format!(": it is full, and {taker} takes messages out")),
        None => (None, ": it is full, and nobody has taken anything out".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::Waits;
    use crate::diagram::sample::Sample;

    /// The threads of some waits: `A` waits for `B`, and so on.
    fn waits(pairs: &[(char, char)]) -> Waits {
        let sample = pairs.iter().fold(Sample::new(&["A", "B", "C", "D"]), |sample, &(who, on)| {
            sample.waits(who, "mutex m", 1, (on, 2))
        });
        Waits::new(&sample.ends("deadlock"))
    }

    fn order(waits: &Waits) -> String {
        waits.waits.iter().map(|wait| wait.thread.letter()).collect()
    }

    #[test]
    fn the_circle_comes_first_and_then_the_chains_that_lead_to_it() {
        let waits = waits(&[('A', 'C'), ('B', 'D'), ('C', 'B'), ('D', 'C')]);
        assert_eq!((order(&waits).as_str(), waits.circle), ("BDCA", 3));
        assert!(waits.leads_on(0) && waits.leads_on(1) && !waits.leads_on(2));

        let waits = self::waits(&[('A', 'B'), ('B', 'C'), ('C', 'D'), ('D', 'C')]);
        assert_eq!((order(&waits).as_str(), waits.circle), ("CDAB", 2));
        assert!(waits.leads_on(2), "A waits for B");
    }

    #[test]
    fn of_two_circles_the_first_is_drawn_and_nobody_is_left_out() {
        let waits = waits(&[('A', 'B'), ('B', 'A'), ('C', 'D'), ('D', 'C')]);
        assert_eq!((order(&waits).as_str(), waits.circle), ("ABCD", 2));
    }

    #[test]
    fn a_chain_that_ends_with_somebody_who_does_not_wait_is_no_circle() {
        let waits = waits(&[('A', 'B'), ('B', 'C')]);
        assert_eq!((order(&waits).as_str(), waits.circle), ("AB", 0));
    }
}
