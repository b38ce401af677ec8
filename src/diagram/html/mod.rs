//! The HTML explorer: pages on which a reader steps through every interleaving of a program and
//! plays the scheduler.
//!
//! A page opens from disk and needs no network. Its data are the state graphs that the library
//! computed; the scripts only walk along them. They are plain JavaScript. [`page`] puts all of it into
//! one file; a folder of pages has [`linked`] ones, and beside them, once, what they [share](shared)
//! and the [graphs] of each program, however many pages can switch to it.
//!
//! # Layout
//! - `index`: the first page, `index.html`
//! - `shared`: the scripts and the styles, and how a page comes to them
//! - `data`: the graphs as JSON; `template`: filling `page.html` and `index.html`
//! - `graph.js`: walking the graph, counting, numbering; `cause.js`: naming a lost update
//! - `view.js`: what is on screen; `result.js`: how it went, and what is next; `predict.js`: the
//!   question before the game; `page.js`: what the reader does with it
//! - `waits.rs`, `waits.js`: who waits for whom in a deadlock
//! - `export.js`: the picture as an SVG to take along
//! - `style.css`

mod data;
mod index;
mod shared;
mod template;
mod waits;

pub use data::Program;
pub use index::{index, is_index};
pub use shared::{File, graphs, shared};

use template::{escaped, fill};

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
    /// A sentence below it. It may tell how the game ends, and is shown once that was predicted.
    pub summary: &'r str,
    /// The part of the index it stands in: `counters`.
    pub part: &'r str,
    /// The page of the book about it: `docs/src/racy.md`.
    pub book: &'r str,
}

/// The page of a race in one file, which needs no other. The reader can switch between the
/// `programs`.
pub fn page(race: &Race, races: &[Race], programs: &[Program]) -> String {
    let style = format!("<style>\n{}</style>", include_str!("style.css"));
    let scripts = [data::data(programs), shared::script(races)];
    filled(race, &style, &scripts.map(|text| format!("<script>\n{text}</script>\n")).concat())
}

/// The page of a race that stands in a folder with what is [`shared`] and with these [`graphs`].
pub fn linked(race: &Race, graphs: &[&str]) -> String {
    filled(race, shared::STYLE, &shared::linked(graphs))
}

fn filled(race: &Race, style: &str, scripts: &str) -> String {
    fill(
        include_str!("page.html"),
        &[
            ("name", &escaped(race.name)),
            ("first", &escaped(race.first)),
            ("heading", &escaped(race.heading)),
            ("summary", &escaped(race.summary)),
            ("programs", &escaped(race.choices[0])),
            ("shapes", &escaped(race.choices[1])),
            ("style", style),
            ("scripts", scripts),
        ],
    )
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
            part: "counters",
            book: "docs/src/racy.md",
        }
    }

    fn program() -> Program<'static> {
        Program {
            name: "racy".into(),
            race: "racy",
            label: "racy",
            verdict: "loses updates",
            cure: false,
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
        assert_eq!(page.matches("</script>").count(), 2, "the data, the scripts");
        assert!(page.contains("A &lt;b&gt; &amp; &quot;c&quot;"));
        assert!(page.contains(r#"data-first="racy""#));
        assert!(!page.contains("{{"), "every place is filled");
    }

    #[test]
    fn a_linked_page_has_its_graphs_and_the_scripts_beside_it() {
        let page = linked(&race("racy"), &["racy", "mutex"]);
        let sources: Vec<_> =
            page.split("src=\"").skip(1).map(|rest| rest.split('"').next()).collect();
        let graphs = ["shared/graphs/racy.js", "shared/graphs/mutex.js", "shared/racelab.js"];
        assert_eq!(sources, graphs.map(Some), "the scripts come last, since they begin at once");
        let [(style, _), (script, text)] = shared(&[race("racy")]);
        assert!(page.contains(&style) && page.contains(&script));
        assert!(!text.contains("</script>"));
        assert_eq!(graphs[0], super::graphs("racy", &[program()]).0);
    }

    #[test]
    fn the_data_has_all_interleavings_and_is_small() {
        let data = data::data(&[program()]);
        let json = data.trim_start_matches("(globalThis.PROGRAMS ??= []).push(\n");
        let json: serde_json::Value = serde_json::from_str(json.trim_end_matches(");\n")).unwrap();
        let graphs = &json["graphs"];
        assert_eq!(graphs[0]["shape"], "2x1");
        assert_eq!(graphs[0]["threads"], serde_json::json!(["A", "B"]));
        assert_eq!(graphs[0]["shortest"], 4);
        assert_eq!(graphs[0]["states"][0][1][0][2], 0, "the first move is the first step");
        assert_eq!(graphs[0]["steps"][0][1], "count → 0");
        assert_eq!(graphs[1]["states"].as_array().unwrap().len(), racy_graph(3, 2).states.len());
        assert!(data.len() < 100_000, "{}", data.len());
    }

    #[test]
    fn the_index_is_one_numbered_path_through_all_parts() {
        let waiting = Race { part: "races about waiting", ..race("lock-order") };
        let index = index(&[race("racy"), race("unsafe"), waiting]);
        assert_eq!(index.matches("<h2>").count(), 2);
        assert_eq!(index.matches("<li>").count(), 3);
        assert!(index.contains("<h2>Races about waiting</h2>\n<ol class=\"path\" start=\"3\">"));
        assert!(index.contains(r#"<a href="unsafe.html">"#));
        assert!(is_index(&index) && !is_index("<!doctype html><p>a page about racelab"));
    }
}
