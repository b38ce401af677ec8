//! The sentences below a picture: the cause, with step numbers, and the source lines involved.

use super::picture::Picture;
use super::source::{self, Sources};
use super::waits::Waits;
use crate::report::counted;
use crate::trace::{DataRace, Step, Trace};

/// Why the values of a data race are not to be believed.
pub(crate) const NO_VALUE: &str = "that is undefined behaviour: what is shown is what single steps \
    would do, and the real program may do anything";

/// So many steps that read or wrote something else than the newest value get a sentence of their own.
const SAID: usize = 8;

/// What has to be said below a picture.
pub(crate) struct Explanation {
    /// One sentence for each cause.
    pub sentences: Vec<String>,
    /// Who waits for whom, after a deadlock.
    pub waits: Waits,
    /// The source lines the sentences talk about.
    pub lines: Vec<SourceLine>,
}

/// A source line and the steps that it asked for.
pub(crate) struct SourceLine {
    /// The steps that the sentences name, counted from 1: `2`, `3 and 4`.
    pub steps: String,
    /// `src/counter/racy.rs:28`.
    pub place: String,
    /// The line itself, where its file can be read.
    pub text: Option<String>,
}

impl Explanation {
    pub fn new(picture: &Picture) -> Self {
        let trace = picture.trace;
        let mut sentences = race(picture.race.as_ref());
        sentences.extend(picture.links.iter().map(|link| link.sentence.clone()));
        match picture.more_links {
            0 => {}
            1 => sentences.push("1 more write loses updates in the same way".into()),
            n => sentences.push(format!("{n} more writes lose updates in the same way")),
        }
        let late = |&step: &usize| note(&trace.steps()[step]).is_some();
        let late: Vec<usize> = (0..trace.steps().len()).filter(late).collect();
        let (said, rest) = late.split_at(late.len().min(SAID));
        sentences.extend(said.iter().filter_map(|&step| out_of_turn(trace, step)));
        if !rest.is_empty() {
            let more = counted(rest.len() as u128, "more step");
            sentences.push(format!("{more} read or wrote something else than the newest value"));
        }
        sentences.extend(cycle(trace));
        let waits = Waits::new(trace);
        sentences.extend(waits.sentences());
        Explanation { sentences, waits, lines: lines(picture) }
    }

    /// The sentences that are not about who waits for whom.
    pub fn causes(&self) -> &[String] {
        &self.sentences[..self.sentences.len() - self.waits.waits.len()]
    }
}

/// A data race, and what it means for the values.
pub(crate) fn race(race: Option<&DataRace>) -> Vec<String> {
    race.iter().flat_map(|race| [race.to_string(), NO_VALUE.to_owned()]).collect()
}

/// What stands beside a step that sees or leaves something else than the newest value.
pub(crate) fn note(step: &Step) -> Option<&'static str> {
    match (step.stale, step.behind) {
        (Some(_), _) => Some("an older value"),
        (None, Some(_)) => Some("comes too late"),
        (None, None) => None,
    }
}

/// What has to be said of a step that sees or leaves something else than the newest value.
pub(crate) fn out_of_turn(trace: &Trace, step: usize) -> Option<String> {
    stale_read(trace, step).or_else(|| early_store(trace, step))
}

/// Why a read saw an older value than the newest, and what would have kept it from doing so.
fn stale_read(trace: &Trace, index: usize) -> Option<String> {
    let steps = trace.steps();
    let step = &steps[index];
    step.stale?;
    let name = step.object.map(|id| trace.object(id).name.as_ref()).unwrap_or_default();
    let value = step.read.map(|value| value.to_string()).unwrap_or_default();
    let (reader, nth) = (step.thread, index + 1);
    // The newest write that was there when the step was taken.
    let orders = trace.orders();
    let writes = orders.writes(trace, index).iter().rev();
    let newest = writes.copied().find(|&write| write < index && steps[write].thread != reader);
    let Some(newest) = newest else {
        return Some(format!("step {nth} read an older {name}: {value}"));
    };
    let writer = steps[newest].thread;
    let says_so = |step: &Step| step.thread == writer && step.writes_value();
    let cure = if steps[newest + 1..index].iter().any(says_so) {
        format!(
            "it would be, had {reader} read with Acquire something that {writer} stored with \
             Release after it"
        )
    } else if !trace.up_to(index + 1).is_sequentially_consistent() {
        format!(
            "{writer} has stored nothing after it that could tell, so Release and Acquire do not \
             help here; SeqCst does"
        )
    } else {
        format!("nothing says that it has to be; {reader} may as well have gone first")
    };
    Some(format!(
        "step {nth} read {name} as {value}: the write of step {} is not yet visible to {reader}; \
         {cure}",
        newest + 1
    ))
}

/// A store that was overwritten before it was made.
fn early_store(trace: &Trace, index: usize) -> Option<String> {
    let step = &trace.steps()[index];
    step.behind?;
    let name = step.object.map(|id| trace.object(id).name.as_ref())?;
    let orders = trace.orders();
    let next = orders.writes(trace, index).get(orders.place(Some(index)))?;
    Some(format!(
        "step {} wrote {name} too late: in the order of the stores to {name}, which all threads \
         agree on, step {} comes after it",
        index + 1,
        next + 1
    ))
}

/// The proof that no interleaving explains the values.
pub(crate) fn cycle(trace: &Trace) -> Vec<String> {
    let Some(cycle) = trace.cycle() else { return Vec::new() };
    let mut sentences = vec!["no interleaving explains these values; go round and see:".to_owned()];
    sentences.extend_from_slice(cycle.lines());
    sentences
}

/// The source lines of the steps that the sentences name.
fn lines(picture: &Picture) -> Vec<SourceLine> {
    let trace = picture.trace;
    let mut named: Vec<usize> = Vec::new();
    named.extend(picture.race.iter().flat_map(|race| [race.first, race.second]));
    for link in &picture.links {
        named.extend([link.read, link.write]);
        named.extend(&link.overwritten);
    }
    named.extend((0..trace.steps().len()).filter(|&i| note(&trace.steps()[i]).is_some()));
    named.sort_unstable();
    named.dedup();
    let mut places: Vec<(_, Vec<usize>)> = Vec::new();
    for index in named {
        let place = &trace.steps()[index].place;
        match places.iter_mut().find(|(p, _)| *p == place) {
            Some((_, steps)) => steps.push(index),
            None => places.push((place, vec![index])),
        }
    }
    for waiting in trace.waiting() {
        let holding = waiting.holder.iter().map(|(_, place)| place);
        for place in holding.chain([&waiting.place]) {
            if !places.iter().any(|(p, _)| *p == place) {
                places.push((place, Vec::new()));
            }
        }
    }
    let mut sources = Sources::default();
    places
        .into_iter()
        .map(|(place, steps)| SourceLine {
            steps: super::links::numbers(&steps),
            place: source::shown(place),
            text: sources.line(place),
        })
        // A deadlock's sentences name their places themselves.
        .filter(|line| line.text.is_some() || !line.steps.is_empty())
        .collect()
}
