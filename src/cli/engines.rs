//! Running a counter under an engine.

use super::progress::Progress;
use super::usage::warn;
use super::{Usage, counters};
use racelab::LoomExplorer;
use racelab::counter::{Rung, ladder::Program};
use racelab::explore::{Explorer, Memory, Reduction, StateGraph};
use racelab::report::{Failure, Outcome, Proof, Report, counted, grouped};
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
}

/// How large a race is, and how long it may be explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Race {
    /// How many threads increment.
    pub threads: u64,
    /// How often each of them does.
    pub increments: u64,
    /// No execution begins after this much time. What was found until then is shown.
    pub patience: Duration,
    /// Which values a load may see.
    pub memory: Memory,
}

impl Race {
    /// Two threads, one increment each.
    pub const SMALLEST: Race = Race {
        threads: 2,
        increments: 1,
        patience: Duration::from_secs(60),
        memory: Memory::SequentiallyConsistent,
    };

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
    let _progress = Progress::start(format!("{} under the {}", rung.name, runner.name()));
    let program = match runner {
        Runner::Explorer => rung.model,
        Runner::Loom => rung.loom,
        Runner::PlainLoom => rung.plain_loom,
    };
    let program = program.ok_or_else(|| counters::not_modelled(rung))?;
    let (report, proof) = match runner {
        Runner::Explorer => explore(program, race)?,
        Runner::Loom | Runner::PlainLoom => {
            let loom = LoomExplorer::new().timeout(race.patience);
            let report = loom.try_explore(move || race.run(program)).map_err(Usage::from)?;
            let proof = report.proof();
            (report, proof)
        }
    };
    let all = race.threads * race.increments;
    let report = report
        .acceptable(|count| *count == all, "every increment is there")
        .forbidden(|count| *count < all, "an update was lost")
        .forbidden(|_| true, "more than was added");
    Ok(Checked { rung, runner, race, report, proof })
}

/// Interleavings up to this number are also run one by one, where no closed form holds.
const FEW: u128 = 200_000;

/// The explorer's report, its count held against a second total wherever there is one.
fn explore(program: Program, race: Race) -> Result<(Report<u64>, Proof), Usage> {
    let explorer = Explorer::new().timeout(race.patience).memory(race.memory);
    let report = explorer.try_explore(|| race.run(program))?;
    let Some(count) = report.interleavings() else {
        return Ok((report, Proof::None));
    };
    if !report.is_complete() || report.proof() != Proof::None {
        let proof = report.proof();
        return Ok((report, proof));
    }
    if count > FEW {
        let paths = StateGraph::build(&explorer, || race.run(program))
            .ok()
            .and_then(|graph| graph.interleavings());
        let proof = if paths == Some(count) { Proof::States } else { Proof::None };
        return Ok((report, proof));
    }
    let literal = explorer.reduction(Reduction::None).try_explore(|| race.run(program))?;
    if !literal.is_complete() {
        return Ok((report, Proof::None));
    }
    // Not only as many interleavings, but as many for each ending.
    let endings = |report: &Report<u64>| -> Vec<_> {
        let counted =
            |o: &Outcome<u64>| (o.result().map_err(Failure::clone).copied(), o.interleavings());
        report.outcomes().iter().map(counted).collect()
    };
    if endings(&literal) == endings(&report) {
        return Ok((report, Proof::Enumeration));
    }
    // Should it ever come to this, the literal run is the one to trust, and it has to be told.
    warn(&format!(
        "the explorer counts {} and running them one by one gives {}: that is a fault of \
         racelab, please report it; what follows is from running them one by one",
        counted(report.interleavings().unwrap_or(0), "interleaving"),
        grouped(literal.executions().into())
    ));
    Ok((literal, Proof::Enumeration))
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
            return "That is every execution that Rust's orderings allow, each once.".into();
        }
        let n = report.interleavings().map_or("?".into(), grouped);
        match (report.is_complete(), self.proof) {
            (false, _) => match report.estimate() {
                Some(whole) => format!(
                    "Stopped before the end (--seconds): an estimate of the whole is {whole:.1e}."
                ),
                None => "Stopped before the end (--seconds): there are more.".into(),
            },
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
