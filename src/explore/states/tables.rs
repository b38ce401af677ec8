//! What many states and moves share is kept once.

use crate::explore::runtime::Mark;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The numbers of what is known by a mark.
pub(super) type Known = HashMap<Mark, u32, BuildHasherDefault<Marked>>;

/// Values that are met again and again, by number.
pub(super) struct Table<V> {
    numbers: Known,
    values: Vec<V>,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Table { numbers: Known::default(), values: Vec::new() }
    }
}

impl<V> Table<V> {
    /// The number of what has this mark; made when it is new.
    pub fn number(&mut self, mark: Mark, make: impl FnOnce() -> V) -> u32 {
        let values = &mut self.values;
        *self.numbers.entry(mark).or_insert_with(|| {
            values.push(make());
            values.len() as u32 - 1
        })
    }

    pub fn values(&self) -> &[V] {
        &self.values
    }

    pub fn into_values(self) -> Vec<V> {
        self.values
    }
}

/// A mark is a hash already.
#[derive(Default)]
pub(super) struct Marked(u64);

impl Hasher for Marked {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u128(&mut self, mark: u128) {
        self.0 = mark as u64;
    }
}
