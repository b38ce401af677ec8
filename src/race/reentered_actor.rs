//! An actor that awaits in the middle of a message takes the next one in.
//!
//! # Orderings
//! None: there is one thread.

use super::{fetch, on_one_thread};
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Cell, Lock, Tasks};
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

const FORBIDDEN: &str = "the last seat was sold twice";

/// An actor that is entered again while it waits.
pub static REENTERED_ACTOR: Entry = Entry {
    name: "reentered-actor",
    title: "An actor awaits in the middle of a message, and takes the next one in",
    story: "A ticket office owns its seats: nobody else touches them, and it does one thing at a \
            time. To sell a seat it looks whether one is left, awaits the payment, and takes the \
            seat. At the await it is free, and serves the next customer, who sees the same last \
            seat. That an actor is alone with its state holds from one await to the next, no longer.",
    sources: &[
        Source {
            what: "Swift's actors are entered again at every await; the proposal says why, and that \
                   what was known before an await has to be looked at again.",
            work: "Swift Evolution, SE-0306 Actors, section Actor reentrancy",
            link: "https://github.com/swiftlang/swift-evolution/blob/main/proposals/0306-actors.md",
        },
        Source {
            what: "Cloudflare gave Durable Objects gates that keep other requests out while one waits \
                   for storage, since authors kept forgetting this; a fetch still lets them in.",
            work: "Kenton Varda, Durable Objects: Easy, Fast, Correct, Choose three, 2021",
            link: "https://blog.cloudflare.com/durable-objects-easy-fast-correct-choose-three/",
        },
    ],
    path: "src/race/reentered_actor.rs",
    source: include_str!("reentered_actor.rs"),
    outcome: &["seats left"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([0]) => acceptable("one customer has the seat, the other was sent away"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("look, await, take", runs!(tasks P => two_customers::<P, _>(look_await_take)))
        .because("At the await the office serves the other customer, who sees the same seat."),
    Variant::wrong_fix(
        "look again, then await",
        runs!(tasks P => two_customers::<P, _>(look_twice)),
    )
    .by(Means::Check)
    .because("Behind the second look there is an await as well."),
    Variant::cure("take first", runs!(tasks P => two_customers::<P, _>(take_first)))
        .by(Means::Atomic)
        .because("Between the look and the taking there is no await.")
        .costs("A seat whose payment fails has to be put back."),
    Variant::cure("a lock to await", runs!(tasks P => two_customers::<P, _>(hold_a_lock)))
        .by(Means::Lock)
        .because("The second customer waits for the lock, and looks when the first is done.")
        .costs("All wait for the slowest payment; an office that calls itself waits for ever."),
    Variant::cure("a mailbox", runs!(tasks P => one_after_the_other::<P>()))
        .by(Means::Owner)
        .because(
            "One task takes the messages, and the next only when it is done with the one before.",
        )
        .costs("As the lock; and whoever wants an answer needs a way to be given it."),
];

struct Office<P: Tasks> {
    seats: P::Cell<i64>,
    turn: P::Lock<()>,
}

impl<P: Tasks> Office<P> {
    fn with_one_seat() -> Rc<Self> {
        Rc::new(Office { seats: P::Cell::named("seats", 1), turn: P::Lock::named("turn", ()) })
    }

    fn has_a_seat(&self) -> bool {
        self.seats.get() > 0
    }

    fn take_a_seat(&self) {
        self.seats.set(self.seats.get() - 1);
    }
}

fn two_customers<P: Tasks, F: Future<Output = ()> + 'static>(
    sell: impl Fn(Rc<Office<P>>) -> F,
) -> i64 {
    let office = Office::<P>::with_one_seat();
    on_one_thread::<P, _>(sell(Rc::clone(&office)), sell(Rc::clone(&office)));
    office.seats.get()
}

async fn look_await_take<P: Tasks>(office: Rc<Office<P>>) {
    if office.has_a_seat() {
        fetch::<P>().await; // the payment; the office serves others
        office.take_a_seat();
    }
}

async fn look_twice<P: Tasks>(office: Rc<Office<P>>) {
    if office.has_a_seat() {
        fetch::<P>().await;
        if office.has_a_seat() {
            fetch::<P>().await; // the receipt
            office.take_a_seat();
        }
    }
}

async fn take_first<P: Tasks>(office: Rc<Office<P>>) {
    if office.has_a_seat() {
        office.take_a_seat();
        fetch::<P>().await;
    }
}

async fn hold_a_lock<P: Tasks>(office: Rc<Office<P>>) {
    let _turn = office.turn.lock().await;
    if office.has_a_seat() {
        fetch::<P>().await;
        office.take_a_seat();
    }
}

/// How many customers wait, and how to wake the office.
struct Mailbox<P: Tasks> {
    messages: P::Cell<u64>,
    office: RefCell<Option<Waker>>,
}

impl<P: Tasks> Mailbox<P> {
    fn post(&self) {
        self.messages.set(self.messages.get() + 1);
        self.office.take().into_iter().for_each(Waker::wake);
    }

    async fn next(&self) {
        poll_fn(|context| match self.messages.get() {
            0 => {
                self.office.replace(Some(context.waker().clone()));
                Poll::Pending
            }
            messages => {
                self.messages.set(messages - 1);
                Poll::Ready(())
            }
        })
        .await
    }
}

fn one_after_the_other<P: Tasks>() -> i64 {
    let office = Office::<P>::with_one_seat();
    let mailbox =
        Mailbox::<P> { messages: P::Cell::named("mailbox", 0), office: RefCell::default() };
    let mailbox = Rc::new(mailbox);
    let customer = |mailbox: Rc<Mailbox<P>>| async move { mailbox.post() };
    let (a, b) = (customer(Rc::clone(&mailbox)), customer(Rc::clone(&mailbox)));
    let theirs = Rc::clone(&office);
    let serve = async move {
        for _ in 0..2 {
            mailbox.next().await;
            look_await_take(Rc::clone(&theirs)).await;
        }
    };
    P::run(vec![("A", Box::pin(a)), ("B", Box::pin(b)), ("office", Box::pin(serve))]);
    office.seats.get()
}
