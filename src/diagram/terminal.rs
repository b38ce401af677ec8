//! The terminal timeline: a column a thread, a row a step.

use crate::trace::Trace;

/// The trace as plain text.
pub fn timeline(trace: &Trace) -> String {
    trace.schedule()
}
