//! Pomona keeps an awesome list alive, ranked and honest.
//!
//! The rooms of the house, in the order data walks through them. A room may name the rooms above it, never
//! those below.

pub mod finding;
pub mod markdown;
pub mod observation;
pub mod probe;
pub mod render;
pub mod report;
pub mod target;
