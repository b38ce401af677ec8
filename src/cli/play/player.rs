//! A game on a screen: what the keys do.

use super::found::Found;
use super::program::{Pick, Program};
use racelab::diagram::game::Game;
use racelab::report::capital;
use racelab::trace::ThreadId;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// One program, and how far the learner has come with it.
pub struct Player<'p> {
    pub program: &'p Program,
    pub players: Vec<ThreadId>,
    pub game: Game<'p>,
    pub found: Found,
    /// A thread with several moves was chosen: the next digit says which.
    pub choosing: Option<ThreadId>,
    /// What became of the last key, when it did nothing.
    pub hint: String,
    /// Is the help shown?
    pub helps: bool,
}

/// What a key leads to.
pub enum Turn {
    /// The game goes on.
    Stay,
    /// The learner has had enough.
    Leave,
    /// The first of these programs that can be played is, beginning with these moves.
    Go(Vec<Pick>, Vec<(ThreadId, usize)>),
}

impl<'p> Player<'p> {
    pub fn new(program: &'p Program) -> Self {
        Player {
            program,
            players: program.graph.players(),
            game: Game::new(&program.graph),
            found: Found::default(),
            choosing: None,
            hint: String::new(),
            helps: false,
        }
    }

    /// Does what a key asks for.
    pub fn on(&mut self, key: KeyEvent) -> Turn {
        if key.kind == KeyEventKind::Release {
            return Turn::Stay;
        }
        self.hint.clear();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if let (KeyCode::Char('c' | 'd'), true) = (key.code, control) {
            return Turn::Leave;
        }
        if std::mem::take(&mut self.helps) {
            return Turn::Stay;
        }
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return Turn::Leave,
            KeyCode::Char('n') => return Turn::Go(self.program.following(), Vec::new()),
            KeyCode::Char('t') => return self.elsewhere(),
            KeyCode::Char('?') => self.helps = true,
            KeyCode::Char('u') | KeyCode::Backspace => {
                self.choosing = None;
                if !self.game.undo() {
                    self.hint = "There is nothing to take back.".into();
                }
            }
            KeyCode::Char('r') => {
                self.choosing = None;
                self.game.restart();
                self.found.win = None;
            }
            KeyCode::Char(digit @ '1'..='9') => self.digit(digit as usize - '1' as usize),
            KeyCode::Char(letter) => self.letter(letter.to_ascii_uppercase()),
            _ => {}
        }
        Turn::Stay
    }

    /// That it cannot be broken, once that may be said.
    pub fn nobody_can(&self) -> Option<String> {
        self.found.nobody_can(&self.game, self.program)
    }

    /// Where `t` leads, once something has been found out.
    pub fn other(&self) -> Option<Pick> {
        match &self.found.win {
            Some(_) => self.program.cure(),
            None => self.nobody_can().and_then(|_| self.program.under_rusts_orderings()),
        }
    }

    fn elsewhere(&mut self) -> Turn {
        match (self.other(), &self.found.win) {
            (Some(other), Some(win)) => Turn::Go(vec![other], win.moves.clone()),
            (Some(other), None) => Turn::Go(vec![other], Vec::new()),
            (None, Some(_)) => self.say("No cure of this one can be played here."),
            (None, None) => self.say("Once you have won, t tries your order on a cure."),
        }
    }

    fn say(&mut self, hint: &str) -> Turn {
        self.hint = hint.to_owned();
        Turn::Stay
    }

    /// Takes these moves as far as this program lets them be taken, and says where it does not.
    pub fn follow(&mut self, moves: &[(ThreadId, usize)]) {
        for (&(thread, choice), step) in moves.iter().zip(1..) {
            if !self.play(thread, choice) {
                let why = match (self.game.moves(thread).len(), self.game.blocked(thread)) {
                    (0, Some(why)) => why,
                    (0, None) => "has ended",
                    (_, _) => "does not have the choice that you took",
                };
                let kind = self.program.graph.kind();
                self.hint =
                    format!("Your order stops before step {step}: {kind} {thread} {why}. Go on.");
                return;
            }
        }
        if !moves.is_empty() && self.game.state().outcome.is_none() {
            self.hint = "That was your order, and the program still runs. Go on.".into();
        }
    }

    fn play(&mut self, thread: ThreadId, choice: usize) -> bool {
        let played = self.game.play(thread, choice);
        if played {
            self.found.look(&self.game, self.program);
        }
        played
    }

    fn digit(&mut self, number: usize) {
        if let Some(thread) = self.choosing.take() {
            if !self.play(thread, number) {
                let who = self.called(thread);
                self.hint = format!("{who} has no choice {}.", number + 1);
            }
            return;
        }
        match self.players.get(number) {
            Some(&thread) => self.go(thread),
            None => {
                self.hint = format!("There is no {} {}.", self.program.graph.kind(), number + 1);
            }
        }
    }

    /// A thread by its letter, as it stands beside its digit.
    fn letter(&mut self, letter: char) {
        self.choosing = None;
        match self.players.iter().find(|thread| thread.letter() == letter) {
            Some(&thread) => self.go(thread),
            None => self.hint = "That key does nothing; ? says which do.".into(),
        }
    }

    /// At the beginning of a sentence: `Thread A`, `Task A`.
    fn called(&self, thread: ThreadId) -> String {
        format!("{} {thread}", capital(self.program.graph.kind()))
    }

    fn go(&mut self, thread: ThreadId) {
        match (self.game.moves(thread).len(), self.game.blocked(thread)) {
            (0, Some(why)) => self.hint = format!("{} {why}.", self.called(thread)),
            (0, None) => self.hint = format!("{} has ended.", self.called(thread)),
            (1, _) => {
                self.play(thread, 0);
            }
            (_, _) => self.choosing = Some(thread),
        }
    }
}
