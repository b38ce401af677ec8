//! Vector clocks: who knows what, kept for every event.
//!
//! A clock says, for each thread, how many of its events are known. With the clock of `b` at hand,
//! "is `a` before `b`?" is one comparison. Each event has four of them, laid out side by side in
//! one long vector, so that adding and taking back an event allocates nothing.

/// The four clocks of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// Happens-before: the events ordered before this one, itself included.
    Before = 0,
    /// What the thread's relaxed reads have seen released: an acquire fence would acquire it.
    Pending = 1,
    /// What a read of this write would acquire.
    Released = 2,
    /// Program order and reads-from: the events without which this one could not be.
    Causes = 3,
}

const ROWS: usize = 4;

/// The clocks of all events, by event.
#[derive(Clone, Debug)]
pub(crate) struct Clocks {
    /// Entries a clock: at least the number of threads.
    width: usize,
    entries: Vec<u32>,
}

impl Clocks {
    pub(crate) fn new() -> Self {
        Clocks { width: 4, entries: Vec::new() }
    }

    /// Makes room for `threads` threads in every clock.
    pub(crate) fn widen(&mut self, threads: usize) {
        if threads <= self.width {
            return;
        }
        let wider = threads.next_power_of_two();
        let old = std::mem::take(&mut self.entries);
        for row in old.chunks(self.width) {
            self.entries.extend_from_slice(row);
            self.entries.extend(std::iter::repeat_n(0, wider - self.width));
        }
        self.width = wider;
    }

    /// Adds the clocks of one more event, all zero.
    pub(crate) fn push(&mut self) {
        self.entries.extend(std::iter::repeat_n(0, self.width * ROWS));
    }

    /// Takes back the clocks of the last event.
    pub(crate) fn pop(&mut self) {
        self.entries.truncate(self.entries.len() - self.width * ROWS);
    }

    fn start(&self, event: u32, row: Row) -> usize {
        (event as usize * ROWS + row as usize) * self.width
    }

    /// How many events of `thread` the event knows.
    #[inline]
    pub(crate) fn get(&self, event: u32, row: Row, thread: u8) -> u32 {
        self.entries[self.start(event, row) + thread as usize]
    }

    /// How many events of each thread the event knows: at least as many entries as threads.
    pub(crate) fn row(&self, event: u32, row: Row) -> &[u32] {
        &self.entries[self.start(event, row)..][..self.width]
    }

    /// Sets how many events of `thread` the event knows.
    pub(crate) fn set(&mut self, event: u32, row: Row, thread: u8, known: u32) {
        let at = self.start(event, row) + thread as usize;
        self.entries[at] = known;
    }

    /// Lets one clock know all that another knows.
    pub(crate) fn join(&mut self, into: (u32, Row), from: (u32, Row)) {
        let (into, from) = (self.start(into.0, into.1), self.start(from.0, from.1));
        for i in 0..self.width {
            let known = self.entries[from + i];
            let entry = &mut self.entries[into + i];
            *entry = known.max(*entry);
        }
    }
}
