//! A census drawn: how many interleavings end in each value.

use crate::report::grouped;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// One bar: an outcome and how many interleavings end in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The outcome: `2`.
    pub label: String,
    /// How many interleavings.
    pub count: u128,
    /// Has an update been lost? Such bars are marked, in words and in colour.
    pub lost: bool,
}

/// How much of `most` a count is, in `parts` parts; whatever is there at all has one.
fn share(count: u128, most: u128, parts: usize) -> usize {
    if count == 0 || most == 0 {
        return 0;
    }
    // Counts of 128 bits: scaled down first, so that the product fits.
    let shift = (128 - most.leading_zeros()).saturating_sub(64);
    let part = (count >> shift) * parts as u128 / (most >> shift);
    (part as usize).clamp(1, parts)
}

/// The bars for a terminal, one a line, at most `width` columns wide.
///
/// # Examples
/// ```
/// use racelab::diagram::{Bar, bars};
///
/// let bar = |label: &str, count, lost| Bar { label: label.into(), count, lost };
/// let census = [bar("1", 4, true), bar("2", 2, false)];
/// assert_eq!(bars(&census, 40, true), "\
/// 1  4  ############################  lost
/// 2  2  ##############
/// ");
/// ```
pub fn bars(bars: &[Bar], width: usize, ascii: bool) -> String {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0);
    let label = bars.iter().map(|bar| bar.label.width()).max().unwrap_or(0);
    let counts: Vec<String> = bars.iter().map(|bar| grouped(bar.count)).collect();
    let count = counts.iter().map(String::len).max().unwrap_or(0);
    let mark = if bars.iter().any(|bar| bar.lost) { 6 } else { 0 };
    let room = width.saturating_sub(label + 2 + count + 2 + mark).max(1);
    let mut out = String::new();
    for (bar, number) in bars.iter().zip(&counts) {
        let drawn = if ascii {
            "#".repeat(share(bar.count, most, room))
        } else {
            blocks(share(bar.count, most, room * 8))
        };
        let pad = " ".repeat(label - bar.label.width());
        let line = format!("{pad}{}  {number:>count$}  {drawn}", bar.label);
        let mark = if bar.lost { "  lost" } else { "" };
        let _ = writeln!(out, "{}{mark}", line.trim_end());
    }
    out
}

/// A bar in eighths of a column.
fn blocks(eighths: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8])
}

/// The bars as a standalone SVG.
pub fn bars_svg(title: &str, bars: &[Bar]) -> String {
    const ROW: usize = 30;
    const LENGTH: usize = 420;
    let advance = |text: &str| (text.width() * 86).div_ceil(10);
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0);
    let label = bars.iter().map(|bar| advance(&bar.label)).max().unwrap_or(0);
    let count = bars.iter().map(|bar| advance(&grouped(bar.count))).max().unwrap_or(0);
    let left = 24 + label + 16;
    let width = (left + LENGTH + 12 + count + 60 + 24).max(advance(title) + 48);
    let height = 64 + bars.len() * ROW + 12;
    let mut words = Vec::new();
    let mut body = String::new();
    for (i, bar) in bars.iter().enumerate() {
        let y = 64 + i * ROW;
        let length = share(bar.count, most, LENGTH);
        let (class, lost) = if bar.lost { ("bar-lost", ", lost") } else { ("bar-kept", "") };
        let number = grouped(bar.count);
        let text = super::svg::escaped(&bar.label);
        words.push(format!("{text}: {number}{lost}."));
        let _ = write!(
            body,
            r#"<text class="head" x="{}" y="{}" text-anchor="end">{text}</text>
<rect class="{class}" x="{left}" y="{y}" width="{length}" height="20" rx="3"/>
<text class="step" x="{}" y="{}">{number}{lost}</text>
"#,
            24 + label,
            y + 15,
            left + length + 12,
            y + 15,
        );
    }
    let words = words.join(" ");
    let title = super::svg::escaped(title);
    let name = super::svg::fingerprint(&format!("{title}{words}"));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="racelab" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="t{name:08x} d{name:08x}">
<title id="t{name:08x}">{title}</title>
<desc id="d{name:08x}">{words}</desc>
<style>
{}</style>
<rect class="ground" width="{width}" height="{height}" rx="8"/>
<text class="head" x="24" y="40">{title}</text>
{body}</svg>
"#,
        include_str!("svg/style.css")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(counts: &[u128]) -> Vec<Bar> {
        let all = counts.iter().enumerate();
        let last = counts.len() - 1;
        all.map(|(i, &count)| Bar { label: (i + 2).to_string(), count, lost: i < last }).collect()
    }

    #[test]
    fn the_largest_bar_fills_the_line_and_the_smallest_is_seen() {
        let census = census(&[10_428, 15_180, 7_512, 1_440, 90]);
        for width in [30, 60, 100] {
            let drawn = bars(&census, width, false);
            let widest = drawn.lines().map(UnicodeWidthStr::width).max().unwrap();
            assert_eq!(widest, width, "{drawn}");
            assert!(drawn.lines().last().unwrap().ends_with(['▏', '▎', '▍']), "{drawn}");
        }
        insta::assert_snapshot!(bars(&census, 60, false));
    }

    #[test]
    fn counts_of_128_bits_are_drawn_in_proportion() {
        assert_eq!(share(u128::MAX, u128::MAX, 80), 80);
        assert_eq!(share(u128::MAX / 2, u128::MAX, 80), 39, "half, rounded down");
        assert_eq!(share(1, u128::MAX, 80), 1);
        assert_eq!(share(0, u128::MAX, 80), 0);
    }

    #[test]
    fn the_svg_says_every_count() {
        let svg = bars_svg("racy, 3 × 2", &census(&[10_428, 15_180, 7_512, 1_440, 90]));
        for count in ["2: 10,428, lost.", "3: 15,180, lost.", "6: 90."] {
            assert!(svg.contains(count), "{svg}");
        }
    }
}
