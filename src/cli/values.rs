//! What can stand behind an option: numbers, times, and the refusals that say what to do instead.

use crate::cli::style::command;
use racelab::report::grouped;
use std::time::Duration;

/// A whole number from `LOW` to `HIGH`; thousands may be set apart, as the output sets them apart.
pub fn number<const LOW: u64, const HIGH: u64>(text: &str) -> Result<u64, String> {
    let digits = text.replace([',', '_'], "");
    let number = digits.parse().ok().filter(|number| (LOW..=HIGH).contains(number));
    number.ok_or_else(|| format!("it has to be {}", range(LOW, HIGH)))
}

/// Which numbers can stand behind an option.
pub fn range(low: u64, high: u64) -> String {
    format!("a whole number from {} to {}", grouped(low.into()), grouped(high.into()))
}

/// A whole number from 1; thousands may be set apart.
pub fn large_number(text: &str) -> Result<u128, String> {
    let number = text.replace([',', '_'], "").parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "it has to be a whole number from 1".into())
}

/// A census counts interleavings, and an execution under rc11 may have none.
pub fn only_interleavings(memory: &str) -> Result<(), String> {
    let check = command("check NAME --memory rc11");
    let refusal = format!("a census counts interleavings, under sc; '{check}' counts executions");
    if memory == "sc" { Ok(()) } else { Err(refusal) }
}

pub fn already_run(_: &str) -> Result<(), String> {
    let show = command("show NAME --memory rc11");
    let way_out = format!("choose the memory where it is made: '{show}'");
    Err(format!("a trace has been run already, leave it out; {way_out}"))
}

pub fn the_machine_s(_: &str) -> Result<(), String> {
    let check = command("check NAME --memory rc11");
    let way_out = format!("'{check}' shows all that the orderings allow");
    Err(format!("real threads have the machine's own memory, leave it out; {way_out}"))
}

/// Threads here have capital letters: none of the command's programs has more than those.
pub fn schedule(text: &str) -> Result<String, String> {
    Ok(text.to_ascii_uppercase())
}

/// A length of time with its unit; without one it is in seconds.
pub fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let unit = match &text[digits.len()..] {
        "ms" => 1,
        "s" | "" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    let ms = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit));
    ms.filter(|ms| (1..=86_400_000).contains(ms)).map(Duration::from_millis).ok_or_else(|| {
        "it has to be a number with its unit, like 500ms, 10s, 5m or 2h, and at most 24h".into()
    })
}
