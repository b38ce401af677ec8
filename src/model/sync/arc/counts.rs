//! What an `Arc` points to: the counts, and the value behind them.

use crate::explore::Finer;
use crate::explore::runtime::effect::count;
use crate::explore::runtime::{
    Bits, Op, Uncounted, Word, is_exploring, needs, step_ordered_at, step_with_at, with_current,
};
use crate::trace::ObjectKind;
use std::alloc::{Layout, dealloc, handle_alloc_error};
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};

type Place = &'static Location<'static>;

/// The allocation that all references to a value share.
#[repr(C)]
pub(super) struct Inner<T: ?Sized> {
    pub counts: Counts,
    pub value: T,
}

/// How many references there are.
pub(super) struct Counts {
    /// As the program's steps see it, where they count.
    word: Word,
    /// As it is; it decides when memory is freed, whatever is explored.
    strong: AtomicUsize,
    /// `Weak`s, and one for all `Arc`s together.
    weak: AtomicUsize,
}

/// Is counting a step?
fn is_step() -> bool {
    is_exploring() && with_current(|runtime| runtime.finer.counts)
}

impl Counts {
    /// Of one `Arc`, or of one `Weak` of a value that is not there yet.
    #[track_caller]
    pub fn new(has_value: bool) -> Self {
        let word = if has_value { count::STRONG } else { count::WEAK };
        Counts {
            word: Word::new(ObjectKind::Arc, word),
            strong: AtomicUsize::new(usize::from(has_value)),
            weak: AtomicUsize::new(1),
        }
    }

    pub fn created(&self) -> Place {
        self.word.created()
    }

    /// The program asks for the count: counting has to be a step.
    pub fn observed(&self) {
        if is_exploring() {
            needs(Finer::COUNTS);
        }
    }

    fn step(&self, op: Op, order: Ordering, operand: u64, place: Place) -> u64 {
        step_ordered_at(place, &self.word, Bits::Count, op, order, (operand, 0))
    }

    /// A step that only reads where it does not find what it is for, and then relaxed.
    fn step_if(&self, op: Op, order: Ordering, place: Place) -> u64 {
        let word = Some(&self.word);
        step_with_at(place, word, None, Bits::Count, op, (order, Relaxed), (count::STRONG, 0))
    }

    /// One `Arc` more.
    pub fn more(&self, place: Place) {
        if is_step() {
            self.step(Op::Add, Relaxed, count::STRONG, place);
        }
        if self.strong.fetch_add(1, Relaxed) > isize::MAX as usize {
            std::process::abort(); // as std: forgotten in a loop
        }
    }

    /// One `Arc` less; was it the last?
    pub fn less(&self, place: Place) -> bool {
        if is_step() {
            self.step(Op::Sub, Release, count::STRONG, place);
        }
        self.strong.fetch_sub(1, AcqRel) == 1
    }

    /// After the last `Arc`, before its value is used: what others have done with it is seen.
    pub fn fence(&self, place: Place) {
        if is_step() {
            step_with_at(place, None, None, Bits::Opaque, Op::Fence, (Acquire, Acquire), (0, 0));
        }
    }

    /// The counts of `Arc`s and of `Weak`s.
    pub fn look(&self, order: Ordering, place: Place) -> (usize, usize) {
        self.observed();
        match is_step() {
            true => count::both(self.step(Op::Load, order, 0, place)),
            false => {
                let strong = self.strong.load(Acquire);
                let shared = usize::from(strong > 0);
                (strong, self.weak.load(Acquire) - shared)
            }
        }
    }

    /// Gives the last `Arc` up, if this is it.
    pub fn take_last(&self, order: Ordering, place: Place) -> bool {
        self.observed();
        let last = is_step().then(|| self.step_if(Op::SubIfOne, order, place));
        match last.map(count::both) {
            Some((strong, _)) if strong != 1 => false,
            _ => self.strong.compare_exchange(1, 0, AcqRel, Acquire).is_ok(),
        }
    }

    /// Takes the last `Arc` back, which was given up just now.
    pub fn put_back(&self, place: Place) {
        if is_step() {
            self.step(Op::Add, Release, count::STRONG, place);
        }
        self.strong.store(1, Release);
    }

    /// The first `Arc`, which takes the place of a `Weak`.
    pub fn first(&self, place: Place) {
        if is_step() {
            self.step(Op::Add, Release, count::STRONG.wrapping_sub(count::WEAK), place);
        }
        self.strong.store(1, Release);
    }

    /// Are there any `Weak`s, once the last `Arc` was given up?
    pub fn has_weak(&self) -> bool {
        self.weak.load(Acquire) > 1
    }

    /// One `Arc` more, if there is any.
    pub fn upgrade(&self, place: Place) -> bool {
        self.observed();
        let found = is_step().then(|| self.step_if(Op::AddUnlessZero, Acquire, place));
        if found.is_some_and(|found| count::both(found).0 == 0) {
            return false;
        }
        let one_more = |strong: usize| (strong > 0).then(|| strong + 1);
        self.strong.fetch_update(AcqRel, Acquire, one_more).is_ok()
    }

    /// One `Weak` more.
    pub fn weak_more(&self, place: Place) {
        if is_step() {
            self.step(Op::Add, Relaxed, count::WEAK, place);
        }
        self.weak.fetch_add(1, Relaxed);
    }

    /// One `Weak` less.
    fn weak_less(&self, place: Place) {
        if is_step() {
            self.step(Op::Sub, Release, count::WEAK, place);
        }
    }
}

impl<T: ?Sized> Inner<T> {
    /// The layout of the allocation around a value of this layout, and where the value is in it.
    pub fn layout(value: Layout) -> (Layout, usize) {
        let (layout, offset) = Layout::new::<Counts>().extend(value).expect("too large");
        (layout.pad_to_align(), offset)
    }

    /// The allocation that a value of this layout stands in.
    ///
    /// # Safety
    /// It does stand in one.
    pub unsafe fn around(value: *const T, layout: Layout) -> NonNull<Self> {
        // SAFETY: by the caller's promise the counts are before it.
        unsafe {
            let offset = Inner::<T>::layout(layout).1;
            let inner = value.byte_sub(offset) as *mut Inner<T>;
            NonNull::new_unchecked(inner)
        }
    }

    /// A new allocation, with counts and room for a value of this layout; returns where that is.
    #[track_caller]
    pub fn allocate(value: Layout, has_value: bool) -> *mut u8 {
        let (layout, offset) = Inner::<T>::layout(value);
        // SAFETY: it is not empty, since the counts are in it.
        unsafe {
            let start = std::alloc::alloc(layout);
            if start.is_null() {
                handle_alloc_error(layout);
            }
            start.cast::<Counts>().write(Counts::new(has_value));
            start.add(offset)
        }
    }

    /// Drops the value, and gives the allocation up with it.
    ///
    /// # Safety
    /// The last `Arc` was given up just now.
    pub unsafe fn drop_value(this: NonNull<Self>) {
        /// Gives the allocation up also where dropping the value panics.
        struct GivesUp<T: ?Sized>(NonNull<Inner<T>>);
        impl<T: ?Sized> Drop for GivesUp<T> {
            fn drop(&mut self) {
                // SAFETY: the value is gone.
                unsafe { Inner::give_up(self.0) };
            }
        }
        let _gives_up = GivesUp(this);
        // Which thread comes last was not explored, if counting is no step.
        let _uncounted = (!is_step()).then(Uncounted::begin);
        // SAFETY: by the caller's promise nobody uses the value any more.
        unsafe { std::ptr::drop_in_place(&raw mut (*this.as_ptr()).value) };
    }

    /// Gives up what all `Arc`s had together of the allocation: the value is gone.
    ///
    /// # Safety
    /// It is, and the last `Arc` was given up.
    pub unsafe fn give_up(this: NonNull<Self>) {
        // SAFETY: by the caller's promise.
        unsafe { Inner::release(this) };
    }

    /// A `Weak` gives up its part of the allocation.
    ///
    /// # Safety
    /// It is not used any more.
    pub unsafe fn drop_weak(this: NonNull<Self>) {
        // SAFETY: by the caller's promise the allocation is there until now.
        unsafe {
            let counts = &raw const (*this.as_ptr()).counts;
            (*counts).weak_less((*counts).created());
            Inner::release(this);
        }
    }

    /// # Safety
    /// One part of the allocation is given up.
    unsafe fn release(this: NonNull<Self>) {
        // SAFETY: by the caller's promise the allocation is there until the last part is given up.
        unsafe {
            let counts = &raw mut (*this.as_ptr()).counts;
            if (*counts).weak.fetch_sub(1, AcqRel) == 1 {
                let layout = Layout::for_value(this.as_ref());
                std::ptr::drop_in_place(counts);
                dealloc(this.as_ptr().cast(), layout);
            }
        }
    }
}
