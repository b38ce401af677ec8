//! Steps that are taken only where a program can tell that they are.
//!
//! That a thread ends, that a reference is counted, that a writer queues up for a read-write lock: no
//! program can tell when it happens, unless it asks. A step more costs interleavings, so these are
//! none at first. Where an execution comes upon something that could tell, the exploration begins anew
//! with those steps.

use super::{ExploreError, Explorer};
use crate::explore::Program;
use serde::{Deserialize, Serialize};

/// Which of them are steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finer {
    /// A thread's end, which [`is_finished`](crate::model::thread::JoinHandle::is_finished) sees.
    pub(crate) ends: bool,
    /// Each reference more or less of an [`Arc`](crate::model::sync::Arc).
    pub(crate) counts: bool,
    /// That a writer waits for a read-write lock that others have, and that readers then wait too.
    pub(crate) writers_wait: bool,
}

impl Finer {
    pub(crate) const ENDS: Finer = Finer { ends: true, counts: false, writers_wait: false };
    pub(crate) const COUNTS: Finer = Finer { ends: false, counts: true, writers_wait: false };
    pub(crate) const WRITERS_WAIT: Finer = Finer { ends: false, counts: false, writers_wait: true };

    /// Either's.
    pub(crate) fn and(self, more: Finer) -> Finer {
        Finer {
            ends: self.ends || more.ends,
            counts: self.counts || more.counts,
            writers_wait: self.writers_wait || more.writers_wait,
        }
    }

    /// Are all of the other's among them?
    pub(crate) fn has(self, other: Finer) -> bool {
        self.and(other) == self
    }
}

impl Explorer {
    /// Runs `explores` with these settings; anew with finer steps as long as it asks for them.
    pub(super) fn as_fine_as_needed<R>(
        &self,
        explores: impl Fn(&Explorer) -> Result<R, ExploreError>,
    ) -> Result<R, ExploreError> {
        let mut settings = self.clone();
        loop {
            match explores(&settings) {
                Err(ExploreError::Finer(finer)) if !settings.finer.has(finer) => {
                    settings.finer = settings.finer.and(finer);
                }
                result => return result,
            }
        }
    }

    /// The finer steps that a program asks for in some of its executions, as far as a thousand tell.
    pub(super) fn finer_steps_of<T>(&self, program: Program<'_, T>) -> Finer {
        let some = Explorer {
            max_executions: 1_000,
            counting: false,
            jobs: 1,
            checkpoint: None,
            listener: None,
            ..self.clone()
        };
        let finer = some.as_fine_as_needed(|settings| {
            settings.explore_once(&|| drop(program())).map(|_| settings.finer)
        });
        finer.unwrap_or_default()
    }
}
