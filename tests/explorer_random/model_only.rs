//! What only the model has, or means as the explorer does.

use super::program::{Program, Stmt, is_counted};
use super::world::modelled::{Local, body};
use racelab::model::cell::UnsafeCell;
use racelab::model::sync::atomic::{AtomicU64, Ordering::SeqCst};
use racelab::model::sync::mpsc::RecvTimeoutError;
use racelab::model::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, OnceLock, Weak};
use racelab::model::{thread, thread_local};
use std::cell::RefCell;
use std::time::Duration;

type Atomics = std::sync::Arc<[AtomicU64; 2]>;

static ADDED: AtomicU64 = AtomicU64::new(0);
static GUARDED: Mutex<u64> = Mutex::new(0);
static LAZY: LazyLock<u64> = LazyLock::new(|| 10 + ADDED.fetch_add(1, SeqCst));

thread_local! {
    static TOUCHED: RefCell<Vec<Adds>> = const { RefCell::new(Vec::new()) };
}

/// Adds to an atomic when it is dropped.
struct Adds(Atomics, usize);

impl Drop for Adds {
    fn drop(&mut self) {
        self.0[self.1].fetch_add(1, SeqCst);
    }
}

/// What references are counted to.
pub struct Counted {
    number: Mutex<u64>,
    _adds: Adds,
}

/// The objects that all threads share.
pub struct Objects {
    once: OnceLock<u64>,
    /// Each thread's first reference.
    counted: Vec<std::sync::Mutex<Option<Arc<Counted>>>>,
}

impl Objects {
    pub fn new(program: &Program, atomics: &Atomics) -> Self {
        let users = (0..program.threads.len()).map(|me| program.thread_uses(me, is_counted));
        let counted = program.uses(is_counted).then(|| {
            let _adds = Adds(atomics.clone(), 1);
            Arc::new(Counted { number: Mutex::new(0), _adds })
        });
        let first = |uses: bool| std::sync::Mutex::new(counted.clone().filter(|_| uses));
        Objects { once: OnceLock::new(), counted: users.map(first).collect() }
    }

    pub fn owned(&self, me: usize) -> Owned {
        let first = self.counted[me].lock().unwrap().take();
        Owned { strong: first.into_iter().collect(), weak: None }
    }
}

/// What a thread has of them.
pub struct Owned {
    strong: Vec<Arc<Counted>>,
    weak: Option<Weak<Counted>>,
}

pub fn run(local: &mut Local, stmt: Stmt, all: &mut [Vec<u64>]) {
    use Stmt::*;
    let shared = local.shared;
    let extra = &mut local.extra;
    match stmt {
        IsFinished => {
            if let Some((_, child)) = local.children.first() {
                local.seen.push(u64::from(child.is_finished()));
            }
        }
        Scope => scope(local, all),
        IsPoisoned(m) => local.seen.push(u64::from(shared.mutexes[m].is_poisoned())),
        ClearPoison(m) => shared.mutexes[m].clear_poison(),
        IsCompleted => local.seen.push(u64::from(shared.once.is_completed())),
        SetOnce(value) => local.seen.push(u64::from(shared.extra.once.set(value).is_ok())),
        GetOnce => local.seen.push(shared.extra.once.get().map_or(0, |value| *value)),
        GetOrInit(value) => {
            let init = || value + shared.atomics[1].load(SeqCst);
            local.seen.push(*shared.extra.once.get_or_init(init));
        }
        Lazy => local.seen.push(*LAZY),
        StaticLock => {
            let mut guard = GUARDED.lock().unwrap();
            *guard += 1;
            local.seen.push(*guard);
        }
        StaticAdd => local.seen.push(ADDED.fetch_add(1, SeqCst)),
        Touch => TOUCHED.with_borrow_mut(|touched| {
            touched.push(Adds(shared.atomics.clone(), 0));
            local.seen.push(touched.len() as u64);
        }),
        ReceiveTimeout => {
            if let Some(receiver) = &local.unbounded.1 {
                let got = receiver.recv_timeout(Duration::from_millis(1));
                local.seen.push(got.unwrap_or_else(|why| match why {
                    RecvTimeoutError::Timeout => 88,
                    RecvTimeoutError::Disconnected => 77,
                }));
            }
        }
        Clone => {
            let one_more = extra.strong.last().cloned();
            extra.strong.extend(one_more);
        }
        Drop => drop(extra.strong.pop()),
        Count => {
            if let Some(counted) = extra.strong.last() {
                local.seen.push(Arc::strong_count(counted) as u64);
            }
        }
        TryUnwrap => {
            if let Some(counted) = extra.strong.pop() {
                match Arc::try_unwrap(counted) {
                    Ok(counted) => {
                        let Counted { number, _adds } = counted;
                        local.seen.push(50 + number.into_inner().unwrap());
                    }
                    Err(counted) => extra.strong.push(counted),
                }
            }
        }
        GetMut => {
            if let Some(counted) = extra.strong.last_mut() {
                let alone = Arc::get_mut(counted);
                local.seen.push(alone.map_or(0, |counted| {
                    let number = counted.number.get_mut().unwrap();
                    *number += 1;
                    *number
                }));
            }
        }
        Downgrade => extra.weak = extra.strong.last().map(Arc::downgrade),
        Upgrade => {
            if let Some(weak) = &extra.weak {
                let strong = weak.upgrade();
                local.seen.push(u64::from(strong.is_some()));
                extra.strong.extend(strong);
            }
        }
        _ => unreachable!("{stmt:?} is not the model's alone"),
    }
}

/// Starts those of the thread's children that are still to be started, and waits for them.
fn scope(local: &mut Local, all: &mut [Vec<u64>]) {
    let shared = local.shared;
    let unborn = std::mem::take(&mut local.unborn);
    let seen = std::sync::Mutex::new(Vec::new());
    thread::scope(|scope| {
        for child in unborn {
            let seen = &seen;
            scope.spawn(move || {
                let mut theirs = vec![Vec::new(); shared.program.threads.len()];
                body(shared, child, &mut theirs);
                seen.lock().unwrap().push(theirs);
            });
        }
    });
    for theirs in seen.into_inner().unwrap() {
        for (mine, theirs) in all.iter_mut().zip(theirs) {
            mine.extend(theirs);
        }
    }
}

pub struct Cell(UnsafeCell<u64>);

// SAFETY: racing accesses are what is being tested; the explorer runs one thread at a time.
unsafe impl Sync for Cell {}

impl Cell {
    pub fn new(value: u64) -> Self {
        Cell(UnsafeCell::new(value))
    }
}

pub fn choose(n: usize) -> u64 {
    racelab::model::choose(n) as u64
}

pub fn read(cell: &Cell) -> u64 {
    // SAFETY: as above.
    cell.0.with(|value| unsafe { *value })
}

pub fn write(cell: &Cell) {
    // SAFETY: as above.
    cell.0.with_mut(|value| unsafe { *value += 1 });
}

pub fn wait_timeout<'a>(
    condvar: &Condvar,
    guard: MutexGuard<'a, u64>,
) -> (MutexGuard<'a, u64>, bool) {
    let result = condvar.wait_timeout(guard, Duration::ZERO);
    let (guard, result) = result.unwrap_or_else(|poisoned| poisoned.into_inner());
    (guard, result.timed_out())
}
