//! Pomona keeps an awesome list alive, ranked and honest.
//!
//! The rooms of the house, in the order data walks through them. A room may name the rooms above it, never
//! those below.

pub mod agenda;
pub mod catalogue;
pub mod explain;
pub mod finding;
pub mod ledger;
pub mod markdown;
pub mod observation;
pub mod policy;
pub mod probe;
pub mod ranking;
pub mod render;
pub mod target;
pub mod verdict;
