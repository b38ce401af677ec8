//! The machine-readable form of a check. Its fields are documented in the book, "The JSON of
//! check"; they are added to, never renamed.

use super::both::Difference;
use super::engines::Checked;
use racelab::report::Outcome;
use serde::Serialize;

/// One engine's verdict on one counter.
///
/// Numbers of interleavings and executions are strings: they outgrow what JSON readers keep exact.
#[derive(Serialize)]
struct Verdict {
    counter: &'static str,
    engine: &'static str,
    threads: u64,
    increments: u64,
    memory: &'static str,
    complete: bool,
    /// The option whose limit stopped it, or `a signal`.
    stopped_by: Option<&'static str>,
    executions: String,
    interleavings: Option<String>,
    /// Of all interleavings, when only a part was covered.
    estimate: Option<f64>,
    elapsed_ms: f64,
    proof: &'static str,
    outcomes: Vec<Ending>,
}

/// One way in which the program can end.
#[derive(Serialize)]
struct Ending {
    /// Null when the program did not return; then `failure` says why.
    value: Option<u64>,
    failure: Option<String>,
    grade: &'static str,
    interleavings: Option<String>,
    executions: String,
    schedule: String,
    explanation: String,
}

impl Verdict {
    /// The verdict on a checked counter.
    fn of(checked: &Checked) -> Self {
        let report = &checked.report;
        Verdict {
            counter: checked.rung.name,
            engine: report.engine().name(),
            threads: checked.race.threads,
            increments: checked.race.increments,
            memory: checked.race.memory.name(),
            complete: report.is_complete(),
            stopped_by: checked.stopped_by(),
            executions: report.executions().to_string(),
            interleavings: report.interleavings().map(|n| n.to_string()),
            estimate: report.estimate().map(f64::round),
            elapsed_ms: (report.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            proof: checked.proof.name(),
            outcomes: report.outcomes().iter().map(Ending::of).collect(),
        }
    }
}

impl Ending {
    fn of(outcome: &Outcome<u64>) -> Self {
        Ending {
            value: outcome.result().ok().copied(),
            failure: outcome.result().err().map(|failure| failure.to_string()),
            grade: outcome.grade().name(),
            interleavings: outcome.interleavings().map(|n| n.to_string()),
            executions: outcome.executions().to_string(),
            schedule: outcome.example().schedule(),
            explanation: explanation(outcome),
        }
    }
}

/// The cause in words: which step overwrote which. Empty where nothing was lost.
fn explanation(outcome: &Outcome<u64>) -> String {
    let lost = outcome.example().lost_updates();
    lost.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// One engine's verdict as one line of JSON.
pub fn one(checked: &Checked) -> String {
    line(&Verdict::of(checked))
}

/// The engines' verdicts as one line of JSON, with what sets them apart.
pub fn both(explorer: &Checked, loom: &Checked, plain: &Checked) -> String {
    let difference = Difference::between(explorer, loom);
    let endings = |outcomes: &[&Outcome<u64>]| outcomes.iter().map(|o| Ending::of(o)).collect();
    let both = Both {
        explorer: Verdict::of(explorer),
        loom: Verdict::of(loom),
        plain_loom: Verdict::of(plain),
        missed_by_loom: endings(&difference.missed),
        invented_by_loom: endings(&difference.invented),
    };
    line(&both)
}

/// What `--engine both` prints.
#[derive(Serialize)]
struct Both {
    explorer: Verdict,
    loom: Verdict,
    plain_loom: Verdict,
    missed_by_loom: Vec<Ending>,
    invented_by_loom: Vec<Ending>,
}

/// A value as one line of JSON.
fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings, numbers and lists have a JSON form")
}
