//! A time-out drops a read in the middle, and with it the half that had been read.
//!
//! # Orderings
//! None: there is one thread.

use super::{fetch, on_one_thread};
use crate::list::{Entry, Means, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Cell, Tasks};
use futures_lite::future::or;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

const FORBIDDEN: &str =
    "a digit was taken off the line, and dropped with the read that had taken it";

/// A read that is cancelled half-way.
pub static CANCELLED_READ: Entry = Entry {
    name: "cancelled-read",
    title: "A time-out drops a read in the middle, and half of a number with it",
    story: "The number 42 comes over a line, digit by digit. The reader gives the read some time; if \
            it is not done by then, it does something else and reads again. What a time-out does is \
            drop the read, and a dropped future stops at its await: the digit that it had already \
            taken off the line is gone, and the second read begins in the middle.",
    sources: &[
        Source {
            what: "tokio's select! says of each of its reads whether it may be dropped half-way; \
                   read_exact, read_to_end and write_all may not.",
            work: "tokio, select!, section Cancellation safety",
            link: "https://docs.rs/tokio/latest/tokio/macro.select.html#cancellation-safety",
        },
        Source {
            what: "A WebRTC library looked through itself for such reads and found three.",
            work: "webrtc-rs/webrtc issue 203, Cancel safety audit",
            link: "https://github.com/webrtc-rs/webrtc/issues/203",
        },
    ],
    path: "src/race/cancelled_read.rs",
    source: include_str!("cancelled_read.rs"),
    outcome: &["number"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([42]) => acceptable("the whole number was read"),
        Ok(_) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("drop it, read again", runs!(tasks P => one_number::<P, _>(read_again)))
        .because("What the dropped read had taken off the line is in no one's hands any more."),
    Variant::wrong_fix("wait longer", runs!(tasks P => one_number::<P, _>(wait_longer)))
        .by(Means::Pause)
        .because(
            "However long it waits, the first digit may come just before, and the second after.",
        ),
    Variant::cure("keep the digits outside", runs!(tasks P => one_number::<P, _>(keep_outside)))
        .because("The number belongs to the reader, so it is still there when the read is dropped.")
        .costs("Whoever reads has to keep half a number, and to know that it is one."),
    Variant::cure("keep the read", runs!(tasks P => one_number::<P, _>(keep_the_read)))
        .because("The time-out only borrows the read: it is not dropped, and goes on where it was.")
        .costs("The read is pinned, and lives as long as the reader."),
];

/// Digits on their way, and who waits for them.
struct Line<P: Tasks> {
    digits: RefCell<VecDeque<Option<u64>>>, // `None`: no more will come
    reader: RefCell<Option<Waker>>,
    // What is seen of it in the pictures.
    sent: P::Cell<u64>,
    taken: P::Cell<u64>,
    timed_out: P::Cell<bool>,
}

impl<P: Tasks> Line<P> {
    fn send(&self, digit: u64) {
        self.sent.set(digit);
        self.put(Some(digit));
    }

    fn put(&self, digit: Option<u64>) {
        self.digits.borrow_mut().push_back(digit);
        self.reader.take().into_iter().for_each(Waker::wake);
    }

    /// Takes the next digit off the line; `None` when no more will come.
    async fn next(&self) -> Option<u64> {
        let digit = poll_fn(|context| match self.digits.borrow_mut().pop_front() {
            Some(digit) => Poll::Ready(digit),
            None => {
                self.reader.replace(Some(context.waker().clone()));
                Poll::Pending
            }
        });
        let digit = digit.await?;
        self.taken.set(digit);
        Some(digit)
    }
}

fn one_number<P: Tasks, F: Future<Output = u64> + 'static>(read: impl Fn(Rc<Line<P>>) -> F) -> u64 {
    let line = Rc::new(Line {
        digits: RefCell::default(),
        reader: RefCell::default(),
        sent: P::Cell::named("sent", 0),
        taken: P::Cell::named("taken", 0),
        timed_out: P::Cell::named("timed out", false),
    });
    let [number, _] = on_one_thread::<P, _>(read(Rc::clone(&line)), send_42(line));
    number
}

async fn send_42<P: Tasks>(line: Rc<Line<P>>) -> u64 {
    line.send(4);
    fetch::<P>().await;
    line.send(2);
    line.put(None);
    42
}

async fn read_number<P: Tasks>(line: &Line<P>) -> u64 {
    let mut number = 0;
    read_into(line, &mut number).await;
    number
}

async fn read_into<P: Tasks>(line: &Line<P>, number: &mut u64) {
    while let Some(digit) = line.next().await {
        *number = *number * 10 + digit;
    }
}

/// What the read gives; `None` if the time is over before, and then the read is dropped.
async fn in_time<P: Tasks, T>(
    line: &Line<P>,
    read: impl Future<Output = T>,
    time: impl Future<Output = ()>,
) -> Option<T> {
    let read = async { Some(read.await) };
    let over = async {
        time.await;
        line.timed_out.set(true);
        None
    };
    or(read, over).await
}

async fn read_again<P: Tasks>(line: Rc<Line<P>>) -> u64 {
    match in_time(&line, read_number(&line), fetch::<P>()).await {
        Some(number) => number,
        None => read_number(&line).await,
    }
}

async fn wait_longer<P: Tasks>(line: Rc<Line<P>>) -> u64 {
    let longer = async {
        fetch::<P>().await;
        fetch::<P>().await;
    };
    match in_time(&line, read_number(&line), longer).await {
        Some(number) => number,
        None => read_number(&line).await,
    }
}

async fn keep_outside<P: Tasks>(line: Rc<Line<P>>) -> u64 {
    let mut number = 0;
    if in_time(&line, read_into(&line, &mut number), fetch::<P>()).await.is_none() {
        read_into(&line, &mut number).await;
    }
    number
}

async fn keep_the_read<P: Tasks>(line: Rc<Line<P>>) -> u64 {
    let mut read = pin!(read_number(&line));
    match in_time(&line, &mut read, fetch::<P>()).await {
        Some(number) => number,
        None => read.await,
    }
}
