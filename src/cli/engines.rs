//! Running a counter under an engine.

use super::Usage;
use super::progress::Progress;
use racelab::LoomExplorer;
use racelab::counter::Rung;
use racelab::report::{Engine, Proof, Report, counted, grouped};
use std::time::Duration;

/// The engine that is used unless another is asked for.
pub const DEFAULT: Engine = Engine::Loom;

/// No execution begins after this much time. What was found until then is shown.
const PATIENCE: Duration = Duration::from_secs(120);

/// A counter and the verdict on it.
pub struct Checked {
    /// The counter.
    pub rung: &'static Rung,
    /// How many threads incremented it.
    pub threads: u64,
    /// How often each of them did.
    pub increments: u64,
    /// What came out.
    pub report: Report<u64>,
    /// Against which independent total the interleavings were held.
    pub proof: Proof,
}

/// Can the counter run under an engine? Volatile accesses and sleeps exist on real threads only.
pub fn can_check(rung: &Rung) -> bool {
    rung.loom.is_some()
}

/// Runs a counter under every interleaving that the engine finds.
pub fn check(
    rung: &'static Rung,
    engine: Engine,
    threads: u64,
    increments: u64,
) -> Result<Checked, Usage> {
    let _progress = Progress::start(format!("{} under {}", rung.name, engine.name()));
    let size = (threads as usize, increments as usize);
    let report = match engine {
        Engine::Loom => loom(rung, size)?,
        Engine::Explorer => return Err(Usage::new("the explorer is not here yet; --engine loom")),
    };
    let all = threads * increments;
    let report = report
        .acceptable(|count| *count == all, "every increment is there")
        .forbidden(|count| *count < all, "an update was lost")
        .forbidden(|_| true, "more than was added");
    let proof = report.proof();
    Ok(Checked { rung, threads, increments, report, proof })
}

fn loom(rung: &Rung, (threads, increments): (usize, usize)) -> Result<Report<u64>, Usage> {
    let program = rung.loom.ok_or_else(|| not_modelled(rung))?;
    let explorer = LoomExplorer::new().timeout(PATIENCE);
    explorer
        .try_explore(move || program(threads, increments))
        .map_err(|error| Usage::new(error.to_string()))
}

/// The answer to who wants to check what exists on real threads only.
pub fn not_modelled(rung: &Rung) -> Usage {
    let name = rung.name;
    Usage::new(format!(
        "{name} exists on real threads only, so no engine can check it; try: racelab stress {name}"
    ))
}

impl Checked {
    /// `3 threads × 2 increments`.
    pub fn size(&self) -> String {
        let threads = counted(self.threads.into(), "thread");
        format!("{threads} × {}", counted(self.increments.into(), "increment"))
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
            let engine = report.engine().name();
            return format!("There are {total}: {engine} visited {visited} of them.");
        }
        let n = report.interleavings().map_or("?".into(), grouped);
        match (report.is_complete(), self.proof) {
            (false, _) => "Stopped before the end: there are more.".into(),
            (true, Proof::ClosedForm) => format!(
                "That is all there are: {n} is the number of ways to shuffle the threads' steps."
            ),
            (true, Proof::Enumeration) => {
                format!("That is all there are: each of the {n} was also run by itself.")
            }
            (true, Proof::States) => {
                format!("That is all there are: {n} paths lead through the graph of states.")
            }
            (true, Proof::None) => {
                "Explored to the end and counted; held against no other total.".into()
            }
        }
    }
}
