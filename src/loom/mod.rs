//! The second opinion: a program explored by loom.
//!
//! [`explore_with_loom`] runs a program written in the family
//! [`Loom`](crate::primitives::Loom) and returns the same [`Report`] as racelab's own explorer. Its
//! [`coverage`](Report::coverage) says how many of the program's interleavings loom visited.
//!
//! ```
//! use racelab::counter::{Counter, RacyCounter};
//! use racelab::primitives::{JoinHandle, Loom, Primitives};
//! use std::sync::Arc;
//!
//! let report = racelab::explore_with_loom(|| {
//!     let counter = Arc::new(RacyCounter::<Loom>::default());
//!     let other = Arc::clone(&counter);
//!     let thread = Loom::spawn("A", move || other.increment());
//!     counter.increment();
//!     thread.join();
//!     counter.get()
//! });
//! assert_eq!(report.interleavings(), Some(6));
//! assert_eq!(report.outcome(&1).unwrap().interleavings(), Some(4));
//! ```
//!
//! # Layout
//! - this file: [`explore_with_loom`], and [`LoomExplorer`] with its limits
//! - `finish`: from a log to a trace; `collect`: from executions to a report; `class`: which executions are the same but for the
//!   order of independent steps; `coverage`: how many interleavings there are
//! - `mode`: what a load and a store are to loom
//! - `error`: what loom cannot do; `panics`: panics caught without noise
//!
//! # Limitations
//! Those of loom: see [`primitives::loom`](crate::primitives::loom). A step that a destructor takes
//! while its thread unwinds after a deadlock is not taken.

mod class;
mod collect;
mod coverage;
mod error;
mod finish;
mod mode;
pub(crate) mod panics;

pub use error::LoomError;
pub use mode::LoomMode;

use crate::primitives::loom::log::{self, Log};
use crate::primitives::loom::stop::{Abandon, OnHang, Stop};
use crate::primitives::loom::threads;
use crate::report::Report;
use collect::Collector;
use panics::Quiet;
use parking_lot::Mutex;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// Explores a program with loom.
///
/// The closure is the program: loom runs it once for each execution, and it must do the same each
/// time. It makes its objects itself and returns a value.
///
/// # Panics
/// When loom cannot explore the program, with the message of the [`LoomError`]. A panic of the
/// program is a result, not a panic here.
#[track_caller]
pub fn explore_with_loom<T, F>(program: F) -> Report<T>
where
    F: Fn() -> T + Send + Sync + 'static,
    T: Clone + Ord + Debug + Send + 'static,
{
    LoomExplorer::new().explore(program)
}

/// An exploration by loom, with its limits.
#[derive(Clone, Debug)]
pub struct LoomExplorer {
    mode: LoomMode,
    max_branches: usize,
    max_executions: Option<u64>,
    timeout: Option<Duration>,
}

impl Default for LoomExplorer {
    fn default() -> Self {
        LoomExplorer {
            mode: LoomMode::default(),
            max_branches: 1_000,
            max_executions: None,
            timeout: None,
        }
    }
}

impl LoomExplorer {
    /// An exploration with loom's own limits.
    pub fn new() -> LoomExplorer {
        LoomExplorer::default()
    }

    /// What a load and a store are to loom ([`LoomMode::Interleavings`] unless set).
    #[must_use]
    pub fn mode(mut self, mode: LoomMode) -> Self {
        self.mode = mode;
        self
    }

    /// The largest number of points in one execution at which loom may switch (1 or more; 1,000
    /// unless set). An execution that has more is an error.
    #[must_use]
    pub fn max_branches(mut self, limit: usize) -> Self {
        self.max_branches = limit.max(1);
        self
    }

    /// Stops after so many executions; the report is then not complete.
    #[must_use]
    pub fn max_executions(mut self, limit: u64) -> Self {
        self.max_executions = Some(limit);
        self
    }

    /// Begins no execution after so much time; the report is then not complete.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Explores a program.
    ///
    /// # Panics
    /// When loom cannot explore the program, with the message of the [`LoomError`].
    #[track_caller]
    pub fn explore<T, F>(&self, program: F) -> Report<T>
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Clone + Ord + Debug + Send + 'static,
    {
        self.try_explore(program).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Explores a program, or says why loom cannot.
    ///
    /// # Errors
    /// See [`LoomError`].
    pub fn try_explore<T, F>(&self, program: F) -> Result<Report<T>, LoomError>
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Clone + Ord + Debug + Send + 'static,
    {
        if log::is_active() {
            return Err(LoomError::Nested);
        }
        // On a thread of its own: what a program leaves behind there (a destructor that hangs, say)
        // stays there.
        let (sender, receiver) = mpsc::channel();
        let limits = self.clone();
        let explore = move || limits.explore_here(&Arc::new(program), &sender);
        let thread = std::thread::Builder::new().name("loom".to_owned()).spawn(explore);
        let thread = thread.expect("the operating system refused a new thread");
        receiver.recv().unwrap_or_else(|_| {
            let panic = thread.join().err();
            let message = panic.map(|panic| panics::message(panic.as_ref())).unwrap_or_default();
            Err(LoomError::Other { message })
        })
    }

    /// Explores, and sends the report: at the end, or when a thread hangs.
    fn explore_here<T, F>(
        &self,
        program: &Arc<F>,
        send: &mpsc::Sender<Result<Report<T>, LoomError>>,
    ) where
        F: Fn() -> T + Send + Sync + 'static,
        T: Clone + Ord + Debug + Send + 'static,
    {
        let began = Instant::now();
        let mut unlocks_are_points = false;
        loop {
            let collector = Arc::new(Mutex::new(Collector::new()));
            let (hung, collected) = (send.clone(), Arc::clone(&collector));
            let on_hang: OnHang = Arc::new(move |log: Log| {
                let mut collector = collected.lock();
                let report = match log.stop {
                    Some(Stop::Error(error)) => Err(error),
                    _ => {
                        collector.collect(Some(log));
                        Ok(collector.report(false, began.elapsed()))
                    }
                };
                let _ = hung.send(report);
            });
            let ended = self.run(program, &collector, began, unlocks_are_points, &on_hang);
            let report = match ended {
                Ended::UnlocksAsPoints => {
                    unlocks_are_points = true;
                    continue;
                }
                Ended::All | Ended::Limit => {
                    let all = matches!(ended, Ended::All);
                    Ok(collector.lock().report(all, began.elapsed()))
                }
                Ended::Error(LoomError::TooManyBranches { .. }) => {
                    Err(LoomError::TooManyBranches { limit: self.max_branches })
                }
                Ended::Error(error) => Err(error),
            };
            // Nobody listens any more where a thread hung; then the report is already there.
            let _ = send.send(report);
            return;
        }
    }

    /// Lets loom run the program until it has no more executions or has to stop.
    fn run<T, F>(
        &self,
        program: &Arc<F>,
        collector: &Arc<Mutex<Collector<T>>>,
        began: Instant,
        unlocks_are_points: bool,
        on_hang: &OnHang,
    ) -> Ended
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Clone + Ord + Debug + Send + 'static,
    {
        let _quiet = Quiet::new();
        let (program, limits) = (Arc::clone(program), self.clone());
        let (collected, on_hang) = (Arc::clone(collector), Arc::clone(on_hang));
        let body = move || {
            {
                let mut collector = collected.lock();
                collector.collect(log::take());
                if limits.exhausted(collector.executions(), began) {
                    resume_unwind(Box::new(Limit));
                }
            }
            let result = execute(&*program, limits.mode, unlocks_are_points, &on_hang);
            collected.lock().returned(result);
        };
        let checked = catch_unwind(AssertUnwindSafe(|| self.builder().check(body)));
        let log = log::take();
        match checked {
            Ok(()) => {
                collector.lock().collect(log);
                Ended::All
            }
            Err(payload) if payload.is::<Limit>() => Ended::Limit,
            Err(payload) => match log.and_then(|log| log.stop) {
                Some(Stop::UnlocksAsPoints) => Ended::UnlocksAsPoints,
                Some(Stop::Error(error)) => Ended::Error(error),
                None => Ended::Error(LoomError::from_panic(&panics::message(payload.as_ref()))),
            },
        }
    }

    fn builder(&self) -> ::loom::model::Builder {
        let mut builder = ::loom::model::Builder::new();
        builder.max_threads = ::loom::MAX_THREADS;
        builder.max_branches = self.max_branches;
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.preemption_bound = None;
        builder.checkpoint_file = None;
        builder.expect_explicit_explore = false;
        builder.log = false;
        // The data-race check then names the threads in its message.
        builder.location = true;
        builder
    }

    fn exhausted(&self, executions: u64, began: Instant) -> bool {
        self.max_executions.is_some_and(|limit| executions >= limit)
            || self.timeout.is_some_and(|limit| began.elapsed() >= limit)
    }
}

/// The payload that ends an exploration at a limit.
struct Limit;

/// How loom's part ended.
enum Ended {
    All,
    Limit,
    UnlocksAsPoints,
    Error(LoomError),
}

/// Runs the program's main thread once. `None` when it ended in a panic, which the log then has.
fn execute<T>(
    program: impl Fn() -> T,
    mode: LoomMode,
    unlocks_are_points: bool,
    on_hang: &OnHang,
) -> Option<T> {
    // 0 is the number of no execution: that of an object which was made outside.
    static EXECUTIONS: AtomicU64 = AtomicU64::new(1);
    let number = EXECUTIONS.fetch_add(1, Ordering::Relaxed);
    let mut log = Log::new(number, mode, unlocks_are_points, Arc::clone(on_hang));
    log.set_main(::loom::thread::current());
    log::begin(log);
    let result = catch_unwind(AssertUnwindSafe(program));
    threads::note_panic(result.as_ref().err().map(|payload| payload.as_ref()));
    if threads::end(0) {
        resume_unwind(Box::new(Abandon));
    }
    result.ok()
}
