//! Two threads raise a flag each and look at the other's: both may see nothing.
//!
//! # Orderings
//! Release and Acquire order what one thread did before its store with what another does after a
//! load *that reads it*. Here each load is meant to see a store that it may well miss, and about a
//! store that is missed they say nothing. `SeqCst` puts all four accesses into one order, and in
//! that order one of the stores comes first. A `SeqCst` fence between the store and the load of
//! each thread does the same for accesses of any ordering; one of the two fences alone is not
//! enough, since it needs its partner.

use super::{Case, Race, Seen, case};
use crate::primitives::{AtomicInteger, JoinHandle, Primitives};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

/// Both threads miss the other's store.
pub const STORE_BUFFERING: Race = Race {
    name: "store-buffering",
    title: "Two threads raise a flag each, and neither sees the other's",
    story: "Each thread stores to its own flag and then loads the other's. Whoever comes second \
            must see the first one's flag; so says every interleaving. A processor keeps a store \
            in a buffer while later loads go ahead, and both loads can miss. Locks that are built \
            on such flags (Dekker's, Peterson's) then let both threads in.",
    seen: "what A saw of y, what B saw of x",
    is_forbidden: |seen| seen == [0, 0],
    forbidden: "neither saw the other: both go in",
    cases: CASES,
    path: "src/race/store_buffering.rs",
    source: include_str!("store_buffering.rs"),
};

const CASES: &[Case] = &[
    case!("Relaxed", false, both([Relaxed, Relaxed]; [None, None])),
    case!("Release store, Acquire load", false, both([Release, Acquire]; [None, None])),
    case!("SeqCst store, Acquire load", false, both([SeqCst, Acquire]; [None, None])),
    case!("Release store, SeqCst load", false, both([Release, SeqCst]; [None, None])),
    case!("AcqRel fence in each", false, both([Release, Acquire]; [Some(AcqRel), Some(AcqRel)])),
    case!(
        "SeqCst fence in one, AcqRel in the other",
        false,
        both([Relaxed, Relaxed]; [Some(SeqCst), Some(AcqRel)])
    ),
    case!("SeqCst fence in each", true, both([Relaxed, Relaxed]; [Some(SeqCst), Some(SeqCst)])),
    case!("SeqCst everywhere", true, both([SeqCst, SeqCst]; [None, None])),
];

fn both<P: Primitives>([store, load]: [Ordering; 2], fences: [Option<Ordering>; 2]) -> Seen {
    let x = Arc::new(P::AtomicU32::named("x", 0));
    let y = Arc::new(P::AtomicU32::named("y", 0));
    let start = |name, mine: &Arc<P::AtomicU32>, other: &Arc<P::AtomicU32>, fence| {
        let (mine, other) = (Arc::clone(mine), Arc::clone(other));
        P::spawn(name, move || {
            mine.store(1, store);
            if let Some(order) = fence {
                P::fence(order);
            }
            u64::from(other.load(load))
        })
    };
    let a = start("A", &x, &y, fences[0]);
    let b = start("B", &y, &x, fences[1]);
    vec![a.join(), b.join()]
}
