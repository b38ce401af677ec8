//! Is an object a `static`, and where is its value in this execution?
//!
//! A static is shared by every execution (and by explorations that run at the same time), so each
//! execution has its state, and its value where it has one, in a place of its own. Any other object
//! that outlives an execution was made outside the program and is refused. The two are told apart by
//! address: statics lie in the loaded segments of the program and its libraries.
//!
//! What stands in such a segment need not be what the compiler put there: a program may move an object
//! into a static of std's. So a value is never copied bit by bit unless any copy of it is as good as
//! another ([`is_plain`]); it is made anew, or the static is refused.
//!
//! A `&'static` to the value may outlive the execution, in safe code. So the places are never given
//! back, and no value in them is dropped, as std drops no static; only what a lock guarded is, if
//! nobody holds the lock any more.

use super::effect::lock;
use super::{Runtime, Word, is_exploring, leave, with_current};
use crate::explore::ExploreError;
use crate::trace::ObjectKind;
use std::alloc::Layout;
use std::any::TypeId;
use std::marker::PhantomData;
use std::sync::OnceLock;

/// A static's value in this execution.
pub(super) struct Place {
    /// Of the static's state, and what type its value is of: a static of std's may hold one object
    /// after the other.
    of: (usize, TypeId),
    /// The value, leaked.
    value: *mut (),
    /// Of what a lock guards: the lock's state, and what is to be given back.
    guarded: Option<(*const Word, Layout)>,
}

/// Where an object that is empty at first has its value: `in_itself`, or, of a static, in a place of
/// this execution's own.
#[inline]
pub(crate) fn place_of_new<V>(word: &Word, in_itself: *mut V, new: fn() -> V) -> *mut V {
    // No static is ever said to belong to an execution.
    match word.is_used() || !is_static_now(word) {
        true => in_itself,
        false => known::<V>(word).map_or_else(
            || {
                let value = Box::into_raw(Box::new(new()));
                note::<V>(word, value.cast(), None);
                value
            },
            <*mut ()>::cast,
        ),
    }
}

/// Where an object has its value: `in_itself`, or, of a static, in a place of this execution's own,
/// to which it is copied. Refuses a static whose value cannot be copied.
#[inline]
pub(crate) fn place_of<T: ?Sized>(word: &Word, in_itself: *mut T) -> *mut T {
    match word.is_used() || !is_static_now(word) {
        true => in_itself,
        false => place_of_copy(word, in_itself),
    }
}

#[cold]
fn place_of_copy<T: ?Sized>(word: &Word, in_itself: *mut T) -> *mut T {
    if !is_plain::<T>() {
        refuse_static(word);
    }
    // SAFETY: the static is there, and a value of such a type has its size.
    let layout = unsafe { Layout::for_value(&*in_itself) };
    if layout.size() == 0 {
        return in_itself;
    }
    let value = known::<T>(word).unwrap_or_else(|| {
        // SAFETY: the size is not zero. Nobody writes to a static's value in itself, and any copy of
        // the bits of a plain value is one.
        let value = unsafe {
            let value = std::alloc::alloc(layout);
            assert!(!value.is_null(), "no memory for a static's value");
            value.copy_from_nonoverlapping(in_itself.cast(), layout.size());
            value.cast()
        };
        let guards = matches!(word.kind(), ObjectKind::Mutex | ObjectKind::RwLock);
        let state = with_current(|runtime| word.locate(runtime)).1;
        note::<T>(word, value, guards.then_some((state, layout)));
        value
    });
    assert_eq!(size_of::<*mut T>(), size_of::<*mut ()>(), "plain types have a size");
    // SAFETY: so a pointer to one is a thin one.
    unsafe { std::mem::transmute_copy(&value) }
}

/// The static's value cannot be made anew: the running thread does not go on.
pub(crate) fn refuse_static(word: &Word) -> ! {
    let (kind, place) = (word.kind(), word.created().into());
    with_current(|runtime| runtime.refuse(ExploreError::StaticObject { kind, place }));
    leave::for_good()
}

/// Is the object a static of the program that runs?
#[cold]
pub(crate) fn is_static_now(word: &Word) -> bool {
    is_exploring() && is_static(word)
}

fn known<T: ?Sized>(word: &Word) -> Option<*mut ()> {
    let of = (std::ptr::from_ref(word).addr(), type_id::<T>());
    with_current(|runtime| {
        runtime.places.iter().find(|place| place.of == of).map(|place| place.value)
    })
}

fn note<T: ?Sized>(word: &Word, value: *mut (), guarded: Option<(*const Word, Layout)>) {
    let of = (std::ptr::from_ref(word).addr(), type_id::<T>());
    with_current(|runtime| runtime.places.push(Place { of, value, guarded }));
}

impl Runtime {
    /// What lived in a static is dropped there: another object that is put there later is another one.
    pub(super) fn forget_static(&mut self, word: &Word) {
        let address = std::ptr::from_ref(word).addr();
        let statics = self.statics.iter_mut().filter(|entry| entry.0 == address);
        statics.for_each(|entry| entry.0 = 0);
        let places = self.places.iter_mut().filter(|place| place.of.0 == address);
        places.for_each(|place| place.of.0 = 0);
    }

    /// The execution has ended: nobody uses its statics any more, but by a reference that has
    /// outlived it.
    pub(super) fn leave_statics(&mut self) {
        for Place { value, guarded, .. } in self.places.drain(..) {
            let Some((word, layout)) = guarded else { continue };
            // SAFETY: the word is the runtime's copy, which lives until the next execution. Where
            // nobody holds the lock there is no guard, and so no reference to what it guards. It came
            // from `alloc` with this layout, and has nothing to drop.
            unsafe {
                if lock::is_free((*word).get()) {
                    std::alloc::dealloc(value.cast(), layout);
                }
            }
        }
    }
}

/// Is any copy of a `T`'s bits as good as another? Only said of types that are known to be so.
fn is_plain<T: ?Sized>() -> bool {
    macro_rules! any_of {
        ($($plain:ty)*) => { [$(TypeId::of::<$plain>()),*].contains(&type_id::<T>()) };
    }
    any_of!(() bool char u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64)
}

/// The type, but for the lifetimes in it.
pub(crate) fn type_id<T: ?Sized>() -> TypeId {
    trait HasType {
        fn of(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<T: ?Sized> HasType for PhantomData<T> {
        fn of(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let it: &dyn HasType = &PhantomData::<T>;
    // SAFETY: only the lifetime changes, and nothing of it is used: a type's id does not depend on
    // the lifetimes in it.
    let it = unsafe { std::mem::transmute::<&dyn HasType, &(dyn HasType + 'static)>(it) };
    it.of()
}

/// Does the address of `object` lie in a loaded segment?
pub(super) fn is_static<T>(object: &T) -> bool {
    static SEGMENTS: OnceLock<Vec<(usize, usize)>> = OnceLock::new();
    let address = std::ptr::from_ref(object) as usize;
    SEGMENTS.get_or_init(segments).iter().any(|&(start, end)| (start..end).contains(&address))
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn segments() -> Vec<(usize, usize)> {
    unsafe extern "C" fn collect(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        found: *mut libc::c_void,
    ) -> libc::c_int {
        // SAFETY: `dl_iterate_phdr` passes a valid `info` and our own pointer to a vector, which
        // outlives the call and is not used elsewhere meanwhile.
        let (info, found) = unsafe { (&*info, &mut *found.cast::<Vec<(usize, usize)>>()) };
        for i in 0..usize::from(info.dlpi_phnum) {
            // SAFETY: `dlpi_phdr` is an array of `dlpi_phnum` headers.
            let header = unsafe { &*info.dlpi_phdr.add(i) };
            if header.p_type == libc::PT_LOAD {
                let start = (info.dlpi_addr as usize).wrapping_add(header.p_vaddr as usize);
                found.push((start, start + header.p_memsz as usize));
            }
        }
        0
    }
    let mut found = Vec::new();
    // SAFETY: `collect` matches the expected signature and does not unwind.
    unsafe { libc::dl_iterate_phdr(Some(collect), (&raw mut found).cast()) };
    found
}

/// Elsewhere nothing is known to be static: statics are refused like other outside objects.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn segments() -> Vec<(usize, usize)> {
    Vec::new()
}
