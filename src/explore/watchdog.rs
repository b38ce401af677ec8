//! A watchdog: where a program runs on without taking a step, nothing else would ever notice.
//!
//! Limits are looked at between steps. A loop that takes none, a lock of std's that another modelled
//! thread holds, a channel or a sleep of std's: such code cannot be interrupted. After a while without
//! any step the process says where it is stuck, and ends.

use super::os_threads;
use super::runtime::{Pulse, pulse};
use crate::report::duration;
use crate::trace::ThreadId;
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

/// An OS thread that explores.
struct Watched {
    pulse: *const Pulse,
    patience: Duration,
    /// Its pulse when it was last looked at, and for how long it has been that.
    beat: Option<(u64, u32, u8)>,
    still: Duration,
}

// SAFETY: a pulse is made of atomics, and lives at least until its entry is taken out of the list.
unsafe impl Send for Watched {}

static WATCHED: Mutex<Vec<Watched>> = Mutex::new(Vec::new());

/// Keeps the watchdog at an OS thread until dropped there.
pub(super) struct Watch(*const Pulse);

impl Watch {
    /// Watches the calling OS thread: it must not be without a step for longer than this.
    pub(super) fn this_thread(patience: Duration) -> Self {
        static STARTED: Once = Once::new();
        let pulse = pulse();
        let watched = Watched { pulse, patience, beat: None, still: Duration::ZERO };
        WATCHED.lock().unwrap_or_else(PoisonError::into_inner).push(watched);
        STARTED.call_once(|| {
            let builder = std::thread::Builder::new().name("racelab watchdog".to_owned());
            // Without a thread for it nobody watches: no reason not to explore.
            let _ = builder.spawn(watch);
        });
        Watch(pulse)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|entry| entry.pulse != self.0);
    }
}

fn watch() {
    os_threads::unmark();
    let mut pause = Duration::from_millis(200);
    loop {
        let asleep = Instant::now();
        std::thread::sleep(pause);
        // A process that was stopped, or a machine that slept, has not been stuck meanwhile.
        let passed = asleep.elapsed().min(2 * pause);
        let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        watched.iter_mut().for_each(|entry| entry.look(passed));
        let shortest = watched.iter().map(|entry| entry.patience / 8).min();
        let (least, most) = (Duration::from_millis(10), Duration::from_millis(200));
        pause = shortest.map_or(most, |pause| pause.clamp(least, most));
    }
}

impl Watched {
    fn look(&mut self, passed: Duration) {
        // SAFETY: the entry is in the list, so its OS thread has not ended.
        let pulse = unsafe { &*self.pulse };
        let beat = pulse.beat();
        if beat.is_none() || beat != self.beat {
            self.beat = beat;
            self.still = Duration::ZERO;
            return;
        }
        self.still += passed;
        if self.still >= self.patience {
            let (thread, place) = pulse.last_seen();
            let thread = ThreadId(thread);
            let since = match place {
                Some(place) => {
                    format!("since its last step or its start at {}:{}", place.file(), place.line())
                }
                None => "since its start".to_owned(),
            };
            end(&format!(
                "thread {thread} of the program under exploration has not stopped {since}, for {}: \
                 it loops without a step, or waits for a lock, a channel or a sleep of std's; use \
                 racelab::model's inside the program, or allow more with \
                 Explorer::new().patience(time)",
                duration(self.patience)
            ));
        }
    }
}

/// Ends the process with one line. Nothing is unwound: what is stuck may hold anything, the standard
/// output's lock too.
pub(super) fn end(why: &str) -> ! {
    let line = format!("racelab: {why}\n");
    #[cfg(unix)]
    // SAFETY: the bytes are valid, and neither call takes a lock.
    unsafe {
        libc::write(2, line.as_ptr().cast(), line.len());
        libc::_exit(101)
    }
    #[cfg(not(unix))]
    {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
        std::process::exit(101)
    }
}
