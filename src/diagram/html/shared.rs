//! What all pages of a folder have in common, written once beside them.
//!
//! The scripts are classic ones and no modules: a browser loads no module from disk.

use super::{Program, Race, data};
use serde_json::json;

/// A file beside the pages: its name, and what is in it.
pub type File = (String, String);

/// How a page comes to its styles.
pub(super) const STYLE: &str = r#"<link rel="stylesheet" href="shared/style.css">"#;

/// The styles and the scripts.
pub fn shared(races: &[Race]) -> [File; 2] {
    [
        ("shared/style.css".into(), include_str!("style.css").into()),
        ("shared/racelab.js".into(), script(races)),
    ]
}

/// The graphs of some programs, under the name by which pages ask for them.
pub fn graphs(name: &str, programs: &[Program]) -> File {
    (format!("shared/graphs/{name}.js"), data::data(programs))
}

/// How a page comes to these graphs, and then to its scripts.
pub(super) fn linked(graphs: &[&str]) -> String {
    let source = |file: String| format!("<script src=\"shared/{file}.js\"></script>\n");
    let graphs = graphs.iter().map(|name| format!("graphs/{name}"));
    graphs.chain(["racelab".into()]).map(source).collect()
}

/// The scripts, which begin with what they have to know.
pub(super) fn script(races: &[Race]) -> String {
    let race = |race: &Race| {
        json!({
            "name": race.name,
            "heading": race.heading,
            "summary": race.summary,
            "book": race.book,
        })
    };
    let races: Vec<_> = races.iter().map(race).collect();
    let known = [("RACES", json!(races)), ("SVG_STYLE", json!(include_str!("../svg/style.css")))];
    let known = known.map(|(name, value)| format!("const {name} = {};\n", data::in_script(&value)));
    let scripts = [
        include_str!("graph.js"),
        include_str!("cause.js"),
        include_str!("export.js"),
        include_str!("view.js"),
        include_str!("waits.js"),
        include_str!("result.js"),
        include_str!("predict.js"),
        include_str!("page.js"),
    ];
    [known.concat(), scripts.concat()].concat()
}
