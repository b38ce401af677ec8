//! `racelab play`: the learner is the scheduler, on the keyboard.

mod screen;

use super::args::PlayArgs;
use super::out::Out;
use super::{Usage, Verdict, counters, graphs};
use racelab::diagram::game::Game;
use racelab::diagram::graph::Graph;
use racelab::trace::ThreadId;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::io::{self, IsTerminal};

/// Plays one counter until the learner has had enough.
pub fn run(args: &PlayArgs, _out: &mut Out) -> Result<Verdict, Usage> {
    let rung = counters::find(&args.counter)?;
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Usage::new(format!(
            "play needs a terminal; 'racelab show {} --all' prints every interleaving instead",
            rung.name
        )));
    }
    let graph = graphs::graph(rung, args.threads as usize, args.increments as usize)?;
    let graph = graph.ok_or_else(|| Usage::new("that is too large a game; take fewer threads"))?;
    let title = format!("{}: {}", rung.name, rung.title);
    // From here on the terminal is changed. `init` restores it when anything panics, and Ctrl-C
    // is a key like others while it lasts.
    let mut terminal = ratatui::try_init()
        .map_err(|error| Usage::new(format!("cannot use this terminal: {error}")))?;
    let played = Player::new(&graph, title).run(&mut terminal);
    ratatui::restore();
    played.map_err(|error| Usage::new(format!("the terminal went away: {error}")))?;
    Ok(Verdict::Kept)
}

/// A game on a screen.
struct Player<'g> {
    graph: &'g Graph,
    players: Vec<ThreadId>,
    game: Game<'g>,
    title: String,
    /// A thread with several moves was chosen: the next digit says which.
    choosing: Option<ThreadId>,
    /// What became of the last key, when it did nothing.
    hint: String,
}

impl<'g> Player<'g> {
    fn new(graph: &'g Graph, title: String) -> Self {
        let players = graph.players();
        let game = Game::new(graph);
        Player { graph, players, game, title, choosing: None, hint: String::new() }
    }

    fn run(&mut self, terminal: &mut DefaultTerminal) -> io::Result<()> {
        loop {
            terminal.draw(|frame| screen::draw(self, frame))?;
            // A resized terminal is drawn again, like after any other event.
            if let Event::Key(key) = event::read()?
                && !self.on(key)
            {
                return Ok(());
            }
        }
    }

    /// Does what a key asks for. `false`: leave.
    fn on(&mut self, key: KeyEvent) -> bool {
        if key.kind == KeyEventKind::Release {
            return true;
        }
        self.hint.clear();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c' | 'd') if control => return false,
            KeyCode::Char('q') | KeyCode::Esc => return false,
            KeyCode::Char('u') | KeyCode::Backspace => {
                self.choosing = None;
                if !self.game.undo() {
                    self.hint = "There is nothing to take back.".into();
                }
            }
            KeyCode::Char('r') => {
                self.choosing = None;
                self.game.restart();
            }
            KeyCode::Char(digit @ '1'..='9') => self.digit(digit as usize - '1' as usize),
            _ => {}
        }
        true
    }

    fn digit(&mut self, number: usize) {
        if let Some(thread) = self.choosing.take() {
            if !self.game.play(thread, number) {
                self.hint = format!("Thread {thread} has no choice {}.", number + 1);
            }
            return;
        }
        let Some(&thread) = self.players.get(number) else {
            self.hint = format!("There is no thread {}.", number + 1);
            return;
        };
        match (self.game.moves(thread).len(), self.game.blocked(thread)) {
            (0, Some(why)) => self.hint = format!("Thread {thread} {why}."),
            (0, None) => self.hint = format!("Thread {thread} has ended."),
            (1, _) => {
                self.game.play(thread, 0);
            }
            (_, _) => self.choosing = Some(thread),
        }
    }
}
