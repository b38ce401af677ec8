//! The verdict on a program: what came out, how often, and why that is all of it.
//!
//! Both engines return the same [`Report`].
//!
//! # Layout
//! - [`Report`]: executions, interleavings, outcomes, completeness
//! - [`Outcome`]: one result, with its counts and an example [`Trace`](crate::trace::Trace)
//! - [`Failure`]: the results that are not values
//! - [`Grade`]: what the caller thinks of an outcome
//! - [`counted`], [`grouped`], [`duration`], [`percent`]: numbers as text
//! - [`Proof`]: against which independent total the count was held

mod assert;
mod display;
mod failure;
mod outcome;
mod verdict;

pub use display::{capital, counted, duration, grouped, percent};
pub use failure::{Failure, RacingAccess};
pub use outcome::{Grade, Outcome};
pub use verdict::{Coverage, Engine, Proof, Report};
