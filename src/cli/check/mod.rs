//! `racelab check`: every interleaving of a program, and what comes out.
//!
//! # Layout
//! - this file: what is to be checked, and how
//! - `one`: the verdict on one variant; `table`: all variants of an entry, a row each

mod one;
mod table;

pub use one::{counterexample, forbidden, picture};

use super::args::{CheckArgs, EngineArg, VerdictFormat as Format};
use super::engines::{self, Checked, Checkpoint, Limits, Runner, Settings};
use super::out::{Out, say};
use super::subject::{self, find};
use super::usage::one_line;
use super::{Usage, Verdict, both, json, signals, style};
use racelab::explore::Memory;
use racelab::list::{Entry, Subject};

/// Checks a program and prints the verdict.
pub fn run(args: &CheckArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let memory = Memory::from(args.memory);
    if memory == Memory::Rc11 && args.engine != EngineArg::Explorer {
        let way_out = "leave out --engine, or leave out --memory";
        return Err(Usage::new(format!("only the explorer knows --memory rc11; {way_out}")));
    }
    if args.checkpoint.is_some() && args.engine != EngineArg::Explorer {
        let way_out = "leave out --engine, or leave out --checkpoint";
        return Err(Usage::new(format!("only the explorer keeps a checkpoint; {way_out}")));
    }
    let limits = Limits {
        timeout: args.timeout,
        max_executions: args.max_executions.unwrap_or(u64::MAX),
        max_steps: args.max_steps,
        jobs: args.jobs as usize,
    };
    let settings = Settings { memory, limits };
    let entry = subject::entry(&args.program)?;
    let size = [("threads", args.threads), ("increments", args.increments)];
    let subject = find(entry.name, args.variant.as_deref(), &size)?;
    let checked = match (args.variant.is_some(), entry.variants) {
        (true, _) | (false, [_]) => check_one(subject, settings, args, out)?,
        (false, _) => check_all(subject, settings, args, out)?,
    };
    Ok(if checked.iter().any(|checked| forbidden(checked).next().is_some()) {
        Verdict::Broken
    } else if checked.iter().any(|checked| checked.stopped_by().is_some()) {
        Verdict::Incomplete
    } else {
        Verdict::Kept
    })
}

/// One variant, by one engine or by all.
fn check_one(
    subject: Subject,
    settings: Settings,
    args: &CheckArgs,
    out: &mut Out,
) -> Result<Vec<Checked>, Usage> {
    let checkpoint = args.checkpoint.as_deref();
    let checkpoint = checkpoint.map(|file| Checkpoint { file, stop: signals::first_one_asks() });
    let check = |runner| engines::check_from(subject, runner, settings, checkpoint.as_ref());
    let checked = match args.engine {
        EngineArg::Explorer => vec![check(Runner::Explorer)?],
        EngineArg::Loom => vec![check(Runner::Loom)?],
        EngineArg::Both => {
            vec![check(Runner::Explorer)?, check(Runner::Loom)?, check(Runner::PlainLoom)?]
        }
    };
    match (args.format, checked.as_slice()) {
        (Format::Json, [explorer, loom, plain]) => {
            say!(out, "{}", json::both(explorer, loom, plain))
        }
        (Format::Json, all) => all.iter().for_each(|one| say!(out, "{}", json::one(one))),
        (Format::Text, [explorer, loom, plain]) => both::print(explorer, [loom, plain], out),
        (Format::Text, all) => all.iter().for_each(|checked| one::print(checked, out)),
    }
    let file = checkpoint.map(|checkpoint| checkpoint.file).filter(|file| file.exists());
    if let (Some(file), Format::Text) = (file, args.format) {
        let file = one_line(&file.display().to_string(), usize::MAX);
        let goes_on = format!("The same command goes on where this one stopped: {file} knows.");
        say!(out);
        say!(out, "{}", style::wrap(&goes_on, "", style::width()));
    }
    Ok(checked)
}

/// Every variant of an entry, by one engine.
fn check_all(
    usual: Subject,
    settings: Settings,
    args: &CheckArgs,
    out: &mut Out,
) -> Result<Vec<Checked>, Usage> {
    let Entry { name, .. } = usual.entry;
    if args.checkpoint.is_some() {
        let way_out = "choose one with --variant, or leave out --checkpoint";
        return Err(Usage::new(format!("{name} is several programs; {way_out}")));
    }
    let runner = match args.engine {
        EngineArg::Explorer => Runner::Explorer,
        EngineArg::Loom => Runner::Loom,
        EngineArg::Both => {
            let way_out = "choose one with --variant, or leave out --engine";
            return Err(Usage::new(format!("{name} is several programs; {way_out}")));
        }
    };
    let variants = usual.entry.variants.iter().map(|variant| Subject { variant, ..usual });
    let check = |subject| engines::check(subject, runner, settings);
    let checked: Vec<_> =
        variants.filter(|subject| runner.can_run(subject)).map(check).collect::<Result<_, _>>()?;
    match args.format {
        Format::Json => say!(out, "{}", json::all(&checked)),
        Format::Text => table::print(&checked, out),
    }
    Ok(checked)
}
