//! One way to write a program: broken, mended wrongly, or cured.

use super::{Outcome, Size};
use crate::counter::Maker;
use crate::explore::Memory;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

/// A program that can be run at a size.
///
/// A table of functions, one for each family of primitives, and not a visitor that is handed the
/// family: every engine takes a closure that returns a value, so a function is all it needs.
pub type Run = fn(Size) -> Outcome;

/// What a variant is to the others of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// As it is written by somebody who has not thought of the race.
    Broken,
    /// What somebody reaches for first, and it fails all the same.
    WrongFix,
    /// It keeps its promise whatever happens.
    Cure,
}

/// How far a variant keeps what must not be away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Some interleaving ends in what must not be.
    Breaks,
    /// No interleaving does, but something that Rust's orderings allow besides them does.
    HoldsInTurns,
    /// Nothing that Rust's orderings allow does.
    Holds,
}

impl Promise {
    /// Is it kept under this memory?
    pub fn is_kept_under(self, memory: Memory) -> bool {
        match self {
            Promise::Breaks => false,
            Promise::HoldsInTurns => memory == Memory::SequentiallyConsistent,
            Promise::Holds => true,
        }
    }
}

/// By what means a variant tries to keep what it promises; a column of the [`Matrix`](super::Matrix).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// Others are kept out for a while.
    Lock,
    /// What has to happen together is one indivisible step.
    Atomic,
    /// Memory orderings, fences among them.
    Ordering,
    /// One thread owns it, and the others send messages.
    Owner,
    /// What was seen is looked at once more.
    Check,
    /// Time is left for the others.
    Pause,
    /// Something else, which its name says.
    Other,
}

impl Means {
    /// All of them, in the order of the columns.
    pub const ALL: [Means; 7] = [
        Means::Lock,
        Means::Atomic,
        Means::Ordering,
        Means::Owner,
        Means::Check,
        Means::Pause,
        Means::Other,
    ];

    /// The heading of its column.
    pub fn heading(self) -> &'static str {
        match self {
            Means::Lock => "lock",
            Means::Atomic => "one step",
            Means::Ordering => "ordering",
            Means::Owner => "owner",
            Means::Check => "recheck",
            Means::Pause => "pause",
            Means::Other => "other",
        }
    }
}

/// Where a variant can be run; `None`: not there.
#[derive(Clone, Copy, Debug)]
pub struct Runs {
    /// On real threads.
    pub threads: Option<Run>,
    /// Under the explorer, for [`explore`](crate::explore()).
    pub model: Option<Run>,
    /// Under loom, for [`explore_with_loom`](crate::explore_with_loom).
    pub loom: Option<Run>,
    /// On real threads that hammer it for seconds.
    pub hammer: Option<Maker>,
    /// Are those who take its steps tasks of one thread? Then the real thread is one, too, and loom,
    /// which knows no tasks, cannot run it.
    pub tasks: bool,
}

impl Runs {
    /// To begin with.
    pub const NOWHERE: Runs =
        Runs { threads: None, model: None, loom: None, hammer: None, tasks: false };
}

/// A call of a generic program in every family: `runs!(P => pass::<P>())`, or, for a program that
/// has a size, `runs!(P, [threads, increments] => race::<P>(threads, increments))`. Tasks, which loom does
/// not have, run in two families: `runs!(tasks P => requests::<P>())`.
macro_rules! runs {
    (tasks $family:ident => $program:expr) => {
        $crate::list::Runs {
            threads: $crate::list::runs!(in $crate::primitives::Std, $family, _, $program),
            model: $crate::list::runs!(in $crate::primitives::Model, $family, _, $program),
            tasks: true,
            ..$crate::list::Runs::NOWHERE
        }
    };
    ($family:ident => $program:expr) => {
        $crate::list::runs!($family, _ => $program)
    };
    ($family:ident, $size:pat => $program:expr) => {
        $crate::list::Runs {
            threads: $crate::list::runs!(in $crate::primitives::Std, $family, $size, $program),
            model: $crate::list::runs!(in $crate::primitives::Model, $family, $size, $program),
            loom: $crate::list::runs!(in $crate::primitives::Loom, $family, $size, $program),
            ..$crate::list::Runs::NOWHERE
        }
    };
    (in $is:ty, $family:ident, $size:pat, $program:expr) => {
        Some({
            type $family = $is;
            |$size: $crate::list::Size| $crate::list::Outcome::from($program)
        })
    };
}
pub(crate) use runs;

/// One way to write the program of an [`Entry`](super::Entry).
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// What sets it apart, in a few words: `Release store, Acquire load`.
    pub name: &'static str,
    /// What it is to the others.
    pub role: Role,
    /// How far it keeps what must not be away.
    pub promise: Promise,
    /// By what means it tries to mend; `None`: it does not try.
    pub means: Option<Means>,
    /// Why it fails, or why it holds, in one sentence; may be empty where the name says it.
    pub why: &'static str,
    /// What it costs, in one sentence; empty for what nobody should take home.
    pub cost: &'static str,
    /// Its memory orderings, where they are what sets it apart.
    pub orderings: Option<Orderings>,
    /// Where it can be run.
    pub runs: Runs,
}

impl Variant {
    const fn new(name: &'static str, role: Role, promise: Promise, runs: Runs) -> Self {
        let means = match role {
            Role::Broken => None,
            Role::WrongFix | Role::Cure => Some(Means::Other),
        };
        Variant { name, role, promise, means, why: "", cost: "", orderings: None, runs }
    }

    /// A program that some interleaving breaks.
    pub const fn broken(name: &'static str, runs: Runs) -> Self {
        Variant::new(name, Role::Broken, Promise::Breaks, runs)
    }

    /// A program that no interleaving breaks, only what Rust's orderings allow besides them.
    pub const fn weak(name: &'static str, runs: Runs) -> Self {
        Variant::broken(name, runs).in_turns()
    }

    /// A fix that some interleaving breaks.
    pub const fn wrong_fix(name: &'static str, runs: Runs) -> Self {
        Variant::new(name, Role::WrongFix, Promise::Breaks, runs)
    }

    /// A program that nothing breaks.
    pub const fn cure(name: &'static str, runs: Runs) -> Self {
        Variant::new(name, Role::Cure, Promise::Holds, runs)
    }

    /// No interleaving breaks it, only what Rust's orderings allow besides them.
    #[must_use]
    pub const fn in_turns(self) -> Self {
        Variant { promise: Promise::HoldsInTurns, ..self }
    }

    /// By what means it tries to mend.
    #[must_use]
    pub const fn by(self, means: Means) -> Self {
        Variant { means: Some(means), ..self }
    }

    /// Why it fails, or holds.
    #[must_use]
    pub const fn because(self, why: &'static str) -> Self {
        Variant { why, ..self }
    }

    /// What it costs.
    #[must_use]
    pub const fn costs(self, cost: &'static str) -> Self {
        Variant { cost, ..self }
    }

    /// Its memory orderings.
    #[must_use]
    pub const fn ordered(self, orderings: Orderings) -> Self {
        Variant { orderings: Some(orderings), means: Some(Means::Ordering), ..self }
    }
}

/// The memory orderings of a variant, for comparing it with its neighbours.
#[derive(Clone, Copy, Debug)]
pub struct Orderings {
    /// Which of the entry's programs it is, where there are several.
    pub program: &'static str,
    /// The orderings of its accesses, in the order of its source.
    pub accesses: &'static [Ordering],
    /// Its fences, where it has any; `None`: a fence that is left out.
    pub fences: &'static [Option<Ordering>],
}

impl Orderings {
    /// Is one place here one step weaker than in the other, and the rest the same?
    pub(super) fn are_one_weaker(&self, other: &Orderings) -> bool {
        let same_program = self.program == other.program;
        let accesses = self.accesses.iter().zip(other.accesses).filter(|(a, b)| a != b);
        let accesses = accesses.map(|(a, b)| is_step_down(*b, *a));
        let fences = self.fences.iter().zip(other.fences).filter(|(a, b)| a != b);
        let fences = fences.map(|(a, b)| is_fence_step_down(*b, *a));
        let steps: Vec<bool> = accesses.chain(fences).collect();
        same_program && steps == [true]
    }
}

/// From an access's ordering to the next weaker one.
fn is_step_down(from: Ordering, to: Ordering) -> bool {
    matches!(
        (from, to),
        (SeqCst, Acquire | Release | AcqRel)
            | (AcqRel, Acquire | Release)
            | (Acquire | Release, Relaxed)
    )
}

/// The same for fences; the weakest is none.
fn is_fence_step_down(from: Option<Ordering>, to: Option<Ordering>) -> bool {
    matches!(
        (from, to),
        (Some(SeqCst), Some(AcqRel))
            | (Some(AcqRel), Some(Acquire | Release))
            | (Some(Acquire | Release), None)
    )
}
