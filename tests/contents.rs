//! What a lock guards and what a message says stands in the trace, in the pictures and in the graph
//! of states, where it is a number.

use racelab::diagram::{Timeline, json, mermaid, svg};
use racelab::explore::{Memory, StateGraph, Unfolding};
use racelab::model::sync::{Condvar, Mutex, RwLock, mpsc};
use racelab::model::thread;
use racelab::trace::{Action, Value};
use racelab::{Explorer, Trace};
use std::sync::Arc;

/// Two threads add to one number behind a lock; main looks.
fn counted() -> i32 {
    let count = Arc::new(Mutex::named("count", 5));
    let other = Arc::clone(&count);
    let thread = thread::spawn(move || *other.lock().unwrap() += 10);
    *count.lock().unwrap() -= 7;
    thread.join().unwrap();
    *count.lock().unwrap()
}

/// What the steps on locks and channels find and leave, in words.
fn told(trace: &Trace) -> Vec<String> {
    let value = |value: Option<Value>| value.map_or("-".to_owned(), |value| value.to_string());
    let step = |step: &racelab::trace::Step| {
        format!("{:?} {} {}", step.action, value(step.read), value(step.written))
    };
    trace.steps().iter().map(step).collect()
}

#[test]
fn who_takes_a_lock_finds_what_was_left() {
    let trace = Explorer::replay("AA", counted);
    let steps = ["Lock 5 -", "Unlock - 15", "Lock 15 -", "Unlock - 8", "Lock 8 -", "Unlock - 8"];
    assert_eq!(told(&trace), steps);
    assert_eq!(trace.objects()[0].initial, Some(Value::Signed(5)));
    let after: Vec<_> =
        (0..5).map(|count| trace.values_after(count)[0].unwrap().to_string()).collect();
    assert_eq!(after, ["5", "5", "15", "15", "8"]);
}

#[test]
fn every_picture_shows_it() {
    let trace = Explorer::replay("AA", counted);
    let timeline = Timeline::new(&trace).to_string();
    for part in ["count lock → 5", "count unlock ← 15", "count lock → 15", "15 free", "8 free"]
    {
        assert!(timeline.contains(part), "{part}: {timeline}");
    }
    assert!(svg(&trace).contains(">count unlock ← 15</text>"));
    assert!(mermaid(&trace).contains("count lock → 15"));
    assert_eq!(json::read(&json::write(&trace)).unwrap(), trace);
}

#[test]
fn the_graph_of_states_and_the_unfolding_show_it_as_replays_do() {
    let graph = StateGraph::build(&Explorer::new(), counted).unwrap();
    assert_eq!(graph.state(0).values(), ["5 free"]);
    let mut texts: Vec<_> = graph.states().map(|state| state.values()[0].clone()).collect();
    texts.sort();
    texts.dedup();
    let all = ["-2 A", "-2 free", "15 M", "15 free", "5 A", "5 M", "5 free", "8 M", "8 free"];
    assert_eq!(texts, all);
    let steps: Vec<_> = graph
        .states()
        .flat_map(|state| {
            state
                .moves()
                .map(|taken| (taken.step.action, taken.step.read, taken.step.written))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(steps.contains(&(Action::Lock, Some(Value::Signed(15)), None)), "{steps:?}");
    for memory in [Memory::SequentiallyConsistent, Memory::Rc11] {
        let unfolding = Unfolding::build(&Explorer::new().memory(memory), counted).unwrap();
        let steps = unfolding.states().iter().flat_map(|state| &state.moves);
        for (step, _) in steps.filter(|(step, _)| step.action == Action::Lock) {
            assert!(step.read.is_some(), "{step:?}");
        }
    }
}

#[test]
fn under_rusts_orderings_a_lock_is_found_as_it_was_left_too() {
    let report = Explorer::new().memory(Memory::Rc11).explore(counted);
    for outcome in report.outcomes() {
        let steps = told(outcome.example());
        assert!(
            steps.iter().all(|step| step.matches('-').count() < 2 || step.contains("-2")),
            "{steps:?}"
        );
    }
}

#[test]
fn a_waiter_finds_what_was_left_while_it_slept() {
    let trace = Explorer::replay("AAMMM", || {
        let pair = Arc::new((Mutex::new(0u8), Condvar::new()));
        let other = Arc::clone(&pair);
        let thread = thread::spawn(move || {
            let mut seen = other.0.lock().unwrap();
            while *seen == 0 {
                seen = other.1.wait(seen).unwrap();
            }
        });
        *pair.0.lock().unwrap() = 3;
        pair.1.notify_one();
        thread.join().unwrap();
    });
    let steps = told(&trace);
    for step in ["Lock 0 -", "Wait - 0", "Unlock - 3", "Reacquire 3 -"] {
        assert!(steps.iter().any(|told| told == step), "{step}: {steps:?}");
    }
}

#[test]
fn readers_and_writers_and_messages_say_what_they_saw() {
    let trace = Explorer::replay("", || {
        let lock = RwLock::new(true);
        drop(lock.read().unwrap());
        *lock.write().unwrap() = false;
        let (sender, receiver) = mpsc::channel();
        for message in [7u64, 9] {
            sender.send(message).unwrap();
        }
        assert_eq!(receiver.recv(), Ok(7));
        assert_eq!(receiver.try_recv(), Ok(9));
    });
    let steps = told(&trace).join(", ");
    let wanted = "ReadLock true -, ReadUnlock - -, Lock true -, Unlock - false, Send - 7, Send - 9, \
                  Receive 7 -, Receive 9 -";
    assert!(steps.starts_with(wanted), "{steps}");
}

#[test]
fn what_is_no_number_is_not_shown() {
    let trace = Explorer::replay("", || {
        drop(Mutex::new(()).lock().unwrap());
        drop(Mutex::new("text".to_owned()).lock().unwrap());
    });
    assert_eq!(told(&trace), ["Lock - -", "Unlock - -", "Lock - -", "Unlock - -"]);
    assert!(Timeline::new(&trace).to_string().contains("free"));
}
