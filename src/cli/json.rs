//! The machine-readable form of a check. Its fields are documented in the book, "The JSON of
//! check"; they are added to, never renamed.

use super::both::Difference;
use super::engines::Checked;
use racelab::list::{self, Part, Subject};
use serde::Serialize;
use std::collections::BTreeMap;

type Outcome = racelab::report::Outcome<list::Outcome>;

/// What a program is called, and how large it is: `counter`, `threads`, `increments`; or `race` and
/// `orderings`.
pub type Names = BTreeMap<&'static str, serde_json::Value>;

/// The fields that name a program.
pub fn names(subject: &Subject) -> Names {
    let part = Part::of(subject.entry);
    let mut names = Names::from([
        ("program", subject.entry.name.into()),
        ("variant", subject.variant.name.into()),
    ]);
    // The entry last: a counter's variant has no other name.
    names.insert(part.variant, subject.variant.name.into());
    names.insert(part.entry, subject.entry.name.into());
    let sizes = subject.entry.parameters.iter().zip(subject.size);
    names.extend(sizes.map(|(parameter, n)| (parameter.name, n.into())));
    names
}

/// One engine's verdict on one program.
///
/// Numbers of interleavings and executions are strings: they outgrow what JSON readers keep exact.
#[derive(Serialize)]
struct Verdict {
    #[serde(flatten)]
    names: Names,
    engine: &'static str,
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
    value: Option<list::Outcome>,
    /// The value with the names of its numbers.
    words: Option<String>,
    failure: Option<String>,
    grade: &'static str,
    /// What is thought of it.
    meaning: Option<String>,
    interleavings: Option<String>,
    executions: String,
    /// Null when the example was not kept.
    schedule: Option<String>,
    explanation: String,
    /// The proof that no interleaving explains it, an edge an entry; empty when one does.
    cycle: Vec<String>,
}

impl Verdict {
    /// The verdict on a checked program.
    fn of(checked: &Checked) -> Self {
        let report = &checked.report;
        Verdict {
            names: names(&checked.subject),
            engine: report.engine().name(),
            memory: checked.settings.memory.name(),
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
    fn of(outcome: &Outcome) -> Self {
        let cycle = outcome.example().cycle();
        Ending {
            value: outcome.result().ok().copied(),
            words: outcome.result().ok().map(list::Outcome::words),
            failure: outcome.result().err().map(|failure| failure.to_string()),
            grade: outcome.grade().name(),
            meaning: outcome.description().map(str::to_owned),
            interleavings: outcome.interleavings().map(|n| n.to_string()),
            executions: outcome.executions().to_string(),
            schedule: outcome.has_example().then(|| outcome.example().schedule()),
            explanation: explanation(outcome),
            cycle: cycle.map(|cycle| cycle.lines().to_vec()).unwrap_or_default(),
        }
    }
}

/// The cause in words: which step overwrote which. Empty where nothing was lost.
fn explanation(outcome: &Outcome) -> String {
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
    let endings = |outcomes: &[&Outcome]| outcomes.iter().map(|o| Ending::of(o)).collect();
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

/// The verdicts on all variants of an entry as one line of JSON.
pub fn all(checked: &[Checked]) -> String {
    let first = checked.first().map(|one| (one.subject.entry, one.settings.memory.name()));
    let all = first.map(|(entry, memory)| All {
        names: BTreeMap::from([("program", entry.name), (Part::of(entry).entry, entry.name)]),
        memory,
        cases: checked.iter().map(Verdict::of).collect(),
    });
    line(&all)
}

/// What a check of an entry with several variants prints.
#[derive(Serialize)]
struct All {
    #[serde(flatten)]
    names: BTreeMap<&'static str, &'static str>,
    memory: &'static str,
    cases: Vec<Verdict>,
}

/// A value as one line of JSON.
fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings, numbers and lists have a JSON form")
}
