//! Stacks: used up, too small, too large.

use crate::{alone, ends_well, stderr};
use racelab::explore::{ExploreError, StateGraph};
use racelab::model::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use racelab::model::thread;
use racelab::{Explorer, Failure, Memory, Reduction, Report, explore};
use std::hint::black_box;
use std::sync::Arc;

#[expect(unconditional_recursion, reason = "it has to overflow")]
fn deeper(n: usize) -> usize {
    black_box(n) + black_box(deeper(n + 1))
}

/// The thread that has overflowed its stack.
#[track_caller]
fn overflowed<T: std::fmt::Debug>(report: &Report<T>) -> char {
    let failure = report.outcomes().iter().find_map(|outcome| outcome.result().err());
    let Some(Failure::Panic { thread, message, .. }) = failure else { panic!("{report}") };
    assert!(message.contains("overflowed its stack of 262144 bytes"), "{message}");
    assert!(message.contains("stack_size(bytes)"), "{message}");
    assert!(!report.is_complete());
    *thread
}

fn counts() {
    let report = explore(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&count);
        let thread = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
        count.store(count.load(SeqCst) + 1, SeqCst);
        thread.join().unwrap();
        count.load(SeqCst)
    });
    assert_eq!((report.executions(), report.outcomes().len()), (4, 2));
}

#[test]
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn a_thread_that_overflows_its_stack_is_a_failure_of_the_program() {
    if ends_well("stacks::a_thread_that_overflows_its_stack_is_a_failure_of_the_program") {
        return;
    }
    for jobs in [1, 2] {
        let explorer = Explorer::new().jobs(jobs);
        // In the first execution, and only in some later one.
        let report = explorer.explore(|| thread::spawn(|| deeper(0)).join().unwrap());
        assert_eq!(overflowed(&report), 'A');
        let report = explorer.explore(|| {
            let flag = Arc::new(AtomicUsize::new(0));
            let theirs = Arc::clone(&flag);
            let thread = thread::spawn(move || theirs.store(1, SeqCst));
            let seen = if flag.load(SeqCst) == 1 { deeper(0) } else { 0 };
            thread.join().unwrap();
            seen
        });
        assert_eq!(overflowed(&report), 'M');
        assert!(report.outcomes().iter().all(|outcome| outcome.example().steps().len() > 1));
        counts();
    }
    let rc11 = Explorer::new().memory(Memory::Rc11).explore(|| deeper(0));
    assert_eq!(overflowed(&rc11), 'M');
    let literal = Explorer::new().reduction(Reduction::None).explore(|| deeper(0));
    assert_eq!(overflowed(&literal), 'M');
    let trace = Explorer::replay("", || deeper(0));
    assert!(trace.ending().contains("overflowed its stack"), "{}", trace.ending());
    let error = StateGraph::build(&Explorer::new(), || deeper(0)).map(drop).unwrap_err();
    assert!(matches!(error, ExploreError::StackOverflow { bytes: 262_144, .. }), "{error}");
    counts();
}

#[test]
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn a_list_that_is_dropped_node_by_node_overflows_like_any_recursion() {
    if ends_well("stacks::a_list_that_is_dropped_node_by_node_overflows_like_any_recursion") {
        return;
    }
    struct Node(#[expect(dead_code, reason = "it is dropped")] Option<Box<Node>>);
    let report = explore(|| {
        let list = (0..100_000).fold(None, |next, _| Some(Box::new(Node(next))));
        thread::spawn(move || drop(list)).join().unwrap();
    });
    assert_eq!(overflowed(&report), 'A');
    counts();
}

#[test]
fn a_recursion_that_takes_steps_is_stopped_at_one() {
    #[expect(unconditional_recursion, reason = "it has to overflow")]
    fn steps(x: &AtomicUsize) -> usize {
        x.load(SeqCst) + steps(x) + black_box(1)
    }
    let report = Explorer::new().max_steps(1_000_000).explore(|| steps(&AtomicUsize::new(1)));
    assert_eq!(overflowed(&report), 'M');
    // No OS thread was spoilt by that, and a deep stack does no harm where it suffices.
    let deep = Explorer::new().max_steps(1_000_000).stack_size(64 << 20).explore(|| {
        fn so_many(x: &AtomicUsize, n: usize) -> usize {
            if n == 0 { 0 } else { x.load(SeqCst) + so_many(x, n - 1) }
        }
        so_many(&AtomicUsize::new(1), 3_000)
    });
    assert!(deep.outcome(&3_000).is_some(), "{deep}");
}

#[test]
fn an_overflow_inside_the_c_library_is_one_clear_line_at_worst() {
    let test = "stacks::an_overflow_inside_the_c_library_is_one_clear_line_at_worst";
    let Some(output) = alone(test) else {
        #[expect(unconditional_recursion, reason = "it has to overflow")]
        fn allocates(n: usize) -> usize {
            let kept = black_box(vec![n; 3]);
            black_box(allocates(n + 1)) + kept[0]
        }
        let report = explore(|| thread::spawn(|| allocates(0)).join().unwrap());
        assert_eq!(overflowed(&report), 'A');
        counts();
        return;
    };
    let errors = stderr(&output);
    if !output.status.success() {
        assert_eq!(output.status.code(), Some(101), "{errors}");
        assert!(errors.contains("racelab: thread A of the program"), "{errors}");
        assert!(errors.contains("stack_size(bytes)"), "{errors}");
    }
}

#[test]
fn stacks_that_cannot_be_had_are_refused() {
    for bytes in [usize::MAX, usize::MAX - 4096, 1 << 62, 1 << 50] {
        let error = Explorer::new().stack_size(bytes).try_explore(|| 1).map(drop).unwrap_err();
        assert!(matches!(error, ExploreError::Unavailable { .. }), "{bytes}: {error}");
        assert!(error.to_string().contains(&bytes.to_string()), "{error}");
        let asked = Explorer::new().try_explore(move || {
            let thread = thread::Builder::new().stack_size(bytes).spawn(|| 1);
            thread.unwrap().join().unwrap()
        });
        assert!(matches!(asked, Err(ExploreError::Unavailable { .. })), "{asked:?}");
    }
    for bytes in [0, 1, 4096] {
        let error = Explorer::new().stack_size(bytes).try_explore(|| 1).map(drop).unwrap_err();
        assert_eq!(error, ExploreError::StackSize { bytes, least: 16 << 10 });
        assert!(Explorer::new().stack_size(bytes).try_replay("", || 1).is_err());
    }
    let large = Explorer::new().stack_size(1 << 30).try_explore(|| 1);
    assert!(large.is_ok_and(|report| report.outcome(&1).is_some()));
    counts();
}

#[test]
fn a_thread_gets_the_stack_that_it_asks_for() {
    fn deep(n: usize) -> usize {
        let frame = black_box([n; 64]);
        if n == 0 { 0 } else { deep(n - 1) + frame[0] - frame[63] + 1 }
    }
    let report = explore(|| {
        let large = thread::Builder::new().stack_size(8 << 20).spawn(|| deep(4_000)).unwrap();
        let less = thread::Builder::new().stack_size(1).spawn(|| deep(10)).unwrap();
        thread::scope(|scope| {
            let scoped = thread::Builder::new().stack_size(8 << 20);
            let scoped = scoped.spawn_scoped(scope, || deep(4_000)).unwrap();
            large.join().unwrap() + less.join().unwrap() + scoped.join().unwrap()
        })
    });
    assert!(report.outcome(&8_010).is_some(), "{report}");
}
