//! The HTML explorer: pages on which a reader steps through every interleaving of a program and
//! plays the scheduler.
//!
//! A page opens from disk and needs no network. Its data is the state graph that the library
//! computed; the scripts only walk along it. They are plain JavaScript, put into the page as they
//! stand in this folder:
//!
//! # Layout
//! - `data`: the graphs as JSON
//! - `graph.js`: walking the graph, counting, numbering; naming a lost update
//! - `view.js`: what is on screen; `page.js`: what the reader does with it
//! - `export.js`: the picture as an SVG to take along
//! - `page.html`, `index.html`, `style.css`

mod data;

pub use data::Program;

/// A race that gets a page: its name, heading and summary.
#[derive(Clone, Copy, Debug)]
pub struct Race<'r> {
    /// The page's file is named after it: `racy.html`.
    pub name: &'r str,
    /// The program it begins with.
    pub first: &'r str,
    /// What its programs are called, and what tells the graphs of one apart.
    pub choices: [&'r str; 2],
    /// The page's heading.
    pub heading: &'r str,
    /// A sentence below it.
    pub summary: &'r str,
    /// The part of the index it stands in: `loses updates`.
    pub part: &'r str,
}

/// The page of a race. The reader can switch between the `programs`.
pub fn page(race: &Race, races: &[Race], programs: &[Program]) -> String {
    let mut nav = String::new();
    for other in races {
        let current = if other.name == race.name { r#" aria-current="page""# } else { "" };
        let name = escaped(other.name);
        nav.push_str(&format!(r#"<a href="{name}.html"{current}>{name}</a>"#));
    }
    let script = [
        include_str!("graph.js"),
        include_str!("export.js"),
        include_str!("view.js"),
        include_str!("page.js"),
    ]
    .concat();
    let first = programs.iter().find(|program| program.name == race.first);
    fill(
        include_str!("page.html"),
        &[
            ("title", &escaped(race.name)),
            ("heading", &escaped(race.heading)),
            ("summary", &escaped(race.summary)),
            ("command", &escaped(first.map_or("", |program| &program.command))),
            ("nav", &nav),
            ("style", include_str!("style.css")),
            ("svg-style", include_str!("../svg/style.css")),
            ("data", &data::data(race.first, programs)),
            ("programs", &escaped(race.choices[0])),
            ("shapes", &escaped(race.choices[1])),
            ("script", &script),
        ],
    )
}

/// The first page: all races, part by part.
pub fn index(races: &[Race]) -> String {
    let mut list = String::new();
    let mut last = "";
    for race in races {
        if race.part != last {
            let end = if last.is_empty() { "" } else { "</ul>\n" };
            list.push_str(&format!("{end}<h2>{}</h2>\n<ul class=\"races\">\n", escaped(race.part)));
            last = race.part;
        }
        let name = escaped(race.name);
        list.push_str(&format!(
            "<li><h3><a href=\"{name}.html\">{name}</a>: {}</h3><p>{}</p></li>\n",
            escaped(race.heading),
            escaped(race.summary)
        ));
    }
    if !last.is_empty() {
        list.push_str("</ul>\n");
    }
    let style = include_str!("style.css");
    fill(include_str!("index.html"), &[("style", style), ("list", &list)])
}

/// Is this text a first page as [`index`] makes it?
pub fn is_index(text: &str) -> bool {
    text.contains(r#"<meta name="generator" content="racelab">"#)
}

/// Puts the parts into their places. Each place is filled once, in the template's order, so that
/// a part that looks like a place stays what it is.
fn fill(template: &str, parts: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 4096);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("a place in the template ends");
        let part = parts.iter().find(|(part, _)| *part == name);
        let (_, text) = part.unwrap_or_else(|| panic!("the template has a place for {name:?}"));
        out.push_str(before);
        out.push_str(text);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::sample::racy_graph;

    fn race(name: &str) -> Race<'_> {
        Race {
            name,
            first: name,
            choices: ["Counter", "Threads × increments"],
            heading: "A <b> & \"c\"",
            summary: "</script>",
            part: "loses updates",
        }
    }

    fn program() -> Program<'static> {
        Program {
            name: "racy".into(),
            label: "racy (loses updates)".into(),
            command: "racelab show racy".into(),
            path: "src/counter/sample.rs",
            source: "fn increment() {\n    </script>\n}\n",
            graphs: vec![racy_graph(2, 1), racy_graph(3, 2)],
        }
    }

    #[test]
    fn a_page_stands_alone_and_nothing_breaks_out_of_its_place() {
        let page = page(&race("racy"), &[race("racy"), race("mutex")], &[program()]);
        for outside in ["http://", "https://", "<link ", "src=", "@import"] {
            let found =
                page.match_indices(outside).map(|(at, _)| &page[at..(at + 60).min(page.len())]);
            let strangers: Vec<_> =
                found.filter(|text| !text.contains("www.w3.org/2000/svg")).collect();
            assert!(strangers.is_empty(), "{strangers:?}");
        }
        assert_eq!(page.matches("</script>").count(), 3, "styles, data, scripts");
        assert!(page.contains("A &lt;b&gt; &amp; &quot;c&quot;"));
        assert!(page.contains(r#"<a href="racy.html" aria-current="page">racy</a>"#));
        assert!(page.contains("<code>racelab show racy --all</code>"));
        assert!(!page.contains("{{"), "every place is filled");
    }

    #[test]
    fn the_data_has_all_interleavings_and_is_small() {
        let data = data::data("racy", &[program()]);
        let json: serde_json::Value = serde_json::from_str(&data).unwrap();
        let graphs = &json["programs"][0]["graphs"];
        assert_eq!(graphs[0]["shape"], "2x1");
        assert_eq!(graphs[0]["threads"], serde_json::json!(["A", "B"]));
        assert_eq!(graphs[0]["shortest"], 4);
        assert_eq!(graphs[0]["states"][0][1][0][2], 0, "the first move is the first step");
        assert_eq!(graphs[0]["steps"][0][1], "count → 0");
        assert_eq!(graphs[1]["states"].as_array().unwrap().len(), racy_graph(3, 2).states.len());
        assert!(data.len() < 100_000, "{}", data.len());
    }

    #[test]
    fn the_index_has_every_race_once_under_its_part() {
        let index = index(&[race("racy"), race("unsafe")]);
        assert_eq!(index.matches("<h2>").count(), 1);
        assert_eq!(index.matches("<li>").count(), 2);
        assert!(index.contains(r#"<a href="unsafe.html">"#));
        assert!(is_index(&index) && !is_index("<!doctype html><p>a page about racelab"));
    }
}
