//! The subcommands and their options.

use super::subject::find;
use super::usage::{Usage, cannot_write, one_line};
use super::values::{
    already_run, large_number, number, only_interleavings, schedule, the_machine_s, time,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use racelab::list::Subject;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// See race conditions: shared counters on real threads and under every interleaving.
#[derive(Debug, Parser)]
#[command(name = "racelab", version, max_term_width = 80)]
#[command(after_help = "With no subcommand: the tour, under twenty seconds.\n\n\
    Exit codes: 0 nothing forbidden was found, and everything was looked at; 1 a forbidden \
    outcome was found; 2 bad usage, or the output could not be written; 3 nothing forbidden was \
    found until a limit or Ctrl-C stopped the search.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List everything that can be run: counters, worst first, and races
    #[command(alias = "counters")]
    List(ListArgs),
    /// Run a program on real threads, over and over, until it goes wrong
    Stress(StressArgs),
    /// Run a program under every interleaving and say what comes out
    Check(CheckArgs),
    /// Draw one interleaving of a program
    Show(ShowArgs),
    /// Count how many interleavings end in each value, far past what could be run
    Census(CensusArgs),
    /// Run one schedule of a program and draw it
    Replay(ReplayArgs),
    /// Play the scheduler: choose who goes next, and make it go wrong
    Play(PlayArgs),
    /// Write the pages on which every interleaving can be stepped through
    Report(ReportArgs),
    /// Draw a trace that was written as JSON
    Diagram(DiagramArgs),
}

/// What `list` takes.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Explore them all, and say of every race by what means it is cured and by what it is not
    #[arg(long)]
    pub matrix: bool,
}

/// What `replay` takes.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Which program: a name that `list` gives
    pub program: String,
    /// Whose step is next, a letter a step: ABAB. Where it ends early the rest follows with as few
    /// switches as possible
    #[arg(value_parser = schedule)]
    pub schedule: String,
    #[command(flatten)]
    pub chosen: ChosenArgs,
    /// The steps after which an execution is cut, 1 to 1,000,000,000 [default: as many as a
    /// program of this size needs]
    #[arg(long, value_parser = number::<1, 1_000_000_000>)]
    pub max_steps: Option<u64>,
    #[command(flatten)]
    pub drawing: Drawing,
}

/// Which program it is: its variant, its size, and the memory it runs under.
#[derive(Debug, Args)]
pub struct ChosenArgs {
    /// How many threads, 1 to 16 [default: 2]
    #[arg(long, value_parser = number::<1, 16>)]
    pub threads: Option<u64>,
    /// How often each thread increments, 1 to 1,000 [default: 1]
    #[arg(long, value_parser = number::<1, 1_000>)]
    pub increments: Option<u64>,
    /// Which of its variants, where it has several: a number from 1 as `check` lists them, or its
    /// name [default: the last that is broken]
    #[arg(long, alias = "case")]
    pub variant: Option<String>,
    /// Which values a load may see
    #[arg(long, value_enum, default_value_t = MemoryArg::Sc)]
    pub memory: MemoryArg,
}

impl ChosenArgs {
    /// The program of this name.
    pub fn subject(&self, program: &str) -> Result<Subject, Usage> {
        let size = [("threads", self.threads), ("increments", self.increments)];
        find(program, self.variant.as_deref(), &size)
    }
}

/// What `stress` takes.
#[derive(Debug, Args)]
pub struct StressArgs {
    /// Which program: a name that `list` gives
    #[arg(default_value = "racy")]
    pub program: String,
    /// Which of its variants, where it has several: a number from 1, or its name [default: the last
    /// that is broken]
    #[arg(long)]
    pub variant: Option<String>,
    /// How many threads, 1 to 256, for a program that has a size [default: 2]
    #[arg(long, value_parser = number::<1, 256>)]
    pub threads: Option<u64>,
    /// How often each thread of a counter increments in the first round, 1 to 1,000,000,000; each round
    /// without a loss is followed by a longer one [default: as many as fit into a few milliseconds,
    /// at most 100,000]
    #[arg(long, value_parser = number::<1, 1_000_000_000>)]
    pub increments: Option<u64>,
    /// Give up after this many seconds in which nothing went wrong, 1 to 3,600
    #[arg(long, default_value_t = 10, value_parser = number::<1, 3_600>)]
    pub seconds: u64,
    #[arg(long, hide = true, value_parser = the_machine_s)]
    pub memory: Option<()>,
}

/// What `check` takes.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Which program: a name that `list` gives
    pub program: String,
    /// Which of its variants, where it has several: a number from 1, or its name [default: all, in a
    /// table]
    #[arg(long)]
    pub variant: Option<String>,
    /// How many threads, 1 to 16 [default: 2]
    #[arg(long, value_parser = number::<1, 16>)]
    pub threads: Option<u64>,
    /// How often each thread increments, 1 to 1,000 [default: 1]
    #[arg(long, value_parser = number::<1, 1_000>)]
    pub increments: Option<u64>,
    /// Which engine runs it
    #[arg(long, value_enum, default_value_t = EngineArg::Explorer)]
    pub engine: EngineArg,
    /// Which values a load may see
    #[arg(long, value_enum, default_value_t = MemoryArg::Sc)]
    pub memory: MemoryArg,
    /// Stop after this time and show what was found: 500ms, 10s, 5m, 2h; at most a day
    #[arg(long, alias = "seconds", default_value = "60s", value_parser = time)]
    pub timeout: Duration,
    /// Stop after this many executions (of this run) and show what was found
    #[arg(long, value_parser = number::<1, 1_000_000_000_000>)]
    pub max_executions: Option<u64>,
    /// The steps after which an execution is cut, 1 to 1,000,000,000 [default: as many as a
    /// program of this size needs]
    #[arg(long, value_parser = number::<1, 1_000_000_000>)]
    pub max_steps: Option<u64>,
    /// How many cores the explorer uses, 1 to 64; the verdict is the same
    #[arg(long, default_value_t = 1, value_parser = number::<1, 64>)]
    pub jobs: u64,
    /// When a limit or Ctrl-C stops the explorer, keep in this file how far it came; with the file
    /// there, go on from it. It is removed at the end
    #[arg(long, value_name = "FILE", conflicts_with = "jobs")]
    pub checkpoint: Option<PathBuf>,
    /// How the verdict is printed
    #[arg(long, value_enum, default_value_t = VerdictFormat::Text)]
    pub format: VerdictFormat,
}

/// The engines to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// racelab's own: every interleaving
    Explorer,
    /// loom: the second opinion
    Loom,
    /// Side by side, with what loom misses as it comes
    Both,
}

/// The memories to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MemoryArg {
    /// The newest one: all threads agree on one order of all steps
    Sc,
    /// Any that Rust's orderings allow
    Rc11,
}

/// How a verdict is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VerdictFormat {
    /// For people
    Text,
    /// For programs: see docs, "The JSON of check"
    Json,
}

/// What `census` takes.
#[derive(Debug, Args)]
pub struct CensusArgs {
    /// Which program: a name that `list` gives
    #[arg(default_value = "racy")]
    pub program: String,
    /// Which of its variants, where it has several: a number from 1, or its name [default: the last
    /// that is broken]
    #[arg(long)]
    pub variant: Option<String>,
    /// How many threads, 1 to 16 [default: 2]
    #[arg(long, value_parser = number::<1, 16>)]
    pub threads: Option<u64>,
    /// How often each thread increments, 1 to 1,000 [default: 10]
    #[arg(long, value_parser = number::<1, 1_000>)]
    pub increments: Option<u64>,
    #[arg(long, hide = true, value_parser = only_interleavings)]
    pub memory: Option<()>,
    #[command(flatten)]
    pub bounds: BoundArgs,
    /// As what
    #[arg(long, value_enum, default_value_t = CensusFormat::Terminal)]
    pub format: CensusFormat,
    /// At most this many columns, 20 to 1,000 [default: the terminal's]
    #[arg(long, value_parser = number::<20, 1_000>)]
    pub width: Option<u64>,
}

/// How a census is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CensusFormat {
    /// A bar for each value
    Terminal,
    /// The same in plain ASCII
    Ascii,
    /// The bars as a picture for slides and papers
    Svg,
    /// For programs
    Json,
}

/// What `show` takes.
#[derive(Debug, Args)]
#[group(id = "which", multiple = false, args = ["interleaving", "schedule", "outcome", "all"])]
pub struct ShowArgs {
    /// Which program: a name that `list` gives
    #[arg(default_value = "racy")]
    pub program: String,
    #[command(flatten)]
    pub chosen: ChosenArgs,
    /// The interleaving with this number, from 1 in schedule order
    #[arg(long, value_name = "N", value_parser = large_number)]
    pub interleaving: Option<u128>,
    /// The interleaving with this schedule, a letter a step: ABAB
    #[arg(long, value_parser = schedule)]
    pub schedule: Option<String>,
    /// An interleaving that ends in this value: 1, or "data race"
    #[arg(long)]
    pub outcome: Option<String>,
    /// List all interleavings, up to 100,000 (terminal, ascii and json)
    #[arg(long)]
    pub all: bool,
    /// Look no longer for the one to draw: 500ms, 10s, 5m, 2h; at most a day
    #[arg(long, default_value = "10s", value_parser = time)]
    pub timeout: Duration,
    #[command(flatten)]
    pub bounds: BoundArgs,
    #[command(flatten)]
    pub drawing: Drawing,
}

/// What `play` takes.
#[derive(Debug, Args)]
pub struct PlayArgs {
    /// Which program: a name that `list` gives
    #[arg(default_value = "racy")]
    pub program: String,
    /// How many threads, 1 to 5 [default: 2]
    #[arg(long, value_parser = number::<1, 5>)]
    pub threads: Option<u64>,
    /// How often each thread increments, 1 to 10 [default: 1]
    #[arg(long, value_parser = number::<1, 10>)]
    pub increments: Option<u64>,
    /// Which of its variants, where it has several: a number from 1 as `check` lists them, or its
    /// name [default: the last that is broken]
    #[arg(long, alias = "case")]
    pub variant: Option<String>,
    /// Which values a load may see
    #[arg(long, value_enum, default_value_t = MemoryArg::Sc)]
    pub memory: MemoryArg,
    #[command(flatten)]
    pub bounds: BoundArgs,
}

/// What `report` takes.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The folder for the pages; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: String,
    /// Which values a load may see
    #[arg(long, value_enum, default_value_t = MemoryArg::Sc)]
    pub memory: MemoryArg,
}

/// What `diagram` takes.
#[derive(Debug, Args)]
pub struct DiagramArgs {
    /// The trace, as `--format json` writes it; `-`: standard input
    pub file: String,
    #[arg(long, hide = true, value_parser = already_run)]
    pub memory: Option<()>,
    #[command(flatten)]
    pub drawing: Drawing,
}

/// How large a program's states may become.
#[derive(Clone, Copy, Debug, Args)]
pub struct BoundArgs {
    /// The steps after which an execution is cut, 1 to 1,000,000,000 [default: as many as a
    /// program of this size needs]
    #[arg(long, value_parser = number::<1, 1_000_000_000>)]
    pub max_steps: Option<u64>,
    /// The states after which a search among them is given up, 1 to 1,000,000,000
    #[arg(long, default_value_t = 2_000_000, value_parser = number::<1, 1_000_000_000>)]
    pub max_states: u64,
}

/// How a trace is to be drawn.
#[derive(Debug, Args)]
pub struct Drawing {
    /// As what
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// At most this many columns, 20 to 1,000 [default: the terminal's]
    #[arg(long, value_parser = number::<20, 1_000>)]
    pub width: Option<u64>,
    /// Draw every step of a long trace (terminal and ascii)
    #[arg(long)]
    pub full: bool,
}

/// The pictures there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A timeline: a column a thread, a row a step
    Terminal,
    /// The same in plain ASCII
    Ascii,
    /// A picture for slides and papers
    Svg,
    /// A sequence diagram for README files
    Mermaid,
    /// The trace itself
    Json,
    /// The picture as a page of its own
    Html,
}

/// What was asked for, `None` for the tour. `Err`: help or the version was printed, or the mistake was.
pub fn parse() -> Result<Option<Command>, ExitCode> {
    match Cli::try_parse() {
        Ok(cli) => Ok(cli.command),
        Err(error) if error.use_stderr() => Err(Usage::from(presentable(error)).exit()),
        Err(help) => Err(match help.print().and_then(|()| io::stdout().flush()) {
            // A closed pipe: nobody wanted the rest of the help.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => cannot_write(error).exit(),
            _ => ExitCode::SUCCESS,
        }),
    }
}

/// The same complaint about arguments that can be shown: the parser repeats them as they came.
fn presentable(error: clap::Error) -> clap::Error {
    const LONGEST: usize = 80;
    let shown = std::env::args_os().map(|arg| one_line(&arg.to_string_lossy(), LONGEST));
    match Cli::try_parse_from(shown) {
        Err(again) if again.kind() == error.kind() => again,
        _ => error,
    }
}
