//! What is played, and what can be played next.

use super::super::args::BoundArgs;
use super::super::limits::Bounds;
use super::super::{Usage, graphs};
use racelab::diagram::graph::Graph;
use racelab::explore::Memory;
use racelab::list::{self, Entry, Part, Promise, Role, Subject};

/// What was asked for on the command line, for every program that is played.
#[derive(Clone, Copy)]
pub struct Rules {
    pub memory: Memory,
    pub bounds: BoundArgs,
}

/// A program and the memory it is to be played under.
#[derive(Clone, Copy)]
pub struct Pick {
    pub subject: Subject,
    pub memory: Memory,
}

/// A program with all its interleavings: ready to be played.
pub struct Program {
    pub pick: Pick,
    pub graph: Graph,
    rules: Rules,
}

impl Program {
    /// Finds all its interleavings. `None`: they are too many.
    pub fn load(pick: Pick, rules: Rules) -> Result<Option<Self>, Usage> {
        let bounds = Bounds::given(&rules.bounds, &pick.subject);
        let graph = graphs::graph(&pick.subject, pick.memory, bounds)?;
        Ok(graph.map(|graph| Program { pick, graph, rules }))
    }

    /// The first of these that is not too large.
    pub fn first_of(&self, picks: Vec<Pick>) -> Option<Self> {
        picks.into_iter().find_map(|pick| Program::load(pick, self.rules).ok().flatten())
    }

    pub fn title(&self) -> String {
        let Pick { subject, memory } = &self.pick;
        let title = match subject.entry.variants {
            [_] => format!("{subject}: {}", subject.entry.title),
            _ => subject.to_string(),
        };
        match *memory == Memory::Rc11 {
            true => format!("{title} (under Rust's orderings)"),
            false => title,
        }
    }

    /// The other programs of the list, from the one that comes next; behind the last comes the first.
    pub fn following(&self) -> Vec<Pick> {
        let here = |entry: &&'static Entry| entry.name == self.pick.subject.entry.name;
        let others = list::all().cycle().skip_while(|entry| !here(entry)).skip(1);
        let others = others.take_while(|entry| !here(entry)).map(Entry::subject);
        let pick = |subject: Subject| {
            // What holds in turns is no game before loads may see older values.
            let memory = match subject.variant.promise {
                Promise::HoldsInTurns => Memory::Rc11,
                Promise::Breaks | Promise::Holds => self.rules.memory,
            };
            Pick { subject, memory }
        };
        others.filter(Subject::is_modelled).map(pick).collect()
    }

    /// A cure of the same race, of the same size: the first.
    pub fn cure(&self) -> Option<Pick> {
        let Pick { subject, memory } = self.pick;
        let part = Part::of(subject.entry);
        let entries = if part.side_by_side { part.entries.to_vec() } else { vec![subject.entry] };
        let all = entries.into_iter().flat_map(Entry::subjects);
        let mut all = all.map(|other| other.sized(subject.size)).filter(Subject::is_modelled);
        let holds = |other: &Subject| {
            other.variant.role == Role::Cure && other.variant.promise.is_kept_under(memory)
        };
        let subject = all.find(holds)?;
        Some(Pick { subject, memory })
    }

    /// The same under Rust's orderings, where only those can break it.
    pub fn under_rusts_orderings(&self) -> Option<Pick> {
        let Pick { subject, memory } = self.pick;
        let only_those = subject.variant.promise == Promise::HoldsInTurns;
        (only_those && memory != Memory::Rc11).then_some(Pick { subject, memory: Memory::Rc11 })
    }
}

impl Pick {
    /// What it is called among other programs.
    pub fn name(&self) -> &'static str {
        self.subject.entry.name
    }

    /// What it is called among those of the same race.
    pub fn way(&self) -> &'static str {
        match self.subject.entry.variants {
            [_] => self.name(),
            _ => self.subject.variant.name,
        }
    }
}
