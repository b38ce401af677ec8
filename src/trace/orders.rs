//! Who reads from whom, and the order in which the writes to each object stand.
//!
//! Under sequential consistency both follow from the order of the steps: a read sees the newest
//! write. Under Rust's orderings a step may say otherwise, in [`Step::stale`](super::Step::stale)
//! and [`Step::behind`](super::Step::behind).

use super::Trace;
use std::collections::HashMap;

/// Reads-from and modification order of a trace. Steps are indices into
/// [`Trace::steps`](super::Trace::steps).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orders {
    /// For each step that reads a value: the step that wrote it, or the initial value (`None`).
    reads_from: Vec<Option<Option<usize>>>,
    /// By object: its writes in modification order, without the initial value.
    writes: HashMap<u32, Vec<usize>>,
    /// Each write's place in its object's modification order, from 1.
    places: HashMap<usize, usize>,
}

impl Orders {
    pub(super) fn of(trace: &Trace) -> Orders {
        let mut reads_from = vec![None; trace.steps().len()];
        let mut writes: HashMap<u32, Vec<usize>> = HashMap::new();
        for (i, step) in trace.steps().iter().enumerate() {
            let Some(object) = step.object else { continue };
            if !step.reads_value() && !step.writes_value() {
                continue;
            }
            let order = writes.entry(object.0).or_default();
            let newest = order.last().copied();
            let source = step.reads_value().then(|| step.stale.unwrap_or(newest));
            reads_from[i] = source;
            if step.writes_value() {
                let behind = source.or(step.behind).unwrap_or(newest);
                let at = behind.and_then(|write| order.iter().rposition(|&w| w == write));
                order.insert(at.map_or(0, |at| at + 1), i);
            }
        }
        let places = writes.values().flat_map(|order| order.iter().zip(1..)).map(|(&w, p)| (w, p));
        let places = places.collect();
        Orders { reads_from, writes, places }
    }

    /// The step whose write a step reads (`Some(None)`: the initial value); `None` when it reads
    /// no value.
    pub fn reads_from(&self, step: usize) -> Option<Option<usize>> {
        self.reads_from[step]
    }

    /// The writes of the object that a step accesses, in modification order.
    pub fn writes(&self, trace: &Trace, step: usize) -> &[usize] {
        let object = trace.steps()[step].object;
        object.and_then(|id| self.writes.get(&id.0)).map_or(&[], Vec::as_slice)
    }

    /// A write's place in the modification order of its object, from 1; the initial value has 0.
    pub fn place(&self, write: Option<usize>) -> usize {
        write.map_or(0, |write| self.places.get(&write).copied().unwrap_or(0))
    }

    /// The write that stands right behind the value a step reads or writes.
    pub(super) fn next_write(
        &self,
        trace: &Trace,
        value: Option<usize>,
        step: usize,
    ) -> Option<usize> {
        self.writes(trace, step).get(self.place(value)).copied()
    }
}

impl Trace {
    /// Who reads from whom, and the order of the writes to each object.
    pub fn orders(&self) -> Orders {
        Orders::of(self)
    }
}
