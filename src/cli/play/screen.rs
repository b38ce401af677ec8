//! What is on the player's screen.

use super::Player;
use racelab::diagram::Timeline;
use racelab::diagram::game::Standing;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

const THREADS: [Color; 5] = [Color::Cyan, Color::Yellow, Color::Magenta, Color::Green, Color::Blue];

/// Draws everything. 80 by 24 is enough; with less, the timeline shows fewer of its last rows.
pub fn draw(player: &Player, frame: &mut Frame) {
    let area = frame.area();
    let choices = choices(player);
    let verdict = verdict(player);
    let rows = [
        Constraint::Length(3),
        Constraint::Length(choices.len() as u16 + 1),
        Constraint::Min(3),
        Constraint::Length(4),
        Constraint::Length(1),
    ];
    let [head, who, picture, foot, keys] = Layout::vertical(rows).areas(area);
    frame.render_widget(Paragraph::new(heading(player)).wrap(Wrap { trim: true }), head);
    frame.render_widget(Paragraph::new(choices), who);
    frame.render_widget(Paragraph::new(timeline(player, picture.width, picture.height)), picture);
    frame.render_widget(Paragraph::new(verdict).wrap(Wrap { trim: true }), foot);
    frame.render_widget(Paragraph::new(help(player)), keys);
}

fn heading(player: &Player) -> Vec<Line<'static>> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    vec![
        Line::styled(player.title.clone(), bold),
        Line::from(format!(
            "{} Choose who takes the next step: each key is one {}.",
            player.game.goal(),
            player.graph.kind()
        )),
    ]
}

/// One line a thread: its key, and what it would do.
fn choices(player: &Player) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (at, &thread) in player.players.iter().enumerate() {
        let colour = Style::new().fg(THREADS[at % THREADS.len()]);
        let key = format!(" {} ", at + 1);
        let name = format!(" {} ", player.graph.name(thread));
        let moves = player.game.moves(thread);
        let (key, what) = match (moves.as_slice(), player.game.blocked(thread)) {
            ([], Some(why)) => (Span::raw(key).dim(), Span::from(why.to_owned()).italic()),
            ([], None) => (Span::raw(key).dim(), Span::raw("has ended").dim()),
            ([one], _) => {
                (Span::styled(key, colour.reversed()), Span::raw(player.graph.text(&one.step)))
            }
            (many, _) => {
                let texts: Vec<_> = many
                    .iter()
                    .enumerate()
                    .map(|(i, m)| {
                        let older = m.step.stale.or(m.step.behind).is_some();
                        let older = if older { ", an older value" } else { "" };
                        format!("{}: {}{older}", i + 1, player.graph.text(&m.step))
                    })
                    .collect();
                (Span::styled(key, colour.reversed()), Span::raw(texts.join("  ")))
            }
        };
        lines.push(Line::from(vec![key, Span::styled(name, colour), what]));
    }
    lines
}

/// The last rows of the timeline that fit.
fn timeline(player: &Player, width: u16, height: u16) -> Vec<Line<'static>> {
    let trace = player.game.trace();
    let text = Timeline::new(&trace).width(width.into()).fold_above(usize::MAX).to_string();
    // The heads and the start, then the rows; the sentences below are the verdict's. A picture too
    // narrow for a column for each thread has no heads.
    let narrow = text.starts_with('\n');
    let lines = text.lines().skip(usize::from(narrow));
    let rows: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let heads = if narrow { 0 } else { rows.len().min(2) };
    let room = usize::from(height).saturating_sub(heads);
    let skip = (rows.len() - heads).saturating_sub(room);
    let faint = Style::new().add_modifier(Modifier::DIM);
    let shown = rows[..heads].iter().chain(&rows[heads + skip..]);
    shown
        .enumerate()
        .map(|(at, row)| {
            let style = match () {
                () if at == 0 && heads > 0 => Style::new().add_modifier(Modifier::BOLD),
                () if at == 1 && heads > 1 => faint,
                () if row.contains("~~") => Style::new().fg(Color::Red),
                () => Style::new(),
            };
            Line::styled((*row).to_owned(), style)
        })
        .collect()
}

fn verdict(player: &Player) -> Line<'static> {
    if !player.hint.is_empty() {
        return Line::from(player.hint.clone());
    }
    if let Some(thread) = player.choosing {
        return Line::from(format!("Which of thread {thread}'s choices? Press its number."));
    }
    let bold = Style::new().add_modifier(Modifier::BOLD);
    match player.game.standing() {
        Standing::Running => Line::default(),
        Standing::Won(words) => Line::styled(words, bold.fg(Color::Red)),
        Standing::Safe(words) => {
            let more = "Take a step back with u, and try another order.";
            Line::styled(format!("{words} {more}"), bold.fg(Color::Green))
        }
    }
}

fn help(player: &Player) -> Line<'static> {
    let keys = match player.players.len() {
        0 | 1 => "1".into(),
        2 => "1, 2".into(),
        n => format!("1 to {n}"),
    };
    Line::from(format!("{keys}: who goes next   u: undo   r: start over   q: quit")).dim()
}
