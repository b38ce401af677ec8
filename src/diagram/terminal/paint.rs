//! Glyphs, colours and widths.

use anstyle::{AnsiColor, Effects, Style};
use unicode_width::UnicodeWidthStr;

/// How text looks. Colour never says anything that the text does not say too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Faint,
    Strong,
    Lost,
    Link,
    /// A thread's colour, by its column.
    Thread(usize),
}

impl Look {
    fn style(self) -> Style {
        use AnsiColor::*;
        const THREADS: [AnsiColor; 6] = [Cyan, Yellow, Magenta, Green, Blue, White];
        match self {
            Look::Plain => Style::new(),
            Look::Faint => Style::new().dimmed(),
            Look::Strong => Style::new().bold(),
            Look::Lost => Red.on_default().effects(Effects::STRIKETHROUGH | Effects::BOLD),
            Look::Link => Red.on_default(),
            Look::Thread(column) => THREADS[column % THREADS.len()].on_default(),
        }
    }
}

/// Writes lines of padded, coloured pieces; nothing but text ends a line.
pub(super) struct Pen {
    pub ascii: bool,
    pub colour: bool,
    out: String,
    /// Columns used on this line, spaces owed included.
    at: usize,
    owed: usize,
}

impl Pen {
    pub fn new(ascii: bool, colour: bool) -> Self {
        Pen { ascii, colour, out: String::new(), at: 0, owed: 0 }
    }

    /// The text as this pen writes it.
    pub fn spell(&self, text: &str) -> String {
        match self.ascii {
            true => ascii(text),
            false => text.chars().filter(|c| !c.is_control()).collect(),
        }
    }

    /// How many columns the text takes.
    pub fn width(&self, text: &str) -> usize {
        self.spell(text).width()
    }

    /// Goes on at this column; never back.
    pub fn to(&mut self, column: usize) {
        self.owed += column.saturating_sub(self.at);
        self.at = self.at.max(column);
    }

    /// Writes text, shortened to `room` columns.
    pub fn put(&mut self, text: &str, look: Look, room: usize) {
        let text = shorten(self.spell(text), room, if self.ascii { ".." } else { "…" });
        if text.is_empty() {
            return;
        }
        self.out.extend(std::iter::repeat_n(' ', self.owed));
        self.owed = 0;
        self.at += text.width();
        let style = look.style();
        if self.colour && style != Style::new() {
            self.out.push_str(&format!("{style}{text}{style:#}"));
        } else {
            self.out.push_str(&text);
        }
    }

    /// Ends the line.
    pub fn end(&mut self) {
        self.out.push('\n');
        self.at = 0;
        self.owed = 0;
    }

    /// Writes a paragraph: those lines that follow the first begin at `hang`.
    pub fn wrapped(&mut self, text: &str, look: Look, hang: usize, width: usize) {
        self.wrapped_beside("", text, look, hang, width);
    }

    /// The same, with this in front of the lines that follow the first.
    pub fn wrapped_beside(
        &mut self,
        margin: &str,
        text: &str,
        look: Look,
        hang: usize,
        width: usize,
    ) {
        let mut fresh = true;
        for word in text.split(' ') {
            let needed = self.width(word) + usize::from(!fresh);
            if !fresh && self.at + needed > width {
                self.end();
                self.put(margin, Look::Link, hang);
                self.to(hang);
            } else if !fresh {
                self.to(self.at + 1);
            }
            self.put(word, look, width.saturating_sub(self.at).max(8));
            fresh = false;
        }
        self.end();
    }

    pub fn finish(self) -> String {
        self.out
    }
}

/// Cuts a text to `room` columns, with a mark where something is missing.
fn shorten(text: String, room: usize, mark: &str) -> String {
    if text.width() <= room {
        return text;
    }
    if room < mark.width() {
        return String::new();
    }
    // The longest head that leaves room for the mark. A head is measured whole, since a character
    // may be as wide as those before it let it be (combining marks, joined emoji).
    let room = room - mark.width();
    let ends = text.char_indices().map(|(i, c)| i + c.len_utf8());
    let end = ends.take_while(|&end| text[..end].width() <= room).last().unwrap_or(0);
    format!("{}{mark}", text[..end].trim_end())
}

/// The text in ASCII: arrows and lines by what looks most like them, other letters as `?`.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' '..='~' => out.push(c),
            '→' => out.push_str("->"),
            '←' => out.push_str("<-"),
            '…' => out.push_str(".."),
            '│' | '├' => out.push('|'),
            '┊' | '⋮' => out.push(':'),
            '─' | '–' => out.push('-'),
            '┼' | '┬' | '┴' => out.push('+'),
            '┌' => out.push('.'),
            '└' => out.push('\''),
            '┘' => out.push('\''),
            '▼' => out.push('v'),
            '✗' => out.push('x'),
            '▶' | '»' => out.push('>'),
            '×' => out.push('x'),
            '·' => out.push('.'),
            _ if c.is_control() => {}
            _ => out.push('?'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_columns_not_by_characters() {
        let cut = |text: &str, room| shorten(text.into(), room, "…");
        assert_eq!(cut("count", 5), "count");
        assert_eq!(cut("counter", 5), "coun…");
        assert_eq!(cut("数える数", 5), "数え…");
        assert_eq!(cut("数える数", 6), "数え…", "half a wide character does not fit");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 3), "e\u{301}e\u{301}e\u{301}");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("x", 0), "");
    }

    #[test]
    fn ascii_text_is_ascii_whatever_the_program_is_called() {
        assert_eq!(ascii("zähler → 1 …"), "z?hler -> 1 ..");
        assert!(ascii("数\u{301}\u{7}│┊─┼┌└├✗▶»×").is_ascii());
    }

    #[test]
    fn a_name_cannot_smuggle_escape_codes_into_the_terminal() {
        let pen = Pen::new(false, false);
        assert_eq!(pen.spell("a\u{1b}[31mb\n"), "a[31mb");
    }
}
