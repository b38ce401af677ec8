//! From a program to its report.

use super::apart::apart;
use super::exploration::Exploration;
use super::progress::explored;
use super::proof::second_total;
use super::rc11::{Follow, Rc11};
use super::replay::record;
use super::runtime::{self, Clock, ROUNDS};
use super::tally::{Entry, last_shown};
use super::workers::Worker;
use super::{ExploreError, Explorer, Memory, Program, replay};
use crate::report::{Engine, Failure, Outcome, Proof, Report};
use crate::trace::Trace;
use std::fmt::Debug;
use std::time::Instant;

/// So many steps all examples have together, or a few more: about 150 MB.
const STEPS_SHOWN: usize = 1_000_000;

impl Explorer {
    /// Explores `program`.
    ///
    /// # Panics
    /// When the program cannot be explored at all (see [`ExploreError`]). What goes wrong *in* the
    /// program is an outcome, not a panic.
    #[track_caller]
    pub fn explore<T, F>(&self, program: F) -> Report<T>
    where
        F: Fn() -> T + Send + Sync,
        T: Clone + Ord + Debug + Send,
    {
        match self.try_explore(program) {
            Ok(report) => report,
            Err(error) => panic!("{error}"),
        }
    }

    /// Explores `program`.
    ///
    /// # Errors
    /// When the program cannot be explored at all.
    pub fn try_explore<T, F>(&self, program: F) -> Result<Report<T>, ExploreError>
    where
        F: Fn() -> T + Send + Sync,
        T: Clone + Ord + Debug + Send,
    {
        self.explore_program(&program)
    }

    fn explore_program<T>(&self, program: Program<'_, T>) -> Result<Report<T>, ExploreError>
    where
        T: Clone + Ord + Debug + Send,
    {
        if runtime::is_exploring() {
            return Err(ExploreError::Nested);
        }
        self.as_fine_as_needed(|settings| {
            let (mut report, closed_form) = settings.explore_once(program)?;
            if report.complete && settings.memory == Memory::SequentiallyConsistent {
                report.proof = second_total(settings, program, &report, closed_form)?;
            }
            Ok(report)
        })
    }

    /// Explores `program`; the count is not held against anything yet. Also returns the number of
    /// interleavings where it is known without running any.
    pub(super) fn explore_once<T>(
        &self,
        program: Program<'_, T>,
    ) -> Result<(Report<T>, Option<u128>), ExploreError>
    where
        T: Clone + Ord + Debug + Send,
    {
        let started = Instant::now();
        let (mut runtime, tally, complete, redundant, closed_form, estimate) = match self.memory {
            Memory::SequentiallyConsistent => {
                let all = Worker::crew(self, program, started)?;
                let done = all.done();
                let Worker { runtime, engine: dpor, tally, complete, .. } = all;
                let estimate = match (complete, explored(tally.interleavings, done)) {
                    (false, Some(share)) if share > 0.0 => {
                        tally.interleavings.map(|counted| counted as f64 / share)
                    }
                    _ => None,
                };
                (runtime, tally, complete, dpor.redundant(), dpor.closed_form(), estimate)
            }
            Memory::Rc11 if self.checkpoint.is_some() => {
                let why = "checkpoints are kept under sequential consistency only";
                return Err(ExploreError::Checkpoint(why.to_owned()));
            }
            Memory::Rc11 => {
                let all = Worker::alone(Rc11::default(), self, program, started)?;
                let Worker { runtime, engine: rc11, tally, complete, .. } = all;
                (runtime, tally, complete, rc11.redundant(), None, None)
            }
        };
        // Whatever time it was given, its examples are shown.
        runtime.clock = Clock::default();
        let classes = tally.classes();
        let cut_loops = tally.cut_loops;
        let last = last_shown(tally.outcomes.values(), STEPS_SHOWN);
        let outcome = |(result, entry): (Result<T, Failure>, Entry)| {
            let has_example = entry.place_among_examples() <= (last.0, last.1, &last.2);
            let example = match has_example {
                true => record(self, &mut runtime, &entry.example, program, &result),
                false => replay::not_kept(&result),
            };
            Outcome {
                example,
                has_example,
                result,
                executions: entry.executions,
                // What could not be counted in all was not counted right in part.
                interleavings: tally.interleavings.and(entry.interleavings),
                grade: None,
            }
        };
        let mut found = tally.outcomes.into_iter().map(outcome);
        let mut outcomes = Vec::with_capacity(found.len());
        while found.len() > 0 {
            outcomes.extend(apart(self, || {
                let mut here = Vec::new();
                for outcome in found.by_ref() {
                    here.push(outcome);
                    if runtime::is_spoilt() {
                        break;
                    }
                }
                here
            })?);
        }
        let loops_cut_after = cut_loops.then_some(ROUNDS);
        let report = Report {
            loops_cut_after,
            engine: Engine::Explorer,
            executions: tally.executions,
            redundant,
            traces: classes,
            interleavings: tally.interleavings,
            coverage: None,
            proof: Proof::None,
            complete: complete && !cut_loops,
            estimate,
            elapsed: started.elapsed(),
            left: tally.left,
            outcomes,
        };
        Ok((report, closed_form))
    }

    /// What a run of a given schedule has to know of the memory.
    pub(super) fn follow(&self) -> Option<Follow> {
        (self.memory == Memory::Rc11).then(Follow::default)
    }

    /// Runs one schedule again and returns its trace.
    ///
    /// The schedule is as [`Trace::schedule`] gives it; where it ends early the execution goes on
    /// with as few switches as it can.
    ///
    /// # Examples
    /// ```
    /// # use racelab::model::{sync::atomic::{AtomicU32, Ordering::SeqCst}, thread};
    /// # use std::sync::Arc;
    /// let trace = racelab::explore::Explorer::replay("AMA", || {
    ///     let x = Arc::new(AtomicU32::new(0));
    ///     let other = Arc::clone(&x);
    ///     let thread = thread::spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
    ///     x.store(x.load(SeqCst) + 1, SeqCst);
    ///     thread.join().unwrap();
    /// });
    /// assert_eq!(trace.lost_updates().len(), 1);
    /// ```
    ///
    /// # Panics
    /// When the schedule is not one of the program's; the message says who blocks whom.
    #[track_caller]
    pub fn replay<T, F>(schedule: &str, program: F) -> Trace
    where
        F: Fn() -> T + Send + Sync,
        T: Debug,
    {
        match Explorer::new().try_replay(schedule, program) {
            Ok(trace) => trace,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs one schedule again under these settings.
    ///
    /// # Errors
    /// When the schedule is not one of the program's; the message says who blocks whom.
    pub fn try_replay<T, F>(&self, schedule: &str, program: F) -> Result<Trace, ExploreError>
    where
        F: Fn() -> T + Send + Sync,
        T: Debug,
    {
        if runtime::is_exploring() {
            return Err(ExploreError::Nested);
        }
        apart(self, || replay::replay(schedule, self, &program))?
    }
}

/// Explores `program` with the default settings.
///
/// # Panics
/// When the program cannot be explored at all (see [`ExploreError`]).
#[track_caller]
pub fn explore<T, F>(program: F) -> Report<T>
where
    F: Fn() -> T + Send + Sync,
    T: Clone + Ord + Debug + Send,
{
    Explorer::new().explore(program)
}
