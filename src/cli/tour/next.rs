//! Where to go from here.

use super::heading;
use crate::cli::out::{Out, say};
use crate::cli::style::{TYPE, columns, command, paint, wrap};

/// What to type, and what it shows.
fn commands() -> Vec<(String, &'static str)> {
    vec![
        (command("check racy --threads 3 --increments 2"), "a larger race"),
        (command("replay racy ABAB"), "you say whose step is next"),
        (command("check mutex"), "a cure, checked the same way"),
        (command("counters"), "every counter, and its idea"),
        ("cargo test".into(), "the tour's claims, as tests"),
    ]
}

/// Lists the next commands.
pub fn show(width: usize, out: &mut Out) {
    heading(5, "Go on", out);
    let commands = commands();
    let longest = commands.iter().map(|(command, _)| columns(command)).max().unwrap_or(0);
    let beside = commands.iter().all(|(_, shows)| longest + 4 + columns(shows) <= width);
    for (command, shows) in &commands {
        if beside {
            let blanks = " ".repeat(longest - columns(command));
            say!(out, "  {}{blanks}  {shows}", paint(TYPE, command));
        } else {
            say!(out, "  {}\n{}", paint(TYPE, command), wrap(shows, "      ", width));
        }
    }
}
