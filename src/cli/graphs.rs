//! All executions of a program at once, for the pages and the player.

use super::Usage;
use super::limits::Bounds;
use super::progress::Progress;
use super::subject::{Subject, Value};
use racelab::diagram::graph::{Aim, Blocked, Ending, Graph, Move, State};
use racelab::explore::{self, Memory, Partial, StateGraph, Unfolding};
use racelab::report::Failure;
use racelab::trace::{Object, ObjectKind, Step};
use std::fmt::Debug;

/// The states of a program under sequential consistency, by what its objects hold.
pub fn states<T, F>(
    name: &str,
    bounds: Bounds,
    program: F,
) -> Result<StateGraph<T>, explore::ExploreError>
where
    F: Fn() -> T + Send + Sync,
    T: Clone + Ord + Debug + Send,
{
    let _progress = Progress::start(format!("every interleaving of {name}"));
    StateGraph::build(&bounds.explorer(), program)
}

/// The program's executions, ready to be drawn. `None` when they have more states than the bounds
/// allow, or more interleavings than 128 bits can count.
pub fn graph(subject: &Subject, memory: Memory, bounds: Bounds) -> Result<Option<Graph>, Usage> {
    match unbounded(subject, memory, bounds) {
        Err(explore::ExploreError::TooManyStates { .. }) => Ok(None),
        graph => Ok(graph?),
    }
}

fn unbounded(
    subject: &Subject,
    memory: Memory,
    bounds: Bounds,
) -> Result<Option<Graph>, explore::ExploreError> {
    if memory == Memory::SequentiallyConsistent {
        let states = states(subject.name(), bounds, || subject.run())?;
        // Which plain accesses race depends on the way to a state: then the states have to know it.
        if states.objects().iter().all(|object| object.kind != ObjectKind::Cell) {
            return Ok(from_states(subject, &states));
        }
    }
    let _progress = Progress::start(format!("every execution of {}", subject.name()));
    let unfolding = Unfolding::build(&bounds.explorer().memory(memory), || subject.run())?;
    Ok(from_unfolding(subject, memory, &unfolding))
}

fn from_states(subject: &Subject, states: &StateGraph<Value>) -> Option<Graph> {
    let ahead = |number: usize| {
        let state = states.state(number);
        let moves = state.moves().map(|taken| (taken.step.alone, taken.next)).collect();
        (moves, state.outcome())
    };
    let state = |number: usize| {
        let state = states.state(number);
        let end = state.outcome().or_else(|| alone(&ahead, number));
        let moves = state.moves().map(|m| Move { step: m.step.clone(), next: m.next });
        Some(State {
            values: state.values().to_vec(),
            total: state.total()?,
            moves: if end.is_some() { Vec::new() } else { moves.collect() },
            blocked: state.blocked().iter().map(blocked).collect(),
            outcome: end,
            steps: Vec::new(),
        })
    };
    let states_drawn = (0..states.len()).map(state).collect::<Option<_>>()?;
    Some(Graph {
        threads: states.threads().to_vec(),
        objects: states.objects().to_vec(),
        states: states_drawn,
        ..frame(subject, Memory::SequentiallyConsistent, states.objects(), states.outcomes())
    })
}

fn from_unfolding(
    subject: &Subject,
    memory: Memory,
    unfolding: &Unfolding<Value>,
) -> Option<Graph> {
    let states = unfolding.states();
    let ahead = |number: usize| {
        let state: &Partial = &states[number];
        let moves = state.moves.iter().map(|(step, next): &(Step, usize)| (step.alone, *next));
        (moves.collect(), state.outcome)
    };
    let mut totals = vec![None; states.len()];
    total(0, states, &mut totals)?;
    let state = |(number, state): (usize, &Partial)| {
        let end = state.outcome.or_else(|| alone(&ahead, number));
        let moves = state.moves.iter();
        let moves = moves.map(|(step, next)| Move { step: step.clone(), next: *next });
        State {
            values: state.values.clone(),
            total: totals[number].unwrap_or_default(),
            moves: if end.is_some() { Vec::new() } else { moves.collect() },
            blocked: state.blocked.iter().map(blocked).collect(),
            outcome: end,
            steps: state.steps.clone(),
        }
    };
    let mut graph = Graph {
        threads: unfolding.threads().to_vec(),
        objects: unfolding.objects().to_vec(),
        states: states.iter().enumerate().map(state).collect(),
        ..frame(subject, memory, unfolding.objects(), unfolding.outcomes())
    };
    graph.executions = (memory == Memory::Rc11).then(|| graph.easiest_paths());
    Some(graph)
}

/// What a graph has besides its states.
fn frame(
    subject: &Subject,
    memory: Memory,
    objects: &[Object],
    outcomes: &[Result<Value, Failure>],
) -> Graph {
    let plain = objects.iter().any(|object| object.kind == ObjectKind::Cell);
    let weak = memory == Memory::Rc11;
    let under = if weak { "--memory rc11" } else { "" };
    let mut graph = match subject {
        Subject::Counter { threads, increments, .. } => Graph {
            shape: format!("{threads}x{increments}"),
            label: format!("{threads} × {increments}"),
            arguments: format!("--threads {threads} --increments {increments} {under}"),
            aim: if plain { Aim::RACE } else { Aim::LOSE_AN_UPDATE },
            orders: weak,
            ..Graph::default()
        },
        Subject::Case { race, .. } => Graph {
            shape: memory.name().to_owned(),
            label: if weak { "what Rust's orderings allow" } else { "the newest store" }.to_owned(),
            arguments: under.to_owned(),
            aim: if plain { Aim::RACE } else { Aim::reach(race.forbidden) },
            orders: true,
            ..Graph::default()
        },
    };
    let outcomes = outcomes.iter().map(|outcome| match outcome {
        Ok(value) => {
            let text = format!("returned {value:?}");
            Ending { short: text.clone(), text, lost: subject.is_forbidden(value) }
        }
        Err(failure) => {
            Ending { short: failure.name().to_owned(), text: failure.to_string(), lost: true }
        }
    });
    graph.outcomes = outcomes.collect();
    graph
}

fn blocked(blocked: &explore::Blocked) -> Blocked {
    let place = Some(blocked.place.clone());
    Blocked { thread: blocked.thread, why: blocked.why.clone(), place }
}

/// How many ways lead on from a state.
fn total(state: usize, states: &[Partial], totals: &mut [Option<u128>]) -> Option<u128> {
    if totals[state].is_none() {
        let mut sum = u128::from(states[state].moves.is_empty());
        for (_, next) in &states[state].moves {
            sum = sum.checked_add(total(*next, states, totals)?)?;
        }
        totals[state] = Some(sum);
    }
    totals[state]
}

/// How the program ends when only one thread is left, which goes on without anybody choosing.
/// Such steps are not in the schedule, and are no moves of the game.
fn alone(
    ahead: &impl Fn(usize) -> (Vec<(bool, usize)>, Option<usize>),
    mut number: usize,
) -> Option<usize> {
    loop {
        match ahead(number) {
            (moves, outcome) if moves.is_empty() => return outcome,
            (moves, _) if moves.len() == 1 && moves[0].0 => number = moves[0].1,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use racelab::counter::LADDER;
    use racelab::explore::Explorer;
    use racelab::race::CATALOGUE;

    const SC: Memory = Memory::SequentiallyConsistent;

    /// The paths through the graph are counted here, the classes there: two ways to one number.
    #[test]
    fn the_graphs_have_as_many_interleavings_as_the_explorer_counts() {
        for rung in LADDER.iter().filter(|rung| rung.model.is_some()) {
            for (threads, increments) in [(2, 1), (2, 2), (3, 1)] {
                let subject = Subject::Counter { rung, threads, increments };
                let graph = graph(&subject, SC, Bounds::of(&subject, 4_000)).unwrap().unwrap();
                let name = format!("{} {threads}x{increments}", rung.name);
                let players: String = graph.players().iter().map(|id| id.letter()).collect();
                let workers = &"ABCD"[..threads];
                assert!(players.starts_with(workers) || rung.name == "actor", "{name}: {players}");
                let report = racelab::explore(|| subject.run());
                assert_eq!(Some(graph.states[0].total), report.interleavings(), "{name}");
                let counts: Vec<_> = graph.outcomes.iter().zip(graph.counts()).collect();
                assert_eq!(counts.len(), report.outcomes().len(), "{name}");
                for (outcome, (ending, count)) in report.outcomes().iter().zip(counts) {
                    let text = match outcome.result() {
                        Ok(value) => format!("returned {value:?}"),
                        Err(failure) => failure.to_string(),
                    };
                    assert_eq!(ending.text, text, "{name}");
                    assert_eq!(outcome.interleavings(), Some(count), "{name}: {text}");
                }
            }
        }
    }

    #[test]
    fn a_path_to_an_execution_is_drawn_as_its_replay_is() {
        for race in CATALOGUE {
            for case in race.cases {
                let subject = Subject::Case { race, case };
                for memory in [SC, Memory::Rc11] {
                    let graph =
                        graph(&subject, memory, Bounds::of(&subject, 100_000)).unwrap().unwrap();
                    let explorer = Explorer::new().memory(memory);
                    let report = explorer.explore(|| subject.run());
                    let Some(paths) = &graph.executions else { continue };
                    let name = format!("{}, {}", race.name, case.name);
                    assert_eq!(paths.len() as u64, report.executions(), "{name}");
                    for path in paths {
                        let drawn = graph.trace(path);
                        let schedule = drawn.schedule();
                        let replayed = explorer.try_replay(&schedule, || subject.run()).unwrap();
                        assert_eq!(drawn.ending(), replayed.ending(), "{name}: {schedule}");
                        let all = drawn.steps().len();
                        assert_eq!(drawn.steps(), &replayed.steps()[..all], "{name}: {schedule}");
                        assert_eq!(
                            drawn.cycle().map(|cycle| cycle.lines().to_vec()),
                            replayed.cycle().map(|cycle| cycle.lines().to_vec()),
                            "{name}: {schedule}"
                        );
                    }
                }
            }
        }
    }
}
