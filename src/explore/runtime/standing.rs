//! Where a thread stands in its own code, and all that it will read again from there.

use super::{Mark, Thread};

/// The explorer's own frames lie within so many bytes of each other.
const OWN_FRAMES: usize = 64 << 10;

/// Where a thread stands in its own code: its stack pointer, with the registers that a call leaves as
/// they are, and where in the code that is, since a short loop is unrolled. All else that it will read again lies on its stack above.
#[derive(Clone, Copy)]
#[repr(C)] // written by assembly
pub(crate) struct Standing {
    stack_pointer: usize,
    registers: [usize; 12],
}

impl Standing {
    pub(super) const NOWHERE: Standing = Standing { stack_pointer: usize::MAX, registers: [0; 12] };

    /// Where the caller stands: its own frame is the lowest that counts.
    #[inline(always)]
    pub(crate) fn here() -> Standing {
        #[cfg_attr(
            not(any(target_arch = "x86_64", target_arch = "aarch64")),
            expect(unused_mut, reason = "written where the registers are known")
        )]
        let mut here = Standing::NOWHERE;
        #[cfg(target_arch = "x86_64")]
        // SAFETY: it reads registers and writes to `here` alone.
        unsafe {
            std::arch::asm!(
                "mov [{0}], rsp",
                "mov [{0} + 8], rbx",
                "mov [{0} + 16], rbp",
                "mov [{0} + 24], r12",
                "mov [{0} + 32], r13",
                "mov [{0} + 40], r14",
                "mov [{0} + 48], r15",
                "lea {1}, [rip]",
                "mov [{0} + 56], {1}",
                in(reg) &raw mut here,
                out(reg) _,
                options(nostack, preserves_flags)
            );
        }
        #[cfg(target_arch = "aarch64")]
        // SAFETY: as above.
        unsafe {
            std::arch::asm!(
                "mov {1}, sp",
                "stp {1}, x19, [{0}]",
                "stp x20, x21, [{0}, #16]",
                "stp x22, x23, [{0}, #32]",
                "stp x24, x25, [{0}, #48]",
                "stp x26, x27, [{0}, #64]",
                "stp x28, x29, [{0}, #80]",
                "adr {1}, .",
                "str {1}, [{0}, #96]",
                in(reg) &raw mut here,
                out(reg) _,
                options(nostack, preserves_flags)
            );
        }
        here
    }
}

impl Thread {
    /// All that the thread will read again from where it stands. `own` is where the explorer's frames
    /// lie.
    ///
    /// # Safety
    /// The thread has gone no further up than where it stands: it is stopped there, or asks from
    /// there.
    pub(super) unsafe fn on_stack(&self, own: usize) -> Mark {
        let Standing { stack_pointer, registers } = self.standing;
        let end = self.yielder as usize;
        // Which stack it is differs from run to run, and what points to the explorer's frames was
        // left there by it.
        let with = |mark: Mark, word: usize| match word {
            _ if (stack_pointer..=end).contains(&word) => mark.with(1).with((end - word) as u64),
            _ if word.abs_diff(own) < OWN_FRAMES => mark.with(2),
            _ => mark.with(0).with(word as u64),
        };
        let mark = registers.into_iter().fold(Mark::NONE, with);
        (stack_pointer..end).step_by(size_of::<usize>()).fold(mark, |mark, at| {
            // SAFETY: the yielder lies just above the thread's frames, so all between is the stack of
            // a coroutine that is stopped, or runs in frames further down: nobody writes it. What lies
            // there are machine words, initialised or not: the read is volatile, so nothing is
            // concluded from it.
            with(mark, unsafe { (at as *const usize).read_volatile() })
        })
    }
}
