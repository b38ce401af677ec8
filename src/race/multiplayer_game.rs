//! A game for two: each thinks its move out on the board that it sees, and the board moves on.
//!
//! # Orderings
//! `Relaxed` throughout: the whole board is a single number, and all threads agree on the order in
//! which it changes.

use super::{at_once, with_owner};
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicInteger, Mutex, Primitives, Receiver, Sender};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

const FORBIDDEN: &str = "two players have one sword, or a move is undone";

/// Two players go for one sword.
pub static MULTIPLAYER_GAME: Entry = Entry {
    name: "multiplayer-game",
    title: "Two players pick up one sword, on a board that neither sees any more",
    story: "A sword lies on field 2; player A stands on field 1, player B on field 3. Both go to field 2 \
            and take the sword if it is there. Each move is thought out on the board as it was read. \
            Meanwhile the other has moved: both find the sword on the ground, and the board that is \
            written last undoes the other's move.",
    sources: &[
        Source {
            what: "In MU Online items were doubled for years: every trick chose the moment at which items \
                   were saved, and nothing noticed that they had been saved from elsewhere meanwhile.",
            work: "OpenMU, On item duplication exploits and how to prevent them",
            link: "https://munique.net/item-duplication-exploits/",
        },
        Source {
            what: "Why the server alone should say what happens in a game.",
            work: "Gabriel Gambetta, Fast-Paced Multiplayer, part 1",
            link: "https://www.gabrielgambetta.com/client-server-game-architecture.html",
        },
    ],
    path: "src/race/multiplayer_game.rs",
    source: include_str!("multiplayer_game.rs"),
    outcome: &["A took the sword", "B took the sword", "A stands on", "B stands on"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([1, 1, ..]) => forbidden("both have the one sword"),
        Ok([_, _, 2, 2]) => acceptable("both have moved, and one has the sword"),
        Ok(_) => forbidden("a move is undone"),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("read the board, write the board", runs!(P => two_move::<P>(on_a_copy)))
        .because("The board that is written is the one that was read, with one move more."),
    Variant::wrong_fix("look again before writing", runs!(P => two_move::<P>(look_again)))
        .by(Means::Check)
        .because("The other moves between the second look and the writing."),
    Variant::wrong_fix("add only what has changed", runs!(P => two_move::<P>(add_the_change)))
        .by(Means::Atomic)
        .because(
            "No move is undone, but the change was thought out on a board with the sword on it.",
        ),
    Variant::cure("one lock around the move", runs!(P => two_move::<P>(locked)))
        .by(Means::Lock)
        .because("The board does not change while a move is thought out.")
        .costs("One player moves at a time, and thinks while it has the lock."),
    Variant::cure("compare and exchange", runs!(P => two_move::<P>(compare_and_move)))
        .by(Means::Atomic)
        .because("A move goes only onto the board that it was thought out on.")
        .costs("Whoever was too late thinks again; and the board has to fit into one word."),
    Variant::cure("one owner", runs!(P => one_owner::<P>()))
        .by(Means::Owner)
        .because("Only the game knows the board, and it makes one move after the other.")
        .costs("A player learns what its move did when the answer comes."),
];

/// A board is three digits: where A stands, where B stands, and who has the sword (0: it lies on
/// field 2). So 130 is the beginning, and 231: A is on field 2 and has the sword.
type Board = i64;
const BEGINNING: Board = 130;
const A: i64 = 1;
const B: i64 = 2;

/// The board after `player` has gone to field 2, and whether the sword was still there to be taken.
fn moved(board: Board, player: i64) -> (Board, bool) {
    let sword = board % 10;
    let at_two = if player == A { 200 + board % 100 } else { board / 100 * 100 + 20 + sword };
    if sword == 0 { (at_two + player, true) } else { (at_two, false) }
}

struct Game<P: Primitives> {
    board: P::AtomicI64,
    lock: P::Mutex<()>,
}

fn outcome(a: bool, b: bool, board: Board) -> [i64; 4] {
    [a.into(), b.into(), board / 100, board / 10 % 10]
}

fn two_move<P: Primitives>(go: impl Fn(&Game<P>, i64) -> bool + Copy + Send + 'static) -> [i64; 4] {
    let game = Arc::new(Game::<P> {
        board: P::AtomicI64::named("board", BEGINNING),
        lock: P::Mutex::named("m", ()),
    });
    let player = |number| {
        let game = Arc::clone(&game);
        move || P::operation(|| go(&game, number))
    };
    let (a, b) = at_once::<P, _, _>(player(A), player(B));
    outcome(a, b, game.board.load(Relaxed))
}

fn on_a_copy<P: Primitives>(game: &Game<P>, player: i64) -> bool {
    let (board, took) = moved(game.board.load(Relaxed), player);
    game.board.store(board, Relaxed); // and undoes what has happened meanwhile
    took
}

fn look_again<P: Primitives>(game: &Game<P>, player: i64) -> bool {
    loop {
        let seen = game.board.load(Relaxed);
        let (board, took) = moved(seen, player);
        if game.board.load(Relaxed) == seen {
            game.board.store(board, Relaxed); // a moment later
            return took;
        }
    }
}

fn add_the_change<P: Primitives>(game: &Game<P>, player: i64) -> bool {
    let seen = game.board.load(Relaxed);
    let (board, took) = moved(seen, player);
    game.board.fetch_add(board - seen, Relaxed);
    took
}

fn locked<P: Primitives>(game: &Game<P>, player: i64) -> bool {
    let _guard = game.lock.lock();
    on_a_copy(game, player)
}

fn compare_and_move<P: Primitives>(game: &Game<P>, player: i64) -> bool {
    let mut seen = game.board.load(Relaxed);
    loop {
        let (board, took) = moved(seen, player);
        match game.board.compare_exchange(seen, board, Relaxed, Relaxed) {
            Ok(_) => return took,
            Err(now) => seen = now,
        }
    }
}

fn one_owner<P: Primitives>() -> [i64; 4] {
    let (sender, moves) = P::channel::<(i64, P::Sender<bool>)>("moves", None);
    let player = |number| {
        let sender = sender.clone();
        move || {
            let (answer, took) = P::channel("answer", None);
            let _ = sender.send((number, answer));
            took.receive().expect("the game answers each move")
        }
    };
    let game = move || {
        let mut board = BEGINNING;
        for _ in 0..2 {
            let (player, answer) = moves.receive().expect("both move");
            let (after, took) = moved(board, player);
            board = after;
            let _ = answer.send(took);
        }
        board
    };
    let (a, b, board) = with_owner::<P, _, _, _>(player(A), player(B), game);
    outcome(a, b, board)
}
