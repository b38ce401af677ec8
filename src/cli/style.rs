//! Colours and widths. A colour is never the only signal: without it the words say the same.

use anstyle::{AnsiColor, Style};
use std::fmt::Display;

/// Bold: headings.
pub const HEADING: Style = Style::new().bold();
/// Green: as promised.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Red: a lost update, a data race, an error.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Yellow: allowed, but worth a look.
pub const ODD: Style = AnsiColor::Yellow.on_default();
/// Cyan: something to type.
pub const TYPE: Style = AnsiColor::Cyan.on_default();

/// `text` in a style.
pub fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A command of racelab's as it has to be typed here: through cargo, when cargo started this one.
pub fn command(words: &str) -> String {
    let by_cargo = std::env::var_os("CARGO_MANIFEST_DIR").is_some();
    let program = match (by_cargo, cfg!(debug_assertions)) {
        (false, _) => "racelab",
        (true, false) => "cargo run --release --",
        (true, true) => "cargo run --",
    };
    format!("{program} {words}")
}

/// How many columns text may take: the terminal's, at most 80; 80 when there is none.
pub fn width() -> usize {
    terminal_columns().map_or(80, |columns| columns.clamp(20, 80))
}

/// The terminal's columns; `None` when there is no terminal, or it does not know.
pub fn terminal_columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size()?;
    (width.0 > 0).then(|| usize::from(width.0))
}

/// Breaks prose into lines of at most `width` columns, each after `indent`.
///
/// A word longer than a line gets a line of its own.
pub fn wrap(text: &str, indent: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines.join("\n")
}

/// Breaks those lines of `text` that are too wide, keeping the indentation of each.
pub fn fit(text: &str, width: usize) -> String {
    let fit = |line: &str| {
        if columns(line) <= width {
            return line.to_owned();
        }
        let words = line.trim_start();
        wrap(words, &line[..line.len() - words.len()], width)
    };
    text.lines().map(fit).collect::<Vec<_>>().join("\n")
}

/// The columns a text takes, colour codes left out.
pub fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(anstream::adapter::strip_str(text).to_string().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_between_words_and_indented() {
        assert_eq!(wrap("one two  three\nfour", "  ", 11), "  one two\n  three\n  four");
        assert_eq!(wrap("extraordinary word", "", 5), "extraordinary\nword");
        assert_eq!(wrap("", "  ", 20), "");
    }

    #[test]
    fn only_lines_that_are_too_wide_are_broken() {
        assert_eq!(fit("  got   7\n  one two", 9), "  got   7\n  one two");
        assert_eq!(fit("  got   7\n  one two", 8), "  got 7\n  one\n  two");
    }

    #[test]
    fn colours_take_no_columns() {
        assert_eq!(columns(&paint(BAD, "lost")), 4);
        assert_eq!(columns("a → b"), 5);
    }
}
