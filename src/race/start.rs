//! How the threads of a race are started: at the same time, and under their letters.
//!
//! In a file of its own, so that the lines that verdicts name stay where they are when a race is
//! added to the catalogue.

use crate::primitives::{JoinHandle, LocalFuture, Primitives, Tasks};

/// Runs the two at the same time, as threads A and B, and waits for both.
pub(super) fn at_once<P: Primitives, T: Send + 'static, U: Send + 'static>(
    a: impl FnOnce() -> T + Send + 'static,
    b: impl FnOnce() -> U + Send + 'static,
) -> (T, U) {
    both::<P, T, U>(Box::new(a), Box::new(b))
}

/// What a thread runs. Boxed: there are two hundred of them, and each family makes much of each.
type Body<T> = Box<dyn FnOnce() -> T + Send>;

fn both<P: Primitives, T: Send + 'static, U: Send + 'static>(a: Body<T>, b: Body<U>) -> (T, U) {
    let line = P::start_line(2);
    let a = P::spawn("A", after(line.clone(), a));
    let b = P::spawn("B", after(line, b));
    (a.join(), b.join())
}

/// The same beside a third thread, who owns what A and B ask it for.
///
/// It is started last, so that the other two keep their letters.
pub(super) fn with_owner<P: Primitives, T: Send + 'static, U: Send + 'static, V: Send + 'static>(
    a: impl FnOnce() -> T + Send + 'static,
    b: impl FnOnce() -> U + Send + 'static,
    owner: impl FnOnce() -> V + Send + 'static,
) -> (T, U, V) {
    three::<P, T, U, V>(Box::new(a), Box::new(b), Box::new(owner))
}

fn three<P: Primitives, T: Send + 'static, U: Send + 'static, V: Send + 'static>(
    a: Body<T>,
    b: Body<U>,
    owner: Body<V>,
) -> (T, U, V) {
    let line = P::start_line(3);
    let a = P::spawn("A", after(line.clone(), a));
    let b = P::spawn("B", after(line.clone(), b));
    let owner = P::spawn("owner", after(line, owner));
    (a.join(), b.join(), owner.join())
}

fn after<T>(line: impl Fn(), body: Body<T>) -> impl FnOnce() -> T {
    move || {
        line();
        body()
    }
}

/// Runs the two as tasks A and B of one thread, and waits for both.
pub(super) fn on_one_thread<P: Tasks, T: 'static>(
    a: impl Future<Output = T> + 'static,
    b: impl Future<Output = T> + 'static,
) -> [T; 2] {
    let tasks: Vec<(_, LocalFuture<T>)> = vec![("A", Box::pin(a)), ("B", Box::pin(b))];
    let both = P::run(tasks).try_into();
    both.unwrap_or_else(|_| panic!("two tasks return two results"))
}

/// Asks another server. That takes time, and other tasks go on meanwhile.
#[track_caller]
pub(super) fn fetch<P: Tasks>() -> P::Pause {
    P::pause()
}
