//! Plausible fixes that do not work.
//!
//! Each is what somebody reaches for first, and each still loses updates. They are kept apart from
//! the cures so that nobody takes one home. The first three are checked over every interleaving;
//! the last two are about real machines (what a compiler does, how time passes), so they run on
//! real threads only.
//!
//! - [`LockPerThreadCounter`]: every thread locks, but its own lock
//! - [`LockTheReadCounter`]: the lock is given back before the write
//! - [`SeqCstPairCounter`]: the strongest ordering, still two steps
//! - [`VolatileCounter`]: the word that means something else in other languages
//! - [`SleepCounter`]: look whether anybody is busy, sleep, look again

mod lock_per_thread;
mod lock_the_read;
mod seqcst_pair;
mod sleep;
mod volatile;

pub use lock_per_thread::LockPerThreadCounter;
pub use lock_the_read::LockTheReadCounter;
pub use seqcst_pair::SeqCstPairCounter;
pub use sleep::SleepCounter;
pub use volatile::VolatileCounter;
