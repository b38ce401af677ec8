//! The trial: a thread that has yielded goes round once more, and nothing that it asks for is a step.
//!
//! What it asks for is answered as in the round before. Whether it has asked for the same, and stands
//! where it stood, says whether it would do so for ever.

use super::run::resume;
use super::spin::{Found, Onward, marked};
use super::thread::Look;
use super::{Mark, Runtime, State, thread_at};

impl Runtime {
    /// Whether a further round of the thread would be like the one before.
    ///
    /// # Safety
    /// As for [`stays`](Self::stays).
    pub(super) unsafe fn judged(rt: *mut Runtime, thread: u8) -> Found {
        // SAFETY: by the caller's promise.
        unsafe {
            if let Some(found) = (*rt).found_at(thread) {
                return found;
            }
            let slot = thread_at(rt, thread);
            let on_stack = slot.on_stack((*rt).spins.frame);
            let key = on_stack.and(marked(&slot.looked_at));
            let known = match slot.then_spins == Some((marked(&slot.looked_at), slot.asked)) {
                true => Some(Found::Spins(0)),
                false => (*rt).spins.known.get(&key).copied(),
            };
            let moment = (*rt).moment(thread);
            let found = known.unwrap_or_else(|| Self::tried(rt, thread, on_stack));
            (*rt).spins.known.insert(key, found);
            (*rt).note_judgement(moment, found);
            if let Found::GoesOn(onward) = found {
                match known {
                    // Nothing was tried: the thread stands where it stood.
                    Some(_) => (*rt).goes_on(thread, onward),
                    None => (*rt).is_wasted(),
                }
            }
            found
        }
    }

    /// Lets the thread go round again.
    ///
    /// # Safety
    /// As for [`stays`](Self::stays).
    unsafe fn tried(rt: *mut Runtime, thread: u8, on_stack: Mark) -> Found {
        // SAFETY: by the caller's promise.
        unsafe {
            let slot = thread_at(rt, thread);
            let looks = slot.looked_at.clone();
            let mut start = None;
            let (yields, operation, asked) = (slot.yields, slot.operation, slot.asked);
            let (live, objects, news) = ((*rt).live, (*rt).objects.len(), (*rt).news);
            // So that no step is taken by the way.
            (*rt).news = true;
            (*rt).spins.trying = true;
            let mut goes_round = || {
                let same = Self::try_round(rt, thread, &looks, &mut start);
                same && live == (*rt).live && objects == (*rt).objects.len()
            };
            let found = if !goes_round() {
                Found::GoesOn(Onward::Elsewhere)
            } else {
                let first = thread_at(rt, thread).on_stack((*rt).spins.frame);
                let again = first == on_stack || goes_round();
                let settles = thread_at(rt, thread).on_stack((*rt).spins.frame) == first;
                match start {
                    Some(start) if first == on_stack => Found::Spins(start),
                    Some(start) if again && settles => Found::GoesOn(Onward::Once(start)),
                    _ => Found::GoesOn(Onward::Counting),
                }
            };
            (*rt).spins.trying = false;
            (*rt).news |= news;
            let slot = thread_at(rt, thread);
            if matches!(found, Found::Spins(_)) {
                slot.yields = yields;
                slot.operation = operation;
                slot.asked = asked;
                (*rt).news = news;
            }
            found
        }
    }

    /// Lets the thread go round once more. False if it asks for anything else than before, or does not
    /// come to a yield again. The round may begin behind the first of `looks`: with the first request
    /// it is known where.
    ///
    /// # Safety
    /// As for [`stays`](Self::stays).
    unsafe fn try_round(
        rt: *mut Runtime,
        thread: u8,
        looks: &[Look],
        start: &mut Option<usize>,
    ) -> bool {
        // SAFETY: by the caller's promise.
        unsafe {
            thread_at(rt, thread).state = State::Running;
            let mut at = *start;
            loop {
                resume(rt, thread);
                let slot = thread_at(rt, thread);
                match slot.state {
                    State::Asking => {
                        let same = |look: &Look| look.is(&slot.request);
                        let nth = at.or_else(|| looks.iter().position(same));
                        let Some(look) = nth.and_then(|nth| looks.get(nth)).filter(|l| same(l))
                        else {
                            return false;
                        };
                        *start = start.or(nth);
                        at = nth.map(|nth| nth + 1);
                        slot.result = look.result;
                        slot.failed = look.failed;
                        slot.state = State::Running;
                        (*rt).asking &= !(1 << thread);
                    }
                    State::Spinning => return at == Some(looks.len()),
                    _ => return false,
                }
            }
        }
    }
}
