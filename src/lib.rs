//! Pomona keeps an awesome list alive, ranked and honest.
//!
//! The rooms of the house, in the order data walks through them. A room may name the rooms above it, never
//! those below.

pub mod target;
pub mod observation;
pub mod finding;
pub mod policy;
pub mod markdown;
pub mod ledger;
pub mod agenda;
pub mod verdict;
pub mod ranking;
pub mod catalogue;
pub mod render;
pub mod explain;
pub mod change;
pub mod shard;
pub mod rules;
pub mod plan;
pub mod probe;
pub mod store;
pub mod report;
pub mod cli;
pub mod settings;
pub mod run;
