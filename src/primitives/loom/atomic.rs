//! Atomics under loom.
//!
//! # Orderings
//! Each access has the ordering that the program asked for. In
//! [`Interleavings`](crate::loom::LoomMode::Interleavings) a load is `fetch_add(0)` and a store is `swap`: a read-modify-write reads the newest value
//! whatever its ordering, so the ordering decides only what else is made visible, which is what the
//! data-race check of the cells needs. (One thing is lost: a relaxed store, being a
//! read-modify-write, continues a release sequence that a real one would end.)

use super::log::{self, Done, Log};
use super::stop;
use super::tag::Tag;
use crate::primitives::{AtomicBool, AtomicInteger};
use crate::trace::{Action, ObjectKind, Place, Value};
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};

/// An atomic of loom's, with what recording needs.
struct Recorded<L> {
    tag: Tag,
    loom: Option<L>,
    /// The value that the newest recorded write left: what a load reads in an interleaving.
    newest: AtomicU64,
}

/// What an access did: what it read and wrote, as bits.
struct Accessed {
    action: Action,
    order: Ordering,
    read: Option<u64>,
    written: Option<u64>,
}

impl<L> Recorded<L> {
    fn new(
        name: &'static str,
        bits: u64,
        show: fn(u64) -> Value,
        make: impl FnOnce() -> L,
    ) -> Self {
        let tag = Tag::new(name, ObjectKind::Atomic, Some(show(bits)));
        Recorded { loom: tag.part(make), tag, newest: AtomicU64::new(bits) }
    }

    fn newest(&self) -> u64 {
        self.newest.load(Ordering::Relaxed)
    }

    /// Goes to loom where that is possible, to the newest value otherwise.
    fn perform(
        &self,
        with_loom: impl FnOnce(&L) -> Accessed,
        without: impl FnOnce(u64) -> Accessed,
    ) -> Accessed {
        match (self.tag.enter(), &self.loom) {
            (true, Some(loom)) => log::uninterrupted(|| with_loom(loom)),
            _ => without(self.newest()),
        }
    }

    fn record(
        &self,
        accessed: &Accessed,
        show: fn(u64) -> Value,
        place: &'static Location<'static>,
    ) {
        let newest = self.newest();
        if let Some(written) = accessed.written {
            self.newest.store(written, Ordering::Relaxed);
        }
        if !self.tag.is_live() {
            return;
        }
        log::with(|log| {
            log.unexplored |= !log.mode.is_exact();
            let stale = accessed
                .read
                .filter(|&read| read != newest)
                .map(|read| writer_of(log, &self.tag, show(read)));
            let done = Done {
                order: Some(accessed.order),
                read: accessed.read.map(show),
                written: accessed.written.map(show),
                stale,
                ..Done::on(accessed.action, self.tag.id)
            };
            log.step(done, Place::from(place));
        });
    }
}

/// The latest step that wrote this value: loom does not tell which store a load read.
fn writer_of(log: &Log, tag: &Tag, value: Value) -> Option<usize> {
    log.steps.iter().rposition(|step| {
        step.object == Some(tag.id) && step.writes_value() && step.written == Some(value)
    })
}

macro_rules! loom_integer {
    ($($name:ident: $atomic:ident $integer:ident $variant:ident as $wide:ident),*) => {$(
        #[doc = concat!("loom's `", stringify!($atomic), "`, each access recorded.")]
        pub struct $name {
            inner: Recorded<::loom::sync::atomic::$atomic>,
        }

        impl $name {
            fn show(bits: u64) -> Value {
                Value::$variant(bits as $integer as $wide)
            }

            /// A read-modify-write that cannot fail.
            #[track_caller]
            fn update(
                &self,
                action: Action,
                order: Ordering,
                with_loom: impl FnOnce(&::loom::sync::atomic::$atomic) -> $integer,
                next: impl Fn($integer) -> $integer,
            ) -> $integer {
                let accessed = |seen: $integer| Accessed {
                    action,
                    order,
                    read: Some(seen as u64),
                    written: Some(next(seen) as u64),
                };
                let accessed = self
                    .inner
                    .perform(|loom| accessed(with_loom(loom)), |newest| accessed(newest as $integer));
                self.inner.record(&accessed, Self::show, Location::caller());
                accessed.read.unwrap_or_default() as $integer
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::named("", 0)
            }
        }

        impl AtomicInteger for $name {
            type Value = $integer;

            fn named(name: &'static str, value: $integer) -> Self {
                let make = || ::loom::sync::atomic::$atomic::new(value);
                $name { inner: Recorded::new(name, value as u64, Self::show, make) }
            }

            #[track_caller]
            fn load(&self, order: Ordering) -> $integer {
                let accessed = |seen: $integer| Accessed {
                    action: Action::Load,
                    order,
                    read: Some(seen as u64),
                    written: None,
                };
                let load = |loom: &::loom::sync::atomic::$atomic| {
                    accessed(if log::is_exact() { loom.fetch_add(0, order) } else { loom.load(order) })
                };
                let accessed = self.inner.perform(load, |newest| accessed(newest as $integer));
                self.inner.record(&accessed, Self::show, Location::caller());
                accessed.read.unwrap_or_default() as $integer
            }

            #[track_caller]
            fn store(&self, value: $integer, order: Ordering) {
                let accessed = || Accessed {
                    action: Action::Store,
                    order,
                    read: None,
                    written: Some(value as u64),
                };
                let store = |loom: &::loom::sync::atomic::$atomic| {
                    if log::is_exact() {
                        loom.swap(value, order);
                    } else {
                        loom.store(value, order);
                    }
                    accessed()
                };
                let accessed = self.inner.perform(store, |_| accessed());
                self.inner.record(&accessed, Self::show, Location::caller());
            }

            #[track_caller]
            fn swap(&self, value: $integer, order: Ordering) -> $integer {
                self.update(Action::Swap, order, |loom| loom.swap(value, order), |_| value)
            }

            #[track_caller]
            fn fetch_add(&self, value: $integer, order: Ordering) -> $integer {
                let next = |seen: $integer| seen.wrapping_add(value);
                self.update(Action::FetchAdd, order, |loom| loom.fetch_add(value, order), next)
            }

            #[track_caller]
            fn fetch_sub(&self, value: $integer, order: Ordering) -> $integer {
                let next = |seen: $integer| seen.wrapping_sub(value);
                self.update(Action::FetchSub, order, |loom| loom.fetch_sub(value, order), next)
            }

            #[track_caller]
            fn fetch_or(&self, value: $integer, order: Ordering) -> $integer {
                let next = |seen: $integer| seen | value;
                self.update(Action::FetchUpdate, order, |loom| loom.fetch_or(value, order), next)
            }

            #[track_caller]
            fn fetch_and(&self, value: $integer, order: Ordering) -> $integer {
                let next = |seen: $integer| seen & value;
                self.update(Action::FetchUpdate, order, |loom| loom.fetch_and(value, order), next)
            }

            #[track_caller]
            fn fetch_max(&self, value: $integer, order: Ordering) -> $integer {
                let next = |seen: $integer| seen.max(value);
                self.update(Action::FetchUpdate, order, |loom| loom.fetch_max(value, order), next)
            }

            #[track_caller]
            fn compare_exchange(
                &self,
                current: $integer,
                new: $integer,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$integer, $integer> {
                let accessed = |result: Result<$integer, $integer>| {
                    exchanged(result.map(|seen| seen as u64).map_err(|seen| seen as u64), new as u64, success, failure)
                };
                let accessed = self.inner.perform(
                    |loom| accessed(loom.compare_exchange(current, new, success, failure)),
                    |newest| {
                        let seen = newest as $integer;
                        accessed(if seen == current { Ok(seen) } else { Err(seen) })
                    },
                );
                self.inner.record(&accessed, Self::show, Location::caller());
                let seen = accessed.read.unwrap_or_default() as $integer;
                if accessed.written.is_some() { Ok(seen) } else { Err(seen) }
            }

            #[track_caller]
            fn compare_exchange_weak(
                &self,
                current: $integer,
                new: $integer,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$integer, $integer> {
                self.compare_exchange(current, new, success, failure)
            }
        }
    )*};
}

fn exchanged(result: Result<u64, u64>, new: u64, success: Ordering, failure: Ordering) -> Accessed {
    match result {
        Ok(seen) => Accessed {
            action: Action::CompareExchange,
            order: success,
            read: Some(seen),
            written: Some(new),
        },
        Err(seen) => Accessed {
            action: Action::CompareExchangeFailed,
            order: failure,
            read: Some(seen),
            written: None,
        },
    }
}

loom_integer!(
    LoomU8: AtomicU8 u8 Unsigned as u64,
    LoomU32: AtomicU32 u32 Unsigned as u64,
    LoomU64: AtomicU64 u64 Unsigned as u64,
    LoomUsize: AtomicUsize usize Unsigned as u64,
    LoomI32: AtomicI32 i32 Signed as i64,
    LoomI64: AtomicI64 i64 Signed as i64
);

/// loom's `AtomicBool`, each access recorded.
pub struct LoomBool {
    inner: Recorded<::loom::sync::atomic::AtomicBool>,
}

fn show_bool(bits: u64) -> Value {
    Value::Bool(bits != 0)
}

impl Default for LoomBool {
    fn default() -> Self {
        Self::named("", false)
    }
}

impl LoomBool {
    #[track_caller]
    fn record(&self, accessed: &Accessed) -> bool {
        self.inner.record(accessed, show_bool, Location::caller());
        accessed.read.unwrap_or_default() != 0
    }
}

impl AtomicBool for LoomBool {
    fn named(name: &'static str, value: bool) -> Self {
        let make = || ::loom::sync::atomic::AtomicBool::new(value);
        LoomBool { inner: Recorded::new(name, value.into(), show_bool, make) }
    }

    #[track_caller]
    fn load(&self, order: Ordering) -> bool {
        let accessed =
            |seen: u64| Accessed { action: Action::Load, order, read: Some(seen), written: None };
        let load = |loom: &::loom::sync::atomic::AtomicBool| {
            let seen = if log::is_exact() { loom.fetch_or(false, order) } else { loom.load(order) };
            accessed(seen.into())
        };
        let accessed = self.inner.perform(load, accessed);
        self.record(&accessed)
    }

    #[track_caller]
    fn store(&self, value: bool, order: Ordering) {
        let accessed =
            || Accessed { action: Action::Store, order, read: None, written: Some(value.into()) };
        let store = |loom: &::loom::sync::atomic::AtomicBool| {
            if log::is_exact() {
                loom.swap(value, order);
            } else {
                loom.store(value, order);
            }
            accessed()
        };
        let accessed = self.inner.perform(store, |_| accessed());
        self.record(&accessed);
    }

    #[track_caller]
    fn swap(&self, value: bool, order: Ordering) -> bool {
        let accessed = |seen: u64| Accessed {
            action: Action::Swap,
            order,
            read: Some(seen),
            written: Some(value.into()),
        };
        let accessed =
            self.inner.perform(|loom| accessed(loom.swap(value, order).into()), accessed);
        self.record(&accessed)
    }

    #[track_caller]
    fn compare_exchange(
        &self,
        current: bool,
        new: bool,
        success: Ordering,
        failure: Ordering,
    ) -> Result<bool, bool> {
        let accessed = |result: Result<bool, bool>| {
            exchanged(result.map(u64::from).map_err(u64::from), new.into(), success, failure)
        };
        let accessed = self.inner.perform(
            |loom| accessed(loom.compare_exchange(current, new, success, failure)),
            |newest| {
                let seen = newest != 0;
                accessed(if seen == current { Ok(seen) } else { Err(seen) })
            },
        );
        let seen = self.record(&accessed);
        if accessed.written.is_some() { Ok(seen) } else { Err(seen) }
    }
}

/// A fence. loom does not switch at it: it touches nothing that others could see change.
#[track_caller]
pub(super) fn fence(order: Ordering) {
    let place = Place::from(Location::caller());
    if log::with(|log| log.dead) {
        stop::abandon();
        return;
    }
    ::loom::sync::atomic::fence(order);
    log::with(|log| {
        let done = Done {
            action: Action::Fence,
            object: None,
            mutex: None,
            order: Some(order),
            read: None,
            written: None,
            stale: None,
        };
        log.step(done, place);
    });
}
