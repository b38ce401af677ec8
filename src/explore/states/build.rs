//! Making the graph: run after run, each to where a step is left that has not been taken.
//!
//! A coroutine cannot be copied, so a state can only be reached from the start. But no run is
//! needed for each state: at every point the run takes a step that has not been taken there, and
//! where there is none, one that leads to a state from which some are left. So one run finds many
//! new steps, and the runs are few: far fewer than the states.

use super::objects::{Objects, shown_mark, texts};
use super::tables::{Known, Table};
use super::{Arc, Blocked, NONE, Node, StateGraph};
use crate::explore::runtime::{self, Driver, Ending, Mark, Pick, Runtime, Shown, Taken, run};
use crate::explore::{ExploreError, Explorer, tally};
use crate::report::Failure;
use crate::trace::{Action, ObjectId, Step, Thread, ThreadId, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Instant;

/// Makes the graph of all states.
pub(super) fn build<T, F>(settings: &Explorer, program: &F) -> Result<StateGraph<T>, ExploreError>
where
    F: Fn() -> T,
    T: Clone + Ord + Debug,
{
    if crate::explore::runtime::is_exploring() {
        return Err(ExploreError::Nested);
    }
    let mut runtime = Runtime::new(settings.stack_size);
    runtime.knowledge = Some(Box::default());
    let started = Instant::now();
    loop {
        let yields = anyone_yields(&runtime);
        let graph = attempt(settings, program, &mut runtime, started)?;
        // From the first yield on it matters what a thread has looked at: begin again, telling
        // states apart by that too.
        if anyone_yields(&runtime) == yields {
            return Ok(graph);
        }
    }
}

fn anyone_yields(runtime: &Runtime) -> bool {
    runtime.knowledge.as_ref().is_some_and(|knowledge| knowledge.anyone_yields)
}

fn attempt<T, F>(
    settings: &Explorer,
    program: &F,
    runtime: &mut Runtime,
    started: Instant,
) -> Result<StateGraph<T>, ExploreError>
where
    F: Fn() -> T,
    T: Clone + Ord + Debug,
{
    let max_steps = u32::try_from(settings.max_steps).unwrap_or(u32::MAX);
    let mut builder = Builder::<T>::new(settings.max_states);
    let value = RefCell::new(None);
    let mut body = || {
        let returned = program();
        *value.borrow_mut() = Some(returned);
    };
    loop {
        value.borrow_mut().take();
        builder.begin_run();
        run(runtime, &mut builder, max_steps, &mut body, |runtime, builder, ending| {
            builder.end_run(runtime, ending, value.borrow_mut().take(), settings.max_steps);
        });
        if let Some(error) = runtime.error.take().or(builder.error.take()) {
            return Err(error);
        }
        if builder.is_complete() {
            return Ok(builder.finish());
        }
        let due = builder.executions.is_multiple_of(64);
        if due && settings.timeout.is_some_and(|timeout| started.elapsed() >= timeout) {
            return Err(ExploreError::TooManyStates { found: builder.states.len() });
        }
    }
}

/// A state in the making.
struct Making {
    node: Node,
    /// The threads that could go.
    enabled: u64,
    /// Moves that have not been taken, or lead to a state that is not complete.
    open: u32,
    /// The moves that lead here from states that wait for this one to be complete.
    parents: u32,
}

/// What a move needs while the graph is being made.
#[derive(Clone, Copy)]
struct Link {
    from: u32,
    /// The next move that leads to the same state.
    next_parent: u32,
    /// How often it was taken.
    taken: u32,
    /// Is the state it leads to complete? Kept here too: to look there costs more than all the rest.
    closed: bool,
}

/// The threads of a bit set in the order of their letters: main, `M`, stands among the others.
pub(super) fn in_letter_order(threads: u64) -> impl Iterator<Item = u8> {
    // Main comes behind `L`, the twelfth.
    let order = (1..=12).chain([0]).chain(13..64u8);
    order.filter(move |thread| threads & (1 << thread) != 0)
}

/// Who cannot go, and why.
pub(super) fn blocked(runtime: &Runtime, enabled: u64) -> Vec<Blocked> {
    let objects = runtime.named_objects(std::iter::empty());
    let waiting = tally::waiting(runtime, &objects).into_iter().map(|waiting| {
        let holder = waiting.holder.map(|(thread, _)| format!(", held by {thread}"));
        let why = format!("waits for {}{}", waiting.what, holder.unwrap_or_default());
        Blocked { thread: waiting.thread, why, place: waiting.place }
    });
    let threads = runtime.threads.iter().enumerate();
    let spins = threads.filter(|(_, t)| t.state == runtime::State::Spinning);
    let spins = spins.map(|(number, thread)| Blocked {
        thread: ThreadId(number as u8),
        why: "spins until what it looked at changes".to_owned(),
        place: thread.waits_at.into(),
    });
    let mut all: Vec<_> = waiting.chain(spins).collect();
    all.retain(|blocked| enabled & (1 << blocked.thread.0) == 0);
    all.sort_by_key(|blocked| blocked.thread.letter());
    all
}

/// How a run has ended; `None`: it was not let to its end.
pub(super) fn result<T>(
    runtime: &Runtime,
    ending: Ending,
    value: Option<T>,
) -> Option<Result<T, Failure>> {
    // Of panics that nothing orders a path names the first: each path is one interleaving.
    match (tally::panic(runtime, value.is_some(), |a, b| a <= b), ending, value) {
        (Some(panic), ..) => Some(Err(panic)),
        (None, Ending::Deadlock, _) => {
            let objects = runtime.named_objects(std::iter::empty());
            Some(Err(Failure::Deadlock { waiting: tally::waiting(runtime, &objects) }))
        }
        (None, Ending::Livelock, _) => {
            Some(Err(Failure::StepLimit { limit: None, looping: tally::spinning(runtime) }))
        }
        (None, Ending::Finished, Some(value)) => Some(Ok(value)),
        _ => None,
    }
}

struct Builder<T> {
    known: Known,
    states: Vec<Making>,
    moves: Vec<Arc>,
    links: Vec<Link>,
    /// The complete states, each behind all those it leads to.
    order: Vec<u32>,
    steps: Table<Step>,
    values: Table<Vec<Option<Shown>>>,
    blocked: Table<Vec<Blocked>>,
    outcomes: BTreeMap<Result<T, Failure>, u32>,
    threads: Vec<Thread>,
    objects: Objects,
    max_states: usize,
    executions: u64,
    error: Option<ExploreError>,
    /// The move of the run under way that was taken last.
    last_move: u32,
    last_thread: u8,
    /// The step just taken for the first time, until the value it writes to a cell is known.
    fresh: Option<(Step, u32)>,
}

impl<T: Clone + Ord> Builder<T> {
    fn new(max_states: usize) -> Self {
        Builder {
            known: Known::default(),
            states: Vec::new(),
            moves: Vec::new(),
            links: Vec::new(),
            order: Vec::new(),
            steps: Table::default(),
            values: Table::default(),
            blocked: Table::default(),
            outcomes: BTreeMap::new(),
            threads: Vec::new(),
            objects: Objects::default(),
            max_states,
            executions: 0,
            error: None,
            last_move: NONE,
            last_thread: 0,
            fresh: None,
        }
    }

    fn begin_run(&mut self) {
        self.objects.begin_run();
        self.last_move = NONE;
        self.last_thread = 0;
        self.fresh = None;
    }

    fn is_complete(&self) -> bool {
        self.states.first().is_some_and(|start| start.open == 0)
    }

    /// The state the run has come to; it is made if nobody was there before.
    fn arrive(
        &mut self,
        runtime: &mut Runtime,
        enabled: u64,
        ended: Option<Result<T, Failure>>,
    ) -> Option<u32> {
        let going = self.last_move;
        let known = match going {
            NONE if self.states.is_empty() => NONE,
            NONE => 0,
            going => self.moves[going as usize].next,
        };
        if known != NONE {
            return self.confirm(runtime, known, enabled, ended);
        }
        self.note_fresh(runtime);
        let mark = runtime.state();
        let state = match self.known.get(&mark) {
            Some(&state) => self.confirm(runtime, state, enabled, ended)?,
            None if self.states.len() >= self.max_states => {
                self.error = Some(ExploreError::TooManyStates { found: self.states.len() });
                return None;
            }
            None => {
                let state = self.new_state(runtime, enabled, ended);
                self.known.insert(mark, state);
                state
            }
        };
        if going != NONE {
            self.link(going, state);
        }
        Some(state)
    }

    /// Somebody was in this state before: is the program about to do what it did then?
    fn confirm(
        &mut self,
        runtime: &Runtime,
        state: u32,
        enabled: u64,
        ended: Option<Result<T, Failure>>,
    ) -> Option<u32> {
        let before = &self.states[state as usize];
        let same_end = match &ended {
            None => before.node.outcome == NONE,
            // How a failure is told may depend on the way to it.
            Some(Err(_)) => before.node.outcome != NONE,
            Some(value) => self.outcomes.get(value) == Some(&before.node.outcome),
        };
        if same_end && before.enabled == enabled {
            return Some(state);
        }
        self.error = Some(ExploreError::Forgotten { step: runtime.steps as usize + 1 });
        None
    }

    fn new_state(
        &mut self,
        runtime: &mut Runtime,
        enabled: u64,
        ended: Option<Result<T, Failure>>,
    ) -> u32 {
        let state = self.states.len() as u32;
        let first_move = self.moves.len() as u32;
        for thread in in_letter_order(enabled) {
            let request = &runtime.threads[usize::from(thread)].request;
            for choice in 0..request.alternatives(runtime.word(request)) {
                self.moves.push(Arc { thread, choice, step: NONE, next: NONE });
                self.links.push(Link { from: state, next_parent: NONE, taken: 0, closed: false });
            }
        }
        let open = self.moves.len() as u32 - first_move;
        let next = self.outcomes.len() as u32;
        let outcome = ended.map_or(NONE, |result| *self.outcomes.entry(result).or_insert(next));
        let values = self.objects.shown(runtime);
        let mark = values.iter().fold(Mark::NONE, |mark, value| mark.and(shown_mark(*value)));
        let values = self.values.number(mark, || values);
        let blocked = self.blocked_in(runtime, enabled);
        let node = Node { first_move, moves: open, values, blocked, outcome };
        self.states.push(Making { node, enabled, open, parents: NONE });
        if open == 0 {
            self.order.push(state);
        }
        state
    }

    fn blocked_in(&mut self, runtime: &Runtime, enabled: u64) -> u32 {
        let mut mark = Mark::NONE;
        for (number, thread) in runtime.threads.iter().enumerate() {
            if runtime.live & !enabled & (1 << number) == 0 {
                continue;
            }
            let object = match thread.state {
                runtime::State::Joining(other) => 1 << 32 | u64::from(other),
                runtime::State::AtBarrier(object) => 2 << 32 | u64::from(object),
                runtime::State::Spinning => 3 << 32,
                _ => u64::from(thread.request.object),
            };
            let asks = thread.state == runtime::State::Asking;
            let holder = asks.then(|| runtime.holder(thread.request.object)).flatten();
            let holder = holder.map_or(u64::MAX, |(thread, _)| u64::from(thread));
            let place = match thread.state {
                runtime::State::Asking => thread.request.place,
                _ => thread.waits_at,
            };
            let place = std::ptr::from_ref(place) as u64;
            mark = mark.with(number as u64).with(object).with(holder).with(place);
        }
        self.blocked.number(mark, || blocked(runtime, enabled))
    }

    /// The move leads to the state.
    fn link(&mut self, going: u32, state: u32) {
        self.moves[going as usize].next = state;
        let to = &mut self.states[state as usize];
        if to.open > 0 {
            self.links[going as usize].next_parent = to.parents;
            to.parents = going;
            return;
        }
        let mut complete = vec![going];
        while let Some(mut taken) = complete.pop() {
            while taken != NONE {
                let link = &mut self.links[taken as usize];
                link.closed = true;
                let Link { from, next_parent, .. } = *link;
                let parent = &mut self.states[from as usize];
                parent.open -= 1;
                if parent.open == 0 {
                    self.order.push(from);
                    complete.push(std::mem::replace(&mut parent.parents, NONE));
                }
                taken = next_parent;
            }
        }
    }

    /// The step just taken is known by now, with all its values.
    fn note_fresh(&mut self, runtime: &Runtime) {
        let Some((mut step, object)) = self.fresh.take() else { return };
        if step.action == Action::CellWrite
            && let Shown::Value(value) = runtime.shown(object)
        {
            step.written = Some(value);
        }
        let number = |value: Option<Value>| shown_mark(value.map(Shown::Value));
        let mark = Mark::of(u64::from(step.thread.0) << 32 | step.action as u64)
            .with(step.object.map_or(u64::MAX, |object| u64::from(object.0)))
            .with(step.mutex.map_or(u64::MAX, |mutex| u64::from(mutex.0)))
            .with(step.order.map_or(u64::MAX, |order| order as u64))
            .and(number(step.read))
            .and(number(step.written))
            .with(step.choice.map_or(u64::MAX, u64::from))
            .with(step.place.file.as_ptr() as u64)
            .with(u64::from(step.place.line) << 32 | u64::from(step.place.column))
            .with(u64::from(step.operation) << 1 | u64::from(step.alone));
        self.moves[self.last_move as usize].step = self.steps.number(mark, || step);
    }

    /// The move to take: one that nobody has taken, else one behind which something is left, else
    /// any; of several the one that was taken least.
    fn choose(&self, state: u32) -> u32 {
        let Making { node, .. } = &self.states[state as usize];
        let rank = |number: u32| {
            let (arc, link) = (&self.moves[number as usize], &self.links[number as usize]);
            let left = match arc.next {
                // The first run goes on with one thread, as the explorer's first execution does:
                // so the threads get the same letters.
                NONE if arc.thread == self.last_thread => 0,
                NONE => 1,
                _ => 2 + u32::from(link.closed),
            };
            (left, link.taken)
        };
        let moves = node.first_move..node.first_move + node.moves;
        moves.min_by_key(|&number| rank(number)).unwrap_or(NONE)
    }

    fn end_run(&mut self, runtime: &mut Runtime, ending: Ending, value: Option<T>, limit: usize) {
        self.executions += 1;
        self.objects.note_initial(runtime);
        for (number, thread) in runtime.threads.iter().enumerate().skip(self.threads.len()) {
            let name = thread.name.clone();
            self.threads.push(Thread { id: ThreadId(number as u8), name });
        }
        if self.error.is_some() || runtime.error.is_some() {
            return;
        }
        match result(runtime, ending, value) {
            Some(result) => _ = self.arrive(runtime, 0, Some(result)),
            None => self.error = Some(ExploreError::Endless { limit }),
        }
    }

    fn finish(self) -> StateGraph<T> {
        let objects = self.objects.named();
        let values = self.values.into_values().into_iter();
        let values = values.map(|values| texts(&objects, &values)).collect();
        // In the order of the outcomes, not in that of their discovery.
        let mut numbers = vec![0; self.outcomes.len()];
        for (at, &number) in self.outcomes.values().enumerate() {
            numbers[number as usize] = at as u32;
        }
        let nodes = self.states.into_iter().map(|making| {
            let outcome = making.node.outcome;
            let outcome = if outcome == NONE { NONE } else { numbers[outcome as usize] };
            Node { outcome, ..making.node }
        });
        let mut graph = StateGraph {
            threads: self.threads,
            objects,
            nodes: nodes.collect(),
            moves: self.moves,
            steps: self.steps.into_values(),
            values,
            blocked: self.blocked.into_values(),
            outcomes: self.outcomes.into_keys().collect(),
            totals: Vec::new(),
            order: self.order,
            executions: self.executions,
        };
        graph.count();
        graph
    }
}

impl<T: Clone + Ord> Driver for Builder<T> {
    fn pick(&mut self, runtime: &mut Runtime, enabled: u64) -> Pick {
        let Some(state) = self.arrive(runtime, enabled, None) else { return Pick::Stop };
        if self.states[state as usize].open == 0
            && let Some(knowledge) = &mut runtime.knowledge
        {
            // Nothing new can come: the run goes on to its end, where its outcome is compared.
            knowledge.idle = true;
        }
        let number = self.choose(state);
        let Arc { thread, choice, .. } = self.moves[number as usize];
        self.links[number as usize].taken += 1;
        self.last_move = number;
        self.last_thread = thread;
        Pick::Go(thread, choice)
    }

    fn taken(&mut self, runtime: &mut Runtime, thread: u8, choice: u32, taken: &Taken) {
        let arc = self.moves[self.last_move as usize];
        if arc.next != NONE {
            let known = &self.steps.values()[arc.step as usize];
            let stores = taken.action == Action::Store;
            let same = known.action == taken.action
                && known.place.line == taken.request.place.line()
                && (!stores || known.written == taken.request.bits.value(taken.request.a));
            if !same {
                self.error.get_or_insert(ExploreError::Forgotten { step: runtime.steps as usize });
            }
            return;
        }
        let object = taken.request.object;
        let mut step = runtime.describe_taken(thread, choice, taken);
        let number = |id: ObjectId| ObjectId(self.objects.number(runtime, id.0));
        step.object = step.object.map(number);
        step.mutex = step.mutex.map(|id| ObjectId(self.objects.number(runtime, id.0)));
        self.fresh = Some((step, object));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_come_in_the_order_of_their_letters() {
        let letters: Vec<char> =
            in_letter_order((1 << 51) - 1).map(|thread| ThreadId(thread).letter()).collect();
        assert_eq!(letters.len(), ThreadId::MAX);
        assert!(letters.is_sorted(), "{letters:?}");
    }
}
