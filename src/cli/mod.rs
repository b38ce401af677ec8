//! The command: what can be asked for, and the exit codes.
//!
//! # Layout
//! - `args`: the subcommands and their options; `values`: what can stand behind an option
//! - `usage`: every mistake on one line, with the way out
//! - one file a subcommand: `tour`, `list`, `stress`, `check`, `replay`, `census`,
//!   `show`, `play`, `report`, `diagram`; `graphs`: what the last ones are drawn from
//! - `subject`: what a command is about, a program of the list
//! - `engines`: running a program under an engine; `both`: two verdicts side by side
//! - `folder`: where `report` writes its pages
//! - `limits`: how far the explorer may go; `signals`: Ctrl-C
//! - `ask`: a question to the person at the terminal
//! - `json`: the machine-readable form of a check
//! - `out`, `style`, `table`, `progress`: how things are printed

mod args;
mod ask;
mod both;
mod census;
mod check;
mod diagram;
mod engines;
mod folder;
mod graphs;
mod json;
mod limits;
mod list;
mod out;
mod play;
mod progress;
mod replay;
mod report;
mod show;
mod signals;
mod stress;
mod style;
mod subject;
mod table;
mod tour;
mod usage;
mod values;

use args::Command;
use out::Out;
use std::process::ExitCode;
use usage::{Usage, cannot_write};

/// How a subcommand ended, when it could do its work at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing forbidden was found: exit code 0.
    Kept,
    /// A forbidden outcome was found: exit code 1.
    Broken,
    /// Nothing forbidden was found, but a limit or Ctrl-C came before the end: exit code 3.
    Incomplete,
}

/// Runs the command. Exit code 0: as promised; 1: a forbidden outcome was found; 2: bad usage, or
/// the output could not be written; 3: stopped before the end, nothing forbidden until then.
pub fn run() -> ExitCode {
    let command = match args::parse() {
        Ok(command) => command,
        Err(exit) => return exit,
    };
    let mut out = Out::new();
    let verdict = match command {
        None => tour::run(&mut out),
        Some(Command::List(args)) => list::run(&args, &mut out),
        Some(Command::Stress(what)) => stress::run(&what, &mut out),
        Some(Command::Check(what)) => check::run(&what, &mut out),
        Some(Command::Replay(what)) => replay::run(&what, &mut out),
        Some(Command::Census(what)) => census::run(&what, &mut out),
        Some(Command::Show(what)) => show::run(&what, &mut out),
        Some(Command::Play(what)) => play::run(&what, &mut out),
        Some(Command::Report(what)) => report::run(&what, &mut out),
        Some(Command::Diagram(what)) => diagram::run(&what, &mut out),
    };
    let written = out.finish().map_err(cannot_write);
    match verdict.and_then(|verdict| written.map(|()| verdict)) {
        Ok(Verdict::Kept) => ExitCode::SUCCESS,
        Ok(Verdict::Broken) => ExitCode::from(1),
        Ok(Verdict::Incomplete) => ExitCode::from(3),
        Err(usage) => usage.exit(),
    }
}
