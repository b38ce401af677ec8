//! The command as its users meet it: exit codes, figures, mistakes, closed pipes, narrow terminals.

use std::process::{Command, Output, Stdio};

/// Runs `racelab` with these words, without a terminal.
fn racelab(words: &str) -> Output {
    command(words).output().expect("the command starts")
}

fn command(words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_racelab"));
    command.args(words.split_whitespace()).stdin(Stdio::null());
    // Without it the command speaks as to somebody who has started it by hand.
    command.env_remove("CARGO_MANIFEST_DIR");
    command
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("the output is UTF-8")
}

/// The mistake is told on one line of standard error that contains `parts`, and nothing else is
/// printed; exit code 2.
#[track_caller]
fn assert_refused(words: &str, parts: &[&str]) {
    let output = racelab(words);
    let told = String::from_utf8(output.stderr).expect("the error is UTF-8");
    assert_eq!(output.status.code(), Some(2), "{words}: {told}");
    assert_eq!(output.stdout, b"", "{words}");
    assert_eq!(told.lines().count(), 1, "{words}: {told}");
    assert!(told.starts_with("error: "), "{told}");
    for part in parts {
        assert!(told.contains(part), "{words}: {told:?} lacks {part:?}");
    }
}

#[test]
fn help_and_the_version_are_no_errors() {
    for words in ["--help", "help", "--version", "stress --help"] {
        let output = racelab(words);
        assert_eq!(output.status.code(), Some(0), "{words}");
        assert!(stdout(&output).contains("racelab"), "{words}");
        assert_eq!(output.stderr, b"", "{words}");
    }
}

#[test]
fn the_counters_are_listed_worst_first() {
    let output = racelab("counters");
    assert_eq!(output.status.code(), Some(0));
    let places = ["unsafe: ", "racy: ", "seqcst-pair: ", "mutex: ", "actor: "]
        .map(|name| stdout(&output).find(name).unwrap_or_else(|| panic!("{name} is not listed")));
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn the_matrix_says_what_cures_what_and_what_proves_that_it_does_not() {
    let output = racelab("list --matrix");
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    let row = |name: &str| text.lines().find(|line| line.starts_with(name)).expect(name);
    let words: Vec<_> = row("check-then-act ").split_whitespace().collect();
    assert_eq!(words, ["check-then-act", "✗3", "✓4", "✓5", "✗2"]);
    let (_, proof) =
        text.split_once("check-then-act ✗3 a lock around each step\n").expect("a proof");
    assert!(
        proof.starts_with("    AAABBBBBBAAA: balance = -20; more was paid out than there was\n")
    );
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_variant_for_real_threads_only_is_stressed_and_refused_elsewhere() {
    let output = racelab("stress aba --variant 5 --seconds 1");
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("each node has one owner"), "{}", stdout(&output));
    let way_out = ["aba: epochs (crossbeam) exists on real threads only", "stress aba --variant 5"];
    assert_refused("check aba --variant 5", &way_out);
    assert_refused("play aba --variant 5", &way_out);
    assert_refused(
        "check collaborative-editing --variant 7 --engine loom",
        &["loom cannot run collaborative-editing: merge (yrs)", "leave out --engine"],
    );
}

#[test]
fn a_wrong_name_is_answered_with_the_right_one() {
    assert_refused(
        "stress raci",
        &["no program \"raci\"", "did you mean 'racy'?", "'racelab list' lists all"],
    );
    assert_refused("stress zookeeper", &["'racelab list' lists what there is"]);
    assert_refused("stress racy --variant 9", &["written in one way only"]);
    assert_refused("strss", &["did you mean 'stress'?"]);
    assert_refused("stress --thread 2", &["did you mean '--threads'?"]);
    assert_refused("xyzzy", &["'racelab help' lists what there is"]);
}

#[test]
fn an_absurd_number_is_answered_with_the_range() {
    for number in ["0", "-1", "257", "two", "1e3", "99999999999999999999999999", "''"] {
        assert_refused(
            &format!("stress racy --threads={number}"),
            &["--threads", "a whole number from 1 to 256"],
        );
    }
    assert_refused("stress --seconds 0", &["a whole number from 1 to 3,600"]);
    assert_refused("stress --increments 1000000001", &["from 1 to 1,000,000,000"]);
    assert_refused("stress --threads", &["put one behind it"]);
}

/// One thread has nobody to race with: on any machine nothing is lost.
#[test]
fn a_stress_run_without_a_loss_is_exit_code_0_and_no_proof() {
    let output = racelab("stress racy --threads 1 --increments 1,000 --seconds 1");
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("racy on real threads: 1 thread, "), "{}", stdout(&output));
    assert!(stdout(&output).contains("One thread alone has nobody to race with"));
    assert_eq!(output.stderr, b"", "no progress where there is no terminal");
}

#[test]
fn a_race_that_stands_still_on_real_threads_is_exit_code_1() {
    let output = racelab("stress missed-close");
    let text = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("not over after 2 s"), "{text}");
    assert!(text.contains("racelab check missed-close"), "{text}");
    let output = racelab("stress missed-close --variant 3 --seconds 1");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("That is no proof; this is:"), "{text}");
    assert!(text.contains("racelab check missed-close --variant 3"), "{text}");
}

/// Repeats until a loss is seen, so it does not depend on luck; the bound is an hour.
#[test]
fn a_stress_run_with_a_loss_is_exit_code_1() {
    if racelab::stress::cores() < 2 {
        eprintln!("skipped: on one core the threads take turns, so a loss may never come");
        return;
    }
    let output = racelab("stress racy --seconds 3600");
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("racy loses updates"), "{}", stdout(&output));
    assert!(stdout(&output).contains("first loss seen in round"), "{}", stdout(&output));
}

/// 64,000,000,000 increments would take minutes.
#[test]
fn a_stress_run_ends_when_its_seconds_are_over_however_long_its_first_round_is() {
    let output = racelab("stress atomic --threads 64 --increments 1,000,000,000 --seconds 1");
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("64 threads, 1 round"), "{}", stdout(&output));
    assert!(stdout(&output).contains("lost                    0"), "{}", stdout(&output));
}

#[test]
fn a_search_that_a_limit_stops_says_so_and_names_the_option() {
    let told = |output: &Output| String::from_utf8(output.stderr.clone()).expect("UTF-8");
    let output = racelab("show atomic --threads 16 --timeout 500ms");
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("returned 16"), "{}", stdout(&output));
    assert!(told(&output).contains("this is the worst of "), "{}", told(&output));
    assert!(told(&output).contains("--timeout"), "{}", told(&output));
    let late = "show racy --threads 16 --timeout 500ms --outcome 99";
    assert_refused(late, &["executions ends in \"99\"", "allow more time"]);
    let most = "take fewer --threads or --increments, or allow more with --max-states";
    let wide = "racy --threads 16 --max-states 100";
    assert_refused(&format!("census {wide}"), &["more states", "(100 until here)", most]);
    assert_refused(&format!("show {wide} --interleaving 7"), &["more states", most]);
    let cut = "census racy --max-steps 2";
    assert_refused(cut, &["not over after 2 steps; allow more with --max-steps"]);
}

#[test]
fn a_closed_pipe_is_nothing_to_panic_about() {
    let mut child = command("counters")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take()); // as `| head -1` does, only earlier
    let output = child.wait_with_output().expect("the command ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    for words in ["counters", "--version", "--help", "help check", "show racy", "check atomic"] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
        let output = command(words).stdout(full).output().expect("the command starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.starts_with("error: cannot write the output: "), "{words}: {told}");
        assert_eq!(output.status.code(), Some(2), "{words}");
    }
}

/// Line breaks, escape codes, what turns the writing round, and more than anybody reads.
#[test]
fn whatever_was_typed_a_mistake_is_one_line_of_bounded_length() {
    let nasty = "x\n\u{1b}[31m\r\u{202e}y";
    let long = "a".repeat(100_000);
    let trace = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("nasty.json");
    for value in [nasty, &long] {
        let json = serde_json::json!({"format": "racelab-trace", "version": 1, "trace": {
            "threads": [], "objects": [{"name": "x", "kind": value, "initial": null}],
            "steps": [], "ending": ""}});
        std::fs::write(&trace, json.to_string()).unwrap();
        let file = trace.to_str().unwrap();
        let all: [&[&str]; 12] = [
            &[value],
            &["check", value],
            &["check", "racy", value],
            &["check", "racy", "--threads", value],
            &["check", "racy", "--engine", value],
            &["check", "racy", "--checkpoint", &format!("no/{value}/such")],
            &["show", "racy", "--outcome", value],
            &["show", "spin-lock", "--case", value],
            &["replay", "racy", value],
            &["diagram", value],
            &["diagram", file],
            &["report", "--out", &format!("Cargo.toml/{value}")],
        ];
        for words in all {
            let output = command("").args(words).output().expect("the command starts");
            let told = String::from_utf8(output.stderr).expect("the error is UTF-8");
            let shown: Vec<_> = words.iter().map(|word| &word[..word.len().min(30)]).collect();
            assert_eq!(output.status.code(), Some(2), "{shown:?}: {told}");
            assert_eq!(told.lines().count(), 1, "{shown:?}: {told}");
            let line = told.trim_end_matches('\n');
            let controls = line.contains(|c: char| c.is_control() || c == '\u{202e}');
            assert!(!controls && line.len() < 1_000, "{shown:?}: {line:?}");
        }
    }
}

#[test]
fn there_is_no_colour_without_a_terminal() {
    assert!(!stdout(&racelab("counters")).contains('\x1b'));
}

#[test]
fn colour_can_be_forced_and_forbidden() {
    let forced = |forbidden: bool| {
        let mut command = command("counters");
        command.env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
        if forbidden {
            command.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
        }
        let output = command.output().expect("the command starts");
        stdout(&output).contains('\x1b')
    };
    assert!(forced(false));
    assert!(!forced(true));
}

#[test]
fn a_written_trace_is_drawn_in_every_format() {
    let formats = [
        ("terminal", "step 4 overwrote step 3, because thread B had read count at step 2"),
        ("ascii", "~~count <- 1~~"),
        ("svg", "<svg "),
        ("mermaid", "sequenceDiagram"),
        ("json", "\"format\": \"racelab-trace\""),
        ("html", "<!doctype html>"),
    ];
    for (format, part) in formats {
        let output = racelab(&format!("diagram tests/traces/racy-ABAB.json --format {format}"));
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert!(stdout(&output).contains(part), "{format}: {}", stdout(&output));
    }
    let written = std::fs::read_to_string("tests/traces/racy-ABAB.json").unwrap();
    let output = racelab("diagram tests/traces/racy-ABAB.json --format json");
    assert_eq!(stdout(&output), written, "what is read and written again is the same");
}

#[test]
fn what_is_no_trace_is_refused_with_its_place() {
    assert_refused("diagram Cargo.toml", &["Cargo.toml", "line 1, column 2"]);
    assert_refused("diagram no/such/file.json", &["cannot read no/such/file.json"]);
    assert_refused("diagram -", &["standard input", "line 1, column 0"]);
    assert_refused("diagram", &["give <FILE>"]);
    assert_refused("diagram x --format gif", &["it can be terminal, ascii, svg"]);
}

/// The verdict as JSON.
fn verdict(words: &str) -> (serde_json::Value, Option<i32>) {
    let output = racelab(words);
    let json = serde_json::from_slice(&output.stdout).expect("the output is JSON");
    (json, output.status.code())
}

/// Value, grade, interleavings.
fn endings(verdict: &serde_json::Value) -> Vec<(u64, &str, &str)> {
    let outcomes = verdict["outcomes"].as_array().expect("a list");
    outcomes
        .iter()
        .map(|outcome| {
            let text = |field: &str| outcome[field].as_str().expect("a string");
            (outcome["value"].as_u64().expect("a number"), text("grade"), text("interleavings"))
        })
        .collect()
}

#[test]
fn loom_visits_all_70_interleavings_of_two_racy_increments_each() {
    let (verdict, code) =
        verdict("check racy --threads 2 --increments 2 --engine loom --format json");
    assert_eq!(code, Some(1));
    assert_eq!(verdict["counter"], "racy");
    assert_eq!(verdict["engine"], "loom");
    assert_eq!((&verdict["threads"], &verdict["increments"]), (&2.into(), &2.into()));
    assert_eq!(verdict["complete"], true);
    assert_eq!(verdict["interleavings"], "70");
    assert_eq!(verdict["proof"], "closed form");
    assert_eq!(
        endings(&verdict),
        [(2, "forbidden", "32"), (3, "forbidden", "32"), (4, "acceptable", "6")]
    );
    let explanation = verdict["outcomes"][0]["explanation"].as_str().expect("a string");
    assert!(explanation.contains(" overwrote step "), "{explanation}");
}

#[test]
fn the_explorer_counts_34650_interleavings_in_7134_executions() {
    let output = racelab("check racy --threads 3 --increments 2");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("34,650 interleavings in 7,134 executions"), "{text}");
    assert!(text.contains("number of ways to shuffle the threads' steps"), "{text}");
}

#[test]
fn the_explorer_is_the_default_and_its_json_agrees_with_looms() {
    let (verdict, code) = verdict("check racy --increments 2 --format json");
    assert_eq!(code, Some(1));
    assert_eq!(verdict["engine"], "explorer");
    assert_eq!((&verdict["executions"], &verdict["interleavings"]), (&"34".into(), &"70".into()));
    assert_eq!((&verdict["proof"], &verdict["complete"]), (&"closed form".into(), &true.into()));
    assert_eq!(
        endings(&verdict),
        [(2, "forbidden", "32"), (3, "forbidden", "32"), (4, "acceptable", "6")]
    );
}

#[test]
fn where_no_closed_form_holds_each_interleaving_is_run_as_well() {
    for (words, interleavings) in
        [("mutex", "2"), ("mutex --threads 3", "6"), ("compare-exchange", "6"), ("actor", "40")]
    {
        let output = racelab(&format!("check {words} --format json"));
        assert_eq!(output.status.code(), Some(0), "{words}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words}: the totals differ");
        let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(verdict["proof"], "enumeration", "{words}");
        assert_eq!(verdict["interleavings"], interleavings, "{words}");
    }
}

#[test]
fn where_there_are_many_the_paths_through_the_states_are_the_second_total() {
    let (verdict, code) = verdict("check lock-the-read --increments 4 --format json");
    assert_eq!(code, Some(1));
    assert_eq!(
        (&verdict["proof"], &verdict["interleavings"]),
        (&"states".into(), &"264678".into())
    );
}

#[test]
fn under_rust_s_orderings_executions_are_counted() {
    let (verdict, code) = verdict("check racy --memory rc11 --format json");
    assert_eq!((code, &verdict["memory"]), (Some(1), &"rc11".into()));
    assert_eq!((&verdict["executions"], &verdict["interleavings"]), (&"4".into(), &().into()));
    let output = racelab("check atomic --memory rc11");
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("every execution that the model of Rust's orderings allows"), "{text}");
    assert_refused("check racy --memory rc11 --engine loom", &["leave out --engine"]);
}

#[test]
fn both_says_what_loom_misses_as_it_comes() {
    let output = racelab("check racy --engine both");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1));
    let row = |name: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(name)).expect(name);
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("interleavings"), "interleavings 6 of 6 6 of 6 5 of 6");
    assert_eq!(row("ends at 2"), "ends at 2 2 2 1");
    assert!(text.contains("loom agrees: it missed nothing"), "{text}");
    assert!(text.contains("loom as it comes missed 1 interleaving. "), "{text}");
    let (verdict, _) = verdict("check racy --engine both --format json");
    assert_eq!(verdict["explorer"]["interleavings"], "6");
    assert_eq!(verdict["loom"]["interleavings"], "6");
    assert_eq!(verdict["plain_loom"]["interleavings"], "5");
    assert_eq!(verdict["missed_by_loom"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_schedule_is_replayed_and_a_wrong_one_is_refused_with_the_choices() {
    let output = racelab("replay racy ABAB");
    assert_eq!(output.status.code(), Some(0));
    let cause = "step 4 overwrote step 3, because thread B had read count at step 2";
    assert!(stdout(&output).contains(cause), "{}", stdout(&output));
    let json = racelab("replay racy ABAB --format json");
    let trace: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(trace["schedule"], "ABAB");
    assert_refused("replay racy AXB", &["step 2", "no thread X", "choose among AB"]);
    assert_refused("replay mutex AB", &["B waits for mutex", "held by A"]);
    assert_refused("replay racy", &["<SCHEDULE>"]);
    assert_refused("replay volatile AB", &["real threads only"]);
}

#[test]
fn a_check_stopped_early_says_what_was_covered_and_estimates_the_rest() {
    let words = "check racy --threads 3 --increments 2 --max-executions 1000";
    let output = racelab(words);
    let text = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(1), "a loss was among them");
    assert_eq!(output.stderr, b"", "no bar where there is no terminal");
    assert!(text.contains(" interleavings in 1,000 executions"), "{text}");
    assert!(text.contains("Stopped by --max-executions before the end"), "{text}");
    assert!(text.contains("An estimate of the whole is "), "{text}");
    let (verdict, code) = verdict(&format!("{words} --format json"));
    assert_eq!(code, Some(1));
    assert_eq!(verdict["complete"], false);
    assert_eq!(verdict["proof"], "none");
    assert_eq!(verdict["executions"], "1000");
    let counted: u128 = verdict["interleavings"].as_str().unwrap().parse().expect("a number");
    let outcomes = verdict["outcomes"].as_array().expect("a list").iter();
    let sum: u128 =
        outcomes.map(|o| o["interleavings"].as_str().unwrap().parse::<u128>().unwrap()).sum();
    assert_eq!(counted, sum);
    assert!((1_000..34_650).contains(&counted), "{counted}");
    let estimate = verdict["estimate"].as_f64().expect("a number");
    assert!(estimate >= counted as f64, "{estimate}");
}

#[test]
fn a_check_out_of_time_is_judged_by_what_it_has_seen() {
    // 3 threads of 5 increments: a night's work.
    let (racy, code) =
        verdict("check racy --threads 3 --increments 5 --timeout 500ms --format json");
    assert_eq!((code, &racy["complete"]), (Some(1), &false.into()));
    let output = racelab("check atomic --threads 9 --timeout 1ms");
    assert_eq!(output.status.code(), Some(3), "nothing forbidden was found, and not all was run");
    let text = stdout(&output);
    assert!(text.contains("Stopped by --timeout"), "{text}");
    assert!(text.contains("Nothing forbidden so far, but not every interleaving"), "{text}");
    assert_refused("check racy --timeout 1d", &["--timeout", "500ms, 10s, 5m or 2h"]);
    assert_refused("check racy --jobs 65", &["a whole number from 1 to 64"]);
    assert_refused("check racy --max-executions 0", &["a whole number from 1"]);
}

#[test]
fn the_largest_sizes_of_a_correct_counter_are_not_forbidden() {
    let largest = "--threads 16 --increments 1000 --max-executions 2";
    for counter in ["atomic", "mutex", "compare-exchange", "actor"] {
        let output = racelab(&format!("check {counter} {largest}"));
        let text = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(3), "{counter}: {text}");
        assert!(!text.contains("forbidden,") && !text.contains("step limit"), "{counter}: {text}");
        assert!(text.contains("Stopped by --max-executions before the end"), "{counter}: {text}");
        assert!(text.contains("16000 not counted"), "what was covered: {text}");
    }
    // However busy the machine is.
    let output = racelab("check sharded --threads 16 --increments 1000");
    assert_eq!(output.status.code(), Some(0), "nobody shares: one class. {}", stdout(&output));
}

#[test]
fn an_execution_that_was_cut_is_unknown_and_not_forbidden() {
    let output = racelab("check atomic --max-steps 1");
    let text = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("not over after 1 step; --max-steps allows"), "{text}");
    assert!(text.contains("cut, so nobody knows how it ends"), "{text}");
    let (verdict, code) = verdict("check mutex --increments 5 --max-steps 3 --format json");
    assert_eq!((code, &verdict["complete"]), (Some(3), &false.into()));
    assert_eq!(verdict["stopped_by"], "--max-steps");
    assert_eq!(verdict["outcomes"][0]["grade"], "interesting");
    let output = racelab("check spin-lock --max-steps 2");
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    assert!(stdout(&output).contains("holds so far"), "{}", stdout(&output));
    assert_refused("check racy --max-steps 0", &["a whole number from 1 to 1,000,000,000"]);
}

/// The signal comes when the exploration has begun: then there is the file that keeps others away.
#[cfg(unix)]
#[test]
fn a_signal_stops_a_check_and_what_there_is_is_kept() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (signal, name) in [(libc::SIGINT, "int.json"), (libc::SIGTERM, "term.json")] {
        let file = folder.join(name);
        let _ = std::fs::remove_file(&file);
        let words = format!("check atomic --threads 9 --checkpoint {}", file.display());
        let child = command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while !folder.join(format!(".{name}.racelab-lock")).exists() {
            std::thread::yield_now();
        }
        assert_refused(&words, &["in use by another exploration"]);
        // SAFETY: a signal to a child that has not been waited for, so the number is still its own.
        assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
        let output = child.wait_with_output().unwrap();
        let text = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains("Stopped by a signal before the end"), "{text}");
        assert!(text.contains("The same command goes on where this one stopped"), "{text}");
        let (first, _) = verdict(&format!("{words} --max-executions 1 --format json"));
        assert_eq!(first["complete"], false);
        assert!(first["executions"].as_str().unwrap().parse::<u64>().unwrap() >= 2, "{first}");
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_stopped_check_is_continued_by_the_same_command() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("stopped-check.json");
    let _ = std::fs::remove_file(&file);
    let size = "--threads 3 --increments 2";
    let words = format!("check racy {size} --max-executions 3,000 --checkpoint {}", file.display());
    let text = racelab(&words).stdout;
    let text = String::from_utf8(text).expect("the output is UTF-8");
    assert!(text.contains("The same command goes on where this one stopped"), "{text}");
    assert!(file.exists());
    assert_refused(
        &format!("check mutex --checkpoint {}", file.display()),
        &["is of another program", "name another file"],
    );
    let (second, _) = verdict(&format!("{words} --format json"));
    assert_eq!((&second["complete"], &second["executions"]), (&false.into(), &"6000".into()));
    let (mut last, _) = verdict(&format!("{words} --format json"));
    let (mut whole, _) = verdict(&format!("check racy {size} --format json"));
    last["elapsed_ms"].take();
    whole["elapsed_ms"].take();
    assert_eq!(last, whole);
    assert!(!file.exists(), "there is nothing left to go on with");
    // A plain number has an address, another one in each process.
    let plain = words.replace("check racy", "check unsafe").replace("3,000", "300");
    assert_eq!(verdict(&format!("{plain} --format json")).0["executions"], "300");
    assert_eq!(verdict(&format!("{plain} --format json")).0["executions"], "600");
    std::fs::remove_file(&file).unwrap();
    assert_refused("check racy --engine both --checkpoint x", &["leave out --checkpoint"]);
    assert_refused("check racy --jobs 2 --checkpoint x", &["--jobs", "--checkpoint"]);
    assert_refused("check message-passing --checkpoint x", &["leave out --checkpoint"]);
}

#[test]
fn several_jobs_come_to_the_same_verdict() {
    let of = |jobs: &str| {
        let (mut verdict, _) = verdict(&format!("check racy --threads 3 {jobs} --format json"));
        verdict["elapsed_ms"].take();
        verdict
    };
    assert_eq!(of("--jobs 2"), of(""));
}

#[test]
fn a_cure_is_exit_code_0() {
    for cure in ["mutex", "atomic", "compare-exchange", "sharded"] {
        let output = racelab(&format!("check {cure}"));
        assert_eq!(output.status.code(), Some(0), "{cure}");
        assert!(stdout(&output).contains("keeps its promise"), "{}", stdout(&output));
    }
}

#[test]
fn a_census_gives_no_values_to_a_data_race() {
    let way_out = "'racelab check unsafe' shows where";
    assert_refused("census unsafe --increments 2", &["unsafe has a data race", way_out]);
    assert_eq!(racelab("census racy --increments 2").status.code(), Some(0));
}

#[test]
fn hints_name_the_command_as_it_has_to_be_typed() {
    let by_cargo = |words: &str| {
        let output = command(words).env("CARGO_MANIFEST_DIR", "/x").output().unwrap();
        let mut told = String::from_utf8_lossy(&output.stderr).into_owned();
        told.push_str(stdout(&output));
        told
    };
    for words in [
        "play racy",
        "xyzzy",
        "diagram Cargo.lock",
        "census unsafe",
        "stress racy --threads 1 --seconds 1",
    ] {
        let told = by_cargo(words);
        assert!(told.contains("cargo run ") || !told.contains("racelab "), "{words}: {told}");
        assert!(!told.contains("'racelab ") && !told.contains("  racelab "), "{words}: {told}");
    }
}

#[test]
fn a_data_race_is_drawn_with_both_accesses() {
    let output = racelab("replay unsafe ABAB");
    let text = stdout(&output);
    for part in [
        "schedule ABAB: data race on count",
        "races with 4",
        "races with 1",
        "step 1 races with step 4",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // The lock orders what it protects.
    assert!(!stdout(&racelab("show mutex")).contains("races with"));
}

#[test]
fn a_data_race_is_a_failure_with_both_places() {
    let (verdict, code) = verdict("check unsafe --format json");
    assert_eq!(code, Some(1));
    let outcomes = verdict["outcomes"].as_array().expect("a list");
    let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome["value"].is_null()).collect();
    assert!(!failed.is_empty(), "{verdict}");
    for outcome in failed {
        let why = outcome["failure"].as_str().expect("a failure says why");
        assert!(why.contains("data race") && why.matches("unsafe_cell.rs:").count() == 2, "{why}");
        assert_eq!(outcome["grade"], "forbidden");
    }
}

#[test]
fn the_text_of_a_check_draws_the_loss_and_names_the_cause() {
    let output = racelab("check racy");
    let text = stdout(&output);
    assert!(text.contains("6 interleavings"), "{text}");
    assert!(text.contains("~~count ← 1~~"), "{text}");
    assert!(text.contains("step 4 overwrote step 3, because thread "), "{text}");
}

#[test]
fn what_cannot_be_checked_is_refused_with_the_way_out() {
    assert_refused("check sleep", &["real threads only", "racelab stress sleep"]);
    assert_refused("check mutexx", &["did you mean 'mutex'?"]);
    assert_refused("check racy --threads 0", &["a whole number from 1 to 16"]);
    assert_refused("check racy --engine lom", &["did you mean 'loom'?"]);
    assert_refused("check racy --format jsn", &["did you mean 'json'?"]);
    assert_refused("check racy --engine loom --threads 7", &["loom runs at most 5 threads"]);
    assert_refused("check", &["<PROGRAM>"]);
}

#[test]
fn the_tour_shows_the_loss_its_cause_and_the_cures() {
    let output = racelab("");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("In how many of the 6 orders does the count end at 1?"), "{text}");
    assert!(text.contains("In 4 of the 6 the count ends at 1."), "{text}");
    let orders: Vec<_> = text.lines().filter(|line| line.contains(": returned ")).collect();
    let run = ["AABB: returned 2", "ABAB: returned 1", "ABBA: returned 1"];
    assert!(run.iter().zip(&orders).all(|(run, line)| line.trim() == *run), "{orders:?}");
    assert!(text.contains("step 4 overwrote step 3, because thread "), "{text}");
    for cure in ["mutex", "atomic", "compare-exchange", "sharded", "actor"] {
        let row = text.lines().find(|line| line.trim_start().starts_with(cure)).expect(cure);
        assert!(row.contains("exact") && row.contains("none"), "{row}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "nothing to warn about");
}

#[test]
fn show_draws_the_schedule_asked_for_and_names_the_cause() {
    let output = racelab("show racy --schedule ABAB");
    assert_eq!(output.status.code(), Some(0));
    let cause = "step 4 overwrote step 3, because thread B had read count at step 2";
    for part in ["~~count ← 1~~", "schedule ABAB: returned 1", cause, "src/counter/racy.rs:"] {
        assert!(stdout(&output).contains(part), "{}", stdout(&output));
    }
    let small = racelab("show racy --schedule abab");
    assert_eq!(stdout(&small), stdout(&output), "letters are what they are in any case");
    assert_eq!(stdout(&racelab("replay racy abab")), stdout(&racelab("replay racy ABAB")));
    // Written as JSON and read back it is the same picture.
    let json = racelab("show racy --schedule ABAB --format json").stdout;
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("shown.json");
    std::fs::write(&file, json).unwrap();
    let again = racelab(&format!("diagram {}", file.display()));
    assert_eq!(stdout(&again), stdout(&output));
}

#[test]
fn show_finds_an_interleaving_with_an_outcome() {
    assert!(stdout(&racelab("show racy --outcome 2")).contains("returned 2"));
    assert!(stdout(&racelab("show racy --threads 3 --increments 2")).contains("returned 2"));
    assert!(stdout(&racelab("show unsafe")).contains("data race on count"));
    assert_refused("show racy --outcome 7", &["none of the 6", "it can be 1, 2"]);
}

#[test]
fn show_refuses_a_schedule_that_cannot_be() {
    assert_refused("show mutex --schedule AB", &["B waits for", "held by A", "choose among A"]);
    assert_refused("show racy --schedule AX", &["no thread X"]);
    assert_refused("show volatile", &["real threads only"]);
    assert_refused("show racy --schedule AB --outcome 1", &["cannot be used with"]);
}

#[test]
fn an_interleaving_is_shown_by_its_number() {
    let output = racelab("show racy --interleaving 2");
    let text = stdout(&output);
    assert!(text.starts_with("interleaving 2 of 6\n"), "{text}");
    assert!(text.contains("schedule ABAB: returned 1"), "{text}");
    let last = racelab("show racy --threads 3 --increments 2 --interleaving 34,650");
    assert!(stdout(&last).contains("schedule CCCCBBBBAAAA: returned 6"), "{}", stdout(&last));
    assert_refused("show racy --interleaving 7", &["there is no interleaving 7", "1 to 6"]);
    assert_refused("show racy --interleaving 0", &["a whole number from 1"]);
}

#[test]
fn all_interleavings_are_listed_in_schedule_order() {
    let output = racelab("show racy --all");
    let text = stdout(&output);
    let schedules: Vec<_> =
        text.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(schedules, ["AABB", "ABAB", "ABBA", "BAAB", "BABA", "BBAA"]);
    assert_eq!(text.matches("returned 1: step 4 overwrote step 3").count(), 4, "{text}");
    let json = racelab("show mutex --threads 3 --all --format json");
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["interleavings"], "6");
    assert_eq!(json["all"].as_array().unwrap().len(), 6);
    assert_eq!(json["all"][5]["schedule"], "CCBBAA");
    assert_refused("show racy --threads 4 --increments 2 --all", &["63,063,000", "--interleaving"]);
    assert_refused("show racy --all --format svg", &["terminal, ascii and json"]);
}

#[test]
fn play_without_a_terminal_names_the_alternative() {
    assert_refused("play racy", &["needs a terminal", "racelab show racy --all"]);
    assert_refused("play rcay", &["did you mean 'racy'?"]);
}

#[test]
fn a_report_that_cannot_be_written_is_refused() {
    assert_refused("report", &["give --out <DIR>"]);
    assert_refused("report --out Cargo.toml/pages", &["cannot make the folder"]);
    let nameless = command("report").args(["--out", ""]).output().expect("the command starts");
    assert_eq!(nameless.status.code(), Some(2));
    let told = String::from_utf8_lossy(&nameless.stderr);
    assert!(told.starts_with("error: --out names no folder; name one"), "{told}");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("a-site-of-mine");
    let _ = std::fs::create_dir(&folder);
    std::fs::write(folder.join("index.html"), "mine").unwrap();
    let theirs = format!("report --out {}", folder.display());
    assert_refused(&theirs, &["index.html is not racelab's; name another folder"]);
    assert_eq!(std::fs::read(folder.join("index.html")).unwrap(), b"mine");
}

/// The disk is full as soon as a file has 100 blocks: the index is written, the first page is not.
#[cfg(unix)]
#[test]
fn a_report_that_does_not_fit_leaves_nothing_behind() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("full");
    let _ = std::fs::remove_dir_all(&folder);
    let pages = folder.join("some/pages");
    let words = r#"ulimit -f 100; trap '' XFSZ; exec "$0" report --out "$1""#;
    let mut command = Command::new("sh");
    command.args(["-c", words, env!("CARGO_BIN_EXE_racelab")]).arg(&pages);
    let output = command.stdin(Stdio::null()).output().expect("there is a shell");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.starts_with("error: cannot write the pages to "), "{told}");
    assert!(!folder.exists(), "not the folders either");
}

/// A thousand outcomes of 32,000 steps each: what is kept of them is bounded, and so is the time.
#[test]
fn the_largest_size_of_a_counter_that_loses_ends_with_a_truthful_verdict() {
    // A loss is found or not, as fast as the machine is.
    let output = racelab("check racy --threads 16 --increments 1000 --timeout 300ms");
    let told = if output.status.code() == Some(1) { "One way to get there" } else { "so far" };
    assert!(stdout(&output).contains(told), "{}", stdout(&output));
    assert!(matches!(output.status.code(), Some(1 | 3)));
}

/// The actor's server is left waiting where a schedule ends badly: that once brought the process down.
#[test]
fn every_schedule_of_the_actor_ends_in_a_drawing_or_in_one_line() {
    for (words, code) in [
        ("replay actor ABAB", 2),
        ("show actor --schedule ABAB", 2),
        ("replay actor BCA", 0),
        ("show actor --schedule B", 0),
        ("census actor --max-states 1000", 2),
    ] {
        let output = racelab(words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words}: {told}");
        match code {
            0 => assert!(!output.stdout.is_empty(), "{words}"),
            _ => assert_eq!(told.lines().count(), 1, "{words}: {told}"),
        }
    }
}
