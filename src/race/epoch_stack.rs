//! Treiber's stack with real pointers, whose nodes are freed when nobody can look at them any more.
//!
//! # Why the top cannot come back
//! A thread is *pinned* while it looks at the stack. A node that was taken is freed only when all
//! threads that were pinned at that moment have let go, so as long as somebody remembers its address,
//! no new node can get it; and every push makes a new node. That a compare and exchange finds the
//! address that was read means that it is the same node, and that it has been the top all the while.
//!
//! # Orderings
//! As in [`ABA`](super::ABA): `AcqRel` for what changes the top, `Acquire` for looking at it.

use crossbeam::epoch::{self, Atomic, Owned};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

#[derive(Default)]
pub(super) struct EpochStack {
    top: Atomic<Node>,
}

struct Node {
    number: u64,
    below: Atomic<Node>,
}

impl EpochStack {
    pub fn push(&self, number: u64) {
        let guard = epoch::pin();
        let mut node = Owned::new(Node { number, below: Atomic::null() });
        loop {
            let top = self.top.load(Acquire, &guard);
            node.below.store(top, Relaxed);
            match self.top.compare_exchange(top, node, AcqRel, Acquire, &guard) {
                Ok(_) => return,
                Err(failed) => node = failed.new,
            }
        }
    }

    pub fn pop(&self) -> Option<u64> {
        let guard = epoch::pin();
        loop {
            let top = self.top.load(Acquire, &guard);
            // SAFETY: it is null or a node that was on the stack while this thread was pinned, and
            // such a node is not freed before the thread lets go of its guard. The load reads the
            // exchange that put the node there, with Acquire, so its fields are seen.
            let node = unsafe { top.as_ref() }?;
            let below = node.below.load(Relaxed, &guard);
            if self.top.compare_exchange(top, below, AcqRel, Acquire, &guard).is_ok() {
                let number = node.number;
                // SAFETY: the exchange took it off the stack, so no thread that is pinned later can
                // reach it; and only the thread whose exchange succeeded gets here with it, once.
                unsafe { guard.defer_destroy(top) };
                return Some(number);
            }
        }
    }
}

impl Drop for EpochStack {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}
