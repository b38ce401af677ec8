//! The settings of an exploration.

use super::finer::Finer;
use super::progress::{Listener, Progress};
use super::runtime::Clock;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Which values a load may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Memory {
    /// A load sees the newest store: all threads agree on one order of all steps.
    #[default]
    SequentiallyConsistent,
    /// A load may see any store that Rust's orderings let it see (see [`rc11`](super::rc11)).
    /// What is explored are executions: who reads from whom, and in which order the stores to each
    /// location stand. Each is run exactly once. Interleavings are not counted, since some
    /// executions have none that explains them.
    Rc11,
}

impl Memory {
    /// The memory's name in JSON and on the command line: `sc` or `rc11`.
    pub fn name(self) -> &'static str {
        match self {
            Memory::SequentiallyConsistent => "sc",
            Memory::Rc11 => "rc11",
        }
    }
}

/// Which interleavings are run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// One of each class: those that differ only in the order of independent steps count as one.
    #[default]
    Dpor,
    /// Every interleaving, literally.
    None,
}

/// Explores a program under every interleaving.
///
/// # Examples
/// ```
/// use racelab::explore::{Explorer, Reduction};
/// use racelab::model::{sync::atomic::{AtomicU32, Ordering::SeqCst}, thread};
/// use std::sync::Arc;
///
/// let report = Explorer::new().reduction(Reduction::None).explore(|| {
///     let x = Arc::new(AtomicU32::new(0));
///     let other = Arc::clone(&x);
///     let thread = thread::spawn(move || other.fetch_add(1, SeqCst));
///     x.fetch_add(1, SeqCst);
///     thread.join().unwrap()
/// });
/// assert_eq!(report.executions(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Explorer {
    pub(super) memory: Memory,
    pub(super) reduction: Reduction,
    pub(super) counting: bool,
    pub(super) classes: bool,
    pub(super) max_executions: u64,
    pub(super) max_steps: usize,
    pub(super) max_states: usize,
    pub(super) prove_by_states: bool,
    pub(super) prove_up_to: u64,
    pub(super) timeout: Option<Duration>,
    pub(super) jobs: usize,
    pub(super) stack_size: usize,
    pub(super) finer: Finer,
    pub(super) patience: Duration,
    pub(super) checkpoint: Option<PathBuf>,
    pub(super) listener: Option<Listener>,
    pub(super) stop: Option<Arc<AtomicBool>>,
}

impl Default for Explorer {
    fn default() -> Self {
        Explorer::new()
    }
}

impl Explorer {
    /// The default settings: sequential consistency, one execution a class, no limit but 10,000
    /// steps an execution.
    pub fn new() -> Self {
        Explorer {
            memory: Memory::default(),
            reduction: Reduction::default(),
            counting: true,
            classes: false,
            max_executions: u64::MAX,
            max_steps: 10_000,
            max_states: 2_000_000,
            prove_by_states: false,
            prove_up_to: 1_000,
            timeout: None,
            jobs: 1,
            stack_size: 256 << 10,
            finer: Finer::default(),
            patience: Duration::from_secs(10),
            checkpoint: None,
            listener: None,
            stop: None,
        }
    }

    /// Which values a load may see.
    #[must_use]
    pub fn memory(mut self, memory: Memory) -> Self {
        self.memory = memory;
        self
    }

    /// Which interleavings are run.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// Whether to count the interleavings that each execution stands for (the default).
    #[must_use]
    pub fn counting(mut self, counting: bool) -> Self {
        self.counting = counting;
        self
    }

    /// Whether to tell the executions' classes apart, so that
    /// [`traces`](crate::Report::traces) is the number of distinct ones and not taken on trust.
    ///
    /// Under [`Reduction::Dpor`] that number equals the executions, or one class was run twice;
    /// under [`Reduction::None`] it is the number of classes. It costs 16 bytes a class.
    ///
    /// # Examples
    /// ```
    /// use racelab::explore::{Explorer, Reduction};
    /// use racelab::model::{sync::atomic::{AtomicU32, Ordering::SeqCst}, thread};
    /// use std::sync::Arc;
    ///
    /// let program = || {
    ///     let x = Arc::new(AtomicU32::new(0));
    ///     let other = Arc::clone(&x);
    ///     let thread = thread::spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
    ///     x.store(x.load(SeqCst) + 1, SeqCst);
    ///     thread.join().unwrap();
    /// };
    /// let explorer = Explorer::new().classes(true);
    /// let literal = explorer.clone().reduction(Reduction::None).explore(program);
    /// assert_eq!((literal.executions(), literal.traces()), (6, 4));
    /// assert_eq!(explorer.explore(program).executions(), 4);
    /// ```
    #[must_use]
    pub fn classes(mut self, classes: bool) -> Self {
        self.classes = classes;
        self
    }

    /// Stops after so many executions; the report then says that it is not complete.
    #[must_use]
    pub fn max_executions(mut self, executions: u64) -> Self {
        self.max_executions = executions;
        self
    }

    /// The number of steps after which an execution counts as one that never ends.
    #[must_use]
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.max_steps = steps;
        self
    }

    /// The number of states after which a [`StateGraph`](super::StateGraph) is given up.
    #[must_use]
    pub fn max_states(mut self, states: usize) -> Self {
        self.max_states = states;
        self
    }

    /// Whether to hold the count against the paths through the [graph of states](super::StateGraph)
    /// where no closed form holds and they are too many to [run](Explorer::prove_up_to) (not unless
    /// asked for).
    ///
    /// The proof is [`Proof::States`](crate::Proof::States) if they agree, in all and for each outcome;
    /// it is [`Proof::None`](crate::Proof::None) if they do not or the graph has more than
    /// [`max_states`](Explorer::max_states).
    ///
    /// # Examples
    /// ```
    /// use racelab::counter::{MutexCounter, race};
    /// use racelab::{Explorer, Proof, primitives::Model};
    ///
    /// let program = || race::<Model, MutexCounter<Model>>(2, 2);
    /// let report = Explorer::new().prove_up_to(0).prove_by_states(true).explore(program);
    /// assert_eq!(report.proof(), Proof::States);
    /// ```
    #[must_use]
    pub fn prove_by_states(mut self, prove: bool) -> Self {
        self.prove_by_states = prove;
        self
    }

    /// Interleavings up to this number are also run one by one, so that their count is held against
    /// a second total where no closed form holds (1,000 unless told otherwise; 0: never).
    #[must_use]
    pub fn prove_up_to(mut self, interleavings: u64) -> Self {
        self.prove_up_to = interleavings;
        self
    }

    /// Stops after this time; the report then says that it is not complete.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How many OS threads explore (1 to 64). The report is the same for any number, but for the
    /// redundant executions; where a spin keeps the interleavings from being counted, the executions
    /// may differ as well. The literal enumeration of [`Reduction::None`] and [`Memory::Rc11`] always
    /// run on one.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs.clamp(1, 64);
        self
    }

    /// Keeps what has been explored in a file when the exploration is stopped by
    /// [`max_executions`](Explorer::max_executions), [`timeout`](Explorer::timeout) or
    /// [`stop_when`](Explorer::stop_when), and goes on from there when it is started again. The file
    /// is removed when everything is explored.
    ///
    /// It is refused where it cannot be written, where another process explores with it, and where a
    /// single bit of it is not as it was written.
    ///
    /// Both limits count from the start of the present run. Explores on one thread, under
    /// [`Memory::SequentiallyConsistent`].
    ///
    /// # Examples
    /// ```
    /// # use racelab::{Explorer, primitives::Model, counter::{RacyCounter, race}};
    /// let file = std::env::temp_dir().join("racelab-doc-checkpoint.json");
    /// # let _ = std::fs::remove_file(&file);
    /// let program = || race::<Model, RacyCounter<Model>>(2, 2);
    /// let first = Explorer::new().checkpoint(&file).max_executions(20).explore(program);
    /// assert!(!first.is_complete());
    /// let rest = Explorer::new().checkpoint(&file).explore(program);
    /// assert_eq!(rest.interleavings(), Some(70));
    /// ```
    #[must_use]
    pub fn checkpoint(mut self, file: impl Into<PathBuf>) -> Self {
        self.checkpoint = Some(file.into());
        self
    }

    /// Stops soon after somebody sets `flag`, as at a limit: the report says that it is not complete,
    /// and a [`checkpoint`](Explorer::checkpoint) is kept. For a signal handler, or a button.
    ///
    /// # Examples
    /// ```
    /// # use racelab::{Explorer, primitives::Model, counter::{RacyCounter, race}};
    /// # use std::sync::{Arc, atomic::{AtomicBool, Ordering::Relaxed}};
    /// let enough = Arc::new(AtomicBool::new(false));
    /// let explorer = Explorer::new().stop_when(Arc::clone(&enough));
    /// enough.store(true, Relaxed); // by now, or by somebody else meanwhile
    /// let report = explorer.explore(|| race::<Model, RacyCounter<Model>>(3, 3));
    /// assert!(!report.is_complete());
    /// ```
    #[must_use]
    pub fn stop_when(mut self, flag: Arc<AtomicBool>) -> Self {
        self.stop = Some(flag);
        self
    }

    /// When an exploration that began at this moment has to be over.
    pub(super) fn clock(&self, started: Instant) -> Clock {
        let deadline = self.timeout.and_then(|timeout| started.checked_add(timeout));
        // A checkpoint begins between two executions.
        Clock::new(deadline, self.stop.clone(), self.checkpoint.is_none())
    }

    /// Has somebody had enough?
    pub(super) fn is_called_off(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Relaxed))
    }

    /// The stack of each modelled thread, in bytes (256 KiB unless told otherwise).
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// How long a program's code may go on without taking a step (10 seconds unless told otherwise).
    ///
    /// A loop without steps, a lock of std's that another modelled thread holds, a channel or a sleep
    /// of std's: such code cannot be interrupted. After this time the process says where the thread
    /// took its last step, and ends.
    #[must_use]
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// Calls `listener` now and then with how far an exploration has come: at most once in 64
    /// executions and at most twenty times a second, so never for a short exploration. With several
    /// [`jobs`](Explorer::jobs) any of their OS threads may call.
    ///
    /// # Examples
    /// ```
    /// # use racelab::model::{sync::atomic::{AtomicU32, Ordering::SeqCst}, thread};
    /// let explorer = racelab::Explorer::new().on_progress(|progress| {
    ///     eprintln!("{} executions in {:?}", progress.executions, progress.elapsed);
    /// });
    /// # let report = explorer.explore(|| AtomicU32::new(7).load(SeqCst));
    /// # assert_eq!(report.executions(), 1);
    /// ```
    #[must_use]
    pub fn on_progress(mut self, listener: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.listener = Some(Listener(Arc::new(listener)));
        self
    }
}
