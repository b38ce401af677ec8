//! What an exploration costs: executions a second, other checkers beside it, two cores, memory.
//!
//! You will see criterion's figures for the racy counter under the explorer, with and without
//! counting, and then, from the same run: its fastest round, the explorer beside shuttle's
//! depth-first search and loom on three threads of one increment, one OS thread beside two, and the
//! peak memory of a long exploration.
//!
//! All times but those of `jobs` are CPU times of this process, so that other work on the machine
//! does not count; it still takes its share of the caches. Two OS threads are measured by the clock
//! on the wall, which is only worth something while nothing else runs: the load is printed.
//!
//! Run it with `cargo bench --bench explorer`; `-- --test` only tries that everything runs.

use criterion::{Criterion, Throughput, criterion_group};
use racelab::counter::{RacyCounter, race};
use racelab::primitives::Loom;
use racelab::{Explorer, explore_with_loom};
use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::AcqRel, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// The racy counter on a library's own atomics and threads, all of them joined by main.
macro_rules! racy {
    ($name:ident, $($library:ident)::+) => {
        fn $name(threads: usize, increments: usize) -> u64 {
            use $($library)::+::{sync::atomic::{AtomicU64, Ordering::SeqCst}, thread};
            let count = Arc::new(AtomicU64::new(0));
            let running: Vec<_> = (0..threads)
                .map(|_| {
                    let count = Arc::clone(&count);
                    thread::spawn(move || {
                        for _ in 0..increments {
                            let seen = count.load(SeqCst);
                            count.store(seen + 1, SeqCst);
                        }
                    })
                })
                .collect();
            running.into_iter().for_each(|thread| thread.join().unwrap());
            count.load(SeqCst)
        }
    };
}

racy!(racy_in_model, racelab::model);
racy!(racy_in_shuttle, shuttle);
racy!(racy_in_loom, loom);

/// The CPU time that this process has used so far, all of its threads together.
fn cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place to write to, and the clock is one that POSIX has.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(result, 0, "the clock of the process can be read");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// How much CPU time `work` takes.
fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let begin = cpu();
    let result = black_box(work());
    (result, cpu() - begin)
}

fn executions_a_second(criterion: &mut Criterion) {
    for (threads, increments, executions) in [(3, 2, 7_134), (2, 5, 34_904)] {
        let mut group = criterion.benchmark_group(format!("racy {threads}×{increments}"));
        group.throughput(Throughput::Elements(executions)).sample_size(20);
        for (name, counting) in [("counting", true), ("without counting", false)] {
            let explorer = Explorer::new().counting(counting);
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|rounds| {
                    let explore = || {
                        let report = explorer.explore(|| racy_in_model(threads, increments));
                        assert_eq!(report.executions(), executions);
                    };
                    timed(|| (0..rounds).for_each(|_| explore())).1
                });
            });
        }
        group.finish();
    }
}

/// The fastest and the middle round of many: what the machine can do when nothing else takes from it
/// (a neighbour on the same processor does, and no load shows it), and what it did.
fn rounds() {
    const ROUNDS: usize = 200;
    println!("racy 3×2, executions a second of CPU time, of {ROUNDS} rounds:");
    println!("{:<22} {:>14} {:>14}", "", "the fastest", "the middle one");
    for (name, counting) in [("counting", true), ("without counting", false)] {
        let explorer = Explorer::new().counting(counting);
        let round = || timed(|| explorer.explore(|| racy_in_model(3, 2)).executions());
        let mut rates: Vec<f64> = (0..ROUNDS)
            .map(|_| round())
            .map(|(executions, time)| executions as f64 / time.as_secs_f64())
            .collect();
        rates.sort_by(f64::total_cmp);
        println!("{name:<22} {:>14.0} {:>14.0}", rates[ROUNDS - 1], rates[ROUNDS / 2]);
    }
    println!();
}

/// Explores a race of so many threads with one increment each; returns its executions.
type Engine = fn(threads: usize) -> u64;

fn explorer(threads: usize) -> u64 {
    Explorer::new().explore(|| racy_in_model(threads, 1)).executions()
}

fn shuttle(threads: usize) -> u64 {
    let executions = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&executions);
    let program = move || {
        counting.fetch_add(1, SeqCst);
        black_box(racy_in_shuttle(threads, 1));
    };
    shuttle::check_dfs(program, None);
    executions.load(SeqCst)
}

/// Runs a program under loom as it comes: nothing is recorded.
fn bare_loom(program: impl Fn() -> u64 + Send + Sync + 'static) -> u64 {
    let executions = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&executions);
    loom::model::Builder::new().check(move || {
        counting.fetch_add(1, SeqCst);
        black_box(program());
    });
    executions.load(SeqCst)
}

/// Loads and stores as they are: loom then misses interleavings.
fn plain_loom(threads: usize) -> u64 {
    bare_loom(move || racy_in_loom(threads, 1))
}

/// Every load and store a read-modify-write: loom then visits every interleaving, as the explorer
/// does.
fn whole_loom(threads: usize) -> u64 {
    bare_loom(move || {
        let count = Arc::new(loom::sync::atomic::AtomicU64::new(0));
        let running: Vec<_> = (0..threads)
            .map(|_| {
                let count = Arc::clone(&count);
                loom::thread::spawn(move || {
                    let seen = count.fetch_add(0, AcqRel);
                    count.swap(seen + 1, AcqRel);
                })
            })
            .collect();
        running.into_iter().for_each(|thread| thread.join().unwrap());
        count.load(SeqCst)
    })
}

/// loom as racelab's second opinion: each step recorded, every interleaving visited.
fn recorded_loom(threads: usize) -> u64 {
    explore_with_loom(move || race::<Loom, RacyCounter<Loom>>(threads, 1)).executions()
}

/// Each engine, and how often it is measured: loom's one round is longer than all the others.
const ENGINES: [(&str, Engine, usize); 5] = [
    ("explorer", explorer, 201),
    ("shuttle, depth first", shuttle, 5),
    ("loom, recorded", recorded_loom, 1),
    ("loom, as it comes", plain_loom, 1),
    ("loom, every order", whole_loom, 1),
];

/// The explorer beside the other checkers, on the same race in the same run.
fn beside_others() {
    println!("racy 3×1, CPU time:");
    println!("{:<22} {:>12} {:>14} {:>14}", "checker", "executions", "time", "ratio");
    let mut first = None;
    for (name, engine, rounds) in ENGINES {
        engine(2); // what is only done once is not measured
        let mut times = Vec::new();
        let mut executions = 0;
        for _ in 0..rounds {
            let (found, time) = timed(|| engine(3));
            executions = found;
            times.push(time.as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        let time = times[rounds / 2];
        let ratio = time / *first.get_or_insert(time);
        println!("{name:<22} {executions:>12} {:>11.3} ms {ratio:>13.0}×", time * 1e3);
    }
}

/// Executions, redundant ones, and the seconds they took: by the clock and of CPU time.
type Spent = (u64, u64, (f64, f64));

/// One OS thread beside two, by the clock on the wall, in rounds that take turns.
fn two_jobs() {
    const ROUNDS: usize = 3;
    let explore = |jobs: usize| -> Spent {
        let (wall, used) = (Instant::now(), cpu());
        let report = Explorer::new().jobs(jobs).explore(|| racy_in_model(3, 3));
        let spent = (wall.elapsed().as_secs_f64(), (cpu() - used).as_secs_f64());
        (report.executions(), report.redundant(), spent)
    };
    // Two explorations that share nothing: what two cores of this machine are worth.
    let side_by_side = || {
        let begin = Instant::now();
        std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(|| explore(1)))));
        begin.elapsed().as_secs_f64()
    };
    let round = |_| (explore(1), explore(2), side_by_side());
    let mut rounds: Vec<_> = (0..ROUNDS).map(round).collect();
    let ratio = |(one, two, _): &(Spent, Spent, f64)| one.2.0 / two.2.0;
    rounds.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
    let middle @ (one, two, both) = &rounds[ROUNDS / 2];
    println!("\nracy 3×3, by the clock on the wall:");
    for (jobs, (executions, redundant, (wall, used))) in [("jobs(1)", one), ("jobs(2)", two)] {
        println!(
            "{jobs}  {executions} executions and {redundant} redundant ones in {wall:.2} s \
             ({used:.2} s of CPU time)"
        );
    }
    println!("jobs(2) is {:.2}× as fast", ratio(middle));
    let limit = 2.0 * one.2.0 / both;
    println!("two explorations side by side: {limit:.2}×, the most that two cores can give here");
}

/// Peak memory of a process that explores racy 2×5 and nothing else.
fn peak_memory() {
    /// In megabytes; memory is bounded by the depth of an exploration, not by its executions.
    const LIMIT: u64 = 100;
    let this = std::env::current_exe().expect("the bench has a file");
    let output = Command::new(this).arg(MEASURED).output().expect("it starts once more");
    let told = String::from_utf8_lossy(&output.stdout);
    match told.trim().parse::<u64>() {
        Ok(kib) => {
            let megabytes = kib as f64 * 1.024e-3;
            println!("\nracy 2×5: peak memory {megabytes:.1} MB; the limit is {LIMIT} MB");
        }
        Err(_) => println!("\nracy 2×5: this system does not tell the peak memory"),
    }
}

/// Makes the bench the process whose memory is measured.
const MEASURED: &str = "--peak-memory";

/// Explores, and prints the largest size this process had, in KiB.
fn measured() {
    assert_eq!(Explorer::new().explore(|| racy_in_model(2, 5)).executions(), 34_904);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", line.unwrap_or_default().trim_end_matches("kB").trim());
}

/// How busy the machine is, with this and with everything else.
fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown").to_owned()
}

criterion_group!(benches, executions_a_second);

fn main() {
    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    if asked(MEASURED) {
        return measured();
    }
    let before = load();
    benches();
    Criterion::default().configure_from_args().final_summary();
    if asked("--list") {
        return;
    }
    if asked("--test") {
        for (name, engine, _) in ENGINES {
            println!("{name}: {} executions", engine(2));
        }
        return;
    }
    println!("\nload of the machine before: {before}; a core that is only ours: about 1");
    rounds();
    beside_others();
    two_jobs();
    peak_memory();
    println!("load of the machine after: {}", load());
}
