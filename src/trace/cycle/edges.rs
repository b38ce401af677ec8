//! The edges of which cycles are made, and the shortest way round.
//!
//! A step comes before *all* later ones of its thread, so that a proof need not name those between.
//! There would be no end of such edges in a long trace, so they are not written down: a search looks
//! along the thread's steps, and never twice at one.

use super::{Edge, Why};
use crate::trace::{Access, Orders, Trace, dependent};
use std::collections::{HashMap, VecDeque};

pub(super) struct Edges<'t> {
    trace: &'t Trace,
    orders: &'t Orders,
    /// By thread: its steps.
    own: HashMap<u8, Vec<usize>>,
    /// By object: the steps that touch it.
    touches: HashMap<u32, Vec<usize>>,
    /// For each step: those that read what it wrote.
    readers: Vec<Vec<usize>>,
    /// For each step: those that had to wait for it, for another reason than an object.
    waiting: Vec<Vec<usize>>,
}

/// A search: how it came to each step, and how far it has looked along the lists.
struct Search {
    came_by: Vec<Option<Edge>>,
    queue: VecDeque<usize>,
    own: HashMap<u8, usize>,
    touches: HashMap<Access, usize>,
}

impl<'t> Edges<'t> {
    pub fn of(trace: &'t Trace, orders: &'t Orders) -> Self {
        let count = trace.steps().len();
        let mut edges = Edges {
            trace,
            orders,
            own: HashMap::new(),
            touches: HashMap::new(),
            readers: vec![Vec::new(); count],
            waiting: vec![Vec::new(); count],
        };
        for (i, step) in trace.steps().iter().enumerate() {
            edges.own.entry(step.thread.0).or_default().push(i);
            let mut objects: Vec<u32> =
                step.footprint().into_iter().flatten().map(|touch| touch.object.0).collect();
            objects.dedup();
            objects.into_iter().for_each(|id| edges.touches.entry(id).or_default().push(i));
            if let Some(Some(source)) = orders.reads_from(i) {
                edges.readers.get_mut(source).into_iter().for_each(|readers| readers.push(i));
            }
            let before = step.after.iter().filter(|&&before| before < i);
            before.for_each(|&before| edges.waiting[before].push(i));
        }
        edges
    }

    /// A shortest way from `start` back to itself over steps that are `among` those looked at.
    pub fn shortest(&self, start: usize, among: &[bool]) -> Option<Vec<Edge>> {
        let mut search = Search {
            came_by: vec![None; among.len()],
            queue: VecDeque::from([start]),
            own: HashMap::new(),
            touches: HashMap::new(),
        };
        while let Some(at) = search.queue.pop_front() {
            for edge in self.from(at, &mut search) {
                if !among[edge.to] || search.came_by[edge.to].is_some() {
                    continue;
                }
                search.came_by[edge.to] = Some(edge);
                if edge.to == start {
                    return Some(way(&search.came_by, start));
                }
                search.queue.push_back(edge.to);
            }
        }
        None
    }

    /// The edges from a step to those that the search has not looked at by way of the same list.
    fn from(&self, from: usize, search: &mut Search) -> Vec<Edge> {
        let steps = self.trace.steps();
        let step = &steps[from];
        let mut edges = Vec::new();
        let mut edge = |to, why| edges.push(Edge { from, to, why });
        let own = search.own.entry(step.thread.0).or_insert(usize::MAX);
        unseen(&self.own[&step.thread.0], from, own)
            .iter()
            .for_each(|&i| edge(i, Why::ProgramOrder));
        if step.writes_value() {
            let readers = self.readers[from].iter().filter(|&&reader| reader != from);
            readers.for_each(|&reader| edge(reader, Why::ReadsFrom));
            if let Some(next) = self.orders.next_write(self.trace, Some(from), from) {
                edge(next, Why::ModificationOrder);
            }
        }
        if let Some(source) = self.orders.reads_from(from) {
            let next = self.orders.next_write(self.trace, source, from);
            if let Some(next) = next.filter(|&next| next != from) {
                edge(next, Why::FromRead);
            }
        }
        let mut later = self.waiting[from].clone();
        let footprint = step.footprint();
        if !step.reads_value() && !step.writes_value() {
            for touch in footprint.into_iter().flatten() {
                let seen = search.touches.entry(touch).or_insert(usize::MAX);
                let touches = unseen(&self.touches[&touch.object.0], from, seen).iter();
                later.extend(touches.filter(|&&i| dependent(&footprint, &steps[i].footprint())));
            }
        }
        later.sort_unstable();
        later.into_iter().for_each(|to| edge(to, Why::Synchronisation));
        edges
    }
}

/// What stands in a list behind `from`, up to where an earlier look began.
fn unseen<'l>(list: &'l [usize], from: usize, seen: &mut usize) -> &'l [usize] {
    let begin = list.partition_point(|&i| i <= from);
    let end = std::mem::replace(seen, begin.min(*seen));
    list.get(begin..end.min(list.len())).unwrap_or_default()
}

/// The way that a search has found to `start`.
fn way(came_by: &[Option<Edge>], start: usize) -> Vec<Edge> {
    let mut way = Vec::new();
    let mut at = start;
    loop {
        let edge = came_by[at].expect("every step of the way was reached");
        way.push(edge);
        at = edge.from;
        if at == start {
            way.reverse();
            return way;
        }
    }
}
