//! `std::sync::atomic`, for programs under exploration.

use crate::explore::runtime::{
    Becomes, Bits, Op, Word, claimed, failed, is_exploring, step, step_with,
};
use crate::trace::ObjectKind;
use std::fmt;
use std::panic::Location;
pub use std::sync::atomic::Ordering;

mod pointer;
pub use pointer::AtomicPtr;

/// An atomic fence.
///
/// # Panics
/// When `order` is `Relaxed`, as in std.
#[track_caller]
pub fn fence(order: Ordering) {
    assert!(order != Ordering::Relaxed, "there is no such thing as a relaxed fence");
    step_with(None, None, Bits::Opaque, Op::Fence, (order, order), 0, 0);
}

/// A fence against the compiler only: nothing to explore.
pub fn compiler_fence(_order: Ordering) {}

#[track_caller]
fn check_load(order: Ordering) {
    match order {
        Ordering::Release => panic!("there is no such thing as a release load"),
        Ordering::AcqRel => panic!("there is no such thing as an acquire-release load"),
        _ => {}
    }
}

#[track_caller]
fn check_store(order: Ordering) {
    match order {
        Ordering::Acquire => panic!("there is no such thing as an acquire store"),
        Ordering::AcqRel => panic!("there is no such thing as an acquire-release store"),
        _ => {}
    }
}

/// The ordering of a failed update that `success` allows.
fn load_part(order: Ordering) -> Ordering {
    match order {
        Ordering::AcqRel => Ordering::Acquire,
        Ordering::Release => Ordering::Relaxed,
        order => order,
    }
}

/// What every atomic has, whatever it holds.
macro_rules! common {
    ($atomic:ident, $value:ty, $bits:expr) => {
        impl $atomic {
            /// A new atomic. It can stand in a `static`, and starts anew in each execution.
            #[track_caller]
            pub const fn new(value: $value) -> Self {
                Self::from_word(Word::new(ObjectKind::Atomic, Self::encode(value)))
            }

            /// A new atomic with a name for pictures.
            ///
            /// # Panics
            /// Outside an exploration.
            #[inline]
            #[track_caller]
            pub fn named(name: &'static str, value: $value) -> Self {
                let initial = Self::encode(value);
                Self::from_word(Word::registered(ObjectKind::Atomic, initial, Some(name)))
            }

            /// Reads.
            ///
            /// # Panics
            /// When `order` is `Release` or `AcqRel`, as in std.
            #[inline]
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                check_load(order);
                Self::decode(step(&self.word, $bits, Op::Load, order, 0, 0))
            }

            /// Writes.
            ///
            /// # Panics
            /// When `order` is `Acquire` or `AcqRel`, as in std.
            #[inline]
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                check_store(order);
                step(&self.word, $bits, Op::Store, order, Self::encode(value), 0);
            }

            /// Writes, and returns what was there.
            #[inline]
            #[track_caller]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                self.update(Op::Swap, value, order)
            }

            /// Writes `new` if `current` is there; `Ok` and `Err` carry what was there.
            ///
            /// # Panics
            /// When `failure` is `Release` or `AcqRel`, as in std.
            #[inline]
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.exchange(Op::CompareExchange, current, new, success, failure)
            }

            /// As [`compare_exchange`](Self::compare_exchange), but it may fail for no reason: that
            /// is an alternative of the step, once for the same state in the same thread.
            ///
            /// # Panics
            /// When `failure` is `Release` or `AcqRel`, as in std.
            #[inline]
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.exchange(Op::CompareExchangeWeak, current, new, success, failure)
            }

            /// Reads and tries to write what `f` makes of it, until that succeeds or `f` declines.
            /// It tries again where somebody came between, and for no other reason: a failure without
            /// one would only call `f` once more with the same value.
            #[inline]
            #[track_caller]
            pub fn fetch_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut f: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut seen = self.load(fetch_order);
                while let Some(new) = f(seen) {
                    match self.compare_exchange(seen, new, set_order, fetch_order) {
                        done @ Ok(_) => return done,
                        Err(other) => seen = other,
                    }
                }
                Err(seen)
            }

            /// The value, which nobody else can reach.
            #[track_caller]
            pub fn into_inner(self) -> $value {
                claimed(&self.word, Becomes::Gone, Location::caller());
                Self::decode(self.word.get())
            }

            /// The value, which nobody else can reach.
            #[track_caller]
            pub fn get_mut(&mut self) -> &mut $value {
                claimed(&self.word, Becomes::Another, Location::caller());
                let word: *mut u64 = self.word.value_mut();
                // Its low bytes, wherever they are.
                let above = size_of::<u64>() - size_of::<$value>();
                let offset = if cfg!(target_endian = "big") { above } else { 0 };
                // SAFETY: the low bytes of the word are a value of the type, as `encode` writes it,
                // and the word is borrowed exclusively for as long as they are.
                unsafe { &mut *word.byte_add(offset).cast() }
            }

            #[inline]
            #[track_caller]
            fn update(&self, op: Op, value: $value, order: Ordering) -> $value {
                let operand = Self::encode(value);
                let orders = (order, load_part(order));
                Self::decode(step_with(Some(&self.word), None, $bits, op, orders, operand, 0))
            }

            #[inline]
            #[track_caller]
            fn exchange(
                &self,
                op: Op,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                check_load(failure);
                let (expected, new) = (Self::encode(current), Self::encode(new));
                let orders = (success, failure);
                let seen = step_with(Some(&self.word), None, $bits, op, orders, expected, new);
                let value = Self::decode(seen);
                if seen == expected && !failed() { Ok(value) } else { Err(value) }
            }
        }

        impl fmt::Debug for $atomic {
            /// As std's: a relaxed load, which is a step.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match is_exploring() {
                    true => self.load(Ordering::Relaxed).fmt(f),
                    false => f.write_str(stringify!($atomic)),
                }
            }
        }

        impl From<$value> for $atomic {
            #[inline]
            #[track_caller]
            fn from(value: $value) -> Self {
                Self::new(value)
            }
        }
    };
}

macro_rules! integers {
    ($($atomic:ident $integer:ident $bits:expr;)*) => {$(
        #[doc = concat!("`std::sync::atomic::", stringify!($atomic), "`, for programs under exploration.")]
        pub struct $atomic {
            word: Word,
        }

        impl $atomic {
            const fn from_word(word: Word) -> Self {
                $atomic { word }
            }

            const fn encode(value: $integer) -> u64 {
                // Cut to the type's own width: a signed value is not extended.
                value as u64 & (u64::MAX >> (64 - $integer::BITS))
            }

            const fn decode(value: u64) -> $integer {
                value as $integer
            }
        }

        common!($atomic, $integer, $bits);

        impl $atomic {
            integers!(@update $integer, fetch_add Add "Adds, wrapping around");
            integers!(@update $integer, fetch_sub Sub "Subtracts, wrapping around");
            integers!(@update $integer, fetch_and And "Bitwise and");
            integers!(@update $integer, fetch_or Or "Bitwise or");
            integers!(@update $integer, fetch_xor Xor "Bitwise exclusive or");
            integers!(@update $integer, fetch_nand Nand "Bitwise not-and");
            integers!(@update $integer, fetch_max Max "The larger of the two");
            integers!(@update $integer, fetch_min Min "The smaller of the two");
        }

        impl Default for $atomic {
            #[inline]
            #[track_caller]
            fn default() -> Self {
                Self::new(0)
            }
        }
    )*};
    (@update $integer:ident, $name:ident $op:ident $what:literal) => {
        #[doc = concat!($what, "; returns what was there, in one step.")]
        #[inline]
        #[track_caller]
        pub fn $name(&self, value: $integer, order: Ordering) -> $integer {
            self.update(Op::$op, value, order)
        }
    };
}

integers! {
    AtomicU8 u8 Bits::Unsigned(8);
    AtomicU16 u16 Bits::Unsigned(16);
    AtomicU32 u32 Bits::Unsigned(32);
    AtomicU64 u64 Bits::Unsigned(64);
    AtomicUsize usize Bits::Unsigned(usize::BITS as u8);
    AtomicI8 i8 Bits::Signed(8);
    AtomicI16 i16 Bits::Signed(16);
    AtomicI32 i32 Bits::Signed(32);
    AtomicI64 i64 Bits::Signed(64);
    AtomicIsize isize Bits::Signed(isize::BITS as u8);
}

/// `std::sync::atomic::AtomicBool`, for programs under exploration.
pub struct AtomicBool {
    word: Word,
}

impl AtomicBool {
    const fn from_word(word: Word) -> Self {
        AtomicBool { word }
    }

    const fn encode(value: bool) -> u64 {
        value as u64
    }

    const fn decode(value: u64) -> bool {
        value != 0
    }

    /// Logical and; returns what was there, in one step.
    #[track_caller]
    pub fn fetch_and(&self, value: bool, order: Ordering) -> bool {
        self.update(Op::And, value, order)
    }

    /// Logical or; returns what was there, in one step.
    #[track_caller]
    pub fn fetch_or(&self, value: bool, order: Ordering) -> bool {
        self.update(Op::Or, value, order)
    }

    /// Logical exclusive or; returns what was there, in one step.
    #[track_caller]
    pub fn fetch_xor(&self, value: bool, order: Ordering) -> bool {
        self.update(Op::Xor, value, order)
    }

    /// Logical not-and; returns what was there, in one step.
    #[track_caller]
    pub fn fetch_nand(&self, value: bool, order: Ordering) -> bool {
        self.update(Op::Nand, value, order)
    }

    /// Logical not; returns what was there, in one step.
    #[track_caller]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.update(Op::Xor, true, order)
    }
}

common!(AtomicBool, bool, Bits::Bool);

impl Default for AtomicBool {
    #[track_caller]
    fn default() -> Self {
        Self::new(false)
    }
}
