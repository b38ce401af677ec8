//! `std::hint`, for programs under exploration.

/// Says that this thread spins: it goes on when something it has looked at has changed.
#[inline(always)] // see `yield_now`
#[track_caller]
pub fn spin_loop() {
    super::thread::yield_now();
}

pub use std::hint::black_box;
