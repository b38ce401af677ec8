//! Programs that hang or take long: each is told so in one line, in time.

use crate::{alone, stderr};
use racelab::explore::StateGraph;
use racelab::model::sync::atomic::{AtomicU32, Ordering::SeqCst};
use racelab::model::thread;
use racelab::{Explorer, Memory, Reduction};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Explores a program that gets stuck in its own code, in a process of its own: it ends with a line
/// that has these words.
#[track_caller]
fn is_told(test: &str, words: &[&str], program: impl Fn() + Send + Sync) {
    let started = Instant::now();
    let Some(output) = alone(test) else {
        Explorer::new().patience(Duration::from_millis(400)).explore(program);
        return;
    };
    let errors = stderr(&output);
    assert_eq!(output.status.code(), Some(101), "{errors}");
    let lines: Vec<_> = errors.lines().filter(|line| line.starts_with("racelab: ")).collect();
    let [line] = lines[..] else { panic!("{errors}") };
    for words in words.iter().chain(&["Explorer::new().patience(time)"]) {
        assert!(line.contains(words), "{line}");
    }
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_loop_without_steps_is_told_with_its_place() {
    let place = format!("tests/hostile/time.rs:{}", line!() + 5);
    let test = "time::a_loop_without_steps_is_told_with_its_place";
    is_told(test, &["thread A ", &place], || {
        let x = Arc::new(AtomicU32::new(0));
        thread::spawn(move || {
            x.store(1, SeqCst);
            loop {
                std::hint::spin_loop();
            }
        });
    });
}

#[test]
fn a_loop_before_the_first_step_is_told() {
    let test = "time::a_loop_before_the_first_step_is_told";
    is_told(test, &["thread M ", "since its start"], || {
        loop {
            std::hint::spin_loop();
        }
    });
}

#[test]
fn a_lock_of_std_s_that_another_thread_holds_is_told() {
    let test = "time::a_lock_of_std_s_that_another_thread_holds_is_told";
    is_told(test, &["a lock"], || {
        let (lock, x) = (std::sync::Mutex::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut held = lock.lock().unwrap();
                    *held += x.fetch_add(1, SeqCst);
                    *held += x.fetch_add(1, SeqCst);
                });
            }
        });
    });
}

#[test]
fn a_channel_of_std_s_is_told() {
    is_told("time::a_channel_of_std_s_is_told", &["a channel"], || {
        let (send, receive) = std::sync::mpsc::channel();
        let waits = thread::spawn(move || receive.recv());
        thread::spawn(move || send.send(1));
        let _ = waits.join();
    });
}

#[test]
fn a_long_sleep_of_std_s_is_told() {
    is_told("time::a_long_sleep_of_std_s_is_told", &["a sleep"], || {
        std::thread::sleep(Duration::from_secs(1 << 20));
    });
}

#[test]
fn an_os_thread_that_outlives_a_stuck_execution_is_waited_for_and_then_told() {
    let test = "time::an_os_thread_that_outlives_a_stuck_execution_is_waited_for_and_then_told";
    let started = Instant::now();
    let Some(output) = alone(test) else {
        Explorer::new().patience(Duration::from_millis(400)).explore(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    loop {
                        std::thread::park();
                    }
                });
                thread::park();
            });
        });
        return;
    };
    let errors = stderr(&output);
    assert_eq!(output.status.code(), Some(101), "{errors}");
    assert!(errors.contains("an OS thread that it has started has not ended"), "{errors}");
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn time_is_over_when_it_is_over() {
    fn steps(each: Duration, count: u32) -> impl Fn() -> u32 + Send + Sync + Copy {
        move || {
            let x = Arc::new(AtomicU32::new(0));
            let threads = [0; 3].map(|_| {
                let x = Arc::clone(&x);
                thread::spawn(move || {
                    for _ in 0..count {
                        let begun = Instant::now();
                        while begun.elapsed() < each {}
                        x.store(x.load(SeqCst) + 1, SeqCst);
                    }
                })
            });
            for thread in threads {
                thread.join().unwrap();
            }
            x.load(SeqCst)
        }
    }
    let short = Duration::from_millis(200);
    let late = |explore: &dyn Fn()| {
        let started = Instant::now();
        explore();
        started.elapsed()
    };
    // Executions that take long because of many steps, or of long ones.
    for (each, count) in [(Duration::ZERO, 200_000), (Duration::from_millis(5), 100)] {
        let program = steps(each, count);
        for explorer in [
            Explorer::new(),
            Explorer::new().jobs(2),
            Explorer::new().reduction(Reduction::None),
            Explorer::new().memory(Memory::Rc11),
        ] {
            let explorer = explorer.counting(false).max_steps(usize::MAX).timeout(short);
            let took = late(&|| assert!(!explorer.explore(program).is_complete()));
            assert!(took < Duration::from_secs(5), "{took:?} with {explorer:?}");
        }
        let explorer = Explorer::new().max_steps(usize::MAX).timeout(short);
        let took = late(&|| assert!(StateGraph::build(&explorer, program).is_err()));
        assert!(took < Duration::from_secs(5), "{took:?} for the states");
    }
    // What is found until then is told.
    let report = Explorer::new().timeout(short).explore(steps(Duration::ZERO, 3));
    assert!(!report.is_complete() && report.executions() > 10);
    // No time at all, and time for ever.
    let nothing = Explorer::new().timeout(Duration::ZERO).explore(steps(Duration::ZERO, 1));
    assert!(!nothing.is_complete());
    let all = Explorer::new().timeout(Duration::MAX).explore(steps(Duration::ZERO, 1));
    assert!(all.is_complete());
}
