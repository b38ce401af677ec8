//! Who waits for whom where a program stands still, as JSON.
//!
//! It holds for every path that ends there, so it says nothing of what happened on the way: not where
//! the signal went that a sleeper waits for.

use crate::diagram::graph::Graph;
use crate::diagram::source;
use crate::diagram::waits::{Wait, Waits, for_what};
use crate::trace::{Trace, Waiting};
use serde_json::{Value, json};

/// `null` where nobody waits.
pub(super) fn waits(graph: &Graph, waiting: &[Waiting]) -> Value {
    if waiting.is_empty() {
        return Value::Null;
    }
    let trace = Trace { waiting: waiting.to_vec(), ..graph.trace(&[]) };
    let waits = Waits::new(&trace);
    let of = |wait: &Wait| trace.waiting().iter().find(|waiting| waiting.thread == wait.thread);
    let round = waits.waits[..waits.circle].iter().filter_map(|wait| {
        let what = for_what(&trace, of(wait)?);
        Some(json!([wait.thread.letter(), what]))
    });
    let line = |wait: &Wait| match (wait.on, of(wait)) {
        (None, Some(Waiting { thread, what, place, .. })) => {
            let (kind, place) = (wait.kind, source::shown(place));
            format!("{kind} {thread} waits for {what} at {place}, and nobody will change that")
        }
        _ => format!("{} {}", wait.kind, wait.sentence),
    };
    json!({
        "heading": waits.ending(&trace),
        "circle": round.collect::<Vec<_>>(),
        "lines": waits.waits.iter().map(line).collect::<Vec<_>>(),
    })
}
