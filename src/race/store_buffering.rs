//! Two threads raise a flag each and look at the other's: both may see nothing.
//!
//! # Orderings
//! Release and Acquire order what one thread did before its store with what another does after a
//! load *that reads it*. Here each load is meant to see a store that it may well miss, and about a
//! store that is missed they say nothing. `SeqCst` puts all four accesses into one order, and in
//! that order one of the stores comes first. A `SeqCst` fence between the store and the load of
//! each thread does the same for accesses of any ordering; one of the two fences alone is not
//! enough, since it needs its partner.

use super::{at_once, ordered};
use crate::list::{Entry, Variant, acceptable, failed, forbidden};
use crate::primitives::{AtomicInteger, Primitives};
use std::sync::Arc;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

const FORBIDDEN: &str = "neither saw the other: both go in";

/// Both threads miss the other's store.
pub static STORE_BUFFERING: Entry = Entry {
    name: "store-buffering",
    title: "Two threads raise a flag each, and neither sees the other's",
    story: "Each thread stores to its own flag and then loads the other's. Whoever comes second \
            must see the first one's flag; so says every interleaving. A processor keeps a store \
            in a buffer while later loads go ahead, and both loads can miss. Locks that are built \
            on such flags (Dekker's, Peterson's) then let both threads in.",
    path: "src/race/store_buffering.rs",
    source: include_str!("store_buffering.rs"),
    outcome: &["A saw y", "B saw x"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([0, 0]) => forbidden(FORBIDDEN),
        Ok(_) => acceptable("at least one saw the other"),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    ordered!(weak, "Relaxed", both, [Relaxed, Relaxed], [None, None]),
    ordered!(weak, "Release store, Acquire load", both, [Release, Acquire], [None, None]),
    ordered!(weak, "SeqCst store, Acquire load", both, [SeqCst, Acquire], [None, None]),
    ordered!(weak, "Release store, SeqCst load", both, [Release, SeqCst], [None, None]),
    ordered!(weak, "AcqRel fence in each", both, [Release, Acquire], [Some(AcqRel), Some(AcqRel)]),
    ordered!(
        weak,
        "SeqCst fence in one, AcqRel in the other",
        both,
        [Relaxed, Relaxed],
        [Some(SeqCst), Some(AcqRel)]
    ),
    ordered!(cure, "SeqCst fence in each", both, [Relaxed, Relaxed], [Some(SeqCst), Some(SeqCst)]),
    ordered!(cure, "SeqCst everywhere", both, [SeqCst, SeqCst], [None, None]),
];

fn both<P: Primitives>([store, load]: [Ordering; 2], fences: [Option<Ordering>; 2]) -> [u32; 2] {
    let x = Arc::new(P::AtomicU32::named("x", 0));
    let y = Arc::new(P::AtomicU32::named("y", 0));
    let raise = |mine: &Arc<P::AtomicU32>, other: &Arc<P::AtomicU32>, fence| {
        let (mine, other) = (Arc::clone(mine), Arc::clone(other));
        move || {
            mine.store(1, store);
            if let Some(order) = fence {
                P::fence(order);
            }
            other.load(load)
        }
    };
    at_once::<P, _, _>(raise(&x, &y, fences[0]), raise(&y, &x, fences[1])).into()
}
