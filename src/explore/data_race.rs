//! Data races of an execution, asked once it is complete and only if it touched a cell.

use super::runtime::Request;
use crate::report::{Failure, RacingAccess};
use crate::trace::{self, Action, ThreadId};

/// The first data race, in the order of threads and places: the same for every interleaving of a
/// class.
///
/// `request` gives what a step's thread had asked for, `after` as for [`trace::racing`].
pub(super) fn first<'r>(
    count: usize,
    event: impl Fn(usize) -> trace::Event,
    after: impl Fn(usize, &mut dyn FnMut(usize)),
    request: impl Fn(usize) -> &'r Request,
    name: impl Fn(u32) -> String,
) -> Option<Failure> {
    let access = |nth: usize| {
        let event = event(nth);
        RacingAccess {
            thread: ThreadId(event.thread as u8).letter(),
            writes: event.action == Action::CellWrite,
            place: request(nth).place.into(),
        }
    };
    let place = |nth: usize| request(nth).place;
    let races = trace::racing(count, &event, after, place).into_iter().map(|(earlier, later)| {
        let (mut first, mut second) = (access(earlier), access(later));
        if second.thread < first.thread {
            std::mem::swap(&mut first, &mut second);
        }
        Failure::DataRace { object: name(request(later).object), first, second }
    });
    races.min()
}
