//! Random traces, sensible or not: the cycle is as short as the one found by writing every edge down.

use super::*;
use crate::trace::{Action, Object, ObjectId, ObjectKind, Orders, Place, Step, Thread, ThreadId};
use crate::trace::{Value, dependent};

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) as usize % end
    }
}

const ACTIONS: [(Action, u32); 8] = [
    (Action::Load, 0),
    (Action::Store, 0),
    (Action::Load, 1),
    (Action::FetchAdd, 1),
    (Action::Lock, 2),
    (Action::TryLockFailed, 2),
    (Action::ReadLock, 2),
    (Action::ReadUnlock, 2),
];

fn random(dice: &mut Dice, count: usize) -> Trace {
    let kinds = [ObjectKind::Atomic, ObjectKind::Atomic, ObjectKind::RwLock];
    let object = |kind| Object { name: "x".into(), kind, initial: Some(Value::Unsigned(0)) };
    let mut steps: Vec<Step> = Vec::new();
    for i in 0..count {
        let (action, object) = ACTIONS[dice.below(ACTIONS.len())];
        let writes: Vec<usize> = (0..i)
            .filter(|&w| steps[w].writes_value() && steps[w].object == Some(ObjectId(object)))
            .collect();
        // One of the writes so far, or the initial value.
        let older = (dice.below(3) == 0).then(|| {
            let at = dice.below(writes.len() + 1);
            writes.get(at).copied()
        });
        let after = if i > 0 && dice.below(6) == 0 { vec![dice.below(i)] } else { Vec::new() };
        steps.push(Step {
            thread: ThreadId(dice.below(3) as u8),
            action,
            object: Some(ObjectId(object)),
            mutex: None,
            order: None,
            read: None,
            written: None,
            choice: None,
            place: Place { file: "f.rs".into(), line: 1, column: 1 },
            operation: 0,
            after,
            alone: false,
            stale: older.filter(|_| matches!(action, Action::Load | Action::FetchAdd)),
            behind: older.filter(|_| action == Action::Store),
        });
    }
    let thread = |id| Thread { id: ThreadId(id), name: None, task: false };
    Trace {
        threads: (0..3).map(thread).collect(),
        objects: kinds.map(object).into(),
        steps,
        ending: String::new(),
        waiting: Vec::new(),
    }
}

/// Does the one come before the other, as [`Why`] has it?
fn comes_before(trace: &Trace, orders: &Orders, from: usize, to: usize) -> bool {
    let (a, b) = (&trace.steps()[from], &trace.steps()[to]);
    let next = |value, step| orders.next_write(trace, value, step) == Some(to) && from != to;
    let has_value = a.reads_value() || a.writes_value();
    let later = from < to;
    later && a.thread == b.thread
        || a.writes_value() && from != to && orders.reads_from(to) == Some(Some(from))
        || a.writes_value() && next(Some(from), from)
        || orders.reads_from(from).is_some_and(|source| next(source, from))
        || later && b.after.contains(&from)
        || later && !has_value && dependent(&a.footprint(), &b.footprint())
}

/// The length of the shortest cycle.
fn shortest(trace: &Trace) -> Option<usize> {
    let (orders, count) = (trace.orders(), trace.steps().len());
    let far = usize::MAX / 4;
    let edge = |a, b| if comes_before(trace, &orders, a, b) { 1 } else { far };
    let mut way: Vec<Vec<usize>> =
        (0..count).map(|a| (0..count).map(|b| edge(a, b)).collect()).collect();
    for k in 0..count {
        for a in 0..count {
            for b in 0..count {
                way[a][b] = way[a][b].min(way[a][k] + way[k][b]);
            }
        }
    }
    (0..count).map(|a| way[a][a]).min().filter(|length| *length < far)
}

#[test]
fn no_cycle_is_shorter_and_none_is_missed() {
    let mut dice = Dice(1);
    let mut found = [0; 2];
    for round in 0..2_000 {
        let trace = random(&mut dice, 4 + round % 12);
        let cycle = trace.cycle();
        assert_eq!(trace.is_sequentially_consistent(), cycle.is_none(), "{trace:#?}");
        let length = cycle.as_ref().map(|cycle| cycle.edges().len());
        assert_eq!(length, shortest(&trace), "{trace:#?}");
        found[usize::from(length.is_some())] += 1;
        let Some(cycle) = cycle else { continue };
        let orders = trace.orders();
        for (edge, next) in cycle.edges().iter().zip(cycle.edges().iter().cycle().skip(1)) {
            assert_eq!(edge.to, next.from);
            assert!(comes_before(&trace, &orders, edge.from, edge.to), "{edge:?} in {trace:#?}");
        }
    }
    assert!(found.iter().all(|count| *count > 200), "both are met: {found:?}");
}
