//! What the learner has found out so far: how it goes wrong, or that it cannot.

use super::program::{Pick, Program};
use racelab::diagram::game::{Game, Standing};
use racelab::diagram::graph::Aim;
use racelab::report::grouped;
use racelab::trace::ThreadId;
use std::collections::BTreeSet;

/// So many orders have to be tried to their ends before it is said that none goes wrong.
const PATIENCE: u128 = 3;

/// What has been found, however the game stands now.
#[derive(Default)]
pub struct Found {
    /// The last win. It stays until the learner starts over.
    pub win: Option<Win>,
    /// The orders that were played to their ends.
    ended: BTreeSet<Vec<usize>>,
}

/// An order that goes wrong.
pub struct Win {
    /// What went wrong, and why.
    pub words: String,
    /// Whose steps they were: `ABAB`.
    pub schedule: String,
    /// The order, to be tried on a cure.
    pub moves: Vec<(ThreadId, usize)>,
}

impl Found {
    /// Looks at the game after a step.
    pub fn look(&mut self, game: &Game, program: &Program) {
        if game.state().outcome.is_some() {
            self.ended.insert(game.path().to_vec());
        }
        if let Standing::Won(words) = game.standing() {
            let words = match cause(program) {
                "" => words,
                why => format!("{words} {why}"),
            };
            let schedule = game.trace().schedule();
            self.win = Some(Win { words, schedule, moves: game.taken() });
        }
    }

    /// That this program cannot be broken, how that is known, and why: once the learner has tried.
    pub fn nobody_can(&self, game: &Game, program: &Program) -> Option<String> {
        let graph = &program.graph;
        let tried = self.ended.len() as u128;
        let enough = tried >= PATIENCE.min(graph.states[0].total);
        if game.can_be_won() || !enough {
            return None;
        }
        let (many, one) = match &graph.executions {
            Some(executions) => (executions.len() as u128, "execution"),
            None => (graph.states[0].total, "interleaving"),
        };
        let how = match many {
            1 => format!("There is one {one} only, and you have seen it."),
            n => format!(
                "racelab has looked at all {} {one}s there are, and 0 of them {}.",
                grouped(n),
                graph.aim.found
            ),
        };
        Some(match program.under_rusts_orderings() {
            Some(_) => format!(
                "No interleaving breaks it. {how} But Rust's orderings allow more than \
                 interleavings."
            ),
            None => format!("It cannot be broken. {how} {}", remedy(program)).trim_end().to_owned(),
        })
    }
}

/// Why a program holds, if that is what it is there for.
fn remedy(program: &Program) -> String {
    let Pick { subject, memory } = &program.pick;
    let (entry, variant) = (subject.entry, subject.variant);
    match (entry.variants, variant.why) {
        _ if !variant.promise.is_kept_under(*memory) => String::new(),
        ([_], _) => entry.story.to_owned(),
        // Where the name says why, there is no sentence besides.
        (_, "") => format!("What keeps it whole: {}.", variant.name),
        (_, why) => why.to_owned(),
    }
}

/// Why a program goes wrong, where the steps of the picture do not say it.
fn cause(program: &Program) -> &'static str {
    let graph = &program.graph;
    let told = graph.aim == Aim::RACE || graph.aim == Aim::LOSE_AN_UPDATE;
    if told { "" } else { program.pick.subject.variant.why }
}
