//! `racelab stress`: real threads until something goes wrong.

use super::args::StressArgs;
use super::out::{Out, say};
use super::progress::Progress;
use super::style::{self, BAD, GOOD, HEADING, ODD, TYPE, paint};
use super::subject::numbered;
use super::table::{Align, Table};
use super::{Usage, Verdict, subject};
use racelab::counter::Maker;
use racelab::list::{Entry, Promise, Role, Subject};
use racelab::report::{Grade, counted, duration, grouped};
use racelab::stress::{RoundEnd, Rounds, Stress, Tally, cores};
use std::time::Duration;

/// Runs a program on real threads and prints what came of it.
pub fn run(args: &StressArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let entry = subject::entry(&args.program)?;
    if let Some(words) = &args.variant {
        subject::variant(entry, words)?;
    }
    match &entry.usual().runs.hammer {
        Some(maker) => hammered(entry, maker, args, out),
        None => repeated(args, out),
    }
}

/// Hammers one counter and prints the tally.
fn hammered(
    entry: &'static Entry,
    maker: &Maker,
    args: &StressArgs,
    out: &mut Out,
) -> Result<Verdict, Usage> {
    let threads = args.threads.unwrap_or(2) as usize;
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

/// Runs a program that is no counter again and again, and prints how often it ended how.
fn repeated(args: &StressArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let size = [("threads", args.threads), ("increments", args.increments)];
    let subject = subject::chosen(&args.program, args.variant.as_deref(), &size)?;
    let progress = Progress::start(format!("{subject} on real threads"));
    let rounds = Rounds::run(&subject, Duration::from_secs(args.seconds), |rounds| {
        progress.say(format!("{}, nothing went wrong yet", counted(rounds.into(), "round")));
    });
    drop(progress);
    let width = style::width();
    let (count, time) = (counted(rounds.count().into(), "round"), duration(rounds.elapsed));
    let on_one_thread = subject.variant.runs.tasks;
    let place = if on_one_thread { "one real thread" } else { "real threads" };
    let title = format!("{} on {place}: {count}, {time}", subject.title());
    say!(out, "{}", paint(HEADING, style::fit(&title, width)));
    let mut table = Table::new(&[("", Align::Left), ("rounds", Align::Right), ("", Align::Left)]);
    for (ended, times) in &rounds.endings {
        let (colour, what, why) = told(&subject, ended);
        table.row(vec![paint(colour, what), grouped((*times).into()), paint(colour, why)]);
    }
    out.print(format_args!("{}", table.render(width)));
    let (colour, text) = match (rounds.forbidden, subject.variant.role) {
        // A real executor takes its tasks in one order: it took no luck.
        (Some(_), _) if on_one_thread => {
            (BAD, "It went wrong, and does so every time. All orders:")
        }
        (None, Role::Cure) if on_one_thread => {
            (GOOD, "Nothing went wrong in this order. All orders:")
        }
        (None, _) if on_one_thread => (ODD, "In this order nothing goes wrong. All orders:"),
        (Some(_), _) => (BAD, "It went wrong. Here it took luck; this takes none:"),
        (None, Role::Cure) => (GOOD, "Nothing went wrong. That is no proof; this is:"),
        (None, _) => (ODD, "Nothing went wrong here, and that says little; this needs no luck:"),
    };
    let mut words = match args.variant.is_some() {
        true => format!("check {}", numbered(&subject)),
        false => format!("check {}", subject.entry.name),
    };
    if subject.variant.promise == Promise::HoldsInTurns {
        words.push_str(" --memory rc11");
    }
    say!(out, "{}", paint(colour, style::wrap(text, "", width)));
    say!(out, "  {}", paint(TYPE, style::command(&words)));
    Ok(if rounds.forbidden.is_some() { Verdict::Broken } else { Verdict::Kept })
}

/// A round's end in words, and what is thought of it.
fn told(subject: &Subject, ended: &RoundEnd) -> (anstyle::Style, String, String) {
    match ended {
        RoundEnd::Returned(value) => {
            let (grade, why) = subject.grade(Ok(value));
            let colour = if grade == Grade::Forbidden { BAD } else { GOOD };
            (colour, value.words(), why.into())
        }
        RoundEnd::Panicked => (BAD, "panic".into(), subject.entry.forbidden.into()),
        RoundEnd::Stuck => (BAD, "not over after 2 s".into(), subject.entry.forbidden.into()),
    }
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
