//! What `?` shows: every key, and what the signs in the picture mean.

use super::player::Player;
use ratatui::style::Stylize;
use ratatui::text::Line;

/// The help, 80 by 24 at most.
pub fn lines(player: &Player) -> Vec<Line<'static>> {
    let kind = player.program.graph.kind();
    let keys = [
        ("1, 2 or A, B", format!("this {kind} takes its next step; where it has a choice, 1, 2")),
        ("u, Backspace", "take the last step back".into()),
        ("r", "start over; a win is forgotten".into()),
        ("n", "the next program of the list".into()),
        ("t", "after a win: try the same order on a cure".into()),
        ("q, Esc, Ctrl-C", "leave".into()),
    ];
    let signs = [
        ("x → 0", "reads x and finds 0"),
        ("x ← 1", "writes 1 to x"),
        ("[x → 0 ← 1]", "reads and writes in one step: nobody comes between"),
        ("»", "from here on it is another's turn"),
        ("~~x ← 1~~  ✗", "this write is lost: another went over it"),
        ("┌ └▶", "from a read that is out of date to the write that uses it"),
        ("stale from 3", "out of date since step 3"),
        ("races with 3", "this step and step 3 touch one plain number, unordered"),
        ("0 free, 0 A", "what a lock guards, and who holds it"),
        ("┊ waits for …", "cannot go now; the words say what for"),
    ];
    let orders = [
        ("rlx rel acq sc", "the ordering: Relaxed, Release, Acquire, SeqCst"),
        ("an older value", "this load sees an older store than the newest"),
        ("comes too late", "this store was overwritten before it was made"),
    ];
    let orders = if player.program.graph.orders { &orders[..] } else { &[] };
    let row = |sign: &str, words: &str| Line::from(format!("  {sign:<16}{words}"));
    let keys = keys.iter().map(|(key, words)| row(key, words));
    let signs = signs.iter().chain(orders).map(|(sign, words)| row(sign, words));
    let mut lines = vec![Line::from("Keys").bold()];
    lines.extend(keys);
    lines.extend([Line::default(), Line::from("Signs").bold()]);
    lines.extend(signs);
    lines.extend([Line::default(), Line::from("Any key closes this.").dim()]);
    lines
}
