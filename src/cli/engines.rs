//! Running a counter under an engine.

use super::limits;
use super::progress::Progress;
use super::{Usage, counters};
use racelab::LoomExplorer;
use racelab::counter::{Rung, ladder::Program};
use racelab::explore::{Explorer, Memory};
use racelab::report::{Grade, Proof, Report, counted, grouped, percent};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// Who runs a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// racelab's own explorer.
    Explorer,
    /// loom, given every load and store as a read-modify-write: it then visits interleavings.
    Loom,
    /// loom as it comes.
    PlainLoom,
}

impl Runner {
    /// The runner's name at the head of a column.
    pub fn name(self) -> &'static str {
        match self {
            Runner::Explorer => "explorer",
            Runner::Loom => "loom",
            Runner::PlainLoom => "loom as it comes",
        }
    }
}

/// A counter and the verdict on it.
pub struct Checked {
    /// The counter.
    pub rung: &'static Rung,
    /// Who ran it.
    pub runner: Runner,
    /// How many threads incremented it, and how often each of them did.
    pub race: Race,
    /// What came out.
    pub report: Report<u64>,
    /// Against which independent total the interleavings were held.
    pub proof: Proof,
    /// Was it asked to stop, by Ctrl-C or the like?
    pub called_off: bool,
}

/// How large a race is, and how long it may be explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Race {
    /// How many threads increment.
    pub threads: u64,
    /// How often each of them does.
    pub increments: u64,
    /// Which values a load may see.
    pub memory: Memory,
    /// How long it may take.
    pub limits: Limits,
}

/// When to stop, and how many explore. What was found until then is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// No execution begins after this much time.
    pub timeout: Duration,
    /// No execution begins after so many.
    pub max_executions: u64,
    /// An execution is cut after so many steps; `None`: after more than any needs.
    pub max_steps: Option<u64>,
    /// How many OS threads explore.
    pub jobs: usize,
}

/// Where the explorer keeps how far it came, and who tells it to stop.
pub struct Checkpoint<'a> {
    /// The file.
    pub file: &'a Path,
    /// Set when it has to stop.
    pub stop: Arc<AtomicBool>,
}

impl Race {
    /// Two threads, one increment each.
    pub const SMALLEST: Race = Race {
        threads: 2,
        increments: 1,
        memory: Memory::SequentiallyConsistent,
        limits: Limits {
            timeout: Duration::from_secs(60),
            max_executions: u64::MAX,
            max_steps: None,
            jobs: 1,
        },
    };

    /// The steps after which an execution is cut.
    fn max_steps(self) -> usize {
        let steps = self.limits.max_steps.map(|steps| steps as usize);
        steps.unwrap_or_else(|| limits::steps(self.threads, self.increments))
    }

    /// The race itself.
    pub fn run(self, program: Program) -> u64 {
        program(self.threads as usize, self.increments as usize)
    }
}

/// Can the counter be checked? Volatile accesses and sleeps exist on real threads only.
pub fn can_check(rung: &Rung) -> bool {
    rung.model.is_some()
}

/// Runs a counter under every interleaving that the runner finds.
pub fn check(rung: &'static Rung, runner: Runner, race: Race) -> Result<Checked, Usage> {
    check_from(rung, runner, race, None)
}

/// As [`check`]; the explorer goes on from a checkpoint, and keeps one when it is stopped.
pub fn check_from(
    rung: &'static Rung,
    runner: Runner,
    race: Race,
    checkpoint: Option<&Checkpoint<'_>>,
) -> Result<Checked, Usage> {
    let progress = Progress::start(format!("{} under the {}", rung.name, runner.name()));
    let program = match runner {
        Runner::Explorer => rung.model,
        Runner::Loom => rung.loom,
        Runner::PlainLoom => rung.plain_loom,
    };
    let program = program.ok_or_else(|| counters::not_modelled(rung))?;
    let report = match runner {
        Runner::Explorer => explore(program, race, &progress, checkpoint)?,
        Runner::Loom | Runner::PlainLoom => {
            let Limits { timeout, max_executions, .. } = race.limits;
            let loom = LoomExplorer::new().timeout(timeout).max_executions(max_executions);
            loom.try_explore(move || race.run(program)).map_err(Usage::from)?
        }
    };
    let proof = report.proof();
    let all = race.threads * race.increments;
    let report = report
        .acceptable(|count| *count == all, "every increment is there")
        .forbidden(|count| *count < all, "an update was lost")
        .forbidden(|_| true, "more than was added")
        .failure(Grade::Interesting, limits::is_cut, "cut, so nobody knows how it ends");
    let called_off = checkpoint.is_some_and(|checkpoint| checkpoint.stop.load(Relaxed));
    Ok(Checked { rung, runner, race, report, proof, called_off })
}

/// Interleavings up to this number are also run one by one, where no closed form holds.
const FEW: u64 = 200_000;

/// A graph of more states than this takes too long for a second opinion.
const MANY: usize = 100_000;

/// The explorer's report, its count held against a second total wherever there is one.
fn explore(
    program: Program,
    race: Race,
    progress: &Progress,
    checkpoint: Option<&Checkpoint<'_>>,
) -> Result<Report<u64>, Usage> {
    let Limits { timeout, max_executions, jobs, .. } = race.limits;
    let explorer = Explorer::new().timeout(timeout).max_executions(max_executions).jobs(jobs);
    let explorer = explorer.max_steps(race.max_steps()).memory(race.memory);
    let explorer = explorer.prove_up_to(FEW).prove_by_states(true).max_states(MANY);
    let explorer = match checkpoint {
        Some(Checkpoint { file, stop }) => explorer.checkpoint(file).stop_when(Arc::clone(stop)),
        None => explorer,
    };
    Ok(progress.follow(explorer).try_explore(|| race.run(program))?)
}

impl Checked {
    /// `3 threads × 2 increments`.
    pub fn size(&self) -> String {
        let threads = counted(self.race.threads.into(), "thread");
        format!("{threads} × {}", counted(self.race.increments.into(), "increment"))
    }

    /// The interleavings covered, of those there are, in few words: `6 of 6`.
    pub fn covered(&self) -> String {
        let report = &self.report;
        match (report.coverage(), report.interleavings()) {
            (Some(c), _) => format!("{} of {}", grouped(c.visited), grouped(c.total)),
            (None, None) => "not counted".into(),
            (None, Some(n)) if !report.is_complete() => format!("{}, stopped", grouped(n)),
            (None, Some(n)) if self.proof == Proof::None => format!("{} counted", grouped(n)),
            (None, Some(n)) => format!("{0} of {0}", grouped(n)),
        }
    }

    /// Was every interleaving covered, and is it known against an independent total?
    pub fn is_proved(&self) -> bool {
        self.report.is_complete() && self.proof != Proof::None
    }

    /// Why that is all of them, or that it is not.
    pub fn why_all(&self) -> String {
        let report = &self.report;
        if let Some(c) = report.coverage().filter(|c| c.visited < c.total) {
            let (visited, total) = (grouped(c.visited), grouped(c.total));
            let engine = self.runner.name();
            return format!("There are {total}: {engine} visited {visited} of them.");
        }
        if report.is_complete() && self.race.memory == Memory::Rc11 {
            return "That is every execution that the model of Rust's orderings allows, each once. \
                    An execution is which store each load reads, not whose turn was when."
                .into();
        }
        let n = report.interleavings().map_or("?".into(), grouped);
        match (report.is_complete(), self.proof) {
            (false, _) => self.how_far(),
            (true, Proof::ClosedForm) => format!(
                "That is all there are: {n} is the number of ways to shuffle the threads' steps."
            ),
            (true, Proof::Enumeration) => {
                format!("That is all there are: each of the {n} was also run by itself.")
            }
            (true, Proof::States) => {
                format!("That is all there are: {n} paths lead through the graph of states.")
            }
            (true, Proof::None) if report.interleavings().is_none() => {
                "Explored to the end; there are too many interleavings to count.".into()
            }
            (true, Proof::None) => {
                "Explored to the end and counted; held against no other total.".into()
            }
        }
    }

    /// Which of the limits stopped the exploration, if one did.
    pub fn stopped_by(&self) -> Option<&'static str> {
        let Limits { timeout, max_executions, .. } = self.race.limits;
        if self.report.is_complete() {
            None
        } else if limits::was_cut(&self.report) {
            Some("--max-steps")
        } else if self.called_off {
            Some("a signal")
        } else if self.report.elapsed() >= timeout {
            Some("--timeout")
        } else if self.report.executions() >= max_executions {
            Some("--max-executions")
        } else {
            None
        }
    }

    /// What is known of the whole when only a part was covered.
    fn how_far(&self) -> String {
        if limits::was_cut(&self.report) {
            let steps = counted(self.race.max_steps() as u128, "step");
            return format!(
                "Stopped, because one was not over after {steps}; --max-steps allows more."
            );
        }
        let stopped = match self.stopped_by() {
            Some(limit) => format!("Stopped by {limit} before the end"),
            None => "Stopped before the end".into(),
        };
        match (self.report.estimate(), self.report.interleavings()) {
            (Some(whole), Some(n)) => format!(
                "{stopped}: that much is exact. An estimate of the whole is {}, of which this is {}.",
                rounded(whole),
                percent(n as f64 / whole)
            ),
            _ => format!("{stopped}: there are more."),
        }
    }
}

/// A large number with the three digits that an estimate is good for at most.
fn rounded(n: f64) -> String {
    if n >= 1e15 {
        return format!("{n:.1e}");
    }
    let unit = 10f64.powf(n.log10().floor() - 2.0).max(1.0);
    grouped(((n / unit).round() * unit) as u128)
}
