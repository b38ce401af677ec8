//! `racelab replay`: one schedule of a counter, step by step.

use super::args::ReplayArgs;
use super::out::Out;
use super::{Usage, Verdict, counters, diagram};
use racelab::explore::Explorer;

/// Replays a schedule and draws it. It draws what was asked for, so a loss is no failure.
pub fn run(args: &ReplayArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let rung = counters::find(&args.counter)?;
    let program = rung.model.ok_or_else(|| counters::not_modelled(rung))?;
    let (threads, increments) = (args.threads as usize, args.increments as usize);
    let trace = Explorer::new().try_replay(&args.schedule, || program(threads, increments))?;
    diagram::draw(&trace, &args.drawing, out);
    Ok(Verdict::Kept)
}
