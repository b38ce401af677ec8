//! The loop of an exploration: execution after execution, by one worker or several.

use super::apart::{apart, side_by_side};
use super::dpor::{Crew, Dpor};
use super::exploration::Exploration;
use super::left::Books;
use super::progress::{Done, Watch};
use super::runtime::Runtime;
use super::tally::Tally;
use super::{ExploreError, Explorer, Memory, Program, Reduction, checkpoint};
use std::cell::RefCell;
use std::fmt::Debug;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

/// One worker: what it explores with, and what it has found.
pub(super) struct Worker<E, T> {
    pub runtime: Runtime,
    pub engine: E,
    pub tally: Tally<T>,
    /// What executions that got stuck cost.
    pub left: Books,
    /// Was everything explored?
    pub complete: bool,
}

/// Where a worker begins.
#[derive(Clone, Copy)]
enum Start {
    /// With the program's first execution.
    Anew,
    /// Where a checkpoint stopped.
    Resumed,
    /// With what another worker has found.
    Helping,
}

impl<T: Ord + Debug + Send> Worker<Dpor, T> {
    /// Explores `program` to the end, or to the limits of `settings`, with as many workers as they
    /// ask for; returns what all have found together.
    pub fn crew(
        settings: &Explorer,
        program: Program<'_, T>,
        started: Instant,
    ) -> Result<Self, ExploreError> {
        let literal = settings.reduction == Reduction::None;
        let jobs = if literal || settings.checkpoint.is_some() { 1 } else { settings.jobs };
        let crew = Crew::new(jobs);
        let watch = Watch::new(settings.listener.as_ref(), started, jobs);
        let worker = |runtime| {
            let mut dpor = Dpor::new(settings.counting, literal);
            if jobs > 1 {
                dpor.join(&crew);
            }
            Worker::new(settings, runtime, dpor)
        };
        let first = worker(Runtime::new(settings.stack_size, settings.finer));
        if jobs == 1 {
            return match &settings.checkpoint {
                None => Worker::alone(first.engine, settings, program, started),
                Some(file) => apart(settings, || first.resumed(file, settings, program, started))?,
            };
        }
        let mut workers = vec![first];
        for _ in 1..jobs {
            workers.push(worker(workers[0].runtime.colleague()));
        }
        let bodies = workers.into_iter().enumerate().map(|(number, mut worker)| {
            let (crew, watch) = (&crew, &watch);
            move || {
                let start = if number == 0 { Start::Anew } else { Start::Helping };
                // A panic of the listener: nobody has to wait for a worker that is gone.
                let _calls_off = CallsOff(crew);
                let result = worker.work(settings, program, started, crew, start, (number, watch));
                if !matches!(result, Ok(true)) {
                    crew.call_off();
                }
                result.map(|complete| {
                    worker.complete = complete;
                    worker
                })
            }
        });
        let results = side_by_side(settings, bodies.collect())?;
        let results = results.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut all: Option<Self> = None;
        for worker in results {
            match &mut all {
                None => all = Some(worker),
                Some(all) => {
                    all.complete &= worker.complete;
                    all.engine.merge(&worker.engine);
                    all.tally.merge(worker.tally);
                }
            }
        }
        Ok(all.expect("there is at least one worker"))
    }

    /// Explores `program` from where a checkpoint stopped, and keeps one if it is stopped itself.
    fn resumed(
        mut self,
        file: &Path,
        settings: &Explorer,
        program: Program<'_, T>,
        started: Instant,
    ) -> Result<Self, ExploreError> {
        let keeper = checkpoint::Keeper::open(file)?;
        // Whose checkpoint it is shows in the program's first execution.
        let mut first = Dpor::new(false, false);
        let mut body = || drop(program());
        let max_steps = u32::try_from(settings.max_steps).unwrap_or(u32::MAX);
        first.execute(&mut self.runtime, max_steps, &mut body, |_| ());
        if let Some(error) = self.runtime.take_error() {
            return Err(error);
        }
        let hash = checkpoint::fingerprint(&first);
        let Worker { runtime, engine, tally, .. } = &mut self;
        let known = checkpoint::resume(&keeper, &hash, settings, runtime, engine, tally, program)?;
        let start = if known { Start::Resumed } else { Start::Anew };
        let watch = Watch::new(settings.listener.as_ref(), started, 1);
        let all = self.work(settings, program, started, &Crew::new(1), start, (0, &watch));
        if matches!(all, Err(ExploreError::Finer(_))) {
            // What was explored so far was so with steps that are too coarse.
            keeper.remove()?;
        }
        self.complete = all?;
        let Worker { runtime, engine, tally, .. } = &self;
        if self.complete {
            keeper.remove()?;
        } else if !tally.stop && engine.diverged().is_none() {
            checkpoint::save(&keeper, &hash, settings, runtime, engine, tally)?;
        }
        Ok(self)
    }
}

impl<E: Exploration + Send, T: Ord + Debug + Send> Worker<E, T> {
    fn new(settings: &Explorer, runtime: Runtime, engine: E) -> Self {
        let mut tally = Tally::new();
        // A checkpoint does not keep the classes of the executions before it, and under Rust's
        // orderings every execution is a graph of its own.
        let apart = settings.memory == Memory::SequentiallyConsistent;
        if settings.classes && apart && settings.checkpoint.is_none() {
            tally.tell_classes_apart();
        }
        Worker { runtime, engine, tally, left: Books::default(), complete: false }
    }

    /// Explores `program` alone.
    pub fn alone(
        engine: E,
        settings: &Explorer,
        program: Program<'_, T>,
        started: Instant,
    ) -> Result<Self, ExploreError> {
        let mut worker =
            Worker::new(settings, Runtime::new(settings.stack_size, settings.finer), engine);
        let crew = Crew::new(1);
        let watch = Watch::new(settings.listener.as_ref(), started, 1);
        apart(settings, || {
            worker.complete =
                worker.work(settings, program, started, &crew, Start::Anew, (0, &watch))?;
            Ok(worker)
        })?
    }

    /// What it has done so far.
    pub fn done(&self) -> Done {
        let Tally { executions, interleavings, .. } = self.tally;
        let (whole, share) = (self.engine.whole(), self.engine.share());
        Done { executions, interleavings, whole, share }
    }

    /// Runs execution after execution until nothing is left; returns whether that was all.
    fn work(
        &mut self,
        settings: &Explorer,
        program: Program<'_, T>,
        started: Instant,
        crew: &Crew,
        start: Start,
        watch: (usize, &Watch<'_>),
    ) -> Result<bool, ExploreError> {
        self.runtime.clock = settings.clock(started);
        let complete = self.run_all(settings, program, crew, start, watch);
        self.tally.left = self.left.close(&self.runtime);
        complete
    }

    fn run_all(
        &mut self,
        settings: &Explorer,
        program: Program<'_, T>,
        crew: &Crew,
        start: Start,
        (number, watch): (usize, &Watch<'_>),
    ) -> Result<bool, ExploreError> {
        let max_steps = u32::try_from(settings.max_steps).unwrap_or(u32::MAX);
        let value = RefCell::new(None);
        let mut body = || {
            value.borrow_mut().take();
            let returned = program();
            *value.borrow_mut() = Some(returned);
        };
        let mut first = None;
        match start {
            Start::Anew => {
                first = self.first_run(max_steps, &mut body, || value.borrow_mut().take())?;
                if first.is_none() {
                    return Ok(false);
                }
            }
            Start::Resumed => {}
            Start::Helping if self.engine.find_work() => {}
            Start::Helping => return Ok(!crew.stop.load(Relaxed)),
        }
        loop {
            value.borrow_mut().take();
            let tally = &mut self.tally;
            self.engine.execute(&mut self.runtime, max_steps, &mut body, |execution| {
                tally.enter(execution, value.borrow_mut().take(), max_steps);
            });
            if let Some(error) = self.runtime.error.take() {
                return Err(error);
            }
            if self.tally.stop || self.engine.diverged().is_some() {
                return Ok(false);
            }
            if first.take().is_some_and(|first| !self.is_repeated(&first)) {
                return Ok(false);
            }
            // Counted together only where somebody asks for the sum.
            let executions = match settings.max_executions {
                u64::MAX => self.tally.executions,
                _ => crew.executions.fetch_add(1, Relaxed) + 1,
            };
            if watch.is_wanted() && self.tally.executions.is_multiple_of(64) {
                watch.note(number, self.done());
            }
            if !self.engine.backtrack() && !self.engine.find_work() {
                return Ok(!crew.stop.load(Relaxed));
            }
            let over = self.runtime.clock.is_over()
                || settings.is_called_off()
                || !self.left.note(&self.runtime);
            if executions >= settings.max_executions || over || crew.stop.load(Relaxed) {
                return Ok(false);
            }
        }
    }
}

/// Calls the others off when its worker is unwound.
struct CallsOff<'a>(&'a Crew);

impl Drop for CallsOff<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.call_off();
        }
    }
}
