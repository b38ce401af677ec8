//! Playing the scheduler: the learner chooses who goes next, and losing an update is the win.

use super::explain;
use super::graph::{Aim, Ending, Graph, Move, State};
use crate::report::{capital, counted};
use crate::trace::{ThreadId, Trace};

/// A game on a graph: the moves taken so far.
#[derive(Clone, Debug)]
pub struct Game<'g> {
    graph: &'g Graph,
    /// At each state so far, which of its moves was taken.
    path: Vec<usize>,
    shortest: Option<usize>,
}

/// How the game stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The program runs, and nothing is lost.
    Running,
    /// The program has ended, and nothing is lost.
    Safe(String),
    /// An update is lost: the game is won. The words say by which step, and why.
    Won(String),
}

impl<'g> Game<'g> {
    /// A game at its start.
    pub fn new(graph: &'g Graph) -> Self {
        Game { graph, path: Vec::new(), shortest: graph.shortest() }
    }

    /// The goal in one line.
    pub fn goal(&self) -> String {
        format!("Goal: {}.", self.graph.aim.goal)
    }

    /// Can anybody reach the goal, in any order?
    pub fn can_be_won(&self) -> bool {
        self.shortest.is_some()
    }

    /// At each state so far, which of its moves was taken.
    pub fn path(&self) -> &[usize] {
        &self.path
    }

    /// The moves taken so far, as [`play`](Game::play) takes them: also in another program.
    pub fn taken(&self) -> Vec<(ThreadId, usize)> {
        let mut state = 0;
        let own = |&choice: &usize| {
            let moves = &self.graph.states[state].moves;
            let Move { step, next } = &moves[choice];
            state = *next;
            let before = moves[..choice].iter().filter(|other| other.step.thread == step.thread);
            (step.thread, before.count())
        };
        self.path.iter().map(own).collect()
    }

    /// The state the program is in.
    pub fn state(&self) -> &'g State {
        &self.graph.states[self.at()]
    }

    fn at(&self) -> usize {
        let step = |state: usize, &choice: &usize| self.graph.states[state].moves[choice].next;
        self.path.iter().fold(0, step)
    }

    /// The moves that a thread has now; more than one when it has a free choice.
    pub fn moves(&self, thread: ThreadId) -> Vec<&'g Move> {
        self.state().moves.iter().filter(|taken| taken.step.thread == thread).collect()
    }

    /// Why a thread cannot go now; `None` when it can, or has ended.
    pub fn blocked(&self, thread: ThreadId) -> Option<&'g str> {
        let blocked = self.state().blocked.iter().find(|blocked| blocked.thread == thread);
        blocked.map(|blocked| blocked.why.as_str())
    }

    /// Lets a thread take the move with this number among its own. `false`: it has no such move.
    pub fn play(&mut self, thread: ThreadId, choice: usize) -> bool {
        let own = self.state().moves.iter().enumerate().filter(|(_, m)| m.step.thread == thread);
        match own.map(|(at, _)| at).nth(choice) {
            Some(at) => {
                self.path.push(at);
                true
            }
            None => false,
        }
    }

    /// Takes the last move back. `false`: there was none.
    pub fn undo(&mut self) -> bool {
        self.path.pop().is_some()
    }

    /// Begins again.
    pub fn restart(&mut self) {
        self.path.clear();
    }

    /// The moves taken so far, as a trace.
    pub fn trace(&self) -> Trace {
        self.graph.trace(&self.path)
    }

    /// How the game stands.
    pub fn standing(&self) -> Standing {
        let trace = self.trace();
        let ending = self.state().outcome.map(|outcome| &self.graph.outcomes[outcome]);
        let ended = ending.map(Ending::sentence).unwrap_or_default();
        let aim = &self.graph.aim;
        let won = |harm: &str, after: usize, why: &str, ended: &str| {
            let steps = counted(after as u128, "step");
            let shortest = self.shortest.unwrap_or(after);
            let (harm, why) = (capital(harm), capital(why));
            let words =
                format!("{harm} after {steps}; the shortest possible is {shortest}. {why}.");
            Standing::Won(format!("{words} {ended}").trim_end().to_owned())
        };
        let races = trace.data_races().into_iter();
        if let Some(race) = races.min_by_key(|race| race.first.max(race.second)) {
            // It has ended in a data race: that is said already.
            return won(Aim::RACE.harm, race.first.max(race.second) + 1, &race.to_string(), "");
        }
        let lost = super::links::links(&trace);
        if let (Some(link), true) = (lost.first(), *aim == Aim::LOSE_AN_UPDATE) {
            return won(aim.harm, link.write + 1, &link.sentence, &ended);
        }
        match ending {
            None => Standing::Running,
            Some(ending) if ending.lost => {
                let stale =
                    (0..trace.steps().len()).find_map(|step| explain::out_of_turn(&trace, step));
                let stale = stale.map(|why| format!(" {}.", capital(&why))).unwrap_or_default();
                let unexplained = trace.cycle().map(|_| " No interleaving explains these values.");
                let harm = capital(aim.harm);
                Standing::Won(format!("{ended} {harm}.{stale}{}", unexplained.unwrap_or("")))
            }
            Some(_) => Standing::Safe(format!("{ended} {}.", capital(aim.safe))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::sample::racy_graph;

    fn play(game: &mut Game, schedule: &str) {
        for letter in schedule.chars() {
            assert!(game.play(ThreadId::from_letter(letter).unwrap(), 0), "{letter} can go");
        }
    }

    #[test]
    fn losing_an_update_wins_and_says_why() {
        let graph = racy_graph(2, 2);
        let mut game = Game::new(&graph);
        play(&mut game, "ABA");
        assert_eq!(game.standing(), Standing::Running);
        play(&mut game, "B");
        let Standing::Won(words) = game.standing() else { panic!("an update is lost") };
        assert_eq!(
            words,
            "An update is lost after 4 steps; the shortest possible is 4. Step 4 overwrote step 3, \
             because thread B had read count at step 2."
        );
        play(&mut game, "AABB");
        assert!(
            matches!(game.standing(), Standing::Won(words) if words.ends_with("It returned 3."))
        );
    }

    #[test]
    fn an_order_that_loses_nothing_is_no_win_and_can_be_taken_back() {
        let graph = racy_graph(2, 1);
        let mut game = Game::new(&graph);
        play(&mut game, "AABB");
        assert_eq!(game.standing(), Standing::Safe("It returned 2. Nothing is lost.".into()));
        assert!(!game.play(ThreadId(1), 0), "A has ended");
        assert_eq!(game.taken(), [1, 1, 2, 2].map(|id| (ThreadId(id), 0)));
        for _ in 0..3 {
            assert!(game.undo());
        }
        play(&mut game, "BAB");
        assert!(matches!(game.standing(), Standing::Won(_)));
        game.restart();
        assert!(!game.undo(), "nothing is left to take back");
        assert_eq!(game.standing(), Standing::Running);
    }
}
