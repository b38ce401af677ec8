//! One schedule, run again, this time with everything written down.

use super::error::used_up;
use super::rc11::Follow;
use super::runtime::{Driver, Ending, Pick, Runtime, Taken, run};
use super::tally::{self, Steps};
use super::{ExploreError, Explorer, Finer};
use crate::explore::Program;
use crate::report::Failure;
use crate::trace::{Object, Thread, ThreadId, Trace};
use std::fmt::Debug;

/// Runs the steps of a recorded execution again and writes its trace.
pub(super) fn record<T: Debug>(
    settings: &Explorer,
    runtime: &mut Runtime,
    steps: &Steps,
    program: Program<'_, T>,
    result: &Result<T, Failure>,
) -> Trace {
    let mut driver = Script { steps, next: 0, memory: settings.follow() };
    let mut body = || drop(program());
    // A run that never ends is shown up to where it was cut.
    let limit = settings.max_steps.min(steps.len()) as u32;
    runtime.recording = Some(Vec::with_capacity(steps.len()));
    let mut trace =
        run(runtime, &mut driver, limit, &mut body, |runtime, _, ending| trace_of(runtime, ending));
    trace.ending = ending(result);
    trace
}

fn ending<T: Debug>(result: &Result<T, Failure>) -> String {
    match result {
        Ok(value) => format!("returned {value:?}"),
        Err(failure) => failure.to_string(),
    }
}

/// The trace of an execution that is not run again.
pub(super) fn not_kept<T: Debug>(result: &Result<T, Failure>) -> Trace {
    let ending = ending(result);
    Trace {
        threads: Vec::new(),
        objects: Vec::new(),
        steps: Vec::new(),
        ending,
        waiting: Vec::new(),
    }
}

/// Takes the recording out of the runtime.
fn trace_of(runtime: &mut Runtime, ending: Ending) -> Trace {
    let threads = runtime.threads.iter().enumerate().map(|(number, thread)| {
        let number = number as u8;
        let (name, task) = (thread.name.clone(), runtime.is_task(number));
        Thread { id: ThreadId(number), name, task }
    });
    let threads = threads.collect();
    let objects = objects(runtime);
    let waiting = match ending {
        Ending::Deadlock => tally::waiting(runtime, &objects),
        _ => Vec::new(),
    };
    Trace {
        threads,
        objects,
        steps: runtime.recording.take().unwrap_or_default(),
        ending: String::new(),
        waiting,
    }
}

/// The objects of the execution under way, by the steps recorded so far.
fn objects(runtime: &Runtime) -> Vec<Object> {
    let steps = runtime.recording.iter().flatten();
    let used = |step: &crate::trace::Step| Some((step.thread.0, step.object?.0));
    runtime.named_objects(steps.filter_map(used).chain(runtime.pending()))
}

struct Script<'a> {
    steps: &'a Steps,
    next: usize,
    memory: Option<Follow>,
}

impl Driver for Script<'_> {
    fn rerun(&mut self) {
        self.next = 0;
        self.memory = self.memory.take().map(|_| Follow::default());
    }

    fn scripted(&mut self, runtime: &mut Runtime) -> Option<(u8, u32)> {
        let step = *self.steps.get(self.next)?;
        if runtime.enabled() & (1 << step.0) == 0 {
            // The program is not deterministic: what it does this time is shown up to here.
            self.next = usize::MAX;
            return None;
        }
        self.next += 1;
        if let Some(memory) = &mut self.memory {
            memory.take(runtime, step.0, step.1);
        }
        Some(step)
    }

    fn pick(&mut self, _: &mut Runtime, _: u64) -> Pick {
        Pick::Stop
    }

    fn taken(&mut self, _: &mut Runtime, _: u8, _: u32, _: &Taken) {}
}

/// Runs a schedule that a person has written or a report has given.
pub(super) fn replay<T: Debug>(
    schedule: &str,
    settings: &Explorer,
    program: Program<'_, T>,
) -> Result<Trace, ExploreError> {
    let result = settings.as_fine_as_needed(|settings| follow(schedule, settings, program));
    if let Err(ExploreError::Schedule(_)) = result {
        // It may be one of an execution that asks for no finer steps, while another does.
        let finer = settings.finer_steps_of(program);
        if finer != Finer::default() {
            return follow(schedule, &Explorer { finer, ..settings.clone() }, program);
        }
    }
    result
}

/// Runs a schedule under these settings.
fn follow<T: Debug>(
    schedule: &str,
    settings: &Explorer,
    program: Program<'_, T>,
) -> Result<Trace, ExploreError> {
    let moves = parse(schedule)?;
    let mut runtime = Runtime::new(settings.stack_size, settings.finer);
    let mut driver =
        Moves { moves: &moves, next: 0, last: 0, error: None, memory: settings.follow() };
    let value = std::cell::RefCell::new(None);
    let mut body = || {
        value.borrow_mut().take();
        let returned = program();
        *value.borrow_mut() = Some(format!("returned {returned:?}"));
    };
    // Two runs, as in an exploration: the first meets the threads, so that their letters are known.
    runtime.recording = Some(Vec::new());
    let limit = u32::try_from(settings.max_steps).unwrap_or(u32::MAX);
    let mut trace = run(&mut runtime, &mut driver, limit, &mut body, |runtime, _, ending| {
        let mut trace = trace_of(runtime, ending);
        trace.ending = match ending {
            Ending::Deadlock => "deadlock".to_owned(),
            Ending::StepLimit | Ending::Livelock => "does not end".to_owned(),
            Ending::Undefined => {
                let race = tally::undefined(runtime, trace.objects());
                race.map(|race| race.to_string()).unwrap_or_default()
            }
            _ => String::new(),
        };
        if let Some((thread, bytes)) = runtime.overflowed() {
            trace.ending = format!("thread {thread} {}", used_up(bytes));
            return trace;
        }
        let panics = runtime.threads.iter().filter_map(|thread| thread.panic.as_ref());
        if let Some(panic) = panics.min_by_key(|panic| panic.order) {
            trace.ending = format!("panicked: {}", panic.message);
        }
        trace
    });
    if let Some(error) = driver.error.or(runtime.error.take()) {
        return Err(error);
    }
    if driver.next < moves.len() {
        let rest: String = moves[driver.next..].iter().map(|m| m.0.letter()).collect();
        return Err(ExploreError::Schedule(format!(
            "the program has ended, but the schedule goes on with {rest}: leave that out"
        )));
    }
    if trace.ending.is_empty() {
        let race = Failure::data_race(&trace, runtime.besides()).map(|race| race.to_string());
        trace.ending = race.or(value.take()).unwrap_or_default();
    }
    Ok(trace)
}

/// A schedule's letters with their choices.
pub(super) fn parse(schedule: &str) -> Result<Vec<(ThreadId, Option<u32>)>, ExploreError> {
    let mut moves: Vec<(ThreadId, Option<u32>)> = Vec::new();
    for (at, letter) in schedule.chars().enumerate() {
        if let Some(thread) = ThreadId::from_letter(letter) {
            moves.push((thread, None));
        } else if let (Some(digit), Some((_, choice))) = (letter.to_digit(10), moves.last_mut()) {
            let number = choice.unwrap_or(0).checked_mul(10).and_then(|c| c.checked_add(digit));
            let Some(number) = number else {
                return Err(ExploreError::Schedule(format!(
                    "no step has so many alternatives: the number at place {} is larger than {}",
                    at + 1,
                    u32::MAX
                )));
            };
            *choice = Some(number);
        } else {
            return Err(ExploreError::Schedule(format!(
                "a schedule is one letter a step, like ABAB, with the number of a free choice \
                 behind it; {letter:?} at place {} is neither",
                at + 1
            )));
        }
    }
    Ok(moves)
}

struct Moves<'a> {
    moves: &'a [(ThreadId, Option<u32>)],
    next: usize,
    last: u8,
    error: Option<ExploreError>,
    memory: Option<Follow>,
}

impl Driver for Moves<'_> {
    fn rerun(&mut self) {
        (self.next, self.last, self.error) = (0, 0, None);
        self.memory = self.memory.take().map(|_| Follow::default());
    }

    fn pick(&mut self, runtime: &mut Runtime, enabled: u64) -> Pick {
        let pick = self.decide(runtime, enabled);
        if let (Pick::Go(thread, choice), Some(memory)) = (pick, &mut self.memory) {
            memory.take(runtime, thread, choice);
        }
        pick
    }

    fn taken(&mut self, _: &mut Runtime, _: u8, _: u32, _: &Taken) {}
}

impl Moves<'_> {
    fn decide(&mut self, runtime: &mut Runtime, enabled: u64) -> Pick {
        if runtime.live.count_ones() == 1 {
            // Nobody to choose from: such steps are not in the schedule.
            return Pick::Go(enabled.trailing_zeros() as u8, 0);
        }
        let Some(&(thread, choice)) = self.moves.get(self.next) else {
            let go_on = enabled & (1 << self.last) != 0;
            return Pick::Go(if go_on { self.last } else { enabled.trailing_zeros() as u8 }, 0);
        };
        if enabled & (1 << thread.0) == 0 {
            self.error = Some(ExploreError::Schedule(self.refusal(runtime, thread, enabled)));
            return Pick::Stop;
        }
        let alternatives = match &mut self.memory {
            Some(memory) => memory.alternatives(runtime, thread.0),
            None => runtime.alternatives(thread.0),
        };
        let choice = choice.unwrap_or(0);
        if choice >= alternatives {
            self.error =
                Some(ExploreError::Schedule(self.no_such_choice(thread, choice, alternatives)));
            return Pick::Stop;
        }
        self.next += 1;
        self.last = thread.0;
        Pick::Go(thread.0, choice)
    }

    fn no_such_choice(&self, thread: ThreadId, choice: u32, alternatives: u32) -> String {
        let nth = self.next + 1;
        let there = match alternatives {
            1 => format!("there {thread} has nothing to choose"),
            n => format!("there {thread} has the choices 0 to {}", n - 1),
        };
        let memory = match self.memory {
            Some(_) => "",
            None => {
                "; under sequential consistency a load sees the newest store, and older ones can \
                 be chosen under Rust's orderings only (Memory::Rc11, --memory rc11)"
            }
        };
        format!("step {nth} of the schedule is {thread}{choice}, but {there}{memory}")
    }

    fn refusal(&self, runtime: &Runtime, thread: ThreadId, enabled: u64) -> String {
        let nth = self.next + 1;
        let letters = |mask: u64| -> String {
            let threads = (0..ThreadId::MAX as u8).filter(|&t| mask & (1 << t) != 0);
            threads.map(|t| ThreadId(t).letter()).collect::<Vec<_>>().iter().collect()
        };
        let why = match tally::waiting(runtime, &objects(runtime))
            .into_iter()
            .find(|w| w.thread == thread)
        {
            Some(waiting) => waiting.to_string(),
            None if thread.index() >= runtime.threads.len() => {
                format!("there is no thread {thread}")
            }
            None => format!("{thread} has no step to take"),
        };
        format!(
            "step {nth} of the schedule is {thread}, but {why}; choose among {}",
            letters(enabled)
        )
    }
}
