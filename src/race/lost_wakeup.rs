//! Look, then sleep: the signal comes in between, and finds nobody asleep.
//!
//! # Orderings
//! `SeqCst` for the flag that is looked at outside the lock, and it does not help: what is missing is
//! that looking and falling asleep are one step for whoever sends the signal.

use super::at_once;
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicBool, Condvar, Mutex, Primitives, Receiver, Sender};
use crate::report::Failure;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

const FORBIDDEN: &str = "it sleeps, and the signal that would wake it has been and gone";

/// A thread that sleeps for ever.
pub static LOST_WAKEUP: Entry = Entry {
    name: "lost-wakeup",
    title: "The signal comes between the look and the sleep",
    story: "A waits until B has finished: it looks at a flag, and if that is down it goes to sleep \
            until it is woken. B raises the flag and wakes whoever sleeps. If A has looked and does \
            not sleep yet, nobody is woken; then A falls asleep, and nobody comes again. A condition \
            variable remembers no signal.",
    sources: &[
        Source {
            what: "For seven years glibc's own condition variable could lose a signal; programs in \
                   C#, Python and OCaml stood still for no reason that their authors could find.",
            work: "glibc bug 25847, pthread_cond_signal failed to wake up pthread_cond_wait",
            link: "https://sourceware.org/bugzilla/show_bug.cgi?id=25847",
        },
        Source {
            what: "Java's park() lost a wake-up where a store was delayed past a load.",
            work: "Dave Dice, A race in LockSupport park() arising from weak memory models, 2009 \
                   (JDK-6822370)",
            link: "https://blogs.oracle.com/dave/a-race-in-locksupport-park-arising-from-weak-memory-models",
        },
    ],
    path: "src/race/lost_wakeup.rs",
    source: include_str!("lost_wakeup.rs"),
    outcome: &["A saw done"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([1]) => acceptable("A went on when B had finished"),
        Ok(_) => forbidden("A went on before B had finished"),
        Err(Failure::Deadlock { .. }) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("look, then sleep", runs!(P => wait_for_it::<P>(look_then_sleep, raise_and_signal)))
        .because("Between the look and the sleep the flag is raised and the signal sent."),
    Variant::wrong_fix("look again and again", runs!(P => wait_for_it::<P>(look_in_a_loop, raise_and_signal)))
        .by(Means::Check)
        .because("It would look again, if only it woke up."),
    Variant::wrong_fix("wake all", runs!(P => wait_for_it::<P>(look_in_a_loop, raise_and_wake_all)))
        .because("All who sleep are woken, and A does not sleep yet."),
    Variant::wrong_fix("signal under the lock", runs!(P => wait_for_it::<P>(look_in_a_loop, signal_locked)))
        .by(Means::Lock)
        .because("A looks before it takes the lock, so the lock keeps nothing apart."),
    Variant::cure("look under the lock", runs!(P => wait_for_it::<P>(look_locked, raise_locked)))
        .by(Means::Lock)
        .because("B cannot raise the flag between A's look and A's sleep: A has the lock until it sleeps.")
        .costs("Whoever raises the flag takes the lock."),
    Variant::cure("a channel", runs!(P => by_channel::<P>()))
        .by(Means::Owner)
        .because("A message is kept until somebody takes it.")
        .costs("A place for the message."),
];

struct Job<P: Primitives> {
    done: P::AtomicBool,
    lock: P::Mutex<()>,
    finished: P::Condvar,
}

fn wait_for_it<P: Primitives>(wait: fn(&Job<P>), finish: fn(&Job<P>)) -> [bool; 1] {
    let job = Arc::new(Job::<P> {
        done: P::AtomicBool::named("done", false),
        lock: P::Mutex::named("m", ()),
        finished: P::Condvar::named("finished"),
    });
    let other = Arc::clone(&job);
    let waiter = move || {
        wait(&job);
        job.done.load(SeqCst)
    };
    let (seen, ()) = at_once::<P, _, _>(waiter, move || finish(&other));
    [seen]
}

fn look_then_sleep<P: Primitives>(job: &Job<P>) {
    if !job.done.load(SeqCst) {
        let mut guard = job.lock.lock();
        job.finished.wait(&mut guard);
    }
}

fn look_in_a_loop<P: Primitives>(job: &Job<P>) {
    while !job.done.load(SeqCst) {
        let mut guard = job.lock.lock();
        job.finished.wait(&mut guard);
    }
}

fn look_locked<P: Primitives>(job: &Job<P>) {
    let mut guard = job.lock.lock();
    while !job.done.load(SeqCst) {
        job.finished.wait(&mut guard); // gives the lock back and sleeps, in one step
    }
}

fn raise_and_signal<P: Primitives>(job: &Job<P>) {
    job.done.store(true, SeqCst);
    job.finished.notify_one();
}

fn raise_and_wake_all<P: Primitives>(job: &Job<P>) {
    job.done.store(true, SeqCst);
    job.finished.notify_all();
}

fn signal_locked<P: Primitives>(job: &Job<P>) {
    job.done.store(true, SeqCst);
    let _guard = job.lock.lock();
    job.finished.notify_one();
}

fn raise_locked<P: Primitives>(job: &Job<P>) {
    let _guard = job.lock.lock();
    job.done.store(true, SeqCst);
    job.finished.notify_one();
}

fn by_channel<P: Primitives>() -> [bool; 1] {
    let (sender, receiver) = P::channel("done", None);
    let finish = move || sender.send(()).expect("A waits for it");
    let (seen, ()) = at_once::<P, _, _>(move || receiver.receive().is_some(), finish);
    [seen]
}
