//! The model's `Arc`: it does what std's does, counts in steps where a program can tell, and in none
//! where it cannot.

#[path = "support/agree.rs"]
mod support;

use racelab::explore::Memory;
use racelab::model::cell::UnsafeCell;
use racelab::model::sync::atomic::{AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use racelab::model::sync::{Arc, Mutex, mpsc};
use racelab::model::thread;
use racelab::{Explorer, explore};
use std::any::Any;
use support::{agree, all_agree, outcomes};

/// A program over std's `Arc` and over the model's gives the same.
macro_rules! mirrored {
    ($name:ident $body:block) => {
        #[test]
        fn $name() {
            mod real {
                #![allow(unused_imports)]
                use std::sync::{Arc, Weak};
                pub fn run() -> String $body
            }
            mod modelled {
                #![allow(unused_imports)]
                use racelab::model::sync::{Arc, Weak};
                pub fn run() -> String $body
            }
            // Inside an exploration and outside.
            assert_eq!(modelled::run(), real::run());
            let report = explore(modelled::run);
            let found: Vec<_> = report.outcomes().iter().map(|o| o.result()).collect();
            assert_eq!(found, [Ok(&real::run())], "{report}");
        }
    };
}

mirrored! { counts_and_values {
    let mut a = Arc::new(vec![1]);
    let mut seen = vec![format!("{a:?} {}", Arc::strong_count(&a))];
    let mut note = |text: String| seen.push(text);
    Arc::get_mut(&mut a).unwrap().push(2);
    let b = Arc::clone(&a);
    note(format!("{:?} {}", Arc::get_mut(&mut a).is_none(), Arc::ptr_eq(&a, &b)));
    let weak = Arc::downgrade(&a);
    note(format!("{} {}", Arc::strong_count(&a), Arc::weak_count(&b)));
    let a = Arc::try_unwrap(a).unwrap_err();
    drop(b);
    note(format!("{:?}", weak.upgrade().map(|arc| arc.len())));
    note(format!("{:?}", Arc::try_unwrap(a)));
    note(format!("{:?} {} {}", weak.upgrade(), weak.strong_count(), weak.weak_count()));
    let both = Arc::new(7);
    let other = both.clone();
    note(format!("{:?} {:?}", Arc::into_inner(both), Arc::into_inner(other)));
    note(format!("{:?}", Weak::<u8>::new().upgrade()));
    seen.join("; ")
}}

mirrored! { writing_makes_a_copy_or_moves_on {
    let mut a = Arc::new(1);
    *Arc::make_mut(&mut a) += 1;
    let b = Arc::clone(&a);
    *Arc::make_mut(&mut a) += 10;
    let weak = Arc::downgrade(&a);
    *Arc::make_mut(&mut a) += 100;
    let own = Arc::unwrap_or_clone(b);
    format!("{a} {own} {:?} {} {}", weak.upgrade(), Arc::strong_count(&a), Arc::weak_count(&a))
}}

mirrored! { values_without_a_size {
    let list: Arc<[u32]> = Arc::from(vec![1, 2, 3]);
    let again: Arc<[u32]> = (1..4).collect();
    let text: Arc<str> = Arc::from("text");
    let empty: Arc<[String]> = Arc::from(Vec::new());
    let shown: Arc<dyn std::fmt::Debug> = Arc::from(Box::new(Some(7)) as Box<dyn std::fmt::Debug>);
    let shared = shown.clone();
    drop(shown);
    let strings: Arc<[String]> = ["a".to_owned(), "b".to_owned()].into_iter().collect();
    format!("{list:?} {} {text} {empty:?} {shared:?} {}", list == again, strings.concat())
}}

mirrored! { a_value_that_knows_itself {
    struct Me(Weak<Me>, u32);
    let me = Arc::new_cyclic(|weak| Me(weak.clone(), u32::from(weak.upgrade().is_none())));
    let again = me.0.upgrade().unwrap();
    let seen = (Arc::strong_count(&me), Arc::weak_count(&me), again.1);
    drop((me, again));
    let panics = std::panic::catch_unwind(|| Arc::<u8>::new_cyclic(|_| panic!("on purpose")));
    format!("{seen:?} {}", panics.is_err())
}}

mirrored! { through_raw_pointers_and_as_another_type {
    let raw = Arc::into_raw(Arc::new(String::from("raw")));
    // SAFETY: it came from `into_raw` just now.
    let back = unsafe { Arc::from_raw(raw) };
    let list = Arc::into_raw(Arc::<[u16]>::from(vec![1, 2, 3]));
    // SAFETY: as above.
    let list = unsafe { Arc::from_raw(list) };
    format!("{back} {list:?} {}", std::ptr::eq(&*back, Arc::as_ptr(&back)))
}}

#[test]
fn a_value_of_any_type_is_told_by_its_type() {
    let any = |value: Box<dyn Any + Send + Sync>| Arc::<dyn Any + Send + Sync>::from(value);
    assert_eq!(*any(Box::new(7u32)).downcast::<u32>().unwrap(), 7);
    assert!(any(Box::new("text")).downcast::<u32>().is_err());
}

#[test]
fn whoever_comes_last_is_explored() {
    let program = || {
        let arc = Arc::new(0);
        let theirs = Arc::clone(&arc);
        let thread = thread::spawn(move || Arc::into_inner(theirs).is_some());
        let mine = Arc::into_inner(arc).is_some();
        (mine, thread.join().unwrap())
    };
    assert_eq!(all_agree(program), [(false, true), (true, false)]);
    let counted = || {
        let arc = Arc::new(0);
        let theirs = Arc::clone(&arc);
        let thread = thread::spawn(move || drop(theirs));
        let seen = Arc::strong_count(&arc);
        thread.join().unwrap();
        (seen, Arc::strong_count(&arc))
    };
    assert_eq!(all_agree(counted), [(1, 1), (2, 1)]);
}

#[test]
fn a_weak_reference_finds_the_value_or_not() {
    let seen = all_agree(|| {
        let arc = Arc::new(7);
        let weak = Arc::downgrade(&arc);
        let thread = thread::spawn(move || weak.upgrade().map(|arc| *arc));
        drop(arc);
        thread.join().unwrap()
    });
    assert_eq!(seen, [None, Some(7)]);
}

#[test]
fn a_last_drop_that_takes_steps_is_explored_from_either_thread() {
    struct Says(mpsc::Sender<u32>);
    impl Drop for Says {
        fn drop(&mut self) {
            let _ = self.0.send(7);
        }
    }
    let program = || {
        let (sender, receiver) = mpsc::channel();
        let arc = Arc::new((Says(sender), Mutex::new(Vec::new())));
        let run = |arc: Arc<(Says, Mutex<Vec<u32>>)>, me| arc.1.lock().unwrap().push(me);
        let theirs = Arc::clone(&arc);
        let thread = thread::spawn(move || run(theirs, 1));
        run(arc, 0);
        // Not joined: whoever comes last says so and hangs up.
        drop(thread);
        receiver.iter().count()
    };
    assert_eq!(agree(program), [Ok(1)]);
    let rc11 = Explorer::new().memory(Memory::Rc11).explore(program);
    assert_eq!(outcomes(&rc11), [Ok(1)]);
}

#[test]
fn the_last_drop_comes_after_all_uses_and_nothing_else_is_ordered() {
    struct Cell(UnsafeCell<u32>);
    // SAFETY: whether it is shared rightly is what the test asks.
    unsafe impl Sync for Cell {}
    impl Drop for Cell {
        fn drop(&mut self) {
            // SAFETY: nobody else has it.
            self.0.with_mut(|value| unsafe { *value += 1 });
        }
    }
    let program = || {
        let arc = Arc::new(Cell(UnsafeCell::new(0)));
        let theirs = Arc::clone(&arc);
        let thread = thread::spawn(move || {
            // SAFETY: nobody else writes while there is another reference.
            theirs.0.with(|value| unsafe { *value })
        });
        drop(arc);
        thread.join().unwrap()
    };
    assert_eq!(agree(program), [Ok(0)]);
    assert_eq!(outcomes(&Explorer::new().memory(Memory::Rc11).explore(program)), [Ok(0)]);
    // That the count is one tells of no order by itself.
    let counts = || {
        let arc = Arc::new(Cell(UnsafeCell::new(0)));
        let theirs = Arc::clone(&arc);
        let thread = thread::spawn(move || {
            // SAFETY: wrong, and the test says so.
            theirs.0.with_mut(|value| unsafe { *value = 5 });
        });
        let alone = Arc::strong_count(&arc) == 1;
        if alone {
            // SAFETY: wrong, as above.
            arc.0.with(|value| unsafe { *value });
        }
        thread.join().unwrap();
        alone
    };
    let rc11 = Explorer::new().memory(Memory::Rc11).explore(counts);
    assert_eq!(outcomes(&rc11), [Ok(false), Err("data race")], "{rc11}");
    let unique = || {
        let mut arc = Arc::new(Cell(UnsafeCell::new(0)));
        let theirs = Arc::clone(&arc);
        let thread = thread::spawn(move || {
            // SAFETY: nobody else uses it while there is this reference.
            theirs.0.with_mut(|value| unsafe { *value = 5 });
        });
        let seen = Arc::get_mut(&mut arc).map(|cell| *cell.0.get_mut());
        thread.join().unwrap();
        seen
    };
    let rc11 = Explorer::new().memory(Memory::Rc11).explore(unique);
    assert_eq!(outcomes(&rc11), [Ok(None), Ok(Some(5))], "{rc11}");
}

#[test]
fn counting_is_no_step_where_nobody_can_tell() {
    let program = || {
        let x = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let x = Arc::clone(&x);
                thread::spawn(move || {
                    let again = Arc::clone(&x);
                    again.store(x.load(SeqCst) + 1, SeqCst);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        x.load(Relaxed)
    };
    let report = explore(program);
    assert_eq!((report.executions(), report.interleavings()), (4, Some(6)), "{report}");
    // Threads that nobody joins, and a value that is dropped by whoever comes last.
    let detached = || {
        let shared = Arc::new((AtomicU32::new(0), vec![String::from("owned")]));
        for _ in 0..2 {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.0.fetch_add(1, Relaxed));
        }
    };
    assert_eq!(explore(detached).interleavings(), Some(2));
}
