//! The ladder: shared counters, worst first.
//!
//! Each counter is generic over the family of [`Primitives`](crate::primitives::Primitives) it is
//! written in, so the code that runs on real threads is the code that is checked.

mod racy;

pub use racy::RacyCounter;

/// A number that many threads count up together.
pub trait Counter: Send + Sync + 'static {
    /// Adds one.
    #[track_caller]
    fn increment(&self);
    /// The number as this thread sees it now.
    #[track_caller]
    fn get(&self) -> u64;
}
