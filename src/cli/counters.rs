//! `racelab counters`: the counters by name.

use super::out::{Out, say};
use super::style::{self, BAD, GOOD, HEADING, paint};
use super::usage::{Usage, meant};
use super::{Verdict, style::TYPE};
use racelab::counter::{LADDER, Promise, Rung};
use racelab::race::{CATALOGUE, Race};

/// The counter with this name.
pub fn find(name: &str) -> Result<&'static Rung, Usage> {
    let names = LADDER.iter().map(|rung| rung.name);
    Rung::named(&name.to_lowercase()).ok_or_else(|| unknown(name, names))
}

/// There is no such name; `names` are those that could have been meant.
pub fn unknown<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Usage {
    let way_out = match (Race::named(&name.to_lowercase()), meant(name, names)) {
        (Some(race), _) => {
            let check = style::command(&format!("check {}", race.name));
            format!("it is a race of orderings: '{check}'")
        }
        (None, Some(name)) => format!("did you mean '{name}'?"),
        (None, None) => format!("'{}' lists them", style::command("counters")),
    };
    // Debug form: a name with a line break in it stays on its line.
    Usage::new(format!("there is no counter {name:?}; {way_out}"))
}

/// Why a counter cannot be checked, and what to do instead.
pub fn not_modelled(rung: &Rung) -> Usage {
    let name = rung.name;
    let command = style::command(&format!("stress {name}"));
    Usage::new(format!(
        "{name} exists on real threads only, so no engine can check it; try: {command}"
    ))
}

/// Which part of the ladder a counter stands on.
pub fn part(rung: &Rung) -> &'static str {
    match (rung.promise, rung.wrong_fix) {
        (Promise::Loses, false) => "loses updates",
        (Promise::Loses, true) => "a fix that does not work",
        (Promise::Exact, _) => "exact",
    }
}

/// Lists the counters, worst first.
pub fn run(out: &mut Out) -> Result<Verdict, Usage> {
    let width = style::width();
    let mut last = "";
    for rung in LADDER {
        let part = part(rung);
        if part != last {
            let blank = if last.is_empty() { "" } else { "\n" };
            let colour = if rung.promise == Promise::Exact { GOOD } else { BAD };
            say!(out, "{blank}{}", paint(colour, part));
            last = part;
        }
        let title = format!("  {}: {}", paint(TYPE, rung.name), paint(HEADING, rung.title));
        say!(out, "{}", style::fit(&title, width));
        say!(out, "{}", style::wrap(rung.summary, "      ", width));
    }
    say!(out, "\n{}", paint(HEADING, "races of orderings (check, show, replay, play)"));
    for race in CATALOGUE {
        let title = format!("  {}: {}", paint(TYPE, race.name), paint(HEADING, race.title));
        say!(out, "{}", style::fit(&title, width));
    }
    say!(out);
    say!(out, "Hammer one:          {}", paint(TYPE, style::command("stress NAME")));
    say!(out, "Every interleaving:  {}", paint(TYPE, style::command("check NAME")));
    Ok(Verdict::Kept)
}
