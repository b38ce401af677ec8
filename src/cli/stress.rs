//! `racelab stress`: real threads until an update is lost.

use super::args::StressArgs;
use super::out::{Out, say};
use super::progress::Progress;
use super::style::{self, BAD, GOOD, ODD, TYPE, paint};
use super::{Usage, Verdict, subject};
use racelab::counter::Maker;
use racelab::list::Entry;
use racelab::report::counted;
use racelab::stress::{Stress, Tally, cores};
use std::time::Duration;

/// Hammers one counter and prints the tally.
pub fn run(args: &StressArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let entry = subject::entry(&args.program)?;
    let maker = maker(entry)?;
    let threads = args.threads as usize;
    let increments = args.increments.unwrap_or_else(|| increments(maker, threads));
    let stress = Stress::new()
        .threads(threads)
        .increments(increments)
        .until_loss()
        .at_most(Duration::from_secs(args.seconds));
    let tally = hammer(entry.name, maker, threads, &stress);
    let width = style::width();
    let text = format!("{} on real threads: {tally}", entry.name);
    say!(out, "{}", style::fit(&text, width));
    say!(out, "{}", verdict(entry, &tally, width));
    Ok(if tally.lost() > 0 { Verdict::Broken } else { Verdict::Kept })
}

/// What makes the counters to hammer.
fn maker(entry: &Entry) -> Result<&'static Maker, Usage> {
    entry.usual().runs.hammer.as_ref().ok_or_else(|| {
        let check = style::command(&format!("check {}", entry.name));
        let name = entry.name;
        Usage::new(format!(
            "{name} is no counter that can be hammered; every interleaving: '{check}'"
        ))
    })
}

/// How often each thread should increment in a round: 100,000 times, or fewer of a counter with
/// which that takes longer than a few milliseconds, so that there are many rounds a second.
pub fn increments(maker: &Maker, threads: usize) -> u64 {
    const LONG_ENOUGH: f64 = 3e6; // nanoseconds
    let takes_long = |increments: &u64| {
        let trial = Stress::new().threads(threads).increments(*increments);
        let trial = trial.run(|| (maker.make)(threads));
        trial.nanoseconds_per_increment() * trial.expected() as f64 > LONG_ENOUGH
    };
    [100, 1_000, 10_000].into_iter().find(takes_long).unwrap_or(100_000)
}

/// Runs the stress with a sign of life.
pub fn hammer(name: &str, maker: &Maker, threads: usize, stress: &Stress) -> Tally {
    let progress = Progress::start(format!("{name} on real threads"));
    let mut said = 0;
    stress.run_with(
        || (maker.make)(threads),
        |tally| {
            // A word every hundredth round: rounds are shorter than the painter's ticks.
            if tally.rounds() >= said + 100 {
                said = tally.rounds();
                let rounds = counted(tally.rounds().into(), "round");
                progress.say(format!("{rounds}, no loss yet"));
            }
        },
    )
}

/// What the tally means, and what to type next.
fn verdict(entry: &'static Entry, tally: &Tally, width: usize) -> String {
    let (colour, text) = match tally {
        tally if tally.lost() > 0 => {
            (BAD, format!("{} loses updates. Here it took luck; this takes none:", entry.name))
        }
        tally if tally.threads() == 1 => {
            (ODD, "One thread alone has nobody to race with; every interleaving of two:".into())
        }
        _ if cores() == 1 => (ODD, ONE_CORE.into()),
        _ => (GOOD, "No loss was seen. That is no proof; this is:".into()),
    };
    if !entry.subject().is_modelled() && tally.lost() > 0 {
        let text = format!("{} loses updates.", entry.name);
        return paint(BAD, text);
    }
    let command = style::command(&format!("check {}", entry.name));
    format!("{}\n  {}", paint(colour, style::wrap(&text, "", width)), paint(TYPE, command))
}

/// Why a loss may never be seen on one core.
pub const ONE_CORE: &str = "No loss was seen, and that says little: this process may use only one \
    core, so its threads take turns, and an update is lost only when a turn ends between a read \
    and its write. That is rare, and where the compiler made one instruction of the two it never \
    happens; on two cores it is seen at once. This needs no luck, on any number of cores:";
