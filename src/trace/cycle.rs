//! Is there an interleaving that explains a trace? If not: the cycle that proves it.
//!
//! Under Rust's orderings a load may see an older store, and then, it may be, no order of the steps
//! explains all values: each step would have to come before itself. A trace is *sequentially
//! consistent* when program order, reads-from, modification order and from-read, taken together,
//! have no cycle (Shasha and Snir, "Efficient and Correct Execution of Parallel Programs that Share
//! Memory", TOPLAS 1988).

use super::{Orders, Trace, dependent};
use std::collections::VecDeque;
use std::fmt;

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
        self.cycle().is_none()
    }

    /// A shortest proof that no interleaving explains this trace; `None` when one does.
    pub fn cycle(&self) -> Option<Cycle> {
        let steps = self.steps();
        let all_newest = steps.iter().all(|step| step.stale.is_none() && step.behind.is_none());
        if all_newest {
            return None; // the order of the steps explains it
        }
        let orders = self.orders();
        let edges: Vec<Vec<Edge>> = (0..steps.len()).map(|i| self.edges_from(i, &orders)).collect();
        let cycles = (0..steps.len()).filter_map(|start| shortest(&edges, start));
        let edges = cycles.min_by_key(Vec::len)?;
        let lines = edges.iter().map(|edge| self.in_words(edge)).collect();
        Some(Cycle { edges, lines })
    }

    fn edges_from(&self, from: usize, orders: &Orders) -> Vec<Edge> {
        let steps = self.steps();
        let step = &steps[from];
        let mut edges = Vec::new();
        let mut edge = |to, why| edges.push(Edge { from, to, why });
        // Not to the next alone: a proof need not name the steps between.
        let own = (from + 1..steps.len()).filter(|&i| steps[i].thread == step.thread);
        own.for_each(|later| edge(later, Why::ProgramOrder));
        if step.writes_value() {
            let readers = (0..steps.len()).filter(|&i| orders.reads_from(i) == Some(Some(from)));
            readers.filter(|&i| i != from).for_each(|reader| edge(reader, Why::ReadsFrom));
            if let Some(next) = orders.next_write(self, Some(from), from) {
                edge(next, Why::ModificationOrder);
            }
        }
        if let Some(source) = orders.reads_from(from) {
            let next = orders.next_write(self, source, from);
            if let Some(next) = next.filter(|&next| next != from) {
                edge(next, Why::FromRead);
            }
        }
        let footprint = step.footprint();
        for (to, later) in steps.iter().enumerate().skip(from + 1) {
            let has_value = step.reads_value() || step.writes_value();
            let waits = later.after.contains(&from);
            if waits || !has_value && dependent(&footprint, &later.footprint()) {
                edge(to, Why::Synchronisation);
            }
        }
        edges
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

/// A shortest way from `start` back to itself.
fn shortest(edges: &[Vec<Edge>], start: usize) -> Option<Vec<Edge>> {
    let mut came_by: Vec<Option<Edge>> = vec![None; edges.len()];
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for &edge in &edges[at] {
            if came_by[edge.to].is_some() {
                continue;
            }
            came_by[edge.to] = Some(edge);
            if edge.to == start {
                let mut way = Vec::new();
                let mut at = start;
                loop {
                    let edge = came_by[at].expect("every step of the way was reached");
                    way.push(edge);
                    at = edge.from;
                    if at == start {
                        way.reverse();
                        return Some(way);
                    }
                }
            }
            queue.push_back(edge.to);
        }
    }
    None
}
