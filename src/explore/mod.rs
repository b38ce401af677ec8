//! The explorer: runs a program under every interleaving, each class exactly once.

pub mod rc11;
