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

/// `GET /`: counts the visitor and returns their number.
trait Server: Send + Sync + 'static {
    fn get(&self) -> u64;
}

/// `const n = await load(); await save(n + 1);`
struct Racy(AtomicU64);

impl Server for Racy {
    fn get(&self) -> u64 {
        let number = self.0.load(SeqCst) + 1;
        self.0.store(number, SeqCst);
        number
    }
}

/// The same, behind a lock.
struct Locked(Mutex<u64>);

impl Server for Locked {
    fn get(&self) -> u64 {
        let mut count = self.0.lock().unwrap();
        *count += 1;
        *count
    }
}

/// Passes each request on to the one object that has the count, and waits for its answer.
struct Object(mpsc::Sender<mpsc::Sender<u64>>);

impl Object {
    fn start() -> Self {
        let (inbox, requests) = mpsc::channel::<mpsc::Sender<u64>>();
        thread::Builder::new()
            .name("object".into())
            .spawn(move || {
                let mut count = 0; // nobody else can reach it
                while let Ok(answer) = requests.recv() {
                    count += 1;
                    answer.send(count).unwrap();
                }
            })
            .unwrap();
        Object(inbox)
    }
}

impl Server for Object {
    fn get(&self) -> u64 {
        let (answer, number) = mpsc::channel();
        self.0.send(answer).unwrap();
        number.recv().unwrap()
    }
}

/// Two requests at the same time; returns the numbers the two visitors were given.
fn two_requests(server: impl Server) -> [u64; 2] {
    let server = Arc::new(server);
    let requests = [(); 2].map(|()| {
        let server = Arc::clone(&server);
        thread::spawn(move || server.get())
    });
    requests.map(|request| request.join().unwrap())
}

fn main() {
    print!("{}", story());
}

/// What becomes of the two requests on each server.
pub fn story() -> String {
    let racy = explore(|| two_requests(Racy(AtomicU64::new(0))));
    let locked = explore(|| two_requests(Locked(Mutex::new(0))));
    let object = explore(|| two_requests(Object::start()));
    [("racy server", racy), ("locked server", locked), ("one object", object)].map(tell).concat()
}

fn tell((server, report): (&str, Report<[u64; 2]>)) -> String {
    let both_the_same = |o: &&Outcome<_>| o.result().is_ok_and(|[a, b]: &[u64; 2]| a == b);
    let worst = report.outcomes().iter().find(both_the_same).unwrap_or(&report.outcomes()[0]);
    let picture = diagram::timeline(worst.example());
    format!("{server}: the numbers that the two visitors are given\n{report}\n{picture}\n")
}
