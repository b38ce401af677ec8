//! What a command is about: a program of the list, in one variant, at one size.

use super::args::MemoryArg;
use super::usage::{Usage, meant};
use super::{style, values::range};
use racelab::explore::Memory;
use racelab::list::{self, Entry, Part, Subject, Variant};

/// The entry with this name.
pub fn entry(name: &str) -> Result<&'static Entry, Usage> {
    list::find(&name.to_lowercase()).ok_or_else(|| {
        let list = style::command("list");
        let way_out = match meant(name, list::all().map(|entry| entry.name)) {
            Some(name) => format!("did you mean '{name}'? ('{list}' lists all)"),
            None => format!("'{list}' lists what there is"),
        };
        // Debug form: a name with a line break in it stays on its line.
        Usage::new(format!("there is no program {name:?}; {way_out}"))
    })
}

/// A program that the explorer can run, as [`chosen`].
pub fn find(
    name: &str,
    variant: Option<&str>,
    given: &[(&str, Option<u64>)],
) -> Result<Subject, Usage> {
    let subject = chosen(name, variant, given)?;
    if subject.is_modelled() { Ok(subject) } else { Err(not_modelled(&subject)) }
}

/// A program: by name, in the variant that is asked for or the one that is
/// meant when none is, at a size of which some numbers are given.
pub fn chosen(
    name: &str,
    variant: Option<&str>,
    given: &[(&str, Option<u64>)],
) -> Result<Subject, Usage> {
    let entry = entry(name)?;
    let usual = entry.subject();
    let variant = variant.map_or(Ok(usual.variant), |words| self::variant(entry, words))?;
    Ok(Subject { variant, ..usual }.sized(size(entry, given)?))
}

/// The usual size of an entry, but for what is given.
fn size(entry: &Entry, given: &[(&str, Option<u64>)]) -> Result<list::Size, Usage> {
    let mut size = entry.usual_size();
    for (name, number) in given.iter().filter_map(|(name, number)| Some((name, (*number)?))) {
        let Some(at) = entry.parameters.iter().position(|other| other.name == *name) else {
            return Err(has_no(entry, given, name));
        };
        let parameter = &entry.parameters[at];
        let (least, most) = (parameter.least, parameter.most);
        let fits = usize::try_from(number).ok().filter(|number| (least..=most).contains(number));
        size[at] = fits.ok_or_else(|| {
            let range = range(least as u64, most as u64);
            let Entry { name: program, .. } = entry;
            Usage::new(format!(
                "{program} cannot have --{name} {number}: it has to be {range}, since {}",
                parameter.why
            ))
        })?;
    }
    Ok(size)
}

/// A size was given to a program that has none, or not this one.
fn has_no(entry: &Entry, given: &[(&str, Option<u64>)], name: &str) -> Usage {
    let program = entry.name;
    if !entry.parameters.is_empty() {
        return Usage::new(format!("{program} has no --{name}; leave it out"));
    }
    let all: Vec<_> = given.iter().map(|(name, _)| format!("--{name}")).collect();
    Usage::new(format!("{program} has one size; leave out {}", all.join(" and ")))
}

/// The variant that is meant.
pub fn variant(entry: &'static Entry, words: &str) -> Result<&'static Variant, Usage> {
    entry.variant(words).ok_or_else(|| {
        let name = entry.name;
        if let [_] = entry.variants {
            return Usage::new(format!("{name} is written in one way only; leave out --variant"));
        }
        let all = entry.variants.iter().zip(1..);
        let all = all.map(|(variant, at)| format!("{at} ({})", variant.name));
        let all = all.collect::<Vec<_>>().join(", ");
        Usage::new(format!("{name} has no variant {words:?}; it can be {all}"))
    })
}

/// What stands for it on a command line: `racy`, `dekker --variant 4`.
pub fn typed(subject: &Subject) -> String {
    match subject.entry.variants {
        [_] => subject.entry.name.to_owned(),
        _ => numbered(subject),
    }
}

/// The same with the variant's number in any case.
pub fn numbered(subject: &Subject) -> String {
    format!("{} --variant {}", subject.entry.name, subject.entry.number(subject.variant))
}

/// Why a program cannot be explored, and what to do instead.
fn not_modelled(subject: &Subject) -> Usage {
    let command = style::command(&format!("stress {}", typed(subject)));
    Usage::new(format!(
        "{subject} exists on real threads only, so no engine can check it; try: {command}"
    ))
}

/// Why loom cannot run a program, and what to do instead.
pub fn no_tasks(entry: &Entry) -> Usage {
    let name = entry.name;
    let command = style::command(&format!("check {name}"));
    Usage::new(format!(
        "{name} runs tasks on one thread, and loom knows threads only; the explorer knows both: \
         {command}"
    ))
}

/// What a program does, in the words of its part: `loses updates`, `holds`.
pub fn verdict(subject: &Subject) -> &'static str {
    Part::of(subject.entry).verdict(subject.variant.role)
}

impl From<MemoryArg> for Memory {
    fn from(memory: MemoryArg) -> Self {
        match memory {
            MemoryArg::Sc => Memory::SequentiallyConsistent,
            MemoryArg::Rc11 => Memory::Rc11,
        }
    }
}
