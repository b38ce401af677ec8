//! `thread_local!`: each thread has values of its own, and drops them when its closure has returned,
//! the last one made first, as on real threads.

#[path = "support/agree.rs"]
mod support;

use racelab::model::sync::atomic::{AtomicU32, Ordering::SeqCst};
use racelab::model::sync::mpsc;
use racelab::model::thread;
use racelab::{Explorer, Failure, explore};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use support::all_agree;

/// Says so when it is dropped, if there is somebody to say it to.
struct Tells(RefCell<Option<mpsc::Sender<u32>>>, u32);

impl Drop for Tells {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(self.1);
        }
    }
}

racelab::model::thread_local! {
    static FIRST: Tells = const { Tells(RefCell::new(None), 1) };
    static SECOND: Tells = const { Tells(RefCell::new(None), 2) };
    static COUNT: Cell<u32> = Cell::new(10);
    static TEXT: RefCell<String> = panic!("it is given a value before it is made");
    static OWN: Uses = const { Uses };
    static LATE: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

struct Uses;

impl Drop for Uses {
    fn drop(&mut self) {
        // Its own value is gone; another is made for it, and is dropped too.
        assert!(OWN.try_with(|_| ()).is_err());
        LATE.with_borrow_mut(|late| late.push(1));
    }
}

#[test]
fn values_are_dropped_last_made_first_before_the_thread_is_joined() {
    let seen = all_agree(|| {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            FIRST.with(|tells| tells.0.replace(Some(sender.clone())));
            SECOND.with(|tells| tells.0.replace(Some(sender)));
        })
        .join()
        .unwrap();
        receiver.iter().collect::<Vec<_>>()
    });
    assert_eq!(seen, [[2, 1]]);
}

#[test]
fn a_scope_waits_for_its_threads_closures_and_a_join_for_all_they_do() {
    let program = |joins: bool| {
        move || {
            let (sender, receiver) = mpsc::channel();
            thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    FIRST.with(|tells| tells.0.replace(Some(sender)));
                });
                if joins {
                    thread.join().unwrap();
                }
            });
            receiver.try_recv().is_ok()
        }
    };
    assert_eq!(all_agree(program(true)), [true]);
    // As in std: a scope's thread may still be dropping what it kept.
    assert_eq!(all_agree(program(false)), [false, true]);
}

#[test]
fn the_main_thread_drops_its_values_too_each_time() {
    let made = std::sync::atomic::AtomicU32::new(0);
    let seen = all_agree(|| {
        let shared = Arc::new(AtomicU32::new(0));
        struct Adds(Arc<AtomicU32>, *const std::sync::atomic::AtomicU32);
        impl Drop for Adds {
            fn drop(&mut self) {
                self.0.fetch_add(1, SeqCst);
                // SAFETY: it outlives the exploration.
                unsafe { &*self.1 }.fetch_add(1, SeqCst);
            }
        }
        racelab::model::thread_local! {
            static KEPT: RefCell<Option<Adds>> = const { RefCell::new(None) };
        }
        KEPT.set(Some(Adds(Arc::clone(&shared), &raw const made)));
        made.fetch_sub(1, SeqCst);
        let thread = thread::spawn(move || shared.load(SeqCst));
        // What main drops, it drops after its closure: the other may see it or not.
        drop(thread);
        COUNT.get()
    });
    assert_eq!((seen, made.load(SeqCst)), (vec![10], 0));
}

#[test]
fn a_value_may_be_set_without_being_made_first_and_used_while_another_is_dropped() {
    let seen = all_agree(|| {
        TEXT.set("set".to_owned());
        OWN.with(|_| ());
        COUNT.set(3);
        let theirs = thread::spawn(|| {
            OWN.with(|_| ());
            COUNT.replace(4)
        });
        (TEXT.take(), COUNT.get(), theirs.join().unwrap())
    });
    assert_eq!(seen, [("set".to_owned(), 3, 10)]);
}

#[test]
fn a_value_that_is_gone_cannot_be_had_and_a_panic_in_a_drop_is_told() {
    struct Again;
    impl Drop for Again {
        fn drop(&mut self) {
            AGAIN.with(|_| ());
        }
    }
    racelab::model::thread_local! {
        static AGAIN: Again = const { Again };
    }
    let report = explore(|| {
        thread::spawn(|| AGAIN.with(|_| ())).join().unwrap();
    });
    let Some(Err(Failure::Panic { thread: 'A', message, .. })) =
        report.failures().next().map(|outcome| outcome.result())
    else {
        panic!("{report}")
    };
    assert!(message.ends_with("during or after destruction: AccessError"), "{message}");
    assert!(Explorer::new().try_explore(|| AGAIN.with(|_| ())).is_ok());
}
