//! What a program returns.

use serde::{Serialize, Serializer};
use std::fmt;

/// A program returns at most this many numbers.
const MOST: usize = 8;

/// What a program returned: a few whole numbers, each with a name where the program's
/// [`Entry`](super::Entry) gives it one.
///
/// `Debug` is how an outcome is told everywhere: one number as it is, `1`; several as a list,
/// `[0, 0]`, or with their names, `[A saw y = 0, B saw x = 0]`. As JSON it is a number, or a list of
/// numbers. Names are never compared.
///
/// It owns no memory: making and comparing outcomes must not slow an exploration down.
///
/// # Examples
/// ```
/// use racelab::list::Outcome;
///
/// let both = Outcome::from([0, 0]);
/// assert_eq!(format!("{both:?}"), "[0, 0]");
/// let named = both.named(&["A saw y", "B saw x"]);
/// assert_eq!(format!("{named:?}"), "[A saw y = 0, B saw x = 0]");
/// assert_eq!(named, both);
/// assert_eq!(format!("{:?}", Outcome::from(1)), "1");
/// ```
#[derive(Clone, Copy)]
pub struct Outcome {
    names: &'static [&'static str],
    numbers: [i64; MOST],
    length: u8,
}

impl Outcome {
    /// The numbers, in the order in which the program returned them.
    pub fn numbers(&self) -> &[i64] {
        &self.numbers[..usize::from(self.length)]
    }

    /// The same with a name for each number.
    #[must_use]
    pub fn named(self, names: &'static [&'static str]) -> Self {
        Outcome { names, ..self }
    }

    /// In words, the only number with its name as well: `count = 1`.
    pub fn words(&self) -> String {
        let numbers = self.numbers().iter();
        if self.names.len() != self.numbers().len() {
            let numbers: Vec<_> = numbers.map(i64::to_string).collect();
            return numbers.join(", ");
        }
        let named =
            self.names.iter().zip(numbers).map(|(name, number)| format!("{name} = {number}"));
        named.collect::<Vec<_>>().join(", ")
    }

    /// Is this what somebody means who has typed `text`? The numbers alone will do, and the words.
    pub fn is_meant_by(&self, text: &str) -> bool {
        let text = text.trim().trim_start_matches('[').trim_end_matches(']');
        let numbers: Option<Vec<i64>> =
            text.split(',').map(|number| number.trim().parse().ok()).collect();
        numbers.is_some_and(|numbers| numbers == self.numbers()) || text == self.words()
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.numbers() {
            [one] => write!(f, "{one}"),
            _ => write!(f, "[{}]", self.words()),
        }
    }
}

impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        self.numbers() == other.numbers()
    }
}

impl Eq for Outcome {}

impl PartialOrd for Outcome {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Outcome {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.numbers().cmp(other.numbers())
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.numbers() {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<const N: usize> From<[i64; N]> for Outcome {
    fn from(given: [i64; N]) -> Self {
        const { assert!(N <= MOST, "a program returns at most eight numbers") };
        let mut numbers = [0; MOST];
        numbers[..N].copy_from_slice(&given);
        Outcome { names: &[], numbers, length: N as u8 }
    }
}

impl From<i64> for Outcome {
    fn from(number: i64) -> Self {
        [number].into()
    }
}

/// Lets programs return the integers that they compute with.
macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Outcome {
            fn from(number: $integer) -> Self {
                [number].into()
            }
        }

        impl<const N: usize> From<[$integer; N]> for Outcome {
            fn from(numbers: [$integer; N]) -> Self {
                numbers.map(|n| i64::try_from(n).expect("a model's numbers are small")).into()
            }
        }
    )*};
}
from_integers!(i32, u32, u64, usize);

impl<const N: usize> From<[bool; N]> for Outcome {
    fn from(answers: [bool; N]) -> Self {
        answers.map(i64::from).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_can_be_asked_for_by_its_numbers_or_in_its_words() {
        let both = Outcome::from([0_u64, 10]).named(&["x", "y"]);
        for text in ["0, 10", "[0,10]", "x = 0, y = 10", "[x = 0, y = 10]"] {
            assert!(both.is_meant_by(text), "{text}");
        }
        for text in ["0", "0, 1", "", "x = 0"] {
            assert!(!both.is_meant_by(text), "{text}");
        }
        assert!(Outcome::from(-3).is_meant_by("-3"));
        assert!(Outcome::from(-3).named(&["balance"]).is_meant_by("balance = -3"));
    }

    #[test]
    fn outcomes_are_ordered_by_their_numbers() {
        let mut all = [Outcome::from([1, 0]), Outcome::from([0, 1]), Outcome::from([-1, 5])];
        all.sort();
        assert_eq!(all, [[-1, 5], [0, 1], [1, 0]].map(Outcome::from));
    }

    #[test]
    fn as_json_one_number_is_a_number_and_several_are_a_list() {
        let json = |outcome: Outcome| serde_json::to_string(&outcome).unwrap();
        assert_eq!(json(Outcome::from(1).named(&["count"])), "1");
        assert_eq!(json(Outcome::from([true, false])), "[1,0]");
    }
}
