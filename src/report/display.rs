//! The verdict as text.

use super::{Grade, Outcome, Proof, Report};
use crate::explore::Left;
use std::fmt;
use std::time::Duration;

/// Memory that is worth a line.
const NOT_SMALL: u64 = 64 << 20;

impl<T: fmt::Debug> fmt::Display for Outcome<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(value) => write!(f, "{value:?}")?,
            Err(failure) => write!(f, "{failure}")?,
        }
        match self.interleavings {
            Some(n) => write!(f, ": {}", counted(n, "interleaving"))?,
            None => write!(f, ": {}", counted(self.executions.into(), "execution"))?,
        }
        if self.grade() != Grade::Acceptable {
            write!(f, ", {}", self.grade().name())?;
        }
        match self.description() {
            Some(prose) => write!(f, " ({prose})"),
            None => Ok(()),
        }
    }
}

/// What is said of a program that the explorer has seen nothing of.
pub(crate) const NO_STEPS: &str = "no thread took a step, so nothing was explored: what the program \
    shares is not the model's; let its `use` lines name racelab::model::sync and \
    racelab::model::thread instead of std's";

impl<T: fmt::Debug> fmt::Display for Report<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", counted(self.executions.into(), "execution"))?;
        match self.interleavings {
            Some(n) => write!(f, " for {}", counted(n, "interleaving"))?,
            None => write!(f, "; interleavings not counted")?,
        }
        writeln!(f, ", {}", self.completeness())?;
        if let Some(cost) = self.cost_of_getting_stuck() {
            writeln!(f, "  {cost}")?;
        }
        if self.takes_no_steps() {
            writeln!(f, "  {NO_STEPS}")?;
        }
        for outcome in &self.outcomes {
            writeln!(f, "  {outcome}")?;
            for lost in outcome.example.lost_updates() {
                writeln!(f, "    {}: {lost}", outcome.example.schedule())?;
            }
        }
        Ok(())
    }
}

impl<T> Report<T> {
    /// What executions that got stuck have cost, where that is not small.
    pub fn cost_of_getting_stuck(&self) -> Option<String> {
        let Left { executions, bytes, too_much } = self.left;
        let taken = bytes >> 20;
        let rest = if too_much { ": too much to go on" } else { "" };
        (too_much || bytes >= NOT_SMALL).then(|| {
            let executions = counted(executions.into(), "execution");
            format!(
                "{executions} got stuck; what their threads own is never given back, and the process \
                 has grown by {} MiB meanwhile{rest}",
                grouped(taken.into())
            )
        })
    }

    /// Half a sentence: is this all, and how is that known?
    pub fn completeness(&self) -> String {
        if let Some(coverage) = self.coverage {
            return format!("{} of {} visited", grouped(coverage.visited), grouped(coverage.total));
        }
        match (self.complete, self.proof) {
            (true, Proof::ClosedForm) => "all there are: the sum equals the closed form".into(),
            (true, Proof::Enumeration) => "all there are: each was also run by itself".into(),
            (true, Proof::States) => {
                "all there are: the sum equals the paths through the states".into()
            }
            (true, Proof::None) if self.interleavings.is_none() => "explored to the end".into(),
            (true, Proof::None) => "explored to the end, counted".into(),
            (false, _) if let Some(rounds) = self.loops_cut_after => format!(
                "not complete: a loop that yields and counts its rounds was followed for {rounds} of them \
                 only; bound it, or do not count"
            ),
            (false, _) => match self.estimate {
                Some(all) => format!("stopped early; an estimate of the whole: {all:.3e}"),
                None => "stopped early".into(),
            },
        }
    }
}

/// A number of things: `1 execution`, `34,650 executions`.
pub fn counted(n: u128, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {what}{s}", grouped(n))
}

/// Words with a capital letter, to begin a sentence with.
///
/// # Examples
/// ```
/// assert_eq!(racelab::report::capital("an update was lost"), "An update was lost");
/// ```
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A number with its thousands set apart: `34,650`.
pub fn grouped(n: u128) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A length of time as a person says it: `0.3 ms`, `12 ms`, `4.2 s`.
pub fn duration(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1e3),
    }
}

/// A share with as many digits as it needs: `43%`, `0.02%`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0%".into(),
        p if p >= 10.0 => format!("{p:.0}%"),
        p if p >= 0.01 => format!("{p:.2}%"),
        _ => "less than 0.01%".into(),
    }
}
