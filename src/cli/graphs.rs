//! All executions of a program at once, for the pages and the player.

use super::Usage;
use super::limits::Bounds;
use super::progress::Progress;
use racelab::diagram::graph::{Aim, Blocked, Ending, Graph, Move, State};
use racelab::explore::{self, Memory, Partial, StateGraph, Unfolding};
use racelab::list::{Outcome, Subject};
use racelab::report::Failure;
use racelab::trace::{Object, ObjectKind, Step};
use std::collections::HashSet;

/// The states of a program under sequential consistency, by what its objects hold.
pub fn states(
    subject: &Subject,
    bounds: Bounds,
) -> Result<StateGraph<Outcome>, explore::ExploreError> {
    let _progress = Progress::start(format!("every interleaving of {subject}"));
    subject.states(&bounds.explorer())
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
        let states = states(subject, bounds)?;
        // Which plain accesses race depends on the way to a state: then the states have to know it.
        if states.objects().iter().all(|object| object.kind != ObjectKind::Cell) {
            return Ok(from_states(subject, &states));
        }
    }
    let _progress = Progress::start(format!("every execution of {subject}"));
    let unfolding = subject.unfold(&bounds.explorer().memory(memory))?;
    Ok(from_unfolding(subject, memory, &unfolding))
}

fn from_states(subject: &Subject, states: &StateGraph<Outcome>) -> Option<Graph> {
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
    unfolding: &Unfolding<Outcome>,
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
    if memory == Memory::Rc11 {
        // A path ends where one thread is left. What that does alone may elsewhere be a move, and
        // then two paths lead to one execution.
        let mut seen = HashSet::new();
        let mut paths = graph.easiest_paths();
        paths.retain(|path| seen.insert(execution(&graph, states, path)));
        graph.executions = Some(paths);
    }
    Some(graph)
}

/// The state in which a path ends when whoever is left has gone on alone.
fn execution(graph: &Graph, states: &[Partial], path: &[usize]) -> usize {
    let mut state = path.iter().fold(0, |state, &choice| graph.states[state].moves[choice].next);
    while let [(_, next)] = &states[state].moves[..] {
        state = *next;
    }
    state
}

/// What a graph has besides its states.
fn frame(
    subject: &Subject,
    memory: Memory,
    objects: &[Object],
    outcomes: &[Result<Outcome, Failure>],
) -> Graph {
    let plain = objects.iter().any(|object| object.kind == ObjectKind::Cell);
    let (weak, memory_name) = (memory == Memory::Rc11, memory.name());
    let under = if weak { "--memory rc11" } else { "" };
    let memory = match weak {
        true => "what Rust's orderings allow",
        false => "the newest store",
    };
    let entry = subject.entry;
    let sizes = || entry.parameters.iter().zip(subject.size);
    let joined = |sep: &str| sizes().map(|(_, n)| n.to_string()).collect::<Vec<_>>().join(sep);
    let options = sizes().map(|(parameter, n)| format!("--{} {n} ", parameter.name));
    let is_sized = !entry.parameters.is_empty();
    let mut graph = Graph {
        shape: if is_sized { joined("x") } else { memory_name.to_owned() },
        label: if is_sized { joined(" × ") } else { memory.to_owned() },
        arguments: format!("{}{under}", options.collect::<String>()),
        aim: match entry.aim {
            _ if plain => Aim::RACE,
            Some(aim) => aim.clone(),
            None => Aim::reach(entry.forbidden),
        },
        orders: weak || entry.is_about_orderings(),
        ..Graph::default()
    };
    let outcomes = outcomes.iter().map(|outcome| {
        let (short, text) = match outcome {
            Ok(value) => (format!("returned {value:?}"), format!("returned {value:?}")),
            Err(failure) => (failure.name().to_owned(), failure.to_string()),
        };
        let waiting = match outcome {
            Err(Failure::Deadlock { waiting }) => waiting.clone(),
            _ => Vec::new(),
        };
        Ending { short, text, lost: subject.is_forbidden(outcome.as_ref()), waiting }
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
    use racelab::explore::Explorer;
    use racelab::list;

    const SC: Memory = Memory::SequentiallyConsistent;

    fn is_long() -> bool {
        std::env::var_os("RACELAB_LONG").is_some()
    }

    /// The paths through the graph are counted here, the classes there: two ways to one number.
    #[test]
    fn the_graphs_have_as_many_interleavings_as_the_explorer_counts() {
        let sized = list::all().filter(|entry| entry.parameters.len() == 2);
        for subject in sized.flat_map(list::Entry::subjects).filter(Subject::is_modelled) {
            let sizes = if is_long() { &[[2, 1], [2, 2], [3, 1]][..] } else { &[[2, 1]] };
            for &[threads, increments] in sizes {
                let subject = subject.sized([threads, increments]);
                let graph = graph(&subject, SC, Bounds::of(&subject, 4_000)).unwrap().unwrap();
                let name = format!("{subject} {threads}x{increments}");
                let players: String = graph.players().iter().map(|id| id.letter()).collect();
                let workers = &"ABCD"[..threads];
                assert!(
                    players.starts_with(workers) || subject.entry.name == "actor",
                    "{name}: {players}"
                );
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
        let sizeless = list::all().filter(|entry| entry.parameters.is_empty());
        for entry in sizeless {
            for subject in entry.subjects() {
                for memory in [SC, Memory::Rc11] {
                    let explorer = Explorer::new().memory(memory).prove_up_to(0);
                    let many = if is_long() { 300 } else { 60 };
                    let first = explorer.clone().max_executions(many + 1);
                    let report = first.explore(|| subject.run());
                    if report.executions() + report.redundant() > many {
                        continue; // that takes too long, and there are smaller ones of its kind
                    }
                    let graph =
                        graph(&subject, memory, Bounds::of(&subject, 100_000)).unwrap().unwrap();
                    let Some(paths) = &graph.executions else { continue };
                    let name = subject.to_string();
                    // In which order plain accesses race is told apart on the graph alone.
                    let raced = |f: &Failure| matches!(f, Failure::DataRace { .. });
                    let races = report.failures().any(|o| o.result().is_err_and(raced));
                    assert!(races || paths.len() as u64 == report.executions(), "{name}");
                    for path in paths {
                        let drawn = graph.trace(path);
                        let schedule = drawn.schedule();
                        let replayed = explorer.try_replay(&schedule, || subject.run()).unwrap();
                        // A replay tells a failure in fewer words.
                        let (ending, short) = (drawn.ending(), replayed.ending());
                        let returned = ending.starts_with("returned");
                        let alike =
                            if returned { ending == short } else { !short.starts_with("returned") };
                        assert!(alike, "{name}: {schedule}: {short}, {ending}");
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
