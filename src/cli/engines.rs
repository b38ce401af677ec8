//! Running a program under an engine.

use super::limits::{self, Bounds};
use super::progress::Progress;
use super::subject::no_tasks;
use super::usage::Usage;
use racelab::explore::Memory;
use racelab::list::{Outcome, Subject};
use racelab::report::{Proof, Report, counted, grouped, percent};
use racelab::{LoomExplorer, LoomMode};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// Who runs a program.
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

    /// Can it run this program?
    pub fn can_run(self, subject: &Subject) -> bool {
        let runs = &subject.variant.runs;
        match self {
            Runner::Explorer => runs.model.is_some(),
            Runner::Loom | Runner::PlainLoom => runs.loom.is_some(),
        }
    }
}

/// A program and the verdict on it.
pub struct Checked {
    /// The program.
    pub subject: Subject,
    /// Who ran it.
    pub runner: Runner,
    /// How it was run.
    pub settings: Settings,
    /// What came out.
    pub report: Report<Outcome>,
    /// Against which independent total the interleavings were held.
    pub proof: Proof,
    /// Was it asked to stop, by Ctrl-C or the like?
    pub called_off: bool,
}

/// How a program is run, and how long it may be explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Which values a load may see.
    pub memory: Memory,
    /// How long it may take.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        let limits = Limits {
            timeout: Duration::from_secs(60),
            max_executions: u64::MAX,
            max_steps: None,
            jobs: 1,
        };
        Settings { memory: Memory::SequentiallyConsistent, limits }
    }
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

/// Runs a program under every interleaving that the runner finds.
pub fn check(subject: Subject, runner: Runner, settings: Settings) -> Result<Checked, Usage> {
    check_from(subject, runner, settings, None)
}

/// As [`check`]; the explorer goes on from a checkpoint, and keeps one when it is stopped.
pub fn check_from(
    subject: Subject,
    runner: Runner,
    settings: Settings,
    checkpoint: Option<&Checkpoint<'_>>,
) -> Result<Checked, Usage> {
    let progress = Progress::start(format!("{subject} under the {}", runner.name()));
    let report = match runner {
        Runner::Explorer => explore(subject, settings, &progress, checkpoint)?,
        Runner::Loom => under_loom(subject, LoomMode::Interleavings, settings)?,
        Runner::PlainLoom => under_loom(subject, LoomMode::Plain, settings)?,
    };
    let (proof, report) = (report.proof(), subject.graded(report));
    let called_off = checkpoint.is_some_and(|checkpoint| checkpoint.stop.load(Relaxed));
    Ok(Checked { subject, runner, settings, report, proof, called_off })
}

/// loom's report.
fn under_loom(
    subject: Subject,
    mode: LoomMode,
    settings: Settings,
) -> Result<Report<Outcome>, Usage> {
    if subject.variant.runs.loom.is_none() {
        return Err(match subject.variant.runs.tasks {
            true => no_tasks(subject.entry),
            false => Usage::new(format!(
                "loom cannot run {subject}; leave out --engine, and the explorer does"
            )),
        });
    }
    let Limits { timeout, max_executions, .. } = settings.limits;
    let loom = LoomExplorer::new().mode(mode).timeout(timeout).max_executions(max_executions);
    Ok(subject.explore_with_loom(&loom)?)
}

/// Interleavings up to this number are also run one by one, where no closed form holds.
const FEW: u64 = 200_000;

/// A graph of more states than this takes too long for a second opinion.
const MANY: usize = 100_000;

/// The explorer's report, its count held against a second total wherever there is one.
fn explore(
    subject: Subject,
    settings: Settings,
    progress: &Progress,
    checkpoint: Option<&Checkpoint<'_>>,
) -> Result<Report<Outcome>, Usage> {
    let Limits { timeout, max_executions, jobs, max_steps } = settings.limits;
    let bounds = Bounds::of(&subject, MANY).with_steps(max_steps);
    let explorer = bounds.explorer().timeout(timeout).max_executions(max_executions).jobs(jobs);
    let explorer = explorer.memory(settings.memory).prove_up_to(FEW).prove_by_states(true);
    let explorer = match checkpoint {
        Some(Checkpoint { file, stop }) => explorer.checkpoint(file).stop_when(Arc::clone(stop)),
        None => explorer,
    };
    Ok(subject.explore(&progress.follow(explorer))?)
}

impl Checked {
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
        if report.is_complete() && self.settings.memory == Memory::Rc11 {
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
        let Limits { timeout, max_executions, .. } = self.settings.limits;
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
            let bounds = Bounds::of(&self.subject, MANY).with_steps(self.settings.limits.max_steps);
            let steps = counted(bounds.steps() as u128, "step");
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
