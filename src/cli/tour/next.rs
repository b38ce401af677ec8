//! Where to go from here.

use super::heading;
use crate::cli::out::{Out, say};
use crate::cli::style::{TYPE, columns, paint, wrap};

/// What to type, and what it shows.
const COMMANDS: &[(&str, &str)] = &[
    ("cargo test", "every claim of this tour, and many more, as tests"),
    ("racelab check racy --threads 3 --increments 2", "a larger race, every interleaving"),
    ("racelab check mutex", "a cure, checked the same way"),
    ("racelab counters", "all counters, with the fixes that do not work"),
];

/// Lists the next commands.
pub fn show(width: usize, out: &mut Out) {
    heading(5, "Go on", out);
    let longest = COMMANDS.iter().map(|(command, _)| columns(command)).max().unwrap_or(0);
    for (command, shows) in COMMANDS {
        if longest + 4 + columns(shows) <= width {
            let blanks = " ".repeat(longest - columns(command));
            say!(out, "  {}{blanks}  {shows}", paint(TYPE, command));
        } else {
            say!(out, "  {}\n{}", paint(TYPE, command), wrap(shows, "      ", width));
        }
    }
}
