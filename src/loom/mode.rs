//! What a load and a store are to loom.

/// How loads and stores are performed under loom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoomMode {
    /// Loads are `fetch_add(0)`, stores are `swap`, each with the ordering asked for: a
    /// read-modify-write sees the newest value, so what loom visits is exactly the interleavings.
    #[default]
    Interleavings,
    /// Real loads and stores, and a start gate: each thread does a read-modify-write before its first
    /// access, which brings back executions that loom misses without it.
    Gated,
    /// Real loads and stores and nothing else: loom as it comes. It misses executions, because it
    /// remembers one last access of an object, and a thread's own load hides another's racing load.
    Plain,
}

impl LoomMode {
    /// Are loads and stores read-modify-writes?
    pub(crate) fn is_exact(self) -> bool {
        self == LoomMode::Interleavings
    }
}
