//! `racelab play`: the learner is the scheduler, on the keyboard.

mod screen;

use super::args::PlayArgs;
use super::limits::Bounds;
use super::out::Out;
use super::signals::{Caught, end_with_terminal};
use super::subject::find;
use super::{Usage, Verdict, graphs, style};
use racelab::diagram::game::Game;
use racelab::diagram::graph::Graph;
use racelab::report::{capital, grouped};
use racelab::trace::ThreadId;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::io::{self, IsTerminal};
use std::time::Duration;

/// How long a signal may have to wait.
const LOOK: Duration = Duration::from_millis(100);

/// Plays one program until the learner has had enough.
pub fn run(args: &PlayArgs, _out: &mut Out) -> Result<Verdict, Usage> {
    let size = [("threads", args.threads), ("increments", args.increments)];
    let subject = find(&args.program, args.variant.as_deref(), &size)?;
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let show = style::command(&format!("show {} --all", subject.entry.name));
        let way_out = format!("'{show}' prints every order instead");
        return Err(Usage::new(format!("play needs a terminal; {way_out}")));
    }
    let bounds = Bounds::given(&args.bounds, &subject);
    let graph = graphs::graph(&subject, args.memory.into(), bounds)?;
    let graph = graph.ok_or_else(|| {
        let states = grouped(args.bounds.max_states.into());
        Usage::new(format!(
            "that is too large a game, with more than {states} states; take fewer threads or \
             increments, or allow more with --max-states"
        ))
    })?;
    let title = match subject.entry.variants {
        [_] => format!("{subject}: {}", subject.entry.title),
        _ => subject.to_string(),
    };
    // From here on the terminal is changed. `init` restores it when anything panics, and Ctrl-C
    // is a key like others while it lasts.
    let caught = Caught::from_now_on();
    end_with_terminal();
    let mut terminal = ratatui::try_init()
        .map_err(|error| Usage::new(format!("cannot use this terminal: {error}")))?;
    let played = Player::new(&graph, title).run(&mut terminal, &caught);
    ratatui::restore();
    // Here the cursor is shown again.
    drop(terminal);
    caught.obey();
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

    fn run(&mut self, terminal: &mut DefaultTerminal, caught: &Caught) -> io::Result<()> {
        loop {
            terminal.draw(|frame| screen::draw(self, frame))?;
            // Waiting for a key does not end with a signal.
            while !caught.any() && !event::poll(LOOK)? {}
            if caught.any() {
                return Ok(());
            }
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
            KeyCode::Char(letter) => self.letter(letter.to_ascii_uppercase()),
            _ => {}
        }
        true
    }

    fn digit(&mut self, number: usize) {
        if let Some(thread) = self.choosing.take() {
            if !self.game.play(thread, number) {
                let who = self.called(thread);
                self.hint = format!("{who} has no choice {}.", number + 1);
            }
            return;
        }
        match self.players.get(number) {
            Some(&thread) => self.go(thread),
            None => self.hint = format!("There is no {} {}.", self.graph.kind(), number + 1),
        }
    }

    /// A thread by its letter, as it stands beside its digit.
    fn letter(&mut self, letter: char) {
        self.choosing = None;
        match self.players.iter().find(|thread| thread.letter() == letter) {
            Some(&thread) => self.go(thread),
            None => self.hint = "That key does nothing; the last line says which do.".into(),
        }
    }

    /// At the beginning of a sentence: `Thread A`, `Task A`.
    fn called(&self, thread: ThreadId) -> String {
        format!("{} {thread}", capital(self.graph.kind()))
    }

    fn go(&mut self, thread: ThreadId) {
        match (self.game.moves(thread).len(), self.game.blocked(thread)) {
            (0, Some(why)) => self.hint = format!("{} {why}.", self.called(thread)),
            (0, None) => self.hint = format!("{} has ended.", self.called(thread)),
            (1, _) => {
                self.game.play(thread, 0);
            }
            (_, _) => self.choosing = Some(thread),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use racelab::explore::Memory;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    /// Plays these keys on a screen of this size and returns what is on it.
    fn screen(counter: &str, keys: &str, size: (u16, u16)) -> String {
        screen_under(Memory::SequentiallyConsistent, counter, keys, size)
    }

    fn graph(memory: Memory, counter: &str) -> Graph {
        let subject = find(counter, None, &[]).unwrap();
        graphs::graph(&subject, memory, Bounds::of(&subject, 10_000)).unwrap().unwrap()
    }

    fn screen_under(
        memory: Memory,
        counter: &str,
        keys: &str,
        (width, height): (u16, u16),
    ) -> String {
        let graph = graph(memory, counter);
        let mut player = Player::new(&graph, counter.to_owned());
        for key in keys.chars() {
            assert!(player.on(KeyEvent::from(KeyCode::Char(key))), "{key} does not leave");
        }
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| screen::draw(&player, frame)).unwrap();
        let lines = terminal.backend().to_string();
        lines.lines().map(|line| line.trim_matches('"').trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn the_game_fits_80_by_24() {
        insta::assert_snapshot!(screen("racy", "1212", (80, 24)));
    }

    #[test]
    fn a_blocked_thread_says_why_and_does_not_go() {
        let shown = screen("mutex", "12", (80, 24));
        assert!(shown.contains("2  B waits for"), "{shown}");
        assert!(shown.contains("Thread B waits for"), "{shown}");
        assert!(shown.contains("held by A"), "{shown}");
        assert!(!shown.contains("» B"), "{shown}");
    }

    #[test]
    fn under_rusts_orderings_the_learner_chooses_what_a_load_sees_as_well() {
        // A: store, fence, load; B: store, and then its load has two ways to go.
        let choices = screen_under(Memory::Rc11, "store-buffering", "11122", (80, 24));
        assert!(choices.contains("1: x → 1 rlx  2: x → 0 rlx, an older value"), "{choices}");
        let won = screen_under(Memory::Rc11, "store-buffering", "1112222", (80, 24));
        let won = won.replace('\n', " ");
        assert!(
            won.contains(
                "It returned [A saw y = 0, B saw x = 0]. Neither saw the other: both go in."
            ),
            "{won}"
        );
        assert!(won.contains("No interleaving explains these values"), "{won}");
        let right = screen_under(Memory::Rc11, "store-buffering", "1112221", (80, 24));
        assert!(right.contains("It returned [A saw y = 0, B saw x = 1]. That may be"), "{right}");
    }

    #[test]
    fn a_data_race_wins_the_game_of_a_plain_number() {
        let shown = screen("unsafe", "1212", (80, 24));
        assert!(shown.contains("Goal: make two accesses race."), "{shown}");
        assert!(shown.contains("Two accesses race after 3 steps"), "{shown}");
    }

    #[test]
    fn the_letter_of_a_thread_does_what_its_digit_does_and_no_key_is_silent() {
        let size = (80, 24);
        assert_eq!(screen("racy", "aBba", size), screen("racy", "1221", size));
        let choosing = screen_under(Memory::Rc11, "store-buffering", "aaabb", size);
        let digits = screen_under(Memory::Rc11, "store-buffering", "11122", size);
        assert_eq!(choosing, digits);
        let shown = screen("racy", "?", size);
        assert!(shown.contains("That key does nothing"), "{shown}");
    }

    #[test]
    fn undo_and_start_over_take_moves_back() {
        let fresh = screen("racy", "", (80, 24));
        assert_eq!(screen("racy", "12uu", (80, 24)), fresh);
        assert_eq!(screen("racy", "121r", (80, 24)), fresh);
        let nothing = screen("racy", "u", (80, 24));
        assert!(nothing.contains("There is nothing to take back."), "{nothing}");
    }

    #[test]
    fn a_screen_too_small_still_says_how_it_ended() {
        for size in [(40, 12), (20, 8), (10, 3), (1, 1)] {
            let shown = screen("racy", "1212", size);
            assert!(size.1 < 12 || shown.contains("An update is lost after 4"), "{shown}");
        }
    }

    #[test]
    fn q_escape_and_control_c_leave() {
        let graph = graph(Memory::SequentiallyConsistent, "racy");
        let mut player = Player::new(&graph, String::new());
        let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        for key in [KeyCode::Char('q').into(), KeyCode::Esc.into(), control_c] {
            assert!(!player.on(key), "{key:?}");
        }
        assert!(player.on(KeyCode::Char('c').into()), "c alone does nothing");
    }
}
