//! What the player sees and what the keys do.

use super::super::args::BoundArgs;
use super::*;
use racelab::explore::Memory;
use racelab::list;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

const SIZE: (u16, u16) = (80, 24);

/// Plays these keys on a screen of this size and returns what is on it.
fn screen(program: &str, keys: &str, size: (u16, u16)) -> String {
    screen_under(Memory::SequentiallyConsistent, program, keys, size)
}

/// A program: `racy`, `lost-wakeup 5`.
fn program(memory: Memory, words: &str) -> Program {
    let (name, variant) = words.split_once(' ').map_or((words, None), |(n, v)| (n, Some(v)));
    let subject = find(name, variant, &[]).unwrap();
    let bounds = BoundArgs { max_steps: None, max_states: 10_000 };
    Program::load(Pick { subject, memory }, Rules { memory, bounds }).unwrap().unwrap()
}

fn screen_under(memory: Memory, words: &str, keys: &str, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut keys = keys.chars();
    play(program(memory, words), |player, _| {
        terminal.draw(|frame| screen::draw(player, frame)).unwrap();
        Ok(keys.next().map(|key| Event::Key(KeyCode::Char(key).into())))
    })
    .unwrap();
    assert!(keys.next().is_none(), "no key leaves");
    let lines = terminal.backend().to_string();
    lines.lines().map(|line| line.trim_matches('"').trim_end().to_owned() + "\n").collect()
}

/// The words on a screen, wherever the lines end.
fn words(program: &str, keys: &str) -> String {
    screen(program, keys, SIZE).replace('\n', " ")
}

#[test]
fn the_game_fits_80_by_24() {
    insta::assert_snapshot!(screen("racy", "1212", SIZE));
}

#[test]
fn a_blocked_thread_says_why_and_does_not_go() {
    let shown = screen("mutex", "12", SIZE);
    assert!(shown.contains("2  B waits for"), "{shown}");
    assert!(shown.contains("Thread B waits for"), "{shown}");
    assert!(shown.contains("held by A"), "{shown}");
    assert!(!shown.contains("» B"), "{shown}");
}

#[test]
fn under_rusts_orderings_the_learner_chooses_what_a_load_sees_as_well() {
    // A: store, fence, load; B: store, and then its load has two ways to go.
    let choices = screen_under(Memory::Rc11, "store-buffering", "11122", SIZE);
    assert!(choices.contains("1: x → 1 rlx  2: x → 0 rlx, an older value"), "{choices}");
    let won = screen_under(Memory::Rc11, "store-buffering", "1112222", SIZE);
    let won = won.replace('\n', " ");
    assert!(
        won.contains("It returned [A saw y = 0, B saw x = 0]. Neither saw the other: both go in."),
        "{won}"
    );
    assert!(won.contains("No interleaving explains these values"), "{won}");
    let right = screen_under(Memory::Rc11, "store-buffering", "1112221", SIZE);
    assert!(right.contains("It returned [A saw y = 0, B saw x = 1]. That may be"), "{right}");
}

#[test]
fn a_data_race_wins_the_game_of_a_plain_number() {
    let shown = screen("unsafe", "1212", SIZE);
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
    let shown = screen("racy", "x", size);
    assert!(shown.contains("That key does nothing"), "{shown}");
}

#[test]
fn undo_and_start_over_take_moves_back() {
    let fresh = screen("racy", "", SIZE);
    assert_eq!(screen("racy", "12uu", SIZE), fresh);
    assert_eq!(screen("racy", "121r", SIZE), fresh);
    assert_eq!(screen("racy", "1212r", SIZE), fresh, "that takes a win back, too");
    let nothing = screen("racy", "u", SIZE);
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
    let racy = program(Memory::SequentiallyConsistent, "racy");
    let mut player = Player::new(&racy);
    let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    for key in [KeyCode::Char('q').into(), KeyCode::Esc.into(), control_c] {
        assert!(matches!(player.on(key), Turn::Leave), "{key:?}");
    }
    assert!(matches!(player.on(KeyCode::Char('c').into()), Turn::Stay), "c alone does nothing");
}

#[test]
fn a_win_stays_while_the_learner_looks_around() {
    insta::assert_snapshot!("a_win_and_two_steps_back", screen("racy", "1212uu", SIZE));
    let other = words("racy", "1212uuu122");
    assert!(other.contains("Nothing is lost."), "{other}");
    assert!(other.contains("You have won, with ABAB. An update is lost after 4 steps"), "{other}");
    let longer = words("racy", "1212uuu221");
    assert!(longer.contains("You have won. An update is lost"), "{longer}");
}

#[test]
fn a_win_names_the_cause_where_the_steps_do_not() {
    insta::assert_snapshot!("a_win_by_deadlock", screen("lost-wakeup", "1222111", SIZE));
    let won = screen_under(Memory::Rc11, "store-buffering", "1112222", SIZE);
    insta::assert_snapshot!("a_win_under_rusts_orderings", won);
}

#[test]
fn the_next_program_starts_in_place() {
    let next = words("racy", "1212n");
    assert!(next.starts_with("seqcst-pair: The strongest ordering"), "{next}");
    assert!(!next.contains("You have won"), "{next}");
    // The last program of the list is followed by the first that can be played.
    let last = list::all().last().unwrap().name;
    assert!(words(last, "n").starts_with("unsafe: "));
}

#[test]
fn what_only_rusts_orderings_break_is_played_under_them() {
    let next = words("actor", "n");
    assert!(next.starts_with("message-passing: "), "{next}");
    assert!(next.contains("(under Rust's orderings)"), "{next}");
    assert!(!words("relaxed-counter", "n").contains("orderings)"));
}

#[test]
fn a_winning_order_is_tried_on_a_cure_and_ends_where_the_cure_forbids_it() {
    insta::assert_snapshot!("a_winning_order_on_a_cure", screen("racy", "1212t", SIZE));
    let nothing = words("racy", "12t");
    assert!(nothing.contains("Once you have won, t tries your order on a cure."), "{nothing}");
}

#[test]
fn that_a_cure_cannot_be_broken_is_said_once_the_learner_has_tried() {
    for early in ["", "1122", "1122r2211", "1122r2211r1122", "1122r2211r121"] {
        let shown = words("store-buffering 8", early);
        assert!(!shown.contains("broken"), "{early}: {shown}");
    }
    let cure = screen("store-buffering 8", "1122r2211r1212", SIZE);
    insta::assert_snapshot!("a_cure_cannot_be_broken", cure);
    // Two orders are all that a mutex leaves.
    assert!(!words("mutex", "1122r1122").contains("broken"));
    assert!(words("mutex", "1122r2211").contains("so nobody can come between."));
    // It stays while the learner looks around.
    assert!(words("mutex", "1122r2211r12").contains("It cannot be broken."));
}

#[test]
fn what_no_interleaving_breaks_is_offered_under_rusts_orderings() {
    let shown = words("store-buffering 1", "1122r2211r1212");
    assert!(shown.contains("No interleaving breaks it."), "{shown}");
    let weak = words("store-buffering 1", "1122r2211r1212t");
    assert!(weak.contains("Relaxed (under Rust's orderings)"), "{weak}");
}

#[test]
fn the_help_lists_the_keys_and_the_signs_and_any_key_closes_it() {
    let help = screen_under(Memory::Rc11, "store-buffering", "?", SIZE);
    insta::assert_snapshot!("help", help);
    assert!(help.contains("Any key closes this."), "it fits: {help}");
    assert_eq!(screen("racy", "12?q", SIZE), screen("racy", "12", SIZE));
}
