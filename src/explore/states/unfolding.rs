//! Every partial execution of a program, under either memory.
//!
//! A [`StateGraph`](super::StateGraph) asks what the objects hold; here two runs are in the same
//! state only if they have come there by the same execution so far: the same steps of each thread,
//! each read from the same store, the stores of each object in the same order. There are more of
//! those, and each knows more: which load has missed which store, which accesses race.
//!
//! ```
//! use racelab::explore::{Explorer, Memory, Unfolding};
//! use racelab::model::{sync::atomic::{AtomicU32, Ordering::Relaxed}, thread};
//! use std::sync::Arc;
//!
//! let program = || {
//!     let x = Arc::new(AtomicU32::new(0));
//!     let theirs = Arc::clone(&x);
//!     let thread = thread::spawn(move || theirs.store(1, Relaxed));
//!     let seen = x.load(Relaxed);
//!     thread.join().unwrap();
//!     seen
//! };
//! let unfolding = Unfolding::build(&Explorer::new().memory(Memory::Rc11), program)?;
//! assert_eq!(unfolding.executions().count(), 2);
//! # Ok::<(), racelab::explore::ExploreError>(())
//! ```
//!
//! Under [`Memory::Rc11`](crate::explore::Memory) the ended states are the executions that an
//! exploration runs, each once (where plain accesses race, their order is told apart here and not
//! there).

use super::Blocked;
use super::build::{blocked, in_letter_order, result};
use super::objects::{Objects, texts};
use crate::explore::rc11::Follow;
use crate::explore::runtime::{Driver, Ending, Pick, Runtime, Shown, Taken, is_exploring, run};
use crate::explore::{ExploreError, Explorer};
use crate::report::Failure;
use crate::trace::{Action, Object, Place, Step, Thread, ThreadId, Trace, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::time::Instant;

/// The partial executions of a program and the steps between them. State 0 is the start.
#[derive(Clone, Debug)]
pub struct Unfolding<T> {
    threads: Vec<Thread>,
    objects: Vec<Object>,
    states: Vec<Partial>,
    outcomes: Vec<Result<T, Failure>>,
}

/// A partial execution.
#[derive(Clone, Debug)]
pub struct Partial {
    /// A way to get here: its steps, with indices into themselves.
    pub steps: Vec<Step>,
    /// What the objects hold, as pictures show it.
    pub values: Vec<String>,
    /// What can happen next, in schedule order, and the state it leads to. Indices in a step are
    /// into `steps`.
    pub moves: Vec<(Step, usize)>,
    /// Who cannot go, and why.
    pub blocked: Vec<Blocked>,
    /// How the program has ended, as an index into [`Unfolding::outcomes`].
    pub outcome: Option<usize>,
}

impl<T> Unfolding<T> {
    /// Makes the unfolding of `program`.
    ///
    /// Of the settings, `memory`, `max_steps`, `max_states`, `timeout` and `stack_size` count.
    ///
    /// # Errors
    /// When the program cannot be explored, or has more partial executions than the settings allow.
    pub fn build<F>(settings: &Explorer, program: F) -> Result<Self, ExploreError>
    where
        F: Fn() -> T + Send + Sync,
        T: Clone + Ord + Debug + Send,
    {
        if is_exploring() {
            return Err(ExploreError::Nested);
        }
        let started = Instant::now();
        let mut runtime = Runtime::new(settings.stack_size);
        let max_steps = u32::try_from(settings.max_steps).unwrap_or(u32::MAX);
        let mut builder = Builder::<T>::default();
        let value = RefCell::new(None);
        let mut body = || {
            let returned = program();
            *value.borrow_mut() = Some(returned);
        };
        loop {
            value.borrow_mut().take();
            builder.begin_run(settings);
            runtime.recording = Some(Vec::new());
            // By it what objects hold can be shown.
            runtime.knowledge = Some(Box::default());
            run(&mut runtime, &mut builder, max_steps, &mut body, |runtime, builder, ending| {
                builder.end_run(runtime, ending, value.borrow_mut().take());
            });
            if let Some(error) = runtime.error.take() {
                return Err(error);
            }
            if builder.is_endless {
                return Err(ExploreError::Endless { limit: settings.max_steps });
            }
            let found = builder.nodes.len();
            let late = settings.timeout.is_some_and(|timeout| started.elapsed() >= timeout);
            if found > settings.max_states || late {
                return Err(ExploreError::TooManyStates { found });
            }
            let Some(next) = builder.open.pop() else { return Ok(builder.finish()) };
            builder.going = Some(next);
        }
    }

    /// The threads, indexed by [`ThreadId`].
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// The objects, indexed by [`ObjectId`](crate::trace::ObjectId).
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The partial executions.
    pub fn states(&self) -> &[Partial] {
        &self.states
    }

    /// How the program can end: values in their order, then failures.
    pub fn outcomes(&self) -> &[Result<T, Failure>] {
        &self.outcomes
    }

    /// The executions: the states in which the program has ended.
    pub fn executions(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.states.len()).filter(|&state| self.states[state].outcome.is_some())
    }
}

/// What two runs have in common that have come to the same partial execution.
type Key = (Vec<Vec<KnownStep>>, BTreeMap<u32, Vec<(ThreadId, usize)>>);
type KnownStep = (Action, Option<u32>, [Option<Value>; 2], Option<u32>, Place, Source);
/// Who wrote what a step reads: the thread's so-manieth step, or nobody.
type Source = Option<Option<(ThreadId, usize)>>;

/// A state in the making.
struct Node<T> {
    path: Vec<(u8, u32)>,
    steps: Vec<Step>,
    shown: Vec<Option<Shown>>,
    ways: Vec<(u8, u32)>,
    moves: Vec<Option<(Step, usize)>>,
    blocked: Vec<Blocked>,
    result: Option<Result<T, Failure>>,
}

struct Builder<T> {
    nodes: Vec<Node<T>>,
    known: HashMap<Key, usize>,
    /// Moves that nobody has taken.
    open: Vec<(usize, usize)>,
    /// The move that the run under way is there for; `None` once it is among known states.
    going: Option<(usize, usize)>,
    script: Vec<(u8, u32)>,
    depth: usize,
    memory: Option<Follow>,
    threads: Vec<Thread>,
    objects: Objects,
    is_endless: bool,
}

impl<T> Default for Builder<T> {
    fn default() -> Self {
        Builder {
            nodes: Vec::new(),
            known: HashMap::new(),
            open: Vec::new(),
            going: None,
            script: Vec::new(),
            depth: 0,
            memory: None,
            threads: Vec::new(),
            objects: Objects::default(),
            is_endless: false,
        }
    }
}

impl<T: Clone + Ord> Builder<T> {
    fn begin_run(&mut self, settings: &Explorer) {
        self.script.clear();
        if let Some((node, at)) = self.going {
            let node = &self.nodes[node];
            self.script.extend_from_slice(&node.path);
            self.script.push(node.ways[at]);
        }
        self.depth = 0;
        self.memory = settings.follow();
        self.objects.begin_run();
    }

    /// The run has come to the end of its script: this state may be a new one.
    fn arrive(&mut self, runtime: &Runtime, enabled: u64, result: Option<Result<T, Failure>>) {
        let steps = self.recorded(runtime);
        let key = key(&steps);
        let known = self.known.get(&key).copied();
        let state = known.unwrap_or(self.nodes.len());
        if let Some((from, at)) = self.going.take() {
            let step = steps.last().expect("a move is a step").clone();
            self.nodes[from].moves[at] = Some((step, state));
        }
        if known.is_some() {
            return;
        }
        self.known.insert(key, state);
        let mut ways = Vec::new();
        for thread in in_letter_order(enabled) {
            let choices = match &mut self.memory {
                Some(memory) => memory.new_ways(runtime, thread),
                None => {
                    let request = &runtime.threads[usize::from(thread)].request;
                    (0..request.alternatives(runtime.word(request))).collect()
                }
            };
            ways.extend(choices.into_iter().map(|choice| (thread, choice)));
        }
        self.open.extend((1..ways.len()).rev().map(|at| (state, at)));
        if let Some(&first) = ways.first() {
            self.going = Some((state, 0));
            self.script.push(first);
        }
        let path = self.script[..self.script.len() - usize::from(!ways.is_empty())].to_vec();
        self.nodes.push(Node {
            path,
            steps,
            shown: self.objects.shown(runtime),
            moves: vec![None; ways.len()],
            ways,
            blocked: blocked(runtime, enabled),
            result,
        });
    }

    /// The steps so far, their objects numbered as in all runs.
    fn recorded(&mut self, runtime: &Runtime) -> Vec<Step> {
        let mut steps = runtime.recording.clone().unwrap_or_default();
        for id in steps.iter_mut().flat_map(|step| step.object.iter_mut().chain(&mut step.mutex)) {
            id.0 = self.objects.number(runtime, id.0);
        }
        steps
    }

    fn end_run(&mut self, runtime: &mut Runtime, ending: Ending, value: Option<T>) {
        self.objects.note_initial(runtime);
        for (number, thread) in runtime.threads.iter().enumerate().skip(self.threads.len()) {
            let name = thread.name.clone();
            self.threads.push(Thread { id: ThreadId(number as u8), name });
        }
        // A run that has come to known states tells nothing by its end.
        if self.nodes.is_empty() || self.going.is_some() {
            match result(runtime, ending, value) {
                Some(result) => self.arrive(runtime, 0, Some(result)),
                None => self.is_endless |= runtime.error.is_none(),
            }
        }
    }

    fn finish(self) -> Unfolding<T> {
        let objects = self.objects.named();
        let trace = |steps: &[Step]| Trace {
            threads: self.threads.clone(),
            objects: objects.clone(),
            steps: steps.to_vec(),
            ending: String::new(),
            waiting: Vec::new(),
        };
        let mut outcomes: BTreeMap<Result<T, Failure>, usize> = BTreeMap::new();
        let results: Vec<Option<Result<T, Failure>>> = self
            .nodes
            .iter()
            .map(|node| {
                let result = node.result.clone()?;
                let race = result.is_ok().then(|| Failure::data_race(&trace(&node.steps)));
                Some(race.flatten().map_or(result, Err))
            })
            .collect();
        outcomes.extend(results.iter().flatten().cloned().map(|result| (result, 0)));
        outcomes.values_mut().zip(0..).for_each(|(number, at)| *number = at);
        let states = self.nodes.into_iter().zip(results).map(|(node, result)| Partial {
            values: texts(&objects, &node.shown),
            moves: node.moves.into_iter().flatten().collect(),
            outcome: result.map(|result| outcomes[&result]),
            steps: node.steps,
            blocked: node.blocked,
        });
        let states = states.collect();
        let outcomes = outcomes.into_keys().collect();
        Unfolding { threads: self.threads, objects, states, outcomes }
    }
}

/// By what a partial execution is known.
fn key(steps: &[Step]) -> Key {
    let trace = Trace {
        threads: Vec::new(),
        objects: Vec::new(),
        steps: steps.to_vec(),
        ending: String::new(),
        waiting: Vec::new(),
    };
    let orders = trace.orders();
    let mut lines: Vec<Vec<KnownStep>> = Vec::new();
    let mut names: Vec<(ThreadId, usize)> = Vec::with_capacity(steps.len());
    let mut chains: BTreeMap<u32, Vec<(ThreadId, usize)>> = BTreeMap::new();
    for (nth, step) in steps.iter().enumerate() {
        let thread = step.thread.index();
        lines.resize_with(lines.len().max(thread + 1), Vec::new);
        names.push((step.thread, lines[thread].len()));
        let has_value = step.reads_value() || step.writes_value();
        let source = orders.reads_from(nth).map(|write| write.map(|write| names[write]));
        let object = step.object.map(|id| id.0);
        lines[thread].push((
            step.action,
            object,
            [step.read, step.written],
            // Which store a load reads is said by its source; the number depends on the way here.
            step.choice.filter(|_| !has_value),
            step.place.clone(),
            source,
        ));
        let touched = [step.object.filter(|_| !has_value), step.mutex];
        for id in touched.into_iter().flatten() {
            chains.entry(id.0).or_default().push(names[nth]);
        }
    }
    for (nth, step) in steps.iter().enumerate() {
        if let (true, Some(id)) = (step.writes_value(), step.object) {
            let order = orders.writes(&trace, nth).iter().map(|&write| names[write]);
            chains.entry(id.0).or_insert_with(|| order.collect());
        }
    }
    (lines, chains)
}

impl<T: Clone + Ord> Driver for Builder<T> {
    fn scripted(&mut self, _: &mut Runtime) -> Option<(u8, u32)> {
        None
    }

    fn pick(&mut self, runtime: &mut Runtime, enabled: u64) -> Pick {
        let at_the_end = self.depth == self.script.len();
        if at_the_end && (self.going.is_some() || self.nodes.is_empty()) {
            self.arrive(runtime, enabled, None);
        }
        let next = self.script.get(self.depth).copied();
        let (thread, choice) = next.unwrap_or((enabled.trailing_zeros() as u8, 0));
        self.depth += 1;
        if let Some(memory) = &mut self.memory {
            memory.take(runtime, thread, choice);
        }
        Pick::Go(thread, choice)
    }

    fn taken(&mut self, _: &mut Runtime, _: u8, _: u32, _: &Taken) {}
}
