//! Is there an interleaving that explains a trace? If not: the cycle that proves it.
//!
//! Under Rust's orderings a load may see an older store, and then, it may be, no order of the steps
//! explains all values: each step would have to come before itself. A trace is *sequentially
//! consistent* when program order, reads-from, modification order and from-read, taken together,
//! have no cycle (Shasha and Snir, "Efficient and Correct Execution of Parallel Programs that Share
//! Memory", TOPLAS 1988).

mod core;
mod edges;
#[cfg(test)]
mod tests;

use self::core::core;
use self::edges::Edges;
use super::Trace;
use std::fmt;

/// So many looks at a step are made for the sake of a shorter proof.
const ENOUGH: usize = 1 << 20;

/// Why one step comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Program order: the thread takes them in this order.
    ProgramOrder,
    /// Reads-from: the second reads what the first wrote.
    ReadsFrom,
    /// Modification order: the second overwrites what the first wrote.
    ModificationOrder,
    /// From-read: the first reads a value that the second has overwritten.
    FromRead,
    /// A lock, a channel, a spawn or a join put them in this order.
    Synchronisation,
}

/// One edge of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The step that comes before, as an index into [`Trace::steps`].
    pub from: usize,
    /// The step that comes after.
    pub to: usize,
    /// Why.
    pub why: Why,
}

/// A proof that no interleaving explains a trace: each step comes before the next, the last before
/// the first.
///
/// `Display` puts it into words, one line an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    edges: Vec<Edge>,
    lines: Vec<String>,
}

impl Cycle {
    /// The edges, each beginning where the one before ends; the last ends where the first begins.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Each edge in words, such as `step 2 before step 3: it reads x as 0, which step 3 overwrites`.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl Trace {
    /// Does an interleaving explain the values of this trace?
    ///
    /// It always does when a load sees the newest store. Under `Memory::Rc11` it may not, and then
    /// [`Trace::cycle`] says why.
    pub fn is_sequentially_consistent(&self) -> bool {
        self.is_in_turn() || !core(self, &self.orders()).contains(&true)
    }

    /// Does every step see and leave the newest value? Then the order of the steps explains it.
    fn is_in_turn(&self) -> bool {
        self.steps().iter().all(|step| step.stale.is_none() && step.behind.is_none())
    }

    /// A proof that no interleaving explains this trace; `None` when one does. It is a shortest one,
    /// unless the trace is so long that looking at all would take too long.
    pub fn cycle(&self) -> Option<Cycle> {
        let steps = self.steps();
        if self.is_in_turn() {
            return None;
        }
        let orders = self.orders();
        let core = core(self, &orders);
        let all = Edges::of(self, &orders);
        let mut best: Option<Vec<Edge>> = None;
        let mut work = 0;
        // Every other edge goes forward, so each cycle has a step that is out of turn.
        let out_of_turn = |&i: &usize| steps[i].stale.is_some() || steps[i].behind.is_some();
        for start in (0..steps.len()).filter(out_of_turn).filter(|&start| core[start]) {
            if best.is_some() && work > ENOUGH {
                break;
            }
            work += steps.len();
            let shorter = |way: &Vec<Edge>| best.as_ref().is_none_or(|best| way.len() < best.len());
            best = all.shortest(start, &core).filter(shorter).or(best);
        }
        let mut edges = best?;
        let first = edges.iter().enumerate().min_by_key(|(_, edge)| edge.from)?.0;
        edges.rotate_left(first);
        let lines = edges.iter().map(|edge| self.in_words(edge)).collect();
        Some(Cycle { edges, lines })
    }

    fn in_words(&self, edge: &Edge) -> String {
        let (from, to) = (&self.steps()[edge.from], &self.steps()[edge.to]);
        let name = from.object.map(|id| self.object(id).name.as_ref()).unwrap_or_default();
        let value = from.read.map(|value| value.to_string()).unwrap_or_default();
        let (first, second) = (edge.from + 1, edge.to + 1);
        let why = match edge.why {
            Why::ProgramOrder => format!("thread {} takes them in this order", from.thread),
            Why::ReadsFrom => format!("{} reads the {name} that {} wrote", to.thread, from.thread),
            Why::ModificationOrder => format!("its {name} was overwritten by step {second}"),
            Why::FromRead => format!("it reads {name} as {value}, which step {second} overwrites"),
            Why::Synchronisation => format!("{} had to wait for {}", to.thread, from.thread),
        };
        format!("step {first} comes before step {second}: {why}")
    }
}
