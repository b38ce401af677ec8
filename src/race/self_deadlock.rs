//! A lock that its own holder waits for.
//!
//! # Orderings
//! None beyond what locks bring.

use super::at_once;
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Mutex, Primitives};
use crate::report::Failure;
use std::sync::Arc;

const FORBIDDEN: &str = "a thread waits for a lock that it holds itself";

/// A function that locks calls another that locks.
pub static SELF_DEADLOCK: Entry = Entry {
    name: "self-deadlock",
    title: "A thread waits for a lock that it holds itself",
    story: "A door is closed if it is open: the state is looked at in a match, and in the arm a \
            function is called that changes it. Each takes the lock. In Rust what a match looks at \
            lives until the match ends, the lock with it; so the function waits for its own caller. \
            It goes wrong only where the door is open, which a test may never try.",
    sources: &[
        Source {
            what: "Of 59 blocking bugs in well-known Rust programs 30 were a lock taken twice by one \
                   thread, most of them since a lock lived longer than its author thought.",
            work: "Qin and others, Understanding Memory and Thread Safety Practices and Issues in \
                   Real-World Rust Programs, PLDI 2020",
            link: "https://doi.org/10.1145/3385412.3386036",
        },
        Source {
            what: "The same match, in an issue that is open since 2016.",
            work: "rust-lang/rust issue 37612, Using pattern match directly on LockResult causes \
                   deadlock",
            link: "https://github.com/rust-lang/rust/issues/37612",
        },
    ],
    path: "src/race/self_deadlock.rs",
    source: include_str!("self_deadlock.rs"),
    outcome: &["times closed"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([1]) => acceptable("the door was closed, once"),
        Ok(_) => forbidden("the door was closed twice"),
        Err(Failure::Deadlock { .. }) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("match on the lock", runs!(P => two_close::<P>(match_on_the_lock)))
        .because("The guard lives until the match ends, and close() waits for it inside the match."),
    Variant::wrong_fix("look first, then close", runs!(P => two_close::<P>(look_first)))
        .by(Means::Check)
        .because("The lock is free in between, and the other one sees the door open as well."),
    Variant::cure("hand the guard on", runs!(P => two_close::<P>(hand_on)))
        .because("The lock is taken once, and whoever needs what is behind it is given that.")
        .costs("Functions come in two kinds: those that lock, and those that are called with the lock."),
    Variant::cure("look again under the lock", runs!(P => two_close::<P>(look_again)))
        .by(Means::Lock)
        .because("What close() does depends only on what it sees itself.")
        .costs("The lock is taken twice, and close() may find nothing to do."),
];

/// A door, and how often it was closed.
#[derive(Clone, Copy)]
struct State {
    open: bool,
    closed: u32,
}

struct Door<P: Primitives> {
    state: P::Mutex<State>,
}

impl<P: Primitives> Door<P> {
    fn close(&self) {
        close(&mut self.state.lock());
    }
}

fn close(state: &mut State) {
    state.open = false;
    state.closed += 1;
}

fn two_close<P: Primitives>(close: impl Fn(&Door<P>) + Copy + Send + 'static) -> u32 {
    let state = State { open: true, closed: 0 };
    let door = Arc::new(Door::<P> { state: P::Mutex::named("door", state) });
    let (a, b) = (Arc::clone(&door), Arc::clone(&door));
    at_once::<P, _, _>(move || close(&a), move || close(&b));
    door.state.lock().closed
}

#[allow(clippy::single_match, reason = "the match is what goes wrong")]
fn match_on_the_lock<P: Primitives>(door: &Door<P>) {
    match *door.state.lock() {
        State { open: true, .. } => door.close(), // the guard of the line above is still there
        State { open: false, .. } => {}
    }
}

fn look_first<P: Primitives>(door: &Door<P>) {
    let state = *door.state.lock();
    if state.open {
        door.close();
    }
}

fn hand_on<P: Primitives>(door: &Door<P>) {
    let mut state = door.state.lock();
    if state.open {
        close(&mut state);
    }
}

fn look_again<P: Primitives>(door: &Door<P>) {
    let state = *door.state.lock();
    if state.open {
        hand_on(door);
    }
}
