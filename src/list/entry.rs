//! What is known of a program besides its code.

use super::{Promise, Role, Subject, Variant};
use crate::diagram::graph::Aim;
use crate::report::{Failure, Grade};

/// How large a program is: a number for each of its entry's [`parameters`](Entry::parameters), in
/// their order. Numbers beyond those mean nothing.
pub type Size = [usize; 2];

/// What is thought of an ending, and why.
pub type Graded = (Grade, &'static str);

/// How an execution ended: with these numbers, or not at all.
pub type Ending<'a> = Result<&'a [i64], &'a Failure>;

/// Something that can be run, and all that the command, the pages, the book and the tests have to
/// know of it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name on the command line: `store-buffering`.
    pub name: &'static str,
    /// A heading: what goes wrong, in one line.
    pub title: &'static str,
    /// What goes wrong, and why, in a few sentences.
    pub story: &'static str,
    /// Where it bit somebody, numbered from 1 in this order.
    pub sources: &'static [Source],
    /// Where its source is, from the root of the repository, as a step's place names it.
    pub path: &'static str,
    /// Its source, as it is compiled.
    pub source: &'static str,
    /// What the outcome's numbers are called: `A saw y`, `B saw x`.
    pub outcome: &'static [&'static str],
    /// What must not be, in words: `neither saw the other: both go in`.
    pub forbidden: &'static str,
    /// What is thought of an ending at a size.
    pub grade: fn(Ending, Size) -> Graded,
    /// What a player of the program is after; `None`: what must not be.
    pub aim: Option<&'static Aim>,
    /// What makes it larger or smaller, where anything does.
    pub parameters: &'static [Parameter],
    /// The ways to write it: broken, mended wrongly, cured. The smallest change comes first.
    pub variants: &'static [Variant],
}

/// Where a race bit somebody.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// What happened there, in a sentence.
    pub what: &'static str,
    /// Who says so: a paper, a report, an issue.
    pub work: &'static str,
    /// Where that is.
    pub link: &'static str,
}

/// A number that makes a program larger or smaller.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name on the command line: `threads`, as in `--threads 3`.
    pub name: &'static str,
    /// One of what it counts: `thread`.
    pub one: &'static str,
    /// What it is unless it is given.
    pub usual: usize,
    /// The least that makes sense.
    pub least: usize,
    /// The most that makes sense.
    pub most: usize,
    /// Why no less and no more: `one philosopher has nobody to wait for`.
    pub why: &'static str,
    /// What a page offers.
    pub offered: &'static [usize],
}

impl Entry {
    /// What an entry says of itself unless it says otherwise: nothing.
    pub(crate) const BLANK: Entry = Entry {
        name: "",
        title: "",
        story: "",
        sources: &[],
        path: "",
        source: "",
        outcome: &[],
        forbidden: "",
        grade: |ending, _| match ending {
            Ok(_) => acceptable(""),
            Err(failure) => failed(failure),
        },
        aim: None,
        parameters: &[],
        variants: &[],
    };

    /// The variant that is meant when none is named: the last that is broken; the only one, where
    /// there is only one.
    pub fn usual(&self) -> &'static Variant {
        let broken = self.variants.iter().rev().find(|variant| variant.role == Role::Broken);
        broken.unwrap_or(&self.variants[0])
    }

    /// The size that is meant when none is given.
    pub fn usual_size(&self) -> Size {
        let mut size = Size::default();
        self.parameters.iter().zip(&mut size).for_each(|(parameter, n)| *n = parameter.usual);
        size
    }

    /// This program in its usual variant, at its usual size.
    pub fn subject(&'static self) -> Subject {
        Subject { entry: self, variant: self.usual(), size: self.usual_size() }
    }

    /// Each of its variants, at the usual size.
    pub fn subjects(&'static self) -> impl Iterator<Item = Subject> {
        self.variants.iter().map(|variant| Subject { variant, ..self.subject() })
    }

    /// A variant by its number from 1, or by its name.
    ///
    /// # Examples
    /// ```
    /// let race = racelab::list::find("store-buffering").unwrap();
    /// assert_eq!(race.variant("8").unwrap().name, "SeqCst everywhere");
    /// assert_eq!(race.variant("seqcst EVERYWHERE").unwrap().name, "SeqCst everywhere");
    /// assert!(race.variant("9").is_none());
    /// ```
    pub fn variant(&self, words: &str) -> Option<&'static Variant> {
        let number = words.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let numbered = number.and_then(|at| self.variants.get(at));
        numbered.or_else(|| {
            self.variants.iter().find(|variant| variant.name.eq_ignore_ascii_case(words))
        })
    }

    /// The number of a variant, from 1.
    pub fn number(&self, variant: &Variant) -> usize {
        let at = self.variants.iter().position(|other| other.name == variant.name);
        at.map_or(0, |at| at + 1)
    }

    /// The variants that are weaker than this one in a single place, by a single step: they prove
    /// that a cure is the weakest of its kind.
    ///
    /// # Examples
    /// ```
    /// use racelab::race::MESSAGE_PASSING;
    ///
    /// let cure = MESSAGE_PASSING.variant("Release store, Acquire load").unwrap();
    /// let weaker: Vec<_> = MESSAGE_PASSING.weaker(cure).map(|variant| variant.name).collect();
    /// assert_eq!(weaker, ["Release store, Relaxed load", "Relaxed store, Acquire load"]);
    /// ```
    pub fn weaker(&self, cure: &'static Variant) -> impl Iterator<Item = &'static Variant> {
        self.variants.iter().filter(|variant| match (&variant.orderings, &cure.orderings) {
            (Some(weaker), Some(cure)) => weaker.are_one_weaker(cure),
            _ => false,
        })
    }

    /// Does it depend on the memory's orderings whether a variant holds?
    pub fn is_about_orderings(&self) -> bool {
        let matters = |variant: &Variant| {
            variant.orderings.is_some() || variant.promise == Promise::HoldsInTurns
        };
        self.variants.iter().any(matters)
    }
}

/// The program is meant to end like this.
pub const fn acceptable(why: &'static str) -> Graded {
    (Grade::Acceptable, why)
}

/// It may end like this, and that is worth a look.
pub const fn interesting(why: &'static str) -> Graded {
    (Grade::Interesting, why)
}

/// It must never end like this.
pub const fn forbidden(why: &'static str) -> Graded {
    (Grade::Forbidden, why)
}

/// What is thought of a failure where an entry has nothing to say about it.
pub fn failed(failure: &Failure) -> Graded {
    forbidden(match failure {
        // It was cut where a limit stands.
        Failure::StepLimit { limit: Some(_), .. } => {
            return interesting("cut, so nobody knows how it ends");
        }
        Failure::DataRace { .. } => "undefined: anything may happen",
        Failure::Deadlock { .. } => "nobody can go on",
        Failure::StepLimit { .. } => "it does not end",
        Failure::Panic { .. } => "it gives up in the middle",
        Failure::Nondeterministic { .. } => "the same schedule does not do the same twice",
    })
}
