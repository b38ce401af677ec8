//! Parking: a token a thread, which `unpark` gives and `park` takes.

use crate::explore::runtime::{Bits, Op, Word, step, with_current};
use crate::trace::ObjectKind;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A thread's park token.
pub(super) struct Token {
    word: Word,
}

impl Token {
    pub(super) fn new() -> Self {
        Token { word: Word::new(ObjectKind::Park, 0) }
    }
}

thread_local! {
    /// The tokens of the modelled threads of the execution under way on this OS thread.
    static TOKENS: RefCell<Vec<Option<Arc<Token>>>> = const { RefCell::new(Vec::new()) };
}

/// The running thread's token is `token`.
pub(super) fn enter(token: Arc<Token>) {
    let number = usize::from(with_current(|runtime| runtime.current_thread()));
    TOKENS.with_borrow_mut(|tokens| {
        if tokens.len() <= number {
            tokens.resize(number + 1, None);
        }
        tokens[number] = Some(token);
    });
}

fn token_of_current() -> Arc<Token> {
    let number = with_current(|runtime| runtime.current_thread());
    let known = TOKENS.with_borrow(|tokens| tokens.get(usize::from(number)).cloned().flatten());
    match known {
        Some(token) if number != 0 => token,
        // The main thread has no spawn to bring its token: it is made when first needed, and is
        // this execution's if it has been registered in it.
        known => match known.filter(|token| with_current(|r| r.knows(&token.word))) {
            Some(token) => token,
            None => {
                let token = Arc::new(Token { word: Word::registered(ObjectKind::Park, 0, None) });
                enter(Arc::clone(&token));
                token
            }
        },
    }
}

/// Waits for the thread's token and takes it.
#[track_caller]
pub fn park() {
    let token = token_of_current();
    step(&token.word, Bits::Opaque, Op::Park, Relaxed, 0, 0);
}

/// Takes the thread's token if it is there; if not, the time-out passes.
#[track_caller]
pub fn park_timeout(_timeout: Duration) {
    let token = token_of_current();
    step(&token.word, Bits::Opaque, Op::ParkTimeout, Relaxed, 0, 0);
}

/// A handle to a thread.
#[derive(Clone)]
pub struct Thread {
    number: u8,
    name: Option<String>,
    token: Arc<Token>,
}

/// Tells threads apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(u8);

impl Thread {
    pub(super) fn new(number: u8, name: Option<String>, token: Arc<Token>) -> Self {
        Thread { number, name, token }
    }

    /// Gives the thread its token.
    #[track_caller]
    pub fn unpark(&self) {
        step(&self.token.word, Bits::Opaque, Op::Unpark, Relaxed, 0, 0);
    }

    /// The thread's identity.
    pub fn id(&self) -> ThreadId {
        ThreadId(self.number)
    }

    /// The name it was spawned with.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("id", &self.id()).field("name", &self.name).finish()
    }
}

pub(super) fn current() -> Thread {
    let (number, name) = with_current(|runtime| runtime.current_name());
    Thread { number, name, token: token_of_current() }
}
