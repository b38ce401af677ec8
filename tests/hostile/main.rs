//! Programs that nobody should write, without any `unsafe` of their own: they are told what is wrong
//! with them, and none brings the explorer down, or the process.
//!
//! What might end the process runs in one of its own.

mod ended;
mod outside;
mod panics;
mod stacks;
mod time;
mod values;

use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

const VARIABLE: &str = "RACELAB_HOSTILE";

/// In the process that runs this test alone: `None`. Otherwise starts that process, and returns what
/// came of it.
fn alone(test: &str) -> Option<Output> {
    if std::env::var(VARIABLE).is_ok_and(|name| name == test) {
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(VARIABLE, test);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let number = child.id();
    let (send, receive) = channel();
    std::thread::spawn(move || send.send(child.wait_with_output().unwrap()));
    let output = receive.recv_timeout(Duration::from_secs(120));
    output.is_err().then(|| Command::new("kill").args(["-9", &number.to_string()]).status());
    Some(output.unwrap_or_else(|_| panic!("{test} hangs")))
}

/// As [`alone`], for a test that ends well.
fn ends_well(test: &str) -> bool {
    let Some(output) = alone(test) else { return false };
    assert!(output.status.success(), "{}: {}", output.status, stderr(&output));
    true
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
