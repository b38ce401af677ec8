//! Two requests run `count++` at the same time, on three servers.
//!
//! You will see two visitors both greeted as number 1 by the first server; the second server, where
//! one request waits for the other; and one object that takes requests one at a time, which is what
//! a Durable Object is.
//!
//!     cargo run --example 12_two_requests

use racelab::model::sync::atomic::{AtomicU64, Ordering::SeqCst};
use racelab::model::sync::{Arc, Mutex, mpsc};
use racelab::model::thread;
use racelab::{Outcome, Report, diagram, explore};

/// Two requests at the same time; returns the numbers the two visitors are given.
fn two_requests(get: impl Fn() -> u64 + Send + Sync + 'static) -> [u64; 2] {
    let get = Arc::new(get);
    let requests = [&get, &get].map(|get| {
        let get = Arc::clone(get);
        thread::spawn(move || (*get)())
    });
    // `get` lives on until both are answered: what it owns is always dropped here, by main.
    requests.map(|request| request.join().unwrap())
}

/// `const n = await load(); await save(n + 1);`
fn racy() -> [u64; 2] {
    let count = AtomicU64::new(0);
    two_requests(move || {
        let number = count.load(SeqCst) + 1;
        count.store(number, SeqCst);
        number
    })
}

/// The same, behind a lock.
fn locked() -> [u64; 2] {
    let count = Mutex::new(0);
    two_requests(move || {
        let mut count = count.lock().unwrap();
        *count += 1;
        *count
    })
}

/// One object has the count; each request is passed on to it and waits for its answer.
fn object() -> [u64; 2] {
    let (inbox, requests) = mpsc::channel::<mpsc::Sender<u64>>();
    let serve = move || {
        let mut count = 0; // nobody else can reach it
        while let Ok(answer) = requests.recv() {
            count += 1;
            answer.send(count).unwrap();
        }
    };
    thread::Builder::new().name("object".into()).spawn(serve).unwrap();
    two_requests(move || {
        let (answer, number) = mpsc::channel();
        inbox.send(answer).unwrap();
        number.recv().unwrap()
    })
}

fn main() {
    print!("{}", story());
}

/// What becomes of the two requests on each server.
pub fn story() -> String {
    let servers = ["racy server", "locked server", "one object"];
    let reports = [explore(racy), explore(locked), explore(object)];
    servers.into_iter().zip(&reports).map(tell).collect()
}

fn tell((server, report): (&str, &Report<[u64; 2]>)) -> String {
    let both_the_same = |o: &&Outcome<_>| o.result().is_ok_and(|[a, b]: &[u64; 2]| a == b);
    let worst = report.outcomes().iter().find(both_the_same).unwrap_or(&report.outcomes()[0]);
    let picture = diagram::timeline(worst.example());
    format!("{server}: the numbers that the two visitors are given\n{report}\n{picture}\n")
}
