//! How an unfolding is made: one run for each move that nobody has taken.
//!
//! A run follows its script to the move it is there for, and goes on from there with the first way of
//! each state it has not met; the other ways are left open for later runs.

use super::Blocked;
use super::known::{Known, known};
use super::look::{blocked, in_letter_order, result};
use super::objects::{Objects, texts};
use super::unfolding::{Partial, Unfolding};
use crate::explore::rc11::Follow;
use crate::explore::runtime::{Driver, Ending, Pick, Runtime, Shown, Taken, run};
use crate::explore::{ExploreError, Explorer, Program};
use crate::report::Failure;
use crate::trace::{Besides, Step, Thread, ThreadId, Trace};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

/// Makes the unfolding of `program`.
pub(super) fn unfold<T>(
    settings: &Explorer,
    program: Program<'_, T>,
) -> Result<Unfolding<T>, ExploreError>
where
    T: Clone + Ord,
{
    let mut runtime = Runtime::new(settings.stack_size, settings.finer);
    runtime.clock = settings.clock(Instant::now());
    let max_steps = u32::try_from(settings.max_steps).unwrap_or(u32::MAX);
    let mut builder = Builder::<T>::default();
    let value = RefCell::new(None);
    let mut body = || {
        value.borrow_mut().take();
        let returned = program();
        *value.borrow_mut() = Some(returned);
    };
    loop {
        value.borrow_mut().take();
        builder.begin_run(settings.follow());
        runtime.recording = Some(Vec::new());
        // By it what objects hold can be shown.
        runtime.knowledge = Some(Box::default());
        run(&mut runtime, &mut builder, max_steps, &mut body, |runtime, builder, ending| {
            builder.end_run(runtime, ending, value.borrow_mut().take());
        });
        if let Some(error) = runtime.take_error() {
            return Err(error);
        }
        let found = builder.nodes.len();
        if found > settings.max_states || runtime.clock.is_over() || settings.is_called_off() {
            return Err(ExploreError::TooManyStates { found });
        }
        if builder.is_endless {
            return Err(ExploreError::Endless { limit: settings.max_steps });
        }
        let Some(next) = builder.open.pop() else { return Ok(builder.finish()) };
        builder.going = Some(next);
    }
}

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
    known: HashMap<Known, usize>,
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
    fn begin_run(&mut self, memory: Option<Follow>) {
        self.script.clear();
        if let Some((node, at)) = self.going {
            let node = &self.nodes[node];
            self.script.extend_from_slice(&node.path);
            self.script.push(node.ways[at]);
        }
        self.depth = 0;
        self.memory = memory;
        self.objects.begin_run();
    }

    /// The run has come to the end of its script: this state may be a new one.
    fn arrive(&mut self, runtime: &Runtime, enabled: u64, result: Option<Result<T, Failure>>) {
        let steps = self.recorded(runtime);
        let key = known(&steps);
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
                None => (0..runtime.alternatives(thread)).collect(),
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
            let (name, task) = (thread.name.clone(), runtime.is_task(number as u8));
            self.threads.push(Thread { id: ThreadId(number as u8), name, task });
        }
        // A run that has come to known states tells nothing by its end.
        if self.nodes.is_empty() || self.going.is_some() {
            match result(runtime, ending, value) {
                Some(result) => self.arrive(runtime, 0, Some(result)),
                None => self.is_endless |= !runtime.is_given_up(),
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
                let race = result
                    .is_ok()
                    .then(|| Failure::data_race(&trace(&node.steps), Besides::default()));
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

impl<T: Clone + Ord> Driver for Builder<T> {
    fn rerun(&mut self) {
        let memory = self.memory.take().map(|_| Follow::default());
        self.begin_run(memory);
    }

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
