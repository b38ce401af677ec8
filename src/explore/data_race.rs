//! Data races of an execution, asked once it is complete and only if it touched a cell.

use super::dpor::{Event, History};
use super::runtime::NONE;
use crate::report::{Failure, RacingAccess};
use crate::trace::{self, Action, ThreadId};

/// The first data race, in the order of threads and places: the same for every interleaving of a
/// class.
pub(super) fn find(history: &History, name: impl Fn(u32) -> String) -> Option<Failure> {
    let events = &history.events;
    let after = |nth: usize, each: &mut dyn FnMut(usize)| {
        history.after(nth as u32).iter().for_each(|&before| each(before as usize));
    };
    let pairs = trace::racing(history.len(), |nth| seen(&events[nth]), after);
    let access = |event: &Event| RacingAccess {
        thread: ThreadId(event.thread).letter(),
        writes: event.action == Action::CellWrite,
        place: event.request.place.into(),
    };
    let races = pairs.into_iter().map(|(earlier, later)| {
        let (mut first, mut second) = (access(&events[earlier]), access(&events[later]));
        if second.thread < first.thread {
            std::mem::swap(&mut first, &mut second);
        }
        Failure::DataRace { object: name(events[later].request.object), first, second }
    });
    races.min()
}

fn seen(event: &Event) -> trace::Event {
    let request = &event.request;
    let object = |slot: u32| (slot != NONE).then_some(slot);
    let order = match event.action {
        Action::CompareExchangeFailed => request.failure,
        _ => request.order,
    };
    trace::Event {
        thread: usize::from(event.thread),
        action: event.action,
        object: object(request.object),
        mutex: object(request.mutex),
        order: Some(order),
        stale: None,
        is_late: false,
    }
}
