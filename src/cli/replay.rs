//! `racelab replay`: one schedule of a program, step by step.

use super::args::ReplayArgs;
use super::limits::Bounds;
use super::out::Out;
use super::{Usage, Verdict, diagram};

/// Replays a schedule and draws it. It draws what was asked for, so a loss is no failure.
pub fn run(args: &ReplayArgs, out: &mut Out) -> Result<Verdict, Usage> {
    let subject = args.chosen.subject(&args.program)?;
    let bounds = Bounds::of(&subject, usize::MAX).with_steps(args.max_steps);
    let explorer = bounds.explorer().memory(args.chosen.memory.into());
    let trace = subject.replay(&explorer, &args.schedule)?;
    diagram::draw(&trace, &args.drawing, out);
    Ok(Verdict::Kept)
}
