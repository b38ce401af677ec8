//! The second total: what a count of interleavings is held against.
//!
//! A sum over classes proves nothing by itself; a missed class is missed in the sum as well. So it
//! is held against a total that was found another way: the closed form where every thread takes the
//! same steps whatever happens; running every interleaving by itself where they are few; the paths
//! through the graph of states where somebody asks for it. Where the two differ one of them is
//! wrong, and that is never a verdict on the program.

use super::{ExploreError, Explorer, Program, Reduction, StateGraph};
use crate::report::{Failure, Proof, Report};
use std::fmt::Debug;

/// Holds the count of a complete exploration against a second total, where one is to be had.
///
/// `closed_form` is the number of interleavings where it is known without running any.
pub(super) fn second_total<T>(
    settings: &Explorer,
    program: Program<'_, T>,
    report: &Report<T>,
    closed_form: Option<u128>,
) -> Result<Proof, ExploreError>
where
    T: Clone + Ord + Debug + Send,
{
    let Some(counted) = report.interleavings() else { return Ok(Proof::None) };
    let literal = settings.reduction == Reduction::None;
    if let Some(total) = closed_form {
        let proof = if literal { Proof::Enumeration } else { Proof::ClosedForm };
        return held_against(counted, total, true).map(|()| proof);
    }
    if literal {
        return Ok(Proof::Enumeration);
    }
    if counted <= u128::from(settings.prove_up_to) {
        return by_running_each(settings, program, report, counted);
    }
    if settings.prove_by_states {
        let graph = StateGraph::build(settings, program);
        if graph.is_ok_and(|graph| graph.agrees_with(report)) {
            return Ok(Proof::States);
        }
    }
    Ok(Proof::None)
}

/// Runs every interleaving by itself: as many in all, and as many for each outcome?
fn by_running_each<T>(
    settings: &Explorer,
    program: Program<'_, T>,
    report: &Report<T>,
    counted: u128,
) -> Result<Proof, ExploreError>
where
    T: Clone + Ord + Debug + Send,
{
    // A few more than were counted: enough to see that it was wrong.
    let most = 2 * u64::try_from(counted).unwrap_or(u64::MAX / 2).max(8);
    let explorer = Explorer {
        reduction: Reduction::None,
        max_executions: most,
        timeout: settings.timeout.map(|all| all.saturating_sub(report.elapsed())),
        checkpoint: None,
        listener: None,
        classes: false,
        ..settings.clone()
    };
    let (literal, _) = explorer.explore_once(program)?;
    if !literal.is_complete() && literal.executions() < most {
        // Out of time, or stopped by what it found.
        return Ok(Proof::None);
    }
    held_against(counted, literal.executions().into(), same_endings(&literal, report))
        .map(|()| Proof::Enumeration)
}

/// Have the two reports the same outcomes, as often? They are told apart as they were when they were
/// gathered, and not copied: one may hold the model's objects, and its execution is over.
fn same_endings<T: Ord>(one: &Report<T>, other: &Report<T>) -> bool {
    fn endings<T>(
        report: &Report<T>,
    ) -> impl Iterator<Item = (Result<&T, &Failure>, Option<u128>)> {
        report.outcomes().iter().map(|outcome| (outcome.result(), outcome.interleavings()))
    }
    endings(one).cmp(endings(other)).is_eq()
}

fn held_against(counted: u128, total: u128, same_endings: bool) -> Result<(), ExploreError> {
    match counted == total && same_endings {
        true => Ok(()),
        false => Err(ExploreError::Miscounted { counted, total }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_differs_from_the_second_total_is_an_error_and_names_both() {
        assert_eq!(held_against(630, 630, true), Ok(()));
        let error = held_against(490, 630, true).unwrap_err();
        assert!(error.to_string().contains("490"), "{error}");
        assert!(error.to_string().contains("630"), "{error}");
        assert!(held_against(630, 630, false).is_err());
    }

    #[test]
    fn a_report_that_misses_interleavings_is_never_a_verdict() {
        use crate::model::{sync::atomic::AtomicU32, sync::atomic::Ordering::SeqCst, thread};
        use std::sync::Arc;
        let racy = || {
            let x = Arc::new(AtomicU32::new(0));
            let other = Arc::clone(&x);
            let thread = thread::spawn(move || other.fetch_add(1, SeqCst));
            x.fetch_add(1, SeqCst);
            thread.join().unwrap()
        };
        let settings = Explorer::new();
        let mut report = settings.explore(racy);
        assert_eq!(second_total(&settings, &racy, &report, None), Ok(Proof::Enumeration));
        report.interleavings = Some(1);
        let miscounted = |counted, total| Err(ExploreError::Miscounted { counted, total });
        assert_eq!(second_total(&settings, &racy, &report, None), miscounted(1, 2));
        assert_eq!(second_total(&settings, &racy, &report, Some(2)), miscounted(1, 2));
        report.interleavings = Some(2);
        report.outcomes.pop();
        assert_eq!(second_total(&settings, &racy, &report, None), miscounted(2, 2));
    }
}
