//! Mistakes: one line each, with the way out, and exit code 2.

use super::style::{self, BAD, ODD, paint};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use racelab::report::{counted, grouped};
use std::fmt;
use std::io::Write;
use std::process::ExitCode;

/// Something that cannot be done, and what to do instead.
#[derive(Debug, PartialEq, Eq)]
pub struct Usage(String);

impl Usage {
    /// A mistake in one line.
    pub fn new(line: impl Into<String>) -> Self {
        Usage(line.into())
    }

    /// Says it on standard error.
    pub fn exit(self) -> ExitCode {
        let line = one_line(&self.0, LONGEST);
        // Nothing can be done when standard error is closed as well.
        let _ = writeln!(anstream::stderr(), "{}: {line}", paint(BAD, "error"));
        ExitCode::from(2)
    }
}

/// The engines' refusals name the limit and the way out themselves.
impl From<racelab::LoomError> for Usage {
    fn from(error: racelab::LoomError) -> Self {
        use racelab::LoomError::*;
        match error {
            TooManyThreads { limit } => Usage::new(format!(
                "loom runs at most {limit} threads, main included; take --threads {} or fewer, or \
                 leave out --engine",
                limit - 1
            )),
            TooManyBranches { limit } => Usage::new(format!(
                "an execution has more than {limit} points where loom may switch; take fewer \
                 --threads or --increments, or leave out --engine"
            )),
            other => Usage::new(other.to_string()),
        }
    }
}

/// The library's advice names its settings; here they are options.
impl From<racelab::explore::ExploreError> for Usage {
    fn from(error: racelab::explore::ExploreError) -> Self {
        use racelab::explore::ExploreError::*;
        match error {
            TooManyStates { found } => Usage::new(format!(
                "there are more states than could be looked at ({} until here); take fewer \
                 --threads or --increments, or allow more with --max-states",
                grouped(found as u128)
            )),
            Endless { limit } => Usage::new(format!(
                "an execution was not over after {}; allow more with --max-steps",
                counted(limit as u128, "step")
            )),
            other => Usage::new(other.to_string().replace("Memory::Rc11, ", "")),
        }
    }
}

/// The command-line parser's complaint, on one line.
impl From<clap::Error> for Usage {
    fn from(error: clap::Error) -> Self {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        let complaint = first.strip_prefix("error: ").unwrap_or(first);
        let suggestion = [
            ContextKind::SuggestedSubcommand,
            ContextKind::SuggestedArg,
            ContextKind::SuggestedValue,
        ]
        .into_iter()
        .find_map(|kind| match error.get(kind)? {
            ContextValue::String(name) => Some(name.clone()),
            ContextValue::Strings(names) => names.first().cloned(),
            _ => None,
        });
        let way_out = match (suggestion, error.kind()) {
            (Some(name), _) => format!("did you mean '{name}'?"),
            // It carries its way out: the range.
            (None, ErrorKind::ValueValidation) => return Usage::new(complaint),
            (None, ErrorKind::InvalidSubcommand) => {
                format!("'{}' lists what there is", style::command("help"))
            }
            (None, ErrorKind::InvalidValue) => match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(valid)) if !valid.is_empty() => {
                    format!("it can be {}", valid.join(", "))
                }
                _ => "put one behind it".into(),
            },
            (None, ErrorKind::MissingRequiredArgument) => {
                match error.get(ContextKind::InvalidArg) {
                    Some(ContextValue::Strings(missing)) => format!("give {}", missing.join(" ")),
                    _ => "'--help' says what is needed".into(),
                }
            }
            (None, _) => "'--help' says what can be given".into(),
        };
        Usage::new(format!("{}; {way_out}", complaint.trim_end_matches([':', '.'])))
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name in `names` that was probably meant by `typed`.
pub fn meant<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    names
        .map(|name| (strsim::jaro_winkler(&typed, name), name))
        .filter(|(alike, _)| *alike > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// Standard output is full, or closed.
pub fn cannot_write(error: std::io::Error) -> Usage {
    Usage::new(format!("cannot write the output: {error}"))
}

/// Nobody reads a longer line. What is wrong stands at its beginning, the way out at its end.
const LONGEST: usize = 800;

/// The text on one line, whatever is in it: what would end the line, move the cursor or turn the
/// writing round is spelt. Of a text of more than so many characters the middle is left out.
pub fn one_line(text: &str, longest: usize) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut spelt = String::new();
    for c in text.chars() {
        match c.is_control() || turns(c) {
            true => spelt.extend(c.escape_default()),
            false => spelt.push(c),
        }
    }
    let count = spelt.chars().count();
    if count <= longest {
        return spelt;
    }
    let head: String = spelt.chars().take(longest / 2).collect();
    let tail: String = spelt.chars().skip(count - longest / 2).collect();
    format!("{head} … {tail}")
}

/// Says on standard error what a reader of the output has to know.
pub fn warn(line: &str) {
    let line = one_line(line, LONGEST);
    // As above: there is nowhere else to say it.
    let _ = writeln!(anstream::stderr(), "{}: {line}", paint(ODD, "warning"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_and_not_too_long() {
        assert_eq!(one_line("a\nb\u{1b}[31m\u{202e}c é 数", 40), "a\\nb\\u{1b}[31m\\u{202e}c é 数");
        assert_eq!(one_line("0123456789", 10), "0123456789");
        assert_eq!(one_line("0123456789x", 6), "012 … 89x");
    }

    #[test]
    fn a_slip_of_the_finger_is_understood_and_a_stranger_is_not() {
        let names = ["unsafe", "racy", "mutex", "atomic"];
        let meant = |typed| meant(typed, names.into_iter());
        assert_eq!(meant("raci"), Some("racy"));
        assert_eq!(meant("Mutx"), Some("mutex"));
        assert_eq!(meant("atomics"), Some("atomic"));
        assert_eq!(meant("zookeeper"), None);
        assert_eq!(meant(""), None);
    }
}
