//! The model's types do what std's do: each program runs once on real threads and once under every
//! interleaving, and gives the same value.

use racelab::{Failure, explore};
use std::task::{Poll, Waker};

/// A program with one outcome, over std and over the model.
macro_rules! mirrored {
    ($($name:ident $body:block)*) => {
        mod real {
            #![allow(unused_imports)]
            use std::{cell, hint, sync, sync::atomic, sync::mpsc, thread, thread_local};
            use std::{sync::Arc, sync::atomic::Ordering::*, time::Duration};
            $(pub fn $name() -> String $body)*
        }
        mod modelled {
            #![allow(unused_imports)]
            use racelab::model::{cell, hint, sync, sync::atomic, sync::mpsc, thread, thread_local};
            use std::{sync::Arc, sync::atomic::Ordering::*, time::Duration};
            $(pub fn $name() -> String $body)*
        }
        $(
            #[test]
            fn $name() {
                let report = explore(modelled::$name);
                let found: Vec<_> = report.outcomes().iter().map(|o| o.result()).collect();
                assert_eq!(found, [Ok(&real::$name())], "{report}");
                assert!(report.is_complete());
            }
        )*
    };
}

macro_rules! integer {
    ($atomic:ident, $least:expr, $most:expr) => {{
        let x = atomic::$atomic::new($most);
        let mut seen =
            vec![format!("{:?}", x.fetch_add(1, SeqCst)), format!("{:?}", x.load(SeqCst))];
        let mut note = |value: String| seen.push(value);
        note(format!("{:?}", x.fetch_sub(1, AcqRel)));
        note(format!("{:?}", x.fetch_and(0x5a, Relaxed)));
        note(format!("{:?}", x.fetch_or(0x21, Relaxed)));
        note(format!("{:?}", x.fetch_xor($most, Release)));
        note(format!("{:?}", x.fetch_nand(0x0f, Acquire)));
        note(format!("{:?}", x.fetch_max(3, SeqCst)));
        note(format!("{:?}", x.fetch_min($least, SeqCst)));
        note(format!("{:?}", x.swap(7, SeqCst)));
        note(format!("{:?}", x.compare_exchange(7, 8, AcqRel, Acquire)));
        note(format!("{:?}", x.compare_exchange(7, 9, AcqRel, Relaxed)));
        note(format!("{:?}", x.fetch_update(SeqCst, Relaxed, |v| v.checked_mul(2))));
        note(format!("{:?}", x.fetch_update(SeqCst, Relaxed, |_| None)));
        x.store($least, Release);
        note(format!("{:?}", x.into_inner()));
        seen.join(" ")
    }};
}

mirrored! {
    all_widths_wrap_around {
        [
            integer!(AtomicU8, u8::MIN, u8::MAX),
            integer!(AtomicU16, u16::MIN, u16::MAX),
            integer!(AtomicU32, u32::MIN, u32::MAX),
            integer!(AtomicU64, u64::MIN, u64::MAX),
            integer!(AtomicUsize, usize::MIN, usize::MAX),
            integer!(AtomicI8, i8::MIN, i8::MAX),
            integer!(AtomicI16, i16::MIN, i16::MAX),
            integer!(AtomicI32, i32::MIN, i32::MAX),
            integer!(AtomicI64, i64::MIN, i64::MAX),
            integer!(AtomicIsize, isize::MIN, isize::MAX),
        ].join("\n")
    }
    truth_values_and_pointers {
        let b = atomic::AtomicBool::new(true);
        let seen = (
            b.fetch_and(false, SeqCst), b.fetch_or(true, SeqCst), b.fetch_xor(true, SeqCst),
            b.fetch_nand(true, SeqCst), b.fetch_not(SeqCst), b.load(SeqCst),
        );
        let (mut one, mut two) = (1, 2);
        let (first, second): (*mut i32, *mut i32) = (&mut one, &mut two);
        let p = atomic::AtomicPtr::new(first);
        let same = p.swap(second, SeqCst) == first;
        let failed = p.compare_exchange(first, second, SeqCst, SeqCst) == Err(second);
        p.store(std::ptr::null_mut(), SeqCst);
        format!("{seen:?} {same} {failed} {}", p.load(SeqCst).is_null())
    }
    a_mutex_is_poisoned_by_a_panic_and_cleared {
        let lock = Arc::new(sync::Mutex::new(1));
        let theirs = Arc::clone(&lock);
        let joined = thread::spawn(move || {
            let mut guard = theirs.lock().unwrap();
            *guard = 2;
            std::panic::resume_unwind(Box::new("quietly"));
        }).join();
        let tried = lock.try_lock().is_err();
        let locked = lock.lock().is_err();
        let poisoned = (lock.is_poisoned(), tried, locked);
        let value = *lock.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        lock.clear_poison();
        let cleared = lock.lock().is_ok();
        let lock = Arc::into_inner(lock).unwrap().into_inner().unwrap();
        format!("{} {poisoned:?} {value} {cleared} {lock}", joined.is_err())
    }
    read_write_locks_share_and_exclude {
        let lock = sync::RwLock::new(1);
        let (one, two) = (lock.read().unwrap(), lock.read().unwrap());
        let writes = lock.try_write().is_err();
        let sum = *one + *two;
        drop((one, two));
        *lock.write().unwrap() += sum;
        let held = lock.write().unwrap();
        let reads = lock.try_read().is_err();
        drop(held);
        format!("{writes} {reads} {}", lock.into_inner().unwrap())
    }
    a_condition_variable_waits_while_it_has_to {
        let pair = Arc::new((sync::Mutex::new(0), sync::Condvar::new()));
        let theirs = Arc::clone(&pair);
        let thread = thread::spawn(move || {
            for _ in 0..2 {
                *theirs.0.lock().unwrap() += 1;
                theirs.1.notify_all();
            }
        });
        let guard = pair.1.wait_while(pair.0.lock().unwrap(), |value| *value < 2).unwrap();
        let value = *guard;
        drop(guard);
        thread.join().unwrap();
        let guard = pair.0.lock().unwrap();
        let (guard, result) =
            pair.1.wait_timeout_while(guard, Duration::from_millis(1), |_| true).unwrap();
        format!("{value} {} {}", result.timed_out(), *guard)
    }
    a_channel_closes_when_the_last_sender_goes {
        let (sender, receiver) = mpsc::channel();
        let second = sender.clone();
        let thread = thread::spawn(move || {
            second.send(1).unwrap();
            second.send(2).unwrap();
        });
        drop(sender);
        let all: Vec<i32> = receiver.iter().collect();
        thread.join().unwrap();
        let closed = (receiver.recv(), receiver.try_recv(), receiver.recv_timeout(Duration::ZERO));
        let (sender, gone) = mpsc::channel::<i32>();
        drop(gone);
        format!("{all:?} {closed:?} {:?}", sender.send(3))
    }
    a_bounded_channel_is_full_and_refuses {
        let (sender, receiver) = mpsc::sync_channel(1);
        let seen = (sender.try_send(1), sender.try_send(2));
        let thread = thread::spawn(move || sender.send(3));
        let got = (receiver.recv(), receiver.recv());
        let sent = thread.join().unwrap();
        format!("{seen:?} {got:?} {sent:?} {:?}", receiver.try_iter().count())
    }
    dropping_a_receiver_drops_what_is_left {
        let kept = Arc::new(());
        let (sender, receiver) = mpsc::channel();
        sender.send(Arc::clone(&kept)).unwrap();
        drop(receiver);
        format!("{} {}", Arc::strong_count(&kept), sender.send(Arc::clone(&kept)).is_err())
    }
    parking_takes_the_token_that_unpark_gave {
        let main = thread::current();
        let thread = thread::spawn(move || {
            main.unpark();
            thread::park();
        });
        thread::park();
        thread.thread().unpark();
        thread.join().unwrap();
        thread::park_timeout(Duration::from_millis(1));
        "through".to_owned()
    }
    scopes_borrow_and_builders_name {
        let total = atomic::AtomicUsize::new(0);
        let names = thread::scope(|scope| {
            let threads: Vec<_> = (0..2).map(|n| {
                let total = &total;
                thread::Builder::new().name(format!("worker {n}")).spawn_scoped(scope, move || {
                    total.fetch_add(n + 1, SeqCst);
                    thread::current().name().map(str::to_owned)
                }).unwrap()
            }).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        format!("{names:?} {}", total.into_inner())
    }
    a_barrier_has_one_leader {
        let barrier = sync::Barrier::new(2);
        let leaders = thread::scope(|scope| {
            let other = scope.spawn(|| barrier.wait().is_leader());
            usize::from(barrier.wait().is_leader()) + usize::from(other.join().unwrap())
        });
        format!("{leaders}")
    }
    once_means_once {
        let runs = atomic::AtomicUsize::new(0);
        let cell = sync::OnceLock::new();
        let once = sync::Once::new();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    cell.get_or_init(|| runs.fetch_add(1, SeqCst));
                    once.call_once(|| {
                        runs.fetch_add(10, SeqCst);
                    });
                });
            }
        });
        let lazy = sync::LazyLock::new(|| 7);
        format!("{:?} {:?} {} {} {}", cell.get(), cell.set(5), once.is_completed(), *lazy, runs.into_inner())
    }
    each_thread_has_its_own_locals {
        thread_local! {
            static MINE: std::cell::Cell<u32> = const { std::cell::Cell::new(1) };
            static LIST: std::cell::RefCell<Vec<u32>> = std::cell::RefCell::new(vec![0]);
        }
        MINE.set(5);
        LIST.with_borrow_mut(|list| list.push(1));
        let theirs = thread::spawn(|| {
            LIST.with_borrow_mut(|list| list.push(2));
            (MINE.replace(9), LIST.with_borrow(|list| list.clone()))
        }).join().unwrap();
        format!("{theirs:?} {} {:?}", MINE.get(), LIST.take())
    }
}

#[test]
fn a_time_out_is_a_step_that_may_come_or_not() {
    use racelab::model::{sync::Condvar, sync::Mutex, thread};
    let report = explore(|| {
        let pair = std::sync::Arc::new((Mutex::new(()), Condvar::new()));
        let theirs = std::sync::Arc::clone(&pair);
        let thread = thread::spawn(move || theirs.1.notify_one());
        let guard = pair.0.lock().unwrap();
        let (guard, result) = pair.1.wait_timeout(guard, std::time::Duration::ZERO).unwrap();
        drop(guard);
        thread.join().unwrap();
        result.timed_out()
    });
    assert!(report.outcome(&true).is_some() && report.outcome(&false).is_some(), "{report}");
}

#[test]
fn a_rendezvous_channel_is_refused_with_the_way_out() {
    let report = explore(|| drop(racelab::model::sync::mpsc::sync_channel::<()>(0)));
    let Some(Err(Failure::Panic { message, .. })) = report.outcomes().first().map(|o| o.result())
    else {
        panic!("{report}")
    };
    assert!(message.contains("give it a bound of 1"), "{message}");
}

/// A value handed over once, to whoever awaits it.
#[derive(Default)]
struct Handed {
    inner: racelab::model::sync::Mutex<(Option<u32>, Option<Waker>)>,
}

#[test]
fn a_future_is_woken_and_one_that_nobody_wakes_is_a_deadlock() {
    use racelab::model::{future::block_on, thread};
    let program = |wakes: bool| {
        move || {
            let handed = std::sync::Arc::new(Handed::default());
            let theirs = std::sync::Arc::clone(&handed);
            let thread = thread::spawn(move || {
                let mut inner = theirs.inner.lock().unwrap();
                inner.0 = Some(7);
                let waker = inner.1.take();
                drop(inner);
                if let (Some(waker), true) = (waker, wakes) {
                    waker.wake();
                }
            });
            let value = block_on(std::future::poll_fn(|context| {
                let mut inner = handed.inner.lock().unwrap();
                match inner.0 {
                    Some(value) => Poll::Ready(value),
                    None => {
                        inner.1 = Some(context.waker().clone());
                        Poll::Pending
                    }
                }
            }));
            thread.join().unwrap();
            value
        }
    };
    let report = explore(program(true));
    assert_eq!((report.outcomes().len(), report.failures().count()), (1, 0), "{report}");
    let report = explore(program(false));
    let Some(Err(Failure::Deadlock { .. })) = report.outcomes().last().map(|o| o.result()) else {
        panic!("{report}")
    };
}
