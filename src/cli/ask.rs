//! Asking the person at the terminal, without ever waiting for ever.

use super::out::{Out, say};
use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// The lines that somebody types; none when nobody is there.
pub struct Lines(Option<Receiver<String>>);

impl Lines {
    /// Begins to listen.
    pub fn new() -> Self {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Lines(None);
        }
        let (send, typed) = mpsc::channel();
        // Reading a line cannot be interrupted, so one thread reads for all questions: it would
        // take the answer to the second one if it still waited for that to the first. It ends
        // with the process.
        std::thread::spawn(move || {
            let lines = io::stdin().lines().map_while(Result::ok);
            lines.for_each(|line| drop(send.send(line)));
        });
        Lines(Some(typed))
    }

    /// Asks for a number. `None` when nobody is there, nothing came in time, or it was no number.
    pub fn number(&self, patience: Duration, out: &mut Out) -> Option<u64> {
        self.ask("Your guess, and Enter", patience, out)?.trim().parse().ok()
    }

    /// Leaves time to look at what is on the screen.
    pub fn pause(&self, next: &str, patience: Duration, out: &mut Out) {
        if self.0.is_some() {
            say!(out);
            self.ask(&format!("Enter: {next}"), patience, out);
        }
    }

    fn ask(&self, question: &str, patience: Duration, out: &mut Out) -> Option<String> {
        let typed = self.0.as_ref()?;
        let seconds = patience.as_secs();
        out.print(format_args!("  {question} (it goes on by itself in {seconds} s): "));
        let line = typed.recv_timeout(patience).ok();
        if line.is_none() {
            say!(out);
        }
        line
    }
}
