//! Data races of an execution, asked once it is complete and only if it touched a cell, or a thread
//! had an object for itself that others have used.

use super::runtime::Request;
use crate::report::{Failure, RacingAccess};
use crate::trace::{self, Action, Besides, Mode, ThreadId};

/// The first data race, in the order of threads and places: the same for every interleaving of a
/// class.
///
/// `request` gives what a step's thread had asked for, `after` as for [`trace::racing`].
pub(super) fn first<'r>(
    count: usize,
    event: impl Fn(usize) -> trace::Event,
    after: impl Fn(usize, &mut dyn FnMut(usize)),
    request: impl Fn(usize) -> &'r Request,
    besides: Besides<'_>,
    name: impl Fn(u32) -> String,
) -> Option<Failure> {
    let access = |nth: usize| {
        let event = event(nth);
        RacingAccess {
            thread: ThreadId(event.thread as u8).letter(),
            writes: match event.action {
                Action::CellGet => besides.written.contains(&(nth as u32)),
                action => action.mode() == Some(Mode::Write),
            },
            frees: false,
            place: request(nth).place.into(),
        }
    };
    let racing = trace::racing(count, &event, after, |nth| request(nth).place, besides);
    let pairs = racing.pairs.into_iter().map(|(earlier, later)| {
        let object = name(request(later).object);
        Failure::race_of(object, access(earlier), access(later))
    });
    let claimed = racing.claimed.into_iter().map(|(step, claim)| {
        let claim = &besides.claims[claim];
        Failure::race_of(name(claim.object), access(step), claim.into())
    });
    pairs.chain(claimed).min()
}
