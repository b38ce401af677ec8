//! A permit that is given back by somebody who never had it: from then on there is one too many.
//!
//! # Orderings
//! None beyond what locks bring.

use super::at_once;
use crate::list::{Entry, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Mutex, Primitives};
use std::sync::Arc;

const FORBIDDEN: &str = "two are inside with one permit";

/// A semaphore that counts too many.
pub static OVER_RELEASED: Entry = Entry {
    name: "over-released",
    title: "A permit is given back by somebody who never got one",
    story: "A semaphore lets one in at a time. Each thread tries to get the permit, works if it has \
            got it, and gives it back in any case, as the last thing it does: a finally, a defer, a \
            destructor. Who got none gives one back too. Then there is a permit while somebody is \
            inside, and the next one comes in as well.",
    sources: &[
        Source {
            what: "There is no requirement that a thread that releases a permit has acquired one; that \
                   is left to convention.",
            work: "Java, java.util.concurrent.Semaphore",
            link: "https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/concurrent/Semaphore.html",
        },
        Source {
            what: "Python has a second semaphore that raises an error when it is released too often, \
                   since that is a sign of a bug.",
            work: "Python, threading.BoundedSemaphore",
            link: "https://docs.python.org/3/library/threading.html#threading.BoundedSemaphore",
        },
    ],
    path: "src/race/over_released.rs",
    source: include_str!("over_released.rs"),
    outcome: &["most at once"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([1]) => acceptable("never more than one inside"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("give back in any case", runs!(P => two_try_twice::<P>(give_back_always)))
        .because("Who was refused gives back a permit that the other still uses."),
    Variant::wrong_fix("no more than there were", runs!(P => two_try_twice::<P>(give_back_bounded)))
        .because("There are fewer than there were exactly while one is in use."),
    Variant::cure("give back what was got", runs!(P => two_try_twice::<P>(give_back_if_got)))
        .because("Only who has a permit gives one back.")
        .costs("A condition that has to be remembered at every place."),
    Variant::cure("a guard", runs!(P => two_try_twice::<P>(by_guard)))
        .because("The permit is a value: who has none cannot give one back, and who has one gives it once.")
        .costs("Nothing."),
];

/// The number of permits, and who is inside.
struct Room<P: Primitives> {
    permits: P::Mutex<u32>,
    inside: P::Mutex<(u32, u32)>,
}

impl<P: Primitives> Room<P> {
    fn try_acquire(&self) -> bool {
        let mut permits = self.permits.lock();
        let there = *permits > 0;
        *permits -= u32::from(there);
        there
    }

    fn release(&self) {
        *self.permits.lock() += 1;
    }

    /// Goes in and comes out again; the second number is the most there ever were.
    fn work(&self) {
        let mut inside = self.inside.lock();
        inside.0 += 1;
        inside.1 = inside.1.max(inside.0);
        drop(inside);
        self.inside.lock().0 -= 1;
    }
}

fn two_try_twice<P: Primitives>(attempt: fn(&Room<P>)) -> u32 {
    let room = Arc::new(Room::<P> {
        permits: P::Mutex::named("permits", 1),
        inside: P::Mutex::named("inside", (0, 0)),
    });
    let attempts = || {
        let room = Arc::clone(&room);
        move || {
            attempt(&room);
            attempt(&room);
        }
    };
    at_once::<P, _, _>(attempts(), attempts());
    room.inside.lock().1
}

fn give_back_always<P: Primitives>(room: &Room<P>) {
    if room.try_acquire() {
        room.work();
    }
    room.release();
}

fn give_back_bounded<P: Primitives>(room: &Room<P>) {
    if room.try_acquire() {
        room.work();
    }
    let mut permits = room.permits.lock();
    *permits = (*permits + 1).min(1);
}

fn give_back_if_got<P: Primitives>(room: &Room<P>) {
    if room.try_acquire() {
        room.work();
        room.release();
    }
}

/// A permit; dropped, it is given back.
struct Permit<'r, P: Primitives>(&'r Room<P>);

impl<P: Primitives> Drop for Permit<'_, P> {
    fn drop(&mut self) {
        self.0.release();
    }
}

fn by_guard<P: Primitives>(room: &Room<P>) {
    let permit = room.try_acquire().then(|| Permit(room));
    if let Some(Permit(room)) = &permit {
        room.work();
    }
}
