//! By what a partial execution is known: two runs that have it in common are in the same state.

use crate::trace::{Action, Mode, Place, Step, ThreadId, Trace, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What two runs have in common that have come to the same partial execution.
pub(super) type Known = (Vec<Vec<KnownStep>>, BTreeMap<u32, Vec<Group>>);
/// Steps on one object, each known by its thread and which of the thread's it is. Those that stand
/// side by side and may change places are one group.
type Group = (Mode, BTreeSet<(ThreadId, usize)>);
type KnownStep = (Action, Option<u32>, [Option<Value>; 2], Option<u32>, Place, Source);
/// Who wrote what a step reads: the thread's so-manieth step, or nobody.
type Source = Option<Option<(ThreadId, usize)>>;

/// By what a partial execution is known.
pub(super) fn known(steps: &[Step]) -> Known {
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
    let mut chains: BTreeMap<u32, Vec<Group>> = BTreeMap::new();
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
        let object = step.object.filter(|_| !has_value).zip(step.action.mode());
        for (id, mode) in object.into_iter().chain(step.mutex.map(|mutex| (mutex, Mode::Write))) {
            let chain = chains.entry(id.0).or_default();
            match chain.last_mut() {
                Some((last, group)) if !last.conflicts(mode) => _ = group.insert(names[nth]),
                _ => chain.push((mode, BTreeSet::from([names[nth]]))),
            }
        }
    }
    for (nth, step) in steps.iter().enumerate() {
        if let (true, Some(id)) = (step.writes_value(), step.object) {
            let order =
                orders.writes(&trace, nth).iter().map(|&write| BTreeSet::from([names[write]]));
            chains.entry(id.0).or_insert_with(|| order.map(|write| (Mode::Write, write)).collect());
        }
    }
    (lines, chains)
}
