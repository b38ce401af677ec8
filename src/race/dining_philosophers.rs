//! Philosophers around a table, one fork between each two: each takes the left one first.
//!
//! # Orderings
//! None beyond what locks bring.

use crate::list::{Entry, Means, Parameter, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{Condvar, JoinHandle, Mutex, Primitives};
use crate::report::Failure;
use std::sync::Arc;

const FORBIDDEN: &str = "each holds a fork and waits for the next";

/// A circle of waiting, of any length.
pub static DINING_PHILOSOPHERS: Entry = Entry {
    name: "dining-philosophers",
    title: "Each has taken the left fork and waits for the right one",
    story: "Philosophers sit around a table with a fork between each two, and need both neighbouring \
            forks to eat. If each takes the left one first, all can have taken it, and then each \
            waits for a neighbour who waits as well, all around the table. Locks taken in two orders \
            are this with two at the table.",
    sources: &[Source {
        what: "The problem, from five tape drives and a multiprogramming system.",
        work: "E. W. Dijkstra, Hierarchical Ordering of Sequential Processes, EWD 310, 1971",
        link: "https://www.cs.utexas.edu/~EWD/transcriptions/EWD03xx/EWD310.html",
    }],
    path: "src/race/dining_philosophers.rs",
    source: include_str!("dining_philosophers.rs"),
    outcome: &["meals"],
    forbidden: FORBIDDEN,
    grade: |ending, [philosophers, _]| match ending {
        Ok([meals]) if *meals == philosophers as i64 => acceptable("everybody has eaten"),
        Ok(_) => forbidden("somebody went hungry"),
        Err(Failure::Deadlock { .. }) => forbidden(FORBIDDEN),
        Err(failure) => failed(failure),
    },
    parameters: &[Parameter {
        name: "threads",
        one: "philosopher",
        usual: 3,
        least: 2,
        most: 5,
        why: "one philosopher has one fork, and with more than five there are too many interleavings",
        offered: &[2, 3],
    }],
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("left, then right", runs!(P, [n, _] => dinner::<P>(n, left_first)))
        .because("All have the same rule, and around a table that is a circle."),
    Variant::wrong_fix(
        "a pause before the right",
        runs!(P, [n, _] => dinner::<P>(n, pause_between)),
    )
    .by(Means::Pause)
    .because("While one waits the others take their left forks too."),
    Variant::cure("one takes the right first", runs!(P, [n, _] => dinner::<P>(n, smaller_first)))
        .because(
            "Forks are taken in the order of their numbers, and the last one breaks the circle.",
        )
        .costs("Everybody has to know the numbers; who sits where is no longer all the same."),
    Variant::cure("one chair fewer", runs!(P, [n, _] => dinner::<P>(n, one_chair_fewer)))
        .because("With one philosopher standing there is a fork to spare.")
        .costs("A queue at the chairs, which all have to pass."),
    Variant::cure("one lock for the table", runs!(P, [n, _] => dinner::<P>(n, whole_table)))
        .by(Means::Lock)
        .because("Whoever eats has the table to himself.")
        .costs("Neighbours who would not disturb each other wait for each other."),
];

struct Table<P: Primitives> {
    /// Each counts the meals eaten with it.
    forks: Vec<P::Mutex<u32>>,
    chairs: P::Mutex<usize>,
    stood_up: P::Condvar,
    whole: P::Mutex<()>,
}

const FORKS: [&str; 5] = ["fork 1", "fork 2", "fork 3", "fork 4", "fork 5"];
const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

/// Each of them eats once. Every meal needs two forks, so that is half of what the forks counted.
fn dinner<P: Primitives>(
    philosophers: usize,
    eat: impl Fn(&Table<P>, usize, usize) + Copy + Send + 'static,
) -> u32 {
    let table = Arc::new(Table::<P> {
        forks: FORKS.iter().take(philosophers).map(|name| P::Mutex::named(name, 0)).collect(),
        chairs: P::Mutex::named("chairs", philosophers - 1),
        stood_up: P::Condvar::named("stood up"),
        whole: P::Mutex::named("table", ()),
    });
    let line = P::start_line(philosophers);
    let sit = |(seat, name): (usize, &'static &'static str)| {
        let (table, line) = (Arc::clone(&table), line.clone());
        P::spawn(name, move || {
            line();
            eat(&table, seat, (seat + 1) % table.forks.len());
        })
    };
    let all: Vec<_> = NAMES.iter().take(philosophers).enumerate().map(sit).collect();
    for philosopher in all {
        philosopher.join();
    }
    table.forks.iter().map(|fork| *fork.lock()).sum::<u32>() / 2
}

fn left_first<P: Primitives>(table: &Table<P>, left: usize, right: usize) {
    let mut left = table.forks[left].lock();
    let mut right = table.forks[right].lock();
    *left += 1;
    *right += 1;
}

fn pause_between<P: Primitives>(table: &Table<P>, left: usize, right: usize) {
    let mut left = table.forks[left].lock();
    P::yield_now();
    let mut right = table.forks[right].lock();
    *left += 1;
    *right += 1;
}

fn smaller_first<P: Primitives>(table: &Table<P>, left: usize, right: usize) {
    left_first(table, left.min(right), left.max(right));
}

fn one_chair_fewer<P: Primitives>(table: &Table<P>, left: usize, right: usize) {
    let mut chairs = table.chairs.lock();
    while *chairs == 0 {
        table.stood_up.wait(&mut chairs);
    }
    *chairs -= 1;
    drop(chairs);
    left_first(table, left, right);
    *table.chairs.lock() += 1;
    table.stood_up.notify_one();
}

fn whole_table<P: Primitives>(table: &Table<P>, left: usize, right: usize) {
    let _whole = table.whole.lock();
    left_first(table, left, right);
}
