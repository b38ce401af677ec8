//! Nothing in a cure can be left out: each of its orderings, fences, signals, locks and retries is made
//! weaker, one at a time, and the explorer has to show what goes wrong then. Each is a test:
//!
//!     cargo test --test mutants
//!
//! What can be weakened without harm stands in [`HARMLESS`], with the reason.

use libtest_mimic::{Arguments, Failed, Trial};
use racelab::diagram::{causes, timeline};
use racelab::explore::{Explorer, Memory};
use racelab::list::{self, Role, Subject};
use racelab::primitives::{Weakening, weakened, weakenings};
use racelab::report::Grade;
use racelab::{Failure, Trace};

const MEMORIES: [Memory; 2] = [Memory::SequentiallyConsistent, Memory::Rc11];

/// What nobody notices, and why.
struct Harmless {
    entry: &'static str,
    /// How the names of its variants end.
    variants: &'static [&'static str],
    /// What stands in the source from the place on; `$`: and nothing else.
    code: &'static [&'static str],
    changes: &'static [&'static str],
    why: &'static str,
}

const HARMLESS: &[Harmless] = &[
    Harmless {
        entry: "check-then-act",
        variants: &["compare and exchange"],
        code: &["compare_exchange("],
        changes: &["no retry"],
        why: "whoever is too late would look again and find too little",
    },
    Harmless {
        entry: "torn-read",
        variants: &["one lock"],
        code: &["store(1, SeqCst)", "load(SeqCst)"],
        changes: &["Acquire", "Release"],
        why: "the lock orders it; SeqCst is there to show that it does not help without one",
    },
    Harmless {
        entry: "dekker",
        variants: &["SeqCst", "a SeqCst fence"],
        code: &["store(false, store); while"],
        changes: &["Release", "Relaxed"],
        why: "who takes its flag down to let the other pass hands nothing on",
    },
    Harmless {
        entry: "dekker",
        variants: &["SeqCst"],
        code: &["store(false, store); }"],
        changes: &["Release"],
        why: "who leaves has only to hand on what it did inside",
    },
    Harmless {
        entry: "dekker",
        variants: &["SeqCst", "a SeqCst fence"],
        code: &["load(load) != me", "store(other, store)"],
        changes: &["Acquire", "Release", "Relaxed"],
        why: "the turn only says who waits; who goes in has seen the other's flag down",
    },
    Harmless {
        entry: "dekker",
        variants: &["a SeqCst fence"],
        code: &["store(true, store)"],
        changes: &["Relaxed"],
        why: "the fence behind it orders it",
    },
    Harmless {
        entry: "peterson",
        variants: &["SeqCst"],
        code: &["load(load) == other"],
        changes: &["Acquire"],
        why: "of the turn: who sees an old one sees its own, and waits once more",
    },
    Harmless {
        entry: "peterson",
        variants: &["SeqCst"],
        code: &["store(false, store)"],
        changes: &["Release"],
        why: "who leaves has only to hand on what it did inside",
    },
    Harmless {
        entry: "peterson",
        variants: &["swap the turn"],
        code: &["load(Acquire) == other"],
        changes: &["Relaxed"],
        why: "of the turn: each goes in once, so who gives the turn away has nothing yet to hand on",
    },
    Harmless {
        entry: "aba",
        variants: &["one lock"],
        code: &["load(", "compare_exchange("],
        changes: &["Relaxed", "Relaxed where it fails"],
        why: "the lock orders it; the stack's own orderings are for those who have none",
    },
    Harmless {
        entry: "aba",
        variants: &["one lock"],
        code: &["lock(); push("],
        changes: &["no lock"],
        why: "of the push: the pops keep each other out, and a push alone leaves another top",
    },
    Harmless {
        entry: "dining-philosophers",
        variants: &["one chair fewer"],
        code: &["lock();"],
        changes: &["unlocked before write 2"],
        why: "who has waited for a chair is the last one who wants it",
    },
    Harmless {
        entry: "lost-wakeup",
        variants: &["look under the lock"],
        code: &["load(SeqCst)", "store(true, SeqCst)"],
        changes: &["Acquire", "Release"],
        why: "the lock orders it; SeqCst is there to show that it does not help without one",
    },
    Harmless {
        entry: "stolen-wakeup",
        variants: &["while empty, sleep"],
        code: &["lock();"],
        changes: &["unlocked before write 3"],
        why: "who has slept twice is the last one who wants something",
    },
    Harmless {
        entry: "over-released",
        variants: &["give back what was got", "a guard"],
        code: &["lock(); inside.0 += 1"],
        changes: &["unlocked before write 1"],
        why: "it counts who is inside, and that is never more than one",
    },
    Harmless {
        entry: "livelock",
        variants: &["one order for all"],
        code: &["lock();"],
        changes: &["no lock"],
        why: "what the locks are for is no part of the program: it shows who gets them",
    },
    Harmless {
        entry: "guard-across-await",
        variants: &["await, then lock"],
        code: &["lock();"],
        changes: &["no lock"],
        why: "no await stands behind it, and nobody else runs on this thread meanwhile",
    },
    Harmless {
        entry: "writer-starvation",
        variants: &["writers first", "a turnstile"],
        code: &["lock(); inside.wanting += 1;"],
        changes: &["unlocked before write 2", "unlocked before write 3"],
        why: "a reader may then go in beside the writer, and this program only counts who overtakes it",
    },
    Harmless {
        entry: "writer-starvation",
        variants: &["writers first"],
        code: &["lock(); while inside.writing"],
        changes: &["unlocked before write 3"],
        why: "a reader that has slept twice has no writer to come any more",
    },
    Harmless {
        entry: "writer-starvation",
        variants: &["a turnstile"],
        code: &["lock(); while inside.writing"],
        changes: &["unlocked before write 2"],
        why: "a reader that has slept has no writer to come any more",
    },
    Harmless {
        entry: "writer-starvation",
        variants: &["a turnstile"],
        code: &["notify_all()"],
        changes: &["one signal"],
        why: "only who stands in the turnstile can wait for it",
    },
    Harmless {
        entry: "writer-starvation",
        variants: &["writers first"],
        code: &["notify_all(); }$"],
        changes: &["one signal"],
        why: "of the writer: the reader that is woken wakes the other when it leaves",
    },
];

fn explorer(memory: Memory) -> Explorer {
    Explorer::new().memory(memory).prove_up_to(0).counting(false).max_steps(2_000)
}

/// Every single weakening of a cure, in whichever of its executions the place comes up.
fn mutants(subject: Subject) -> Vec<Weakening> {
    weakenings(|watched| {
        for memory in MEMORIES {
            let watched = watched.clone();
            explorer(memory).explore(move || watched.program(|| subject.run()));
        }
    })
}

/// The first execution that goes wrong, if any does.
fn caught(subject: Subject, weakening: &Weakening) -> Option<Trace> {
    MEMORIES.into_iter().find_map(|memory| {
        let report = explorer(memory).explore(|| weakened(weakening, || subject.run()));
        let report = subject.graded(report);
        let wrong = report.graded(Grade::Forbidden).next().map(|outcome| outcome.example().clone());
        // A cut execution that spins for ever goes wrong too, whatever the entry thinks of limits.
        let endless = |outcome: &&racelab::Outcome<_>| {
            matches!(outcome.result(), Err(Failure::StepLimit { .. }))
        };
        wrong.or_else(|| {
            report.outcomes().iter().find(endless).map(|outcome| outcome.example().clone())
        })
    })
}

/// The source from the place on.
fn code(subject: Subject, weakening: &Weakening) -> String {
    let (line, column) = (weakening.place.line as usize, weakening.place.column as usize);
    let mut lines = subject.entry.source.lines().skip(line - 1);
    let first = lines.next().unwrap_or_default().chars().skip(column - 1).collect::<String>();
    let words = first.split_whitespace().chain(lines.take(2).flat_map(str::split_whitespace));
    words.collect::<Vec<_>>().join(" ")
}

fn reason(subject: Subject, weakening: &Weakening) -> Option<&'static str> {
    let (code, change) = (code(subject, weakening), weakening.change.to_string());
    let found = HARMLESS.iter().find(|harmless| {
        subject.entry.name == harmless.entry
            && harmless.variants.iter().any(|name| subject.variant.name.ends_with(name))
            && harmless.code.iter().any(|known| match known.strip_suffix('$') {
                Some(whole) => code == whole,
                None => code.starts_with(known),
            })
            && harmless.changes.contains(&change.as_str())
    });
    found.map(|harmless| harmless.why)
}

fn check(subject: Subject, weakening: &Weakening) -> Result<(), Failed> {
    match (caught(subject, weakening), reason(subject, weakening)) {
        (Some(trace), None) => {
            let picture = timeline(&trace);
            // Long schedules are broken into lines.
            let words: String = picture.split_whitespace().collect();
            if !words.contains(&trace.schedule()) {
                return Err(format!("the counterexample is not drawn:\n{picture}").into());
            }
            println!("{subject}: {weakening}\n{picture}\n{:?}", causes(&trace));
            Ok(())
        }
        (None, Some(_)) => Ok(()),
        (None, None) => Err("nobody notices: is it needed?".into()),
        (Some(_), Some(why)) => Err(format!("it is caught, though it is listed: {why}").into()),
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let cures = list::all().flat_map(|entry| entry.subjects());
    let cures = cures.filter(|subject| subject.variant.role == Role::Cure && subject.is_modelled());
    let trials = cures.flat_map(|subject| {
        mutants(subject).into_iter().map(move |weakening| {
            let line = subject.entry.source.lines().nth(weakening.place.line as usize - 1);
            let line = line.unwrap_or_default().trim();
            let Weakening { place, change } = &weakening;
            let name = format!("{subject}: {}:{} `{line}`: {change}", place.line, place.column);
            Trial::test(name, move || check(subject, &weakening))
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}
