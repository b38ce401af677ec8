//! Checkpoints: an exploration stopped today is continued tomorrow.
//!
//! A checkpoint keeps schedules and counts, not values: the outcomes are run again. It belongs to
//! one program and one version of racelab; any other is refused.

use super::dpor::{Dpor, Snapshot};
use super::runtime::Runtime;
use super::tally::{Entry, Steps, Tally};
use super::{ExploreError, Explorer, Reduction};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::path::Path;

const FORMAT: &str = concat!("racelab checkpoint, version ", env!("CARGO_PKG_VERSION"));

#[derive(Serialize, Deserialize)]
struct SavedOutcome {
    executions: u64,
    interleavings: Option<String>,
    switches: usize,
    example: Steps,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    /// The program's first execution, step by step, as a hash.
    program: String,
    literal: bool,
    executions: u64,
    interleavings: Option<String>,
    outcomes: Vec<SavedOutcome>,
    threads: Vec<(u8, u16)>,
    exploration: Snapshot,
}

fn refuse(path: &Path, why: &str) -> ExploreError {
    ExploreError::Checkpoint(format!("the checkpoint {} {why}", path.display()))
}

/// A hash of the first execution: who took which step where. The same in every process.
pub(super) fn fingerprint(dpor: &Dpor) -> String {
    let mut hasher = DefaultHasher::new();
    for event in &dpor.history().events {
        let place = event.request.place;
        (event.thread, event.choice, event.request.object).hash(&mut hasher);
        (place.file(), place.line(), place.column(), event.request.a).hash(&mut hasher);
        (format!("{:?}", event.request.op)).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// Writes a checkpoint. The file is complete or not there at all.
pub(super) fn save<T>(
    path: &Path,
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
    let file = File {
        format: FORMAT.to_owned(),
        program: program.to_owned(),
        literal: settings.reduction == Reduction::None,
        executions: tally.executions,
        interleavings: text(tally.interleavings),
        outcomes: tally.outcomes.values().map(outcome).collect(),
        threads: runtime.threads_known(),
        exploration: dpor.save(),
    };
    let written = serde_json::to_vec(&file).expect("plain data can be written");
    let draft = path.with_extension("part");
    fs::write(&draft, written)
        .and_then(|()| fs::rename(&draft, path))
        .map_err(|error| refuse(path, &format!("could not be written: {error}")))
}

/// Removes the checkpoint of an exploration that has come to its end.
pub(super) fn remove(path: &Path) -> Result<(), ExploreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(refuse(path, &format!("could not be removed: {error}")))
        }
        _ => Ok(()),
    }
}

/// Reads a checkpoint, if there is one, and goes on where it stopped. `program_hash` is the
/// fingerprint of the program that is to be explored now.
pub(super) fn resume<T: Ord, F: Fn() -> T>(
    path: &Path,
    program_hash: &str,
    settings: &Explorer,
    runtime: &mut Runtime,
    dpor: &mut Dpor,
    tally: &mut Tally<T>,
    program: &F,
) -> Result<bool, ExploreError> {
    let read = match fs::read(path) {
        Ok(read) => read,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(refuse(path, &format!("could not be read: {error}"))),
    };
    let way_out = "; remove it, or name another file";
    let file: File = serde_json::from_slice(&read)
        .map_err(|error| refuse(path, &format!("is not one of racelab's: {error}{way_out}")))?;
    if file.format != FORMAT {
        return Err(refuse(path, &format!("is of another version ({}){way_out}", file.format)));
    }
    let literal = settings.reduction == Reduction::None;
    if file.program != program_hash || file.literal != literal {
        return Err(refuse(path, &format!("is of another program or other settings{way_out}")));
    }
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
    runtime.know_threads(file.threads);
    for saved in file.outcomes {
        let again = run_again(settings, runtime, saved.example.clone(), program)?;
        let mut results = again.outcomes.into_keys();
        let (Some(result), None) = (results.next(), results.next()) else {
            return Err(refuse(path, &format!("holds a schedule the program refuses{way_out}")));
        };
        let entry = Entry {
            executions: saved.executions,
            interleavings: number(&saved.interleavings),
            switches: saved.switches,
            example: saved.example,
        };
        if tally.outcomes.insert(result, entry).is_some() {
            return Err(refuse(path, &format!("names one outcome twice{way_out}")));
        }
    }
    tally.executions = file.executions;
    tally.interleavings = number(&file.interleavings);
    dpor.restore(file.exploration);
    Ok(true)
}

/// Runs one schedule for the sake of its outcome.
fn run_again<T: Ord, F: Fn() -> T>(
    settings: &Explorer,
    runtime: &mut Runtime,
    schedule: Steps,
    program: &F,
) -> Result<Tally<T>, ExploreError> {
    let max_steps = u32::try_from(settings.max_steps).unwrap_or(u32::MAX);
    let value = RefCell::new(None);
    let mut body = || {
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
