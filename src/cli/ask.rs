//! Asking the person at the terminal, without ever waiting for ever.

use super::out::{Out, say};
use std::io::{self, IsTerminal};
use std::sync::mpsc;
use std::time::Duration;

/// Asks for a number. `None` when nobody is there, nothing came in time, or it was no number.
pub fn for_a_number(patience: Duration, out: &mut Out) -> Option<u64> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return None;
    }
    let seconds = patience.as_secs();
    out.print(format_args!("  Your guess, and Enter (it goes on by itself in {seconds} s): "));
    let (send, answer) = mpsc::channel();
    // Reading a line cannot be interrupted. If no answer comes, this thread ends with the process.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line);
        // Nobody listens any more once the patience is at an end.
        let _ = send.send(read.map(|_| line));
    });
    match answer.recv_timeout(patience) {
        Ok(line) => line.ok()?.trim().parse().ok(),
        Err(_) => {
            say!(out);
            None
        }
    }
}
