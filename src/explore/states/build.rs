//! Making the graph: run after run, each to where a step is left that has not been taken.
//!
//! A coroutine cannot be copied, so a state can only be reached from the start. But no run is
//! needed for each state: at every point the run takes a step that has not been taken there, and
//! where there is none, one that leads to a state from which some are left. So one run finds many
//! new steps, and the runs are few: far fewer than the states.

use super::look::result;
use super::objects::{Objects, texts};
use super::tables::{Known, Table};
use super::{Arc, Blocked, NONE, Node, StateGraph};
use crate::explore::runtime::{Driver, Ending, Pick, Runtime, Shown, Taken, run};
use crate::explore::{ExploreError, Explorer, Program};
use crate::report::Failure;
use crate::trace::{Action, ObjectId, Step, Thread, ThreadId};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Instant;

/// Makes the graph of all states.
pub(super) fn build<T>(
    settings: &Explorer,
    program: Program<'_, T>,
) -> Result<StateGraph<T>, ExploreError>
where
    T: Clone + Ord + Debug,
{
    let mut runtime = Runtime::new(settings.stack_size, settings.finer);
    runtime.knowledge = Some(Box::default());
    runtime.clock = settings.clock(Instant::now());
    loop {
        let yields = anyone_yields(&runtime);
        let graph = attempt(settings, program, &mut runtime)?;
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

fn attempt<T>(
    settings: &Explorer,
    program: Program<'_, T>,
    runtime: &mut Runtime,
) -> Result<StateGraph<T>, ExploreError>
where
    T: Clone + Ord + Debug,
{
    let max_steps = u32::try_from(settings.max_steps).unwrap_or(u32::MAX);
    let mut builder = Builder::<T>::new(settings.max_states);
    let value = RefCell::new(None);
    let mut body = || {
        value.borrow_mut().take();
        let returned = program();
        *value.borrow_mut() = Some(returned);
    };
    loop {
        value.borrow_mut().take();
        builder.begin_run();
        run(runtime, &mut builder, max_steps, &mut body, |runtime, builder, ending| {
            builder.end_run(runtime, ending, value.borrow_mut().take(), settings.max_steps);
        });
        if runtime.clock.is_over() || settings.is_called_off() {
            return Err(ExploreError::TooManyStates { found: builder.states.len() });
        }
        if let Some(error) = runtime.take_error().or(builder.error.take()) {
            return Err(error);
        }
        if builder.is_complete() {
            return Ok(builder.finish());
        }
    }
}

/// A state in the making.
pub(super) struct Making {
    pub node: Node,
    /// The threads that could go.
    pub enabled: u64,
    /// Moves that have not been taken, or lead to a state that is not complete.
    pub open: u32,
    /// The moves that lead here from states that wait for this one to be complete.
    pub parents: u32,
}

/// What a move needs while the graph is being made.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub from: u32,
    /// The next move that leads to the same state.
    pub next_parent: u32,
    /// How often it was taken.
    pub taken: u32,
    /// Is the state it leads to complete? Kept here too: to look there costs more than all the rest.
    pub closed: bool,
}

/// The graph in the making.
pub(super) struct Builder<T> {
    pub(super) known: Known,
    pub(super) states: Vec<Making>,
    pub(super) moves: Vec<Arc>,
    pub(super) links: Vec<Link>,
    /// The complete states, each behind all those it leads to.
    pub(super) order: Vec<u32>,
    pub(super) steps: Table<Step>,
    pub(super) values: Table<Vec<Option<Shown>>>,
    pub(super) blocked: Table<Vec<Blocked>>,
    pub(super) outcomes: BTreeMap<Result<T, Failure>, u32>,
    pub(super) threads: Vec<Thread>,
    pub(super) objects: Objects,
    pub(super) max_states: usize,
    pub(super) executions: u64,
    pub(super) error: Option<ExploreError>,
    /// The move of the run under way that was taken last.
    pub(super) last_move: u32,
    pub(super) last_thread: u8,
    /// The step just taken for the first time, until the value it writes to a cell is known.
    pub(super) fresh: Option<(Step, u32)>,
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
            let (name, task) = (thread.name.clone(), runtime.is_task(number as u8));
            self.threads.push(Thread { id: ThreadId(number as u8), name, task });
        }
        if self.error.is_some() || runtime.is_given_up() {
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
    fn rerun(&mut self) {
        self.begin_run();
    }

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
