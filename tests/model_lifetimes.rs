//! How long accesses and objects last: what unsafe code gets wrong about that is a data race with a
//! name and a place, never a crash; what it gets right is not.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "what these programs do is unsound on purpose: the explorer has to say so"
)]

#[path = "support/agree.rs"]
mod support;

use racelab::explore::Memory;
use racelab::model::cell::UnsafeCell;
use racelab::model::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use racelab::model::sync::{Mutex, OnceLock, RwLock, mpsc};
use racelab::model::thread;
use racelab::{Explorer, Failure, Reduction, explore};
use std::ops::{Deref, DerefMut};
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::sync::atomic::Ordering::*;
use support::{agree, all_agree, outcomes};

/// A cell that is shared as the program says, right or wrong.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: whether it is shared rightly is what the tests ask; the explorer runs one thread at a time.
unsafe impl<T> Sync for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Send for Shared<T> {}

/// A pointer that another thread may have.
struct Sent<T>(*mut T);

impl<T> Clone for Sent<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Sent<T> {}

// SAFETY: as above.
unsafe impl<T> Send for Sent<T> {}

impl<T> Sent<T> {
    fn new(value: T) -> Self {
        Sent(Box::into_raw(Box::new(value)))
    }

    /// What it points to.
    fn get<'a>(self) -> &'a T {
        // SAFETY: as above.
        unsafe { &*self.0 }
    }

    fn free(self) {
        // SAFETY: as above; it came from a box, and is freed once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// The outcomes, the same literally, by classes and under Rust's orderings.
fn everywhere<T: Clone + Ord + std::fmt::Debug + Send>(
    program: impl Fn() -> T + Send + Sync,
) -> Vec<Result<T, &'static str>> {
    let found = agree(&program);
    assert_eq!(outcomes(&Explorer::new().memory(Memory::Rc11).explore(&program)), found);
    found
}

#[test]
fn whoever_finds_a_once_done_sees_what_came_before() {
    let seen = all_agree(|| {
        let shared = Arc::new((Shared(UnsafeCell::new(0)), OnceLock::new()));
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            // SAFETY: nobody reads before the lock is set.
            theirs.0.0.with_mut(|value| unsafe { *value = 7 });
            theirs.1.set(()).unwrap();
        });
        // SAFETY: the lock is set, so nobody writes.
        let read = || shared.0.0.with(|value| unsafe { *value });
        let seen = shared.1.get().map(|()| read());
        thread.join().unwrap();
        seen
    });
    assert_eq!(seen, [None, Some(7)]);
}

#[test]
fn an_access_lasts_as_long_as_its_closure() {
    let program = || {
        let shared = Arc::new((Shared(UnsafeCell::new(0)), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            theirs.0.0.with_mut(|value| {
                theirs.1.store(true, Release);
                // SAFETY: wrong, and the test says so.
                unsafe { *value = 7 };
            });
        });
        let set = shared.1.load(Acquire);
        if set {
            // SAFETY: wrong, as above.
            shared.0.0.with(|value| unsafe { *value });
        }
        thread.join().unwrap();
        set
    };
    assert_eq!(everywhere(program), [Ok(false), Err("data race")]);
    let report = explore(program);
    let trace = report.outcome(&false).unwrap().example();
    let written: Vec<_> = trace.steps().iter().filter_map(|step| step.written).collect();
    let shown: Vec<String> = written.iter().map(ToString::to_string).collect();
    // The flag, and then the cell.
    assert_eq!(shown, ["true", "7"]);
}

#[test]
fn what_comes_between_the_ends_of_an_access_races_with_it_though_all_is_ordered() {
    let found = everywhere(|| {
        let shared = Arc::new(Shared(UnsafeCell::new(0)));
        let theirs = Arc::clone(&shared);
        let (begun, begin) = mpsc::channel();
        let (done, end) = mpsc::channel();
        let thread = thread::spawn(move || {
            theirs.0.with_mut(|_| {
                begun.send(()).unwrap();
                end.recv().unwrap();
            });
        });
        begin.recv().unwrap();
        // SAFETY: the pointer is not used.
        shared.0.with(|_| ());
        done.send(()).unwrap();
        thread.join().unwrap();
    });
    assert_eq!(found, [Err("data race")]);
}

#[test]
fn two_accesses_of_a_vector_at_once_end_the_execution_and_not_the_process() {
    let report = explore(|| {
        let shared = Arc::new((Shared(UnsafeCell::new(vec![1, 2])), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            // SAFETY: wrong, and the test says so.
            theirs.0.0.with_mut(|vec| (0..100).for_each(|n| unsafe { (*vec).push(n) }));
        });
        let mut sum = 0;
        shared.0.0.with(|vec| {
            // SAFETY: as above.
            for value in unsafe { &*vec } {
                shared.1.fetch_add(1, SeqCst);
                sum += value;
            }
        });
        thread.join().unwrap();
        sum
    });
    let failures: Vec<_> = report.failures().map(|outcome| outcome.to_string()).collect();
    assert!(failures.iter().any(|text| text.starts_with("data race on x: ")), "{report}");
}

#[test]
fn a_value_that_is_taken_while_others_use_it_is_a_data_race() {
    #[track_caller]
    fn of<T: 'static>(
        make: impl Fn() -> T + Send + Sync,
        uses: impl Fn(&T) + Send + Sync + Copy + 'static,
        takes: impl Fn(Sent<T>) + Send + Sync,
    ) {
        let run = |joins: bool| {
            let object = Sent::new(make());
            let thread = thread::spawn(move || {
                let object = object;
                uses(object.get());
            });
            let thread = match joins {
                true => thread.join().map(|()| None).unwrap(),
                false => Some(thread),
            };
            takes(object);
            if let Some(thread) = thread {
                thread.join().unwrap();
            }
        };
        assert_eq!(everywhere(|| run(true)), [Ok(())]);
        let explorer = Explorer::new();
        let literal = explorer.clone().reduction(Reduction::None);
        let rc11 = explorer.clone().memory(Memory::Rc11);
        for explorer in [explorer, literal, rc11] {
            let report = explorer.explore(|| run(false));
            assert!(outcomes(&report).contains(&Err("data race")), "{report}");
        }
    }
    // SAFETY (of all): wrong unless the other thread has ended, and the test says so.
    of(|| AtomicU32::new(0), |x| x.store(1, Relaxed), |x| *unsafe { &mut *x.0 }.get_mut() = 5);
    of(
        || AtomicBool::new(true),
        |x| x.store(true, SeqCst),
        |x| {
            assert!(*unsafe { &mut *x.0 }.get_mut());
        },
    );
    of(
        || Mutex::new(1),
        |m| *m.lock().unwrap() = 2,
        |m| {
            unsafe { &mut *m.0 }.get_mut().unwrap();
        },
    );
    of(
        || RwLock::new(1),
        |m| drop(m.read()),
        |m| {
            unsafe { &mut *m.0 }.get_mut().unwrap();
        },
    );
    of(
        OnceLock::new,
        |m| assert!(m.get().is_none()),
        |m| {
            assert_eq!(unsafe { &mut *m.0 }.get_mut(), None::<&mut u32>);
        },
    );
    of(
        || Shared(UnsafeCell::new(0)),
        |cell| cell.0.with(|_| ()),
        |cell| {
            unsafe { &mut *cell.0 }.0.get_mut();
        },
    );
    of(
        || AtomicU32::new(0),
        |x| x.store(1, Relaxed),
        |x| {
            x.get().load(Relaxed);
            assert!(unsafe { x.0.read() }.into_inner() < 2);
        },
    );
    of(
        || Mutex::new(1),
        |m| drop(m.lock()),
        |m| {
            drop(m.get().lock());
            assert!(unsafe { m.0.read() }.into_inner().is_ok());
        },
    );
}

#[test]
fn what_is_freed_while_others_use_it_is_a_data_race() {
    let program = |ordering: Ordering| {
        move || {
            let object = Sent::new(AtomicU32::new(0));
            let done = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&done);
            let thread = thread::spawn(move || {
                let object = object;
                object.get().store(1, Relaxed);
                theirs.store(true, Release);
            });
            let freed = done.load(ordering);
            if freed {
                object.free();
            }
            thread.join().unwrap();
            if !freed {
                object.free();
            }
            freed
        }
    };
    assert_eq!(everywhere(program(Acquire)), [Ok(false), Ok(true)]);
    assert_eq!(everywhere(program(Relaxed)), [Ok(false), Err("data race")]);
    let report = explore(program(Relaxed));
    let race = report.failures().next().unwrap();
    let Err(Failure::DataRace { first, second, .. }) = race.result() else { panic!("{race}") };
    assert_eq!((first.thread, first.frees, second.thread, second.frees), ('A', false, 'M', true));
    assert!(race.to_string().contains("M frees it (made at "), "{race}");
}

#[test]
fn what_std_counts_is_not_freed_too_early() {
    let seen = agree(|| {
        let shared = Arc::new((AtomicU32::new(0), Shared(UnsafeCell::new(0)), Mutex::new(0)));
        for _ in 0..2 {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                // Whoever is last frees it, and the count puts that after all else.
                shared.0.fetch_add(1, Relaxed);
                let guard = shared.2.lock();
                // SAFETY: the lock is held.
                shared.1.0.with_mut(|value| unsafe { *value += 1 });
                drop(guard);
                shared.0.fetch_add(1, Relaxed);
            });
        }
    });
    assert_eq!(seen, [Ok(())]);
}

/// A reference count as one writes it, with the orderings given.
struct Counted<T> {
    inner: NonNull<(AtomicUsize, T)>,
    orders: (Ordering, Ordering),
}

// SAFETY: as `Arc`'s.
unsafe impl<T: Send + Sync> Send for Counted<T> {}

impl<T> Counted<T> {
    fn new(value: T, orders: (Ordering, Ordering)) -> Self {
        let inner = Box::into_raw(Box::new((AtomicUsize::new(1), value)));
        Counted { inner: NonNull::new(inner).unwrap(), orders }
    }

    fn inner(&self) -> &(AtomicUsize, T) {
        // SAFETY: it is freed with the last clone.
        unsafe { self.inner.as_ref() }
    }
}

impl<T> Deref for Counted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner().1
    }
}

impl<T> Clone for Counted<T> {
    fn clone(&self) -> Self {
        self.inner().0.fetch_add(1, Relaxed);
        Counted { ..*self }
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        let (release, acquire) = self.orders;
        if self.inner().0.fetch_sub(1, release) == 1 {
            self.inner().0.load(acquire);
            // SAFETY: this was the last one (if the orderings are right).
            drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
        }
    }
}

#[test]
fn a_count_of_ones_own_needs_its_orderings() {
    let program = |orders| {
        move || {
            let mine = Counted::new(Shared(UnsafeCell::new(0)), orders);
            let theirs = mine.clone();
            let thread = thread::spawn(move || {
                // SAFETY: nobody else uses the value.
                theirs.0.with_mut(|value| unsafe { *value = 1 });
            });
            drop(mine);
            thread.join().unwrap();
        }
    };
    assert_eq!(everywhere(program((Release, Acquire))), [Ok(())]);
    assert_eq!(everywhere(program((Release, Relaxed))), [Err("data race")]);
    assert_eq!(everywhere(program((Relaxed, Acquire))), [Err("data race")]);
}

struct Node {
    value: AtomicU32,
    next: AtomicPtr<Node>,
}

#[test]
fn a_stack_that_frees_what_others_look_at_is_told_so() {
    let program = || {
        let push = |next, value| {
            Box::into_raw(Box::new(Node {
                value: AtomicU32::new(value),
                next: AtomicPtr::new(next),
            }))
        };
        let head = Arc::new(AtomicPtr::new(push(push(null_mut(), 1), 2)));
        let pop = |head: &AtomicPtr<Node>| {
            let mut top = head.load(Acquire);
            loop {
                // SAFETY: wrong, since another may have freed it: the test says so.
                let node = unsafe { top.as_ref() }?;
                let next = node.next.load(Relaxed);
                match head.compare_exchange(top, next, AcqRel, Acquire) {
                    Ok(_) => break,
                    Err(other) => top = other,
                }
            }
            // SAFETY: it has been taken off by this thread alone.
            let node = unsafe { Box::from_raw(top) };
            Some(node.value.load(Relaxed))
        };
        let theirs = Arc::clone(&head);
        let thread = thread::spawn(move || pop(&theirs));
        let mine = pop(&head);
        (mine, thread.join().unwrap())
    };
    let report = explore(program);
    let races = report
        .failures()
        .filter(|outcome| outcome.result().is_err_and(|f| f.name() == "data race"));
    assert!(races.count() > 0, "{report}");
}

#[test]
fn an_object_that_is_used_after_it_was_dropped_ends_the_execution() {
    let found = outcomes(&explore(|| {
        let object = Sent::new((0u64, 0u64, AtomicU32::new(0)));
        object.get().2.store(1, SeqCst);
        // SAFETY: it is not used as a value any more, and its memory is not given back.
        unsafe { std::ptr::drop_in_place(&raw mut (*object.0).2) };
        object.get().2.load(SeqCst)
    }));
    assert_eq!(found, [Err("data race")]);
}

#[test]
fn an_atomic_whose_value_was_set_alone_goes_on_with_it() {
    let seen = all_agree(|| {
        let mut x = AtomicU32::new(1);
        x.store(2, SeqCst);
        *x.get_mut() += 1;
        let mut pointer = AtomicPtr::new(null_mut());
        let mut target = 7;
        *pointer.get_mut() = &raw mut target;
        let x = Arc::new((x, pointer));
        let theirs = Arc::clone(&x);
        let thread = thread::spawn(move || {
            // SAFETY: the main thread waits for this one, so the target lives.
            (theirs.0.fetch_add(10, SeqCst), unsafe { *theirs.1.load(SeqCst) })
        });
        let mine = x.0.compare_exchange(3, 4, SeqCst, SeqCst);
        (mine, thread.join().unwrap(), x.0.load(SeqCst))
    });
    assert_eq!(seen, [(Ok(3), (4, 7), 14), (Err(13), (3, 7), 13)]);
}

/// A lock as one writes it over `UnsafeCell::get`, with the orderings given.
struct Spin<T> {
    taken: AtomicBool,
    orders: (Ordering, Ordering),
    value: UnsafeCell<T>,
}

// SAFETY: as a mutex's, if the orderings are right: the tests ask.
unsafe impl<T: Send> Sync for Spin<T> {}

struct SpinGuard<'a, T>(&'a Spin<T>);

impl<T> Spin<T> {
    fn new(value: T, orders: (Ordering, Ordering)) -> Self {
        Spin { taken: AtomicBool::new(false), orders, value: UnsafeCell::new(value) }
    }

    fn lock(&self) -> SpinGuard<'_, T> {
        while self.taken.swap(true, self.orders.0) {
            racelab::model::hint::spin_loop();
        }
        SpinGuard(self)
    }
}

impl<T> Deref for SpinGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for SpinGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for SpinGuard<'_, T> {
    fn drop(&mut self) {
        self.0.taken.store(false, self.0.orders.1);
    }
}

#[test]
fn a_lock_over_plain_pointers_is_right_or_told_what_is_wrong() {
    fn program<T: Send + 'static>(
        new: fn() -> T,
        change: fn(&mut T),
        orders: (Ordering, Ordering),
    ) -> impl Fn() {
        move || {
            let lock = Arc::new(Spin::new(new(), orders));
            let theirs = Arc::clone(&lock);
            let thread = thread::spawn(move || change(&mut theirs.lock()));
            change(&mut lock.lock());
            thread.join().unwrap();
        }
    }
    let rc11 = |program: &(dyn Fn() + Send + Sync)| {
        outcomes(&Explorer::new().memory(Memory::Rc11).explore(program))
    };
    let add: fn(&mut u32) = |value| *value += 1;
    let push: fn(&mut Vec<u32>) = |value| value.push(1);
    for explorer in [Explorer::new(), Explorer::new().memory(Memory::Rc11)] {
        let report = explorer.explore(program(|| 0, add, (Acquire, Release)));
        assert_eq!(outcomes(&report), [Ok(())], "{report}");
        let report = explorer.explore(program(Vec::new, push, (Acquire, Release)));
        assert_eq!(outcomes(&report), [Ok(())], "{report}");
    }
    assert_eq!(rc11(&program(|| 0, add, (Relaxed, Release))), [Err("data race")]);
    assert_eq!(rc11(&program(|| 0, add, (Acquire, Relaxed))), [Err("data race")]);
    assert_eq!(rc11(&program(Vec::new, push, (Relaxed, Relaxed))), [Err("data race")]);
}

#[test]
fn pointers_that_are_only_read_through_do_not_race() {
    let program = |writes: bool| {
        move || {
            let shared = Arc::new(Shared(UnsafeCell::new((1u8, 2u64))));
            let theirs = Arc::clone(&shared);
            let thread = thread::spawn(move || {
                let pointer = theirs.0.get();
                // SAFETY: nobody writes, or the test says so.
                unsafe {
                    if writes {
                        (*pointer).1 = 3;
                    } else {
                        assert_eq!((*pointer).1, 2);
                    }
                }
            });
            // SAFETY: as above.
            let seen = unsafe { (*shared.0.get()).0 };
            thread.join().unwrap();
            // SAFETY: the other thread has ended.
            (seen, unsafe { (*shared.0.get()).1 })
        }
    };
    assert_eq!(everywhere(program(false)), [Ok((1, 2))]);
    assert_eq!(everywhere(program(true)), [Err("data race")]);
}
