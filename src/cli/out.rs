//! Where the command prints: standard output, without panics and without surprises.

use anstream::AutoStream;
use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

/// Standard output. Colours are left out when it is not a terminal or `NO_COLOR` is set.
///
/// `println!` panics when the reader goes away (`racelab list | head -1`). Here a closed pipe
/// is simply nobody listening any more; the exit code is the same as with a listener.
pub struct Out {
    stream: AutoStream<io::Stdout>,
    state: io::Result<()>,
}

impl Out {
    /// Standard output.
    pub fn new() -> Self {
        Out { stream: anstream::stdout(), state: Ok(()) }
    }

    /// Prints a piece of text and flushes it, so that a slow part is not waited for in silence.
    pub fn print(&mut self, text: Arguments<'_>) {
        if self.state.is_ok() {
            self.state = self.stream.write_fmt(text).and_then(|()| self.stream.flush());
        }
    }

    /// Has the reader gone away (or the disk filled up)? Then more work is for nobody.
    pub fn closed(&self) -> bool {
        self.state.is_err()
    }

    /// What went wrong with the writing; a closed pipe is nothing wrong.
    pub fn finish(self) -> io::Result<()> {
        match self.state {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            state => state,
        }
    }
}

/// Prints a line to an [`Out`].
macro_rules! say {
    ($out:expr) => { $out.print(format_args!("\n")) };
    ($out:expr, $($text:tt)*) => {
        $out.print(format_args!("{}\n", format_args!($($text)*)))
    };
}
pub(crate) use say;
