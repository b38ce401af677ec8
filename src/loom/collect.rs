//! From executions to a report.

use super::class::{Class, Literal, class, literal};
use super::coverage::{Shape, shape};
use super::finish::{Finished, finish};
use crate::explore::Left;
use crate::primitives::loom::log::Log;
use crate::report::{Coverage, Engine, Failure, Outcome, Proof, Report};
use crate::trace::{ThreadId, Trace, linear_extensions};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::time::Duration;

/// Gathers the executions of one exploration.
pub(super) struct Collector<T> {
    executions: u64,
    /// What the main thread of the execution under way returned.
    returned: Option<T>,
    /// Each distinct execution, with the outcomes it had: one, if the program is deterministic.
    seen: HashMap<Literal, usize>,
    classes: HashSet<(Class, usize)>,
    /// The outcomes in their order, values first; each is an index into `tallies`.
    outcomes: BTreeMap<Result<T, Failure>, usize>,
    tallies: Vec<Tally>,
    /// The shape that every interleaving so far has had; `None` inside once there is none.
    shape: Option<Option<Shape>>,
    /// Executions in which a load read an older value than the newest: no interleavings.
    stale: HashSet<(Literal, usize)>,
    unexplored: bool,
}

/// How often an outcome came, and an example.
struct Tally {
    executions: u64,
    /// `None` once an execution was too large to count.
    interleavings: Option<u128>,
    example: Trace,
}

impl<T: Clone + Ord + Debug> Collector<T> {
    pub(super) fn new() -> Self {
        Collector {
            executions: 0,
            returned: None,
            seen: HashMap::new(),
            classes: HashSet::new(),
            outcomes: BTreeMap::new(),
            tallies: Vec::new(),
            shape: None,
            stale: HashSet::new(),
            unexplored: false,
        }
    }

    pub(super) fn executions(&self) -> u64 {
        self.executions
    }

    /// The main thread has ended, with a value or with a panic. Others may still run.
    pub(super) fn returned(&mut self, result: Option<T>) {
        self.returned = result;
    }

    /// Takes in the execution that has ended, if there is one.
    pub(super) fn collect(&mut self, log: Option<Log>) {
        let Some(log) = log else { return };
        self.executions += 1;
        let finished = finish(log);
        self.unexplored |= finished.unexplored;
        let literal = literal(&finished.steps);
        let result = match (&finished.failure, self.returned.take()) {
            (None, Some(value)) => Ok(value),
            (Some(failure), _) => Err(failure.clone()),
            (None, None) => unreachable!("a main thread that returns nothing has panicked"),
        };
        let known = self.outcomes.get(&result).copied();
        if let (Some(outcome), Some(&had)) = (known, self.seen.get(&literal))
            && outcome == had
        {
            self.tallies[outcome].executions += 1;
            return;
        }
        let outcome = known.unwrap_or(self.tallies.len());
        self.seen.insert(literal.clone(), outcome);
        let interleavings = self.count(&finished, literal, outcome);
        let example = finished.into_trace(ending(&result));
        match self.tallies.get_mut(outcome) {
            None => {
                self.outcomes.insert(result, outcome);
                self.tallies.push(Tally { executions: 1, interleavings, example });
            }
            Some(tally) => {
                tally.executions += 1;
                tally.interleavings =
                    tally.interleavings.zip(interleavings).and_then(|(a, b)| a.checked_add(b));
                if key(&example) < key(&tally.example) {
                    tally.example = example;
                }
            }
        }
    }

    /// How many interleavings this distinct execution adds.
    fn count(&mut self, finished: &Finished, literal: Literal, outcome: usize) -> Option<u128> {
        let steps = &finished.steps;
        if steps.iter().any(|step| step.stale.is_some()) {
            self.stale.insert((literal, outcome));
            return Some(0);
        }
        let shape = shape(steps, &finished.contended);
        match &self.shape {
            None => self.shape = Some(shape),
            Some(common) if *common != shape => self.shape = Some(None),
            Some(_) => {}
        }
        if !self.classes.insert((class(steps), outcome)) {
            return Some(0);
        }
        linear_extensions(steps)
    }

    /// The report on all that was taken in. `ended`: loom had no more executions.
    pub(super) fn report(&self, ended: bool, elapsed: Duration) -> Report<T> {
        let outcomes = self.outcomes.iter().map(|(result, &at)| {
            let tally = &self.tallies[at];
            Outcome {
                result: result.clone(),
                executions: tally.executions,
                interleavings: tally.interleavings,
                example: tally.example.clone(),
                has_example: true,
                grade: None,
            }
        });
        let outcomes: Vec<_> = outcomes.collect();
        let interleavings =
            outcomes.iter().try_fold(0u128, |sum, outcome| sum.checked_add(outcome.interleavings?));
        let total = self.shape.as_ref().and_then(Option::as_ref).and_then(Shape::interleavings);
        let coverage = interleavings.zip(total).map(|(visited, total)| Coverage { visited, total });
        let missed = coverage.map_or(self.unexplored, |coverage| coverage.visited < coverage.total);
        let classes = (self.classes.len() + self.stale.len()) as u64;
        Report {
            loops_cut_after: None,
            engine: Engine::Loom,
            executions: self.executions,
            redundant: self.executions - classes,
            traces: self.seen.len() as u64,
            interleavings,
            coverage,
            proof: if coverage.is_some() { Proof::ClosedForm } else { Proof::None },
            complete: ended && !missed,
            estimate: None,
            elapsed,
            left: Left::default(),
            outcomes,
        }
    }
}

/// The best example has the fewest switches; among those the first in schedule order, in which
/// main comes before `A`. One whose loads are out of date comes after all others.
fn key(trace: &Trace) -> (bool, usize, Vec<ThreadId>) {
    let steps = trace.steps();
    let stale = steps.iter().any(|step| step.stale.is_some());
    let switches = steps.windows(2).filter(|pair| pair[0].thread != pair[1].thread).count();
    (stale, switches, steps.iter().map(|step| step.thread).collect())
}

fn ending<T: Debug>(result: &Result<T, Failure>) -> String {
    match result {
        Ok(value) => format!("returned {value:?}"),
        Err(failure) => failure.to_string(),
    }
}
