//! Checkpoints: an exploration stopped today is continued tomorrow.
//!
//! A checkpoint keeps schedules and counts, not values: the outcomes are run again. It belongs to
//! one program and one version of racelab; any other is refused. [`file`] is how it is kept.

mod file;

pub(super) use file::Keeper;

use super::dpor::{Dpor, Snapshot};
use super::runtime::{Runtime, may_be_address};
use super::tally::{Entry, Steps, Tally};
use super::{ExploreError, Explorer, Finer, Reduction};
use crate::explore::Program;
use file::WAY_OUT;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};

#[derive(Serialize, Deserialize)]
struct SavedOutcome {
    executions: u64,
    interleavings: Option<String>,
    switches: usize,
    example: Steps,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    /// The program's first execution, step by step, as a hash.
    program: String,
    literal: bool,
    #[serde(default)]
    finer: Finer,
    executions: u64,
    interleavings: Option<String>,
    outcomes: Vec<SavedOutcome>,
    threads: Vec<(u8, u16)>,
    exploration: Snapshot,
}

/// A hash of the first execution: who took which step where. The same in every process.
pub(super) fn fingerprint(dpor: &Dpor) -> String {
    let mut hasher = DefaultHasher::new();
    for event in &dpor.history().events {
        let request = &event.request;
        let place = request.place;
        (event.thread, event.choice, request.object).hash(&mut hasher);
        (place.file(), place.line(), place.column()).hash(&mut hasher);
        // Addresses are others in each process.
        let compared = !request.has_address() && !may_be_address(request.a);
        compared.then_some(request.a).hash(&mut hasher);
        (format!("{:?}", request.op)).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// Writes a checkpoint.
pub(super) fn save<T>(
    keeper: &Keeper,
    program: &str,
    settings: &Explorer,
    runtime: &Runtime,
    dpor: &Dpor,
    tally: &Tally<T>,
) -> Result<(), ExploreError> {
    let text = |n: Option<u128>| n.map(|n| n.to_string());
    let outcome = |entry: &Entry| SavedOutcome {
        executions: entry.executions,
        interleavings: text(entry.interleavings),
        switches: entry.switches,
        example: entry.example.clone(),
    };
    let saved = Saved {
        program: program.to_owned(),
        literal: settings.reduction == Reduction::None,
        finer: settings.finer,
        executions: tally.executions,
        interleavings: text(tally.interleavings),
        outcomes: tally.outcomes.values().map(outcome).collect(),
        threads: runtime.threads_known(),
        exploration: dpor.save(),
    };
    keeper.write(&serde_json::to_vec(&saved).expect("plain data can be written"))
}

/// Reads a checkpoint, if there is one, and goes on where it stopped. `program_hash` is the
/// fingerprint of the program that is to be explored now.
pub(super) fn resume<T: Ord>(
    keeper: &Keeper,
    program_hash: &str,
    settings: &Explorer,
    runtime: &mut Runtime,
    dpor: &mut Dpor,
    tally: &mut Tally<T>,
    program: Program<'_, T>,
) -> Result<bool, ExploreError> {
    let Some(content) = keeper.read()? else { return Ok(false) };
    let refuse = |why: &str| keeper.refuse(&format!("{why}{WAY_OUT}"));
    let saved: Saved = serde_json::from_slice(&content)
        .map_err(|error| refuse(&format!("is not one of racelab's: {error}")))?;
    if !settings.finer.has(saved.finer) {
        return Err(ExploreError::Finer(saved.finer));
    }
    let literal = settings.reduction == Reduction::None;
    if saved.program != program_hash || saved.literal != literal {
        return Err(refuse("is of another program or other settings"));
    }
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
    runtime.know_threads(saved.threads);
    for outcome in saved.outcomes {
        let again = run_again(settings, runtime, outcome.example.clone(), program)?;
        let mut results = again.outcomes.into_keys();
        let (Some(result), None) = (results.next(), results.next()) else {
            return Err(refuse("holds a schedule the program refuses"));
        };
        let entry = Entry {
            executions: outcome.executions,
            interleavings: number(&outcome.interleavings),
            switches: outcome.switches,
            example: outcome.example,
        };
        if tally.outcomes.insert(result, entry).is_some() {
            return Err(refuse("names one outcome twice"));
        }
    }
    tally.executions = saved.executions;
    tally.interleavings = number(&saved.interleavings);
    dpor.restore(saved.exploration);
    Ok(true)
}

/// Runs one schedule for the sake of its outcome.
fn run_again<T: Ord>(
    settings: &Explorer,
    runtime: &mut Runtime,
    schedule: Steps,
    program: Program<'_, T>,
) -> Result<Tally<T>, ExploreError> {
    let max_steps = u32::try_from(settings.max_steps).unwrap_or(u32::MAX);
    let value = RefCell::new(None);
    let mut body = || {
        value.borrow_mut().take();
        let returned = program();
        *value.borrow_mut() = Some(returned);
    };
    let mut dpor = Dpor::new(false, false);
    let mut tally = Tally::new();
    dpor.follow(schedule);
    dpor.execute(runtime, max_steps, &mut body, |execution| {
        tally.enter(execution, value.borrow_mut().take(), max_steps);
    });
    match runtime.error.take() {
        Some(error) => Err(error),
        None => Ok(tally),
    }
}
