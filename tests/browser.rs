//! The pages of `racelab report` in a real browser: `tests/browser/report.mjs` drives them.
//!
//! It takes minutes, so it is run where `RACELAB_BROWSER` is set, as in CI, and says otherwise that it is
//! skipped. It needs Chromium, Node.js and the two packages of `tests/browser/package.json`
//! (`npm ci --prefix tests/browser`). Where one is missing the test says so and is skipped, unless
//! `RACELAB_BROWSER=required`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The first of these commands that is there.
fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let all = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

/// What the test needs, or what is missing.
fn tools() -> Result<(PathBuf, PathBuf), &'static str> {
    if std::env::var_os("RACELAB_BROWSER").is_none() {
        return Err("that takes minutes; RACELAB_BROWSER=1 does it");
    }
    let browser = find(&["chromium", "chromium-browser", "google-chrome"])
        .ok_or("there is no Chromium on the path")?;
    let node = find(&["node", "nodejs"]).ok_or("there is no Node.js on the path")?;
    if !Path::new("tests/browser/node_modules/playwright-core").is_dir() {
        return Err("its packages are not installed: npm ci --prefix tests/browser");
    }
    Ok((browser, node))
}

/// Runs the command and returns what it printed.
fn racelab(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_racelab")).args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

/// What the library says about every interleaving of a counter, as the script reads it.
fn expected(counter: &str, threads: &str, increments: &str) -> serde_json::Value {
    let size = ["--threads", threads, "--increments", increments];
    let listed = racelab(&[&["show", counter, "--all", "--format", "json"], &size[..]].concat());
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let all = listed["all"].as_array().unwrap().iter();
    let sentences: serde_json::Map<_, _> =
        all.map(|one| (one["schedule"].as_str().unwrap().into(), one["causes"].clone())).collect();
    assert!(sentences.values().any(|causes| !causes.as_array().unwrap().is_empty()));
    serde_json::json!({"shape": format!("{threads}x{increments}"), "sentences": sentences})
}

/// What the library says about every execution of a race of orderings.
fn expected_cycles(race: &str, case: &str) -> serde_json::Value {
    let words = ["show", race, "--case", case, "--memory", "rc11", "--all", "--format", "json"];
    let listed: serde_json::Value = serde_json::from_str(&racelab(&words)).unwrap();
    let all = listed["all"].as_array().unwrap().iter();
    let sentences: serde_json::Map<_, _> =
        all.map(|one| (one["schedule"].as_str().unwrap().into(), one["cycle"].clone())).collect();
    assert!(sentences.values().any(|cycle| !cycle.as_array().unwrap().is_empty()));
    serde_json::json!({"sentences": sentences})
}

#[test]
fn the_pages_hold_what_they_promise_in_a_browser() {
    let (browser, node) = match tools() {
        Ok(tools) => tools,
        Err(missing) if std::env::var("RACELAB_BROWSER").is_ok_and(|v| v == "required") => {
            panic!("{missing}");
        }
        Err(missing) => {
            // Not by a macro: what those print is kept from sight when a test passes.
            let line = format!("the pages are not tested in a browser: {missing}\n");
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return;
        }
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    racelab(&["report", "--out", folder.to_str().unwrap()]);
    let weak = folder.join("rc11");
    racelab(&["report", "--memory", "rc11", "--out", weak.to_str().unwrap()]);
    let known = serde_json::json!({
        "racy": expected("racy", "2", "2"),
        "lock-the-read": expected("lock-the-read", "2", "1"),
        "store-buffering": expected_cycles("store-buffering", "6"),
    });
    std::fs::write(folder.join("expected.json"), known.to_string()).unwrap();
    let mut script = Command::new(node);
    script.arg("tests/browser/report.mjs").arg(&folder).arg(browser);
    let output = script.output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
