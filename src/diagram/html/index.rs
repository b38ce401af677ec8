//! The first page: a path through all races, from easy to hard.

use super::Race;
use super::shared::STYLE;
use super::template::{escaped, fill};
use crate::report::capital;

/// The first page: all races in their order, numbered, one line each, part by part.
pub fn index(races: &[Race]) -> String {
    let parts = races.chunk_by(|race, next| race.part == next.part);
    let mut number = 1;
    let list: String = parts
        .map(|part| {
            let first = number;
            number += part.len();
            let lines: String = part.iter().map(line).collect();
            let heading = escaped(&capital(part[0].part));
            format!("<h2>{heading}</h2>\n<ol class=\"path\" start=\"{first}\">\n{lines}</ol>\n")
        })
        .collect();
    fill(include_str!("index.html"), &[("style", STYLE), ("list", &list)])
}

fn line(race: &Race) -> String {
    let (name, heading) = (escaped(race.name), escaped(race.heading));
    format!("<li><a href=\"{name}.html\">{name}</a> <span>{heading}</span></li>\n")
}

/// Is this text a first page as [`index`] makes it?
pub fn is_index(text: &str) -> bool {
    text.contains(r#"<meta name="generator" content="racelab">"#)
}
