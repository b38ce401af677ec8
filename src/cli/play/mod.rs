//! `racelab play`: the learner is the scheduler, on the keyboard.
//!
//! # Layout
//! - this file: the terminal, and one program after the other
//! - [`program`]: what is played, and what comes next
//! - [`player`]: what the keys do
//! - [`found`]: what the learner has found out: a win, or that there is none
//! - [`screen`] and [`help`]: what is shown

mod found;
mod help;
mod player;
mod program;
mod screen;
#[cfg(test)]
mod tests;

use self::player::{Player, Turn};
use self::program::{Pick, Program, Rules};
use super::args::PlayArgs;
use super::out::Out;
use super::signals::{Caught, end_with_terminal};
use super::subject::find;
use super::{Usage, Verdict, style};
use racelab::report::grouped;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{Clear, ClearType};
use std::io::{self, IsTerminal};
use std::time::Duration;

/// How long a signal may have to wait.
const LOOK: Duration = Duration::from_millis(100);

/// Plays one program after the other until the learner has had enough.
pub fn run(args: &PlayArgs, _out: &mut Out) -> Result<Verdict, Usage> {
    let size = [("threads", args.threads), ("increments", args.increments)];
    let subject = find(&args.program, args.variant.as_deref(), &size)?;
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let show = style::command(&format!("show {} --all", subject.entry.name));
        let way_out = format!("'{show}' prints every order instead");
        return Err(Usage::new(format!("play needs a terminal; {way_out}")));
    }
    let rules = Rules { memory: args.memory.into(), bounds: args.bounds };
    let program = Program::load(Pick { subject, memory: rules.memory }, rules)?;
    let program = program.ok_or_else(|| {
        let states = grouped(args.bounds.max_states.into());
        Usage::new(format!(
            "that is too large a game, with more than {states} states; take fewer threads or \
             increments, or allow more with --max-states"
        ))
    })?;
    // From here on the terminal is changed. `init` restores it when anything panics, and Ctrl-C
    // is a key like others while it lasts.
    let caught = Caught::from_now_on();
    end_with_terminal();
    let mut terminal = ratatui::try_init()
        .map_err(|error| Usage::new(format!("cannot use this terminal: {error}")))?;
    let played = play(program, |player, is_new| {
        if is_new {
            // A search that took long has left its sign of life on the screen, and one in which a
            // program panicked has run the hook that gives the terminal back.
            terminal = ratatui::try_init()?;
            // Not the terminal's own `clear`: that asks where the cursor is and waits for an answer.
            execute!(io::stdout(), Clear(ClearType::All))?;
        }
        ask(player, &mut terminal, &caught)
    });
    ratatui::restore();
    // Here the cursor is shown again.
    drop(terminal);
    caught.obey();
    played.map_err(|error| Usage::new(format!("the terminal went away: {error}")))?;
    Ok(Verdict::Kept)
}

/// Shows how the game stands and waits for what is typed; `None`: a signal came.
fn ask(
    player: &Player,
    terminal: &mut DefaultTerminal,
    caught: &Caught,
) -> io::Result<Option<Event>> {
    terminal.draw(|frame| screen::draw(player, frame))?;
    // Waiting for a key does not end with a signal.
    while !caught.any() && !event::poll(LOOK)? {}
    if caught.any() { Ok(None) } else { event::read().map(Some) }
}

/// Plays a program, and then those that are asked for, as long as there are events. `ask` is told when a
/// program is new on the screen.
fn play(
    mut program: Program,
    mut ask: impl FnMut(&Player, bool) -> io::Result<Option<Event>>,
) -> io::Result<()> {
    let mut order = Vec::new();
    loop {
        let mut player = Player::new(&program);
        player.follow(&order);
        let mut is_new = true;
        let next = loop {
            let event = ask(&player, std::mem::take(&mut is_new))?;
            let Some(event) = event else { return Ok(()) };
            // A resized terminal is drawn again, like after any other event.
            let Event::Key(key) = event else { continue };
            match player.on(key) {
                Turn::Stay => {}
                Turn::Leave => return Ok(()),
                Turn::Go(picks, moves) => match program.first_of(picks) {
                    Some(next) => {
                        order = moves;
                        break next;
                    }
                    None => player.hint = "That is too large a game to be played here.".into(),
                },
            }
        };
        program = next;
    }
}
