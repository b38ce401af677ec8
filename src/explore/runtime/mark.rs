//! A mark: 128 bits that stand for a sequence of numbers.
//!
//! States are told apart by their marks. Mixing in a number is a bijection of the mark for each
//! number and of the number for each mark, so two sequences that differ in one place never get the
//! same mark; others do with a probability of about n² / 2¹²⁸ among n of them, less than that of a
//! fault in the machine's memory.

/// What a sequence of numbers is known by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mark(pub u128);

/// Odd, with ones and zeros in no pattern: the fractional digits of √2 and √3.
const FACTOR: u128 = 0x6a09_e667_f3bc_c908_bb67_ae85_84ca_a73b;

impl Mark {
    /// Of nothing.
    pub const NONE: Mark = Mark(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);

    /// Of one number.
    #[inline]
    pub fn of(number: u64) -> Mark {
        Mark::NONE.with(number)
    }

    /// With one number more.
    #[inline]
    pub fn with(self, number: u64) -> Mark {
        self.with_wide(u128::from(number))
    }

    /// With all that another mark stands for.
    #[inline]
    pub fn and(self, other: Mark) -> Mark {
        self.with_wide(other.0)
    }

    #[inline]
    fn with_wide(self, number: u128) -> Mark {
        // Turned, or a mark mixed into itself were 0; shifted, or 0 into 0 were 0 again.
        let mixed = (self.0.rotate_left(41) ^ number).wrapping_add(FACTOR >> 1);
        let mut mixed = mixed.wrapping_mul(FACTOR);
        mixed ^= mixed >> 67;
        mixed = mixed.wrapping_mul(FACTOR);
        Mark(mixed ^ (mixed >> 61))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_mark_mixed_into_itself_goes_on_to_change() {
        for start in [Mark(0), Mark::NONE, Mark::of(0).with(1)] {
            let twice = start.and(start);
            let seen = [start, twice, twice.and(Mark(0)), twice.and(Mark(0)).and(Mark(0))];
            assert_eq!(HashSet::from(seen).len(), 4, "{seen:?}");
        }
    }

    #[test]
    fn the_order_of_the_numbers_counts_and_short_sequences_do_not_collide() {
        let mut marks = HashSet::from([Mark::NONE]);
        for a in 0..32 {
            assert!(marks.insert(Mark::of(a)));
            for b in 0..32 {
                assert!(marks.insert(Mark::of(a).with(b)));
                for c in 0..32 {
                    assert!(marks.insert(Mark::of(a).with(b).with(c)));
                }
            }
        }
    }
}
