//! What is on the player's screen.

use super::super::style::wrap;
use super::help;
use super::player::Player;
use racelab::diagram::Timeline;
use racelab::diagram::game::Standing;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

const THREADS: [Color; 5] = [Color::Cyan, Color::Yellow, Color::Magenta, Color::Green, Color::Blue];

/// Draws everything. 80 by 24 is enough; with less, the timeline shows fewer of its last rows.
pub fn draw(player: &Player, frame: &mut Frame) {
    let area = frame.area();
    if player.helps {
        frame.render_widget(Paragraph::new(help::lines(player)), area);
        return;
    }
    let heading = heading(player, area.width.into());
    let choices = choices(player);
    let foot = foot(player, area.width.into());
    let rows = [
        Constraint::Length(heading.len() as u16 + 1),
        Constraint::Length(choices.len() as u16 + 1),
        Constraint::Min(3),
        Constraint::Length(foot.len() as u16),
        Constraint::Length(1),
    ];
    let [head, who, picture, below, keys] = Layout::vertical(rows).areas(area);
    frame.render_widget(Paragraph::new(heading), head);
    frame.render_widget(Paragraph::new(choices), who);
    frame.render_widget(Paragraph::new(timeline(player, picture.width, picture.height)), picture);
    frame.render_widget(Paragraph::new(foot), below);
    frame.render_widget(Paragraph::new(keys_line(player)), keys);
}

fn heading(player: &Player, width: usize) -> Vec<Line<'static>> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let goal = player.game.goal();
    let kind = player.program.graph.kind();
    let how = format!("{goal} Choose who takes the next step: each key is one {kind}.");
    let mut lines = wrapped(&player.program.title(), width, bold);
    lines.extend(wrapped(&how, width, Style::new()));
    lines
}

/// Words in lines of this width.
fn wrapped(words: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    let lines = wrap(words, "", width);
    lines.lines().map(|line| Line::styled(line.to_owned(), style)).collect()
}

/// One line a thread: its key, and what it would do.
fn choices(player: &Player) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (at, &thread) in player.players.iter().enumerate() {
        let colour = Style::new().fg(THREADS[at % THREADS.len()]);
        let key = format!(" {} ", at + 1);
        let name = format!(" {} ", player.program.graph.name(thread));
        let moves = player.game.moves(thread);
        let (key, what) = match (moves.as_slice(), player.game.blocked(thread)) {
            ([], Some(why)) => (Span::raw(key).dim(), Span::from(why.to_owned()).italic()),
            ([], None) => (Span::raw(key).dim(), Span::raw("has ended").dim()),
            ([one], _) => (
                Span::styled(key, colour.reversed()),
                Span::raw(player.program.graph.text(&one.step)),
            ),
            (many, _) => {
                let texts: Vec<_> = many
                    .iter()
                    .enumerate()
                    .map(|(i, m)| {
                        let older = m.step.stale.or(m.step.behind).is_some();
                        let older = if older { ", an older value" } else { "" };
                        format!("{}: {}{older}", i + 1, player.program.graph.text(&m.step))
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

/// What has to be said: of the last key, of how the game stands, of what has been found out.
fn foot(player: &Player, width: usize) -> Vec<Line<'static>> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let (bad, good) = (bold.fg(Color::Red), bold.fg(Color::Green));
    let mut said = Vec::new();
    if !player.hint.is_empty() {
        said.push((player.hint.clone(), Style::new()));
    } else if let Some(thread) = player.choosing {
        let kind = player.program.graph.kind();
        said.push((format!("Which of {kind} {thread}'s choices? Press its number."), Style::new()));
    }
    let standing = player.game.standing();
    let nobody_can = player.nobody_can();
    if let Standing::Safe(words) = &standing {
        let more = match (&player.found.win, &nobody_can) {
            (None, None) => " Take a step back with u, and try another order.",
            _ => "",
        };
        said.push((format!("{words}{more}"), good));
    }
    if let Some(win) = &player.found.win {
        let won = match standing {
            Standing::Won(_) => "You have won.".to_owned(),
            _ => format!("You have won, with {}.", win.schedule),
        };
        said.push((format!("{won} {}", win.words), bad));
    }
    let offers = offers(player, nobody_can.is_some());
    said.extend(nobody_can.map(|words| (words, bold)));
    let lines = said.iter().flat_map(|(words, style)| wrapped(words, width, *style));
    lines.chain(offers).collect()
}

/// What can be done now that something has been found out.
fn offers(player: &Player, nobody_can: bool) -> Vec<Line<'static>> {
    if player.found.win.is_none() && !nobody_can {
        return Vec::new();
    }
    let offer = |key: &str, words: String| {
        [Span::raw(format!(" {key} ")).reversed(), Span::raw(format!(" {words}   "))]
    };
    let elsewhere = player.other().map(|other| match nobody_can {
        true => offer("t", "the same under Rust's orderings".into()),
        false => offer("t", format!("try this order on a cure: {}", other.way())),
    });
    let next = player.program.following().first().map(|next| next.name());
    let next = next.map(|name| offer("n", format!("the next program: {name}")));
    let again = (!nobody_can).then(|| offer("r", "again".into()));
    let lines = [elsewhere.into_iter().collect(), next.into_iter().chain(again).collect()];
    let lines = lines.into_iter().filter(|offers: &Vec<_>| !offers.is_empty());
    lines.map(|offers| Line::from(offers.concat())).collect()
}

fn keys_line(player: &Player) -> Line<'static> {
    let keys = match player.players.len() {
        0 | 1 => "1".into(),
        2 => "1, 2".into(),
        n => format!("1 to {n}"),
    };
    Line::from(format!(
        "{keys}: who goes next   u: undo   r: start over   n: next   ?: help   q: quit"
    ))
    .dim()
}
