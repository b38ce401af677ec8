//! The command `racelab`: a thin shell over the library.
//!
//! With no arguments it gives the tour. `racelab help` lists the rest.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
