//! The lost updates of a trace, one link for each overwriting step, and the sentences that name them.

use crate::report::grouped;
use crate::trace::{Trace, because};

/// The lost updates of one overwriting step: indices into the trace's steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub read: usize,
    pub overwritten: Vec<usize>,
    pub write: usize,
    /// As [`LostUpdate::awaits`](crate::trace::LostUpdate::awaits).
    awaits: Option<usize>,
    /// The sentence that names the cause.
    pub sentence: String,
}

/// More numbers than this are not all written.
const MANY: usize = 12;
/// So many of them are, and the last one.
const FIRST: usize = 5;

/// `3`, `3 and 5`, `3, 5 and 6`: step numbers, counted from 1; `3, 5, 7, 9, 11, … and 63 (31 in all)`.
pub(crate) fn numbers(indices: &[usize]) -> String {
    let shown = |indices: &[usize]| -> Vec<String> {
        indices.iter().map(|i| (i + 1).to_string()).collect()
    };
    if let (true, Some(last)) = (indices.len() > MANY, indices.last()) {
        let (first, all) = (shown(&indices[..FIRST]).join(", "), grouped(indices.len() as u128));
        return format!("{first}, … and {} ({all} in all)", last + 1);
    }
    let shown = shown(indices);
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The sentences that name the lost updates, one for each overwriting step.
///
/// # Examples
/// ```
/// # let json = include_str!("../../tests/traces/racy-ABAB.json");
/// # let trace = racelab::diagram::json::read(json)?;
/// let cause = "step 4 overwrote step 3, because thread B had read count at step 2";
/// assert_eq!(racelab::diagram::causes(&trace), [cause]);
/// # Ok::<(), racelab::diagram::json::Error>(())
/// ```
pub fn causes(trace: &Trace) -> Vec<String> {
    links(trace).into_iter().map(|link| link.sentence).collect()
}

/// One link for each overwriting step.
pub(crate) fn links(trace: &Trace) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for lost in trace.lost_updates() {
        match links.last_mut() {
            Some(link) if link.write == lost.write => link.overwritten.push(lost.overwritten),
            _ => links.push(Link {
                read: lost.read,
                overwritten: vec![lost.overwritten],
                write: lost.write,
                awaits: lost.awaits,
                sentence: lost.to_string(),
            }),
        }
    }
    for link in links.iter_mut().filter(|link| link.overwritten.len() > 1) {
        link.sentence = many_lost(trace, link);
    }
    links
}

/// The sentence for a write that lost several updates at once.
fn many_lost(trace: &Trace, link: &Link) -> String {
    let writer = &trace.steps()[link.write];
    let name = writer.object.map(|id| trace.object(id).name.as_ref()).unwrap_or_default();
    let because = because(writer.thread, name, link.read, link.awaits);
    format!("step {} overwrote steps {}, {because}", link.write + 1, numbers(&link.overwritten))
}
