//! What executions that got stuck cost: their threads are left, and what those own is leaked.

use super::runtime::Runtime;
use std::ops::AddAssign;

/// Between two looks at the process's memory so many executions leave threads.
const PAUSE: u64 = 1024;

/// More than this must not be leaked.
const LIMIT: u64 = 1 << 30;

/// Executions that have left threads, and the memory that the process has taken meanwhile.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Left {
    pub executions: u64,
    pub bytes: u64,
    /// It was too much: the exploration has been stopped.
    pub too_much: bool,
}

impl AddAssign for Left {
    fn add_assign(&mut self, other: Left) {
        self.executions += other.executions;
        // Two workers' looks at one process.
        self.bytes = self.bytes.max(other.bytes);
        self.too_much |= other.too_much;
    }
}

/// Keeps the books of one worker.
#[derive(Default)]
pub(super) struct Books {
    /// The process's memory when threads were first left.
    before: Option<u64>,
    left: Left,
}

impl Books {
    /// Notes an execution that has ended. False if too much has been leaked to go on.
    #[inline]
    pub fn note(&mut self, runtime: &Runtime) -> bool {
        runtime.left == self.left.executions || self.look(runtime, false)
    }

    /// What has come of all.
    pub fn close(&mut self, runtime: &Runtime) -> Left {
        self.look(runtime, true);
        self.left
    }

    #[cold]
    fn look(&mut self, runtime: &Runtime, now: bool) -> bool {
        self.left.executions = runtime.left;
        if runtime.left == 0 {
            return true;
        }
        let before = *self.before.get_or_insert_with(|| resident().unwrap_or(0));
        if now || runtime.left.is_multiple_of(PAUSE) {
            // Where nobody knows what the process has, the stacks alone are known.
            let taken = resident().map_or(runtime.left_bytes, |now| now.saturating_sub(before));
            self.left.bytes = taken;
            self.left.too_much |= taken > LIMIT;
        }
        !self.left.too_much
    }
}

/// The memory that the process has, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    // SAFETY: a question without arguments that matter.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Some(pages * u64::try_from(page).ok()?)
}

#[cfg(not(target_os = "linux"))]
fn resident() -> Option<u64> {
    None
}
