//! All interleavings of a counter at once, for the pages and the player.

use super::progress::Progress;
use super::{Usage, counters};
use racelab::counter::Rung;
use racelab::diagram::graph::{Blocked, Ending, Graph, Move, State};
use racelab::explore::{Explorer, StateGraph};

/// The explorer's states of a race on this counter.
pub fn states(rung: &Rung, threads: usize, increments: usize) -> Result<StateGraph<u64>, Usage> {
    let program = rung.model.ok_or_else(|| counters::not_modelled(rung))?;
    let _progress = Progress::start(format!("every interleaving of {}", rung.name));
    let states = StateGraph::build(&Explorer::new(), move || program(threads, increments));
    states.map_err(|error| Usage::new(error.to_string()))
}

/// The same, ready to be drawn. `None` when the numbers of interleavings do not fit 128 bits.
pub fn graph(rung: &Rung, threads: usize, increments: usize) -> Result<Option<Graph>, Usage> {
    let states = states(rung, threads, increments)?;
    Ok(drawn(&states, threads, increments))
}

fn drawn(states: &StateGraph<u64>, threads: usize, increments: usize) -> Option<Graph> {
    let kept = (threads * increments) as u64;
    let outcomes = states.outcomes().iter().map(|outcome| match outcome {
        Ok(value) => Ending { text: format!("returned {value}"), lost: *value != kept },
        Err(failure) => Ending { text: failure.to_string(), lost: true },
    });
    let state = |number: usize| {
        let state = states.state(number);
        let blocked = state.blocked().iter().map(|blocked| Blocked {
            thread: blocked.thread,
            why: blocked.why.clone(),
            place: Some(blocked.place.clone()),
        });
        Some(State {
            values: state.values().to_vec(),
            total: state.total()?,
            moves: match alone(states, number) {
                Some(_) => Vec::new(),
                None => {
                    state.moves().map(|m| Move { step: m.step.clone(), next: m.next }).collect()
                }
            },
            blocked: blocked.collect(),
            outcome: state.outcome().or_else(|| alone(states, number)),
        })
    };
    Some(Graph {
        shape: format!("{threads}x{increments}"),
        threads: states.threads().to_vec(),
        objects: states.objects().to_vec(),
        outcomes: outcomes.collect(),
        states: (0..states.len()).map(state).collect::<Option<_>>()?,
    })
}

/// How the program ends when only one thread is left, which goes on without anybody choosing.
/// Such steps are not in the schedule, and are no moves of the game.
fn alone(states: &StateGraph<u64>, mut number: usize) -> Option<usize> {
    loop {
        let state = states.state(number);
        let mut moves = state.moves();
        match (moves.next(), moves.next()) {
            (Some(only), None) if only.step.alone => number = only.next,
            (None, None) => return state.outcome(),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use racelab::counter::LADDER;

    /// The paths through the graph are counted here, the classes there: two ways to one number.
    #[test]
    fn the_graphs_have_as_many_interleavings_as_the_explorer_counts() {
        for rung in LADDER {
            let Some(program) = rung.model else { continue };
            for (threads, increments) in [(2, 1), (2, 2), (3, 1)] {
                let graph = graph(rung, threads, increments).unwrap().unwrap();
                let name = format!("{} {threads}x{increments}", rung.name);
                let players: String = graph.players().iter().map(|id| id.letter()).collect();
                let workers = &"ABCD"[..threads];
                assert!(players.starts_with(workers) || rung.name == "actor", "{name}: {players}");
                let report = racelab::explore(move || program(threads, increments));
                assert_eq!(Some(graph.states[0].total), report.interleavings(), "{name}");
                if report.failures().next().is_some() {
                    continue; // a data race is no outcome of its own in the graph
                }
                let counts: Vec<_> = graph.outcomes.iter().zip(graph.counts()).collect();
                assert_eq!(counts.len(), report.outcomes().len(), "{name}");
                for (outcome, (ending, count)) in report.outcomes().iter().zip(counts) {
                    let value = outcome.result().unwrap();
                    assert_eq!(ending.text, format!("returned {value}"), "{name}");
                    assert_eq!(outcome.interleavings(), Some(count), "{name}: {value}");
                }
            }
        }
    }
}
